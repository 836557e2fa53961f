internal import Documents
internal import Problems

/// Why a value is not of the type that is asked for.
struct Mismatch: Error {
  var code: Problem.Code
  /// The value or the part of it that does not fit.
  var node: YAMLNode
  /// What fits, as in `a whole number from 1 to 1000`.
  var expected: String
  var found: String
  var hint: String?
  /// Whether the node is an item of a list whose items are what `expected` says.
  var isItem = false

  init(
    _ code: Problem.Code, _ node: YAMLNode, expected: String, found: String? = nil,
    hint: String? = nil
  ) {
    self.code = code
    self.node = node
    self.expected = expected
    self.found = found ?? node.found
    self.hint = hint
  }

  /// Notes the mismatch.
  ///
  /// - Parameter name: what was being given a value, as in `` `epoch` ``.
  func note(_ name: String, in mistakes: Mistakes) {
    let subject = isItem ? "each item of \(name) is" : "\(name) takes"
    mistakes.add(code, "\(subject) \(expected): found \(found)", hint: hint, at: node)
  }
}
