/// How far a step is.
package struct Progress: Hashable, Sendable {
  package var done: Double
  /// Nil where it is not known.
  package var total: Double?
  /// What is counted, as in `steps` or `bytes`.
  package var unit: String
  /// A few words on the state, as in `loss 1.234`.
  package var text: String
  package init(done: Double, total: Double?, unit: String, text: String) {
    self.done = done
    self.total = total
    self.unit = unit
    self.text = text
  }
}
