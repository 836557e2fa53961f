package import Documents

/// A way into nested values: names and list positions between dots, as in `borders.0.name`.
package struct RowPath: Hashable, Sendable, CustomStringConvertible {
  package let parts: [String]

  /// Nil where the text is empty or has an empty part.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == "." }.map { String($0) }
    guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.parts = parts
  }

  /// A member of the value itself, whatever its name holds.
  init(name: String) { parts = [name] }

  package var description: String { parts.joined(separator: ".") }

  /// What the path leads to, or nil. A member whose own name has dots in it is found first.
  package func value(in value: JSON) -> JSON? {
    if let direct = value[description] { return direct }
    var found = value
    for part in parts {
      switch found {
      case .object(let members):
        guard let next = members[part] else { return nil }
        found = next
      case .array(let values):
        guard let index = Int(part), values.indices.contains(index) else { return nil }
        found = values[index]
      default: return nil
      }
    }
    return found
  }
}
