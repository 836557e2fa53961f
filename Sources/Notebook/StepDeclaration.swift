package import Documents

/// What a kind of library step takes and gives: the declaration that checks recipes, fills in
/// defaults and prints `larder steps NAME`.
package struct StepDeclaration: Sendable {
  package struct Input: Sendable {
    package var name: String
    package var isRequired: Bool
    /// Parameter values that make a required input optional.
    package var exemptions: [String: JSON]
    package var doc: String

    package init(
      _ name: String, required: Bool = true, unless exemptions: [String: JSON] = [:], _ doc: String
    ) {
      self.name = name
      self.isRequired = required
      self.exemptions = exemptions
      self.doc = doc
    }
  }

  package struct Parameter: Sendable {
    package indirect enum ValueType: Sendable {
      case integer(ClosedRange<Int64>)
      case number(ClosedRange<Double>)
      case boolean
      case text
      case choice([String])
      /// A list; a single value is taken as a list of one.
      case list(ValueType)
      case mapping
      /// Either of two, the first that fits.
      case either(ValueType, ValueType)
    }

    package var name: String
    package var type: ValueType
    /// Nil where the recipe must give a value.
    package var defaultValue: JSON?
    package var doc: String

    /// - Parameter defaultValue: nil makes the parameter required; `.null` means "none".
    package init(_ name: String, _ type: ValueType, default defaultValue: JSON?, _ doc: String) {
      self.name = name
      self.type = type
      self.defaultValue = defaultValue
      self.doc = doc
    }
  }

  /// As in `train/lora`.
  package var name: String
  /// Raised whenever the same inputs and parameters would give other bytes.
  package var version: Int
  package var kind: StepKind
  /// One sentence without a full stop.
  package var summary: String
  package var inputs: [Input]
  /// The first is the main output.
  package var outputs: [Step.Output]
  package var parameters: [Parameter]
  /// Groups of parameters of which a recipe may set at most one to true or to a value.
  package var exclusive: [[String]]
  /// Whether the step takes any input name besides the declared ones.
  package var takesAnyInput: Bool

  package init(
    _ name: String, version: Int, kind: StepKind = .pure, summary: String, inputs: [Input] = [],
    outputs: [Step.Output], parameters: [Parameter] = [], exclusive: [[String]] = [],
    takesAnyInput: Bool = false
  ) {
    self.name = name
    self.version = version
    self.kind = kind
    self.summary = summary
    self.inputs = inputs
    self.outputs = outputs
    self.parameters = parameters
    self.exclusive = exclusive
    self.takesAnyInput = takesAnyInput
  }
}
