package import Comparison

/// Text with marks for what is removed and added, readable without colours: `[-old-]{+new+}`.
/// Characters that a terminal would obey are shown, not sent.
package struct MarkedText: Hashable, Sendable {
  private struct Piece: Hashable {
    var text: String
    var ink: Style.Ink?
  }

  private var pieces: [Piece] = []

  package init() {}

  /// The spans of a difference, each in its marks.
  package init(_ spans: [WordDifference.Span]) {
    for span in spans {
      switch span.kind {
      case .equal: add(span.text)
      case .removed: add("[-\(span.text)-]", .bad)
      case .added: add("{+\(span.text)+}", .good)
      case .omitted: add("…", .quiet)
      }
    }
  }

  package mutating func add(_ text: String, _ ink: Style.Ink? = nil) {
    pieces.append(Piece(text: MarkedText.visible(text), ink: ink))
  }

  /// Text as a terminal can show it: line feeds as `⏎`, other control characters and those that
  /// turn the direction of writing by their numbers.
  package static func visible(_ text: some StringProtocol) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: result += "⏎"
      case 0x09: result += "⇥"
      case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The text in lines of at most so many characters, broken at spaces where there are any.
  ///
  /// - Parameter most: at most so many lines; the last one ends in `…` where there is more.
  package func lines(width: Int, most: Int = .max, style: Style) -> [String] {
    let width = max(8, width)
    var rest: ArraySlice<(Character, Style.Ink?)> = pieces.flatMap { piece in
      piece.text.map { ($0, piece.ink) }
    }[...]
    var lines: [String] = []
    while !rest.isEmpty, lines.count < most {
      // The last line keeps room for the sign that there is more.
      let room = lines.count + 1 == most && rest.count > width ? width - 2 : width
      guard rest.count > room else {
        lines.append(MarkedText.styled(rest, style))
        break
      }
      // A long word is cut rather than leaving most of the line empty.
      let space = rest.prefix(room + 1).dropFirst(room / 2).lastIndex { $0.0 == " " }
      let end = space ?? rest.startIndex + room
      let isLast = lines.count + 1 == most
      lines.append(MarkedText.styled(rest[..<end], style) + (isLast ? " …" : ""))
      rest = rest[end...].drop { $0.0 == " " }
    }
    return lines
  }

  private static func styled(
    _ characters: ArraySlice<(Character, Style.Ink?)>, _ style: Style
  ) -> String {
    var text = ""
    var rest = characters
    while let first = rest.first {
      let run = rest.prefix { $0.1 == first.1 }
      let part = String(run.map(\.0))
      text += first.1.map { style(part, $0) } ?? part
      rest = rest.dropFirst(run.count)
    }
    return text
  }
}
