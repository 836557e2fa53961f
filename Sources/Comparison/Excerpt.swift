internal import Documents

/// Two values shortened for one line of text, so that what differs in them is seen.
struct Excerpt {
  /// The most characters of a value that are shown.
  static let length = 60
  /// How many characters before the difference are shown.
  static let lead = 20

  let old: String
  let new: String

  private init(oldText: String, newText: String) {
    old = oldText
    new = newText
  }

  /// Quoted as in JSON, where control characters can be seen.
  init(_ old: String, _ new: String) {
    let a = Array(old)
    let b = Array(new)
    let common = zip(a, b).prefix { $0 == $1 }.count
    let start = max(a.count, b.count) <= Excerpt.length ? 0 : max(0, common - Excerpt.lead)
    self.old = Excerpt.quoted(a, from: start)
    self.new = Excerpt.quoted(b, from: start)
  }

  /// Texts are quoted; other values are shown as JSON, lists and mappings shortened.
  init(_ old: JSON, _ new: JSON) {
    if case .string(let a) = old, case .string(let b) = new {
      self.init(a, b)
    } else {
      self.init(oldText: Excerpt.text(old), newText: Excerpt.text(new))
    }
  }

  static func text(_ value: JSON) -> String {
    if case .string(let text) = value { return quoted(Array(text), from: 0) }
    let text = value.canonicalText
    return text.count <= length ? text : text.prefix(length) + "…"
  }

  private static func quoted(_ text: [Character], from start: Int) -> String {
    let shown = text.dropFirst(start).prefix(length)
    let before = start > 0 && !text.isEmpty ? "…" : ""
    let after = start + shown.count < text.count ? "…" : ""
    return JSON.string(before + String(shown) + after).canonicalText
  }
}
