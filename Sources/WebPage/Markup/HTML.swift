/// A piece of a page. Text that enters it is escaped; markup comes from this module's own code only.
///
/// Pieces are put together by interpolation: `"<td>\(cell)</td>" as HTML`, where `cell` is text that
/// is escaped, or another piece that stays as it is.
package struct HTML: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// The markup, as it goes to the browser.
  package private(set) var markup: String

  /// Text, escaped for content and for quoted attributes.
  package init(text: some StringProtocol) { markup = HTML.escaped(text) }

  package init(stringLiteral value: String) { markup = value }

  package init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }

  private init(markup: String) { self.markup = markup }

  /// Markup that another, trusted program made, such as CommonMark's renderer in its safe mode.
  static func trusted(_ markup: String) -> HTML { HTML(markup: markup) }

  package static let nothing: HTML = ""

  package static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }
  package static func += (a: inout HTML, b: HTML) { a.markup += b.markup }

  /// The five characters that mean something in markup; and control characters, which HTML has no
  /// way to hold, as U+FFFD.
  private static func escaped(_ text: some StringProtocol) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  package struct StringInterpolation: StringInterpolationProtocol, Sendable {
    var markup = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      markup.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    package mutating func appendLiteral(_ literal: String) { markup += literal }
    package mutating func appendInterpolation(_ piece: HTML) { markup += piece.markup }
    package mutating func appendInterpolation(_ piece: HTML?) { markup += piece?.markup ?? "" }
    package mutating func appendInterpolation(_ text: String) { markup += HTML.escaped(text) }
    package mutating func appendInterpolation(_ text: Substring) { markup += HTML.escaped(text) }
    package mutating func appendInterpolation(_ number: Int) { markup += String(number) }
  }
}

extension Sequence<HTML> {
  /// The pieces after one another.
  package func joined(_ separator: HTML = "") -> HTML {
    var result = HTML.nothing
    var isFirst = true
    for piece in self {
      if !isFirst { result += separator }
      isFirst = false
      result += piece
    }
    return result
  }
}

extension DefaultStringInterpolation {
  /// Markup that goes into plain text is a mistake: it would come out escaped, or as a description.
  @available(*, unavailable, message: "give the literal the type HTML")
  package mutating func appendInterpolation(_ piece: HTML) {}
}
