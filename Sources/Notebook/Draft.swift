/// A step whose cell was read, while its references still lead to names only.
struct Draft {
  var step: Step
  var cell: Cell
  /// Where the cell stands among those that became steps.
  var position = 0
  /// The members of `in`, every `${name}` replaced.
  var references: [YAMLNode.Member] = []
  /// False where the outputs could not be read, so that none can be called unknown.
  var knowsOutputs = true
  /// The steps whose matrix this one's is, by `from`: a reference to one of them means its instance
  /// with the same label.
  var followed: Set<String> = []

  init(step: Step, cell: Cell) {
    self.step = step
    self.cell = cell
  }
}

/// A cell whose options are read as YAML, before any value in them has a meaning.
struct OpenCell {
  /// What the cell is, without what its options say.
  var draft: Draft
  /// Nil where there are no options to read.
  var options: Options?

  struct Options {
    var kind: OptionReader.Kind
    var members: [YAMLNode.Member]
    /// Whether all of them were read, so that one not there can be called missing.
    var isWhole = true

    /// What `matrix` says, if anything.
    var matrix: YAMLNode? { members.first { $0.name == "matrix" }?.value }
  }

  init(_ draft: Draft, _ options: Options? = nil) {
    self.draft = draft
    self.options = options
  }
}
