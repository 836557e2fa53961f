package import Documents

/// Which run of a sweep is meant.
package struct SweepPosition: Hashable, Sendable {
  /// From 1.
  package var number: Int
  /// How many runs the sweep has.
  package var count: Int
  package var experiment: String
  /// The parameters that the sweep varies, in its order, and their values in this run.
  package var parameters: [Parameter]

  /// A parameter of the recipe, or `STEP.PARAM`, with its resolved value.
  package struct Parameter: Hashable, Sendable {
    package var name: String
    package var value: JSON

    package init(name: String, value: JSON) {
      self.name = name
      self.value = value
    }
  }

  package init(number: Int, count: Int, experiment: String, parameters: [Parameter]) {
    self.number = number
    self.count = count
    self.experiment = experiment
    self.parameters = parameters
  }

  /// As in `run 2 of 6: lora_r 8, epoch 1`.
  package func title(_ style: Style) -> String {
    let values = parameters.map { "\($0.name) \(Self.text($0.value))" }.joined(separator: ", ")
    return "\(style("run \(number) of \(count)", .strong)): \(values)"
  }

  /// The member `sweep` of the run's lines in JSON.
  var document: JSON {
    [
      "number": .integer(Int64(number)), "of": .integer(Int64(count)),
      "experiment": .string(experiment), "parameters": parameterDocument,
    ]
  }

  var parameterDocument: JSON {
    .object(
      Dictionary(parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
  }

  /// A value as it is read easily: a text without quotes.
  static func text(_ value: JSON) -> String { value.string ?? value.canonicalText }
}
