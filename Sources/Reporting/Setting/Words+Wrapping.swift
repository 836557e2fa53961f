extension Words {
  /// A text in lines no longer than the width, broken between words; a longer word stands alone.
  /// Several blanks side by side stay as they are.
  ///
  /// - Parameters:
  ///   - first: what the first line begins with.
  ///   - rest: what the others begin with.
  package static func wrapped(
    _ text: String, width: Int, first: String = "", rest: String = ""
  ) -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    let words = text.split(omittingEmptySubsequences: false) { $0 == " " || $0.isNewline }
    for word in words {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = rest
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return lines + [line]
  }
}
