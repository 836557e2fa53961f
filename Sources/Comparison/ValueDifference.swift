package import Documents

/// A place in which two JSON values differ.
package struct ValueDifference: Hashable, Sendable {
  /// Names and list positions between dots; empty for the value itself.
  package let field: String
  /// Nil where there is none.
  package let old: JSON?
  package let new: JSON?

  /// Every place in which two values differ, members in canonical order.
  package static func all(_ old: JSON, _ new: JSON) -> [ValueDifference] { all(old, new, at: []) }

  private static func all(_ old: JSON?, _ new: JSON?, at path: [String]) -> [ValueDifference] {
    switch (old, new) {
    case (.object(let a)?, .object(let b)?):
      return JSON.canonicalOrder(Set(a.keys).union(b.keys)).flatMap {
        all(a[$0], b[$0], at: path + [$0])
      }
    case (.array(let a)?, .array(let b)?):
      return (0..<max(a.count, b.count)).flatMap { index in
        all(
          index < a.count ? a[index] : nil, index < b.count ? b[index] : nil,
          at: path + [String(index)])
      }
    // To String, `é` in one and in two scalars are equal.
    case (.string(let a)?, .string(let b)?) where a.utf8.elementsEqual(b.utf8): return []
    case (.string?, .string?): break
    default: if old == new { return [] }
    }
    return [ValueDifference(field: path.joined(separator: "."), old: old, new: new)]
  }

  private init(field: String, old: JSON?, new: JSON?) {
    self.field = field
    self.old = old
    self.new = new
  }

  /// The first place, members in canonical order; nil where both are the same value.
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

  /// One line with both values shortened, as in `metrics.f1 was 0.5, is 0.6`.
  package func text(name: String) -> String {
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
