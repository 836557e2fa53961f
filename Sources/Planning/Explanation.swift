internal import Digests
package import Documents

/// Why a step is not cached: which components of its action document differ from an earlier one.
package struct Explanation: Hashable, Sendable {
  /// One component that differs.
  package struct Change: Hashable, Sendable {
    /// The component in words, as in ``parameter `epoch` ``.
    package var component: String
    /// Nil where the component was not there.
    package var old: String?
    package var new: String?
  }

  /// In the order of the document's parts.
  package let changes: [Change]

  /// Compares two action documents.
  package init(from old: JSON, to new: JSON) {
    var changes: [Change] = []
    Explanation.compare(old, new, path: [], into: &changes)
    self.changes = changes
  }

  /// One line: `parameter `epoch` was 1, is 2; input `rows` was 1f2e3d4c, is 5a6b7c8d`.
  package var text: String {
    changes.map { change in
      switch (change.old, change.new) {
      case (nil, let new?): "\(change.component) is new: \(new)"
      case (let old?, nil): "\(change.component) is gone: it was \(old)"
      default: "\(change.component) was \(change.old ?? ""), is \(change.new ?? "")"
      }
    }.joined(separator: "; ")
  }

  private static func compare(
    _ old: JSON?, _ new: JSON?, path: [String], into changes: inout [Change]
  ) {
    if old == new { return }
    // An input is one component, whether it is a file or a folder; so is everything below a
    // parameter.
    let isWhole = (path.first == "inputs" || path.first == "parameters") && path.count == 2
    if !isWhole, let before = old?.object ?? (old == nil ? [:] : nil),
      let after = new?.object ?? (new == nil ? [:] : nil)
    {
      for name in JSON.canonicalOrder(Set(before.keys).union(after.keys)) {
        compare(before[name], after[name], path: path + [name], into: &changes)
      }
    } else {
      changes.append(
        Change(component: describe(path), old: old.map(shown), new: new.map(shown)))
    }
  }

  private static func describe(_ path: [String]) -> String {
    let last = path.last ?? ""
    switch path.first {
    case "parameters": return "parameter `\(last)`"
    case "inputs": return "input `\(last)`"
    case "outputs": return "output `\(last)`"
    case "env": return "variable `\(last)`"
    case "environment": return "the environment"
    case "network": return "network access"
    case "larder": return "the format of keys"
    case "platform", "numerics": return "\(path[0]): \(path.dropFirst().joined(separator: "."))"
    case "action":
      switch path.dropFirst().first {
      case "code": return "the code of the cell"
      case "content": return "the content of the cell"
      case "interpreter": return "the interpreter"
      case "interpreter_version": return "the interpreter's version"
      case "program": return "the program of the step"
      case "version": return "the version of the step"
      case "uses", "kind": return "the kind of step"
      case "source": return "the source's \(path.dropFirst(2).joined(separator: "."))"
      default: return path.joined(separator: ".")
      }
    default: return path.joined(separator: ".")
    }
  }

  private static func shown(_ value: JSON) -> String {
    if let digest = value.digest { return digest.short }
    if let members = value.object, members.count == 1, let digest = members.values.first?.digest {
      return digest.short
    }
    let text = value.canonicalText
    return text.count <= 60 ? text : text.prefix(57) + "…"
  }
}
