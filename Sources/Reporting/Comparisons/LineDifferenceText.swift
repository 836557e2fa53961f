package import Comparison

/// What differs between two texts, line by line.
package struct LineDifferenceText {
  private let style: Style

  package init(style: Style) { self.style = style }

  package func summary(_ difference: LineDifference) -> String {
    "\(Words.count(difference.added, "line")) added, \(difference.removed) removed"
  }

  /// A hunk as `diff -u` prints it.
  package func lines(_ hunk: LineDifference.Hunk) -> [String] {
    var lines = [
      style(
        "@@ -\(hunk.old.lowerBound),\(hunk.old.count) +\(hunk.new.lowerBound),\(hunk.new.count) @@",
        .accent)
    ]
    for line in hunk.lines {
      let text = MarkedText.visible(line.text) + (line.hasFeed ? "" : "  (no line feed at the end)")
      switch line.kind {
      case .removed: lines.append(style("-\(text)", .bad))
      case .added: lines.append(style("+\(text)", .good))
      default: lines.append(" \(text)")
      }
    }
    return lines
  }
}
