internal import Reporting

/// An SVG image that is being put together. Colours come from classes of the stylesheet alone, so
/// that the same drawing serves light and dark.
struct Drawing {
  enum Anchor: String { case start, middle, end }

  let width: Double
  let height: Double
  /// What somebody who does not see it is told.
  let title: String
  let summary: String
  /// A class of the stylesheet for the whole.
  let look: String
  private var content = HTML.nothing

  init(width: Double, height: Double, title: String, summary: String, look: String = "") {
    self.look = look
    self.width = width
    self.height = height
    self.title = title
    self.summary = summary
  }

  /// A number as SVG takes it, to a tenth of a pixel.
  static func length(_ value: Double) -> String {
    let text = Words.fixed(max(-1e6, min(1e6, value.isFinite ? value : 0)), 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// About how wide a text of figures is at most, in pixels: fonts differ, and only a browser knows.
  static func width(of text: some StringProtocol) -> Double {
    text.reduce(0) { width, character in
      width + ("fijlrt.-".contains(character) ? 5 : "mwMW".contains(character) ? 12.5 : 8)
    }
  }

  private func length(_ value: Double) -> String { Drawing.length(value) }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ look: String) {
    content += """
      <line x1="\(length(x1))" y1="\(length(y1))" x2="\(length(x2))" y2="\(length(y2))" class="\(look)"/>
      """
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ look: String, corner: Double = 0,
    title: String? = nil
  ) {
    content += """
      <rect x="\(length(x))" y="\(length(y))" width="\(length(max(0, width)))" height="\(length(max(0, height)))" \
      rx="\(length(corner))" class="\(look)"\(closing("rect", title))
      """
  }

  mutating func circle(
    _ x: Double, _ y: Double, _ radius: Double, _ look: String, title: String? = nil
  ) {
    content += """
      <circle cx="\(length(x))" cy="\(length(y))" r="\(length(radius))" class="\(look)"\(closing("circle", title))
      """
  }

  /// - Parameter commands: as the `d` of an SVG path.
  mutating func path(_ commands: String, _ look: String, title: String? = nil) {
    content += "<path d=\"\(commands)\" class=\"\(look)\"\(closing("path", title))"
  }

  /// - Parameter limit: how many characters at most; the whole text is then on hover.
  mutating func text(
    _ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, _ look: String = "",
    limit: Int = .max
  ) {
    let isLong = text.count > limit
    let shown = isLong ? "\(text.prefix(max(1, limit - 1)))…" : text
    content += """
      <text x="\(length(x))" y="\(length(y))"\(anchor == .start ? HTML.nothing : " text-anchor=\"\(anchor.rawValue)\"")\
      \(look.isEmpty ? HTML.nothing : " class=\"\(look)\"")>\(shown)\(isLong ? "<title>\(text)</title>" : HTML.nothing)</text>
      """
  }

  /// Opens a group; close it with `endGroup()`.
  mutating func group(_ look: String, name: String? = nil) {
    content += "<g class=\"\(look)\"\(name.map { " data-step=\"\($0)\"" as HTML })>"
  }

  mutating func endGroup() { content += "</g>" }

  private func closing(_ element: HTML, _ title: String?) -> HTML {
    title.map { "><title>\($0)</title></\(element)>" } ?? "/>"
  }

  /// The whole image.
  var html: HTML {
    """
    <svg viewBox="0 0 \(length(width)) \(length(height))" width="\(length(width))" height="\(length(height))" \
    \(look.isEmpty ? HTML.nothing : "class=\"\(look)\" ")role="img" aria-label="\(title)\(summary.isEmpty ? "" : ": \(summary)")">\(content)</svg>
    """
  }
}
