/// A step whose cell was read, while its references still lead to names only.
struct Draft {
  var step: Step
  var cell: Cell
  /// The members of `in`, every `${name}` replaced.
  var references: [YAMLNode.Member] = []
  /// False where the outputs could not be read, so that none can be called unknown.
  var knowsOutputs = true

  init(step: Step, cell: Cell) {
    self.step = step
    self.cell = cell
  }
}
