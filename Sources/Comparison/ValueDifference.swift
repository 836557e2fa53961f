internal import Documents

/// The first place in which two JSON values differ, members in canonical order.
struct ValueDifference {
  /// Names and list positions between dots; empty for the value itself.
  let field: String
  /// Nil where there is none.
  let old: JSON?
  let new: JSON?

  private init(field: String, old: JSON?, new: JSON?) {
    self.field = field
    self.old = old
    self.new = new
  }

  /// Nil where both are the same value.
  init?(_ old: JSON, _ new: JSON, at path: [String] = []) {
    if old == new { return nil }
    switch (old, new) {
    case (.object(let a), .object(let b)):
      for name in JSON.canonicalOrder(Set(a.keys).union(b.keys)) {
        if let found = ValueDifference(member: a[name], b[name], at: path + [name]) {
          self = found
          return
        }
      }
    case (.array(let a), .array(let b)):
      for index in 0..<max(a.count, b.count) {
        let found = ValueDifference(
          member: index < a.count ? a[index] : nil, index < b.count ? b[index] : nil,
          at: path + [String(index)])
        if let found {
          self = found
          return
        }
      }
    default: break
    }
    self.init(field: path.joined(separator: "."), old: old, new: new)
  }

  private init?(member old: JSON?, _ new: JSON?, at path: [String]) {
    if let old, let new {
      self.init(old, new, at: path)
    } else if old == nil, new == nil {
      return nil
    } else {
      self.init(field: path.joined(separator: "."), old: old, new: new)
    }
  }

  /// As in `metrics.f1 was 0.5, is 0.6`.
  func text(name: String) -> String {
    switch (old, new) {
    case (let old?, let new?):
      let shown = Excerpt(old, new)
      return "\(name) was \(shown.old), is \(shown.new)"
    case (let old?, nil): return "\(name) was \(Excerpt.text(old)), is missing"
    case (nil, let new?): return "\(name) was not there, is \(Excerpt.text(new))"
    case (nil, nil): return name
    }
  }
}
