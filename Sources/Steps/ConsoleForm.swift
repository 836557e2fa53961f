internal import Documents
internal import Notebook

/// The hyperparameters of a training as SageMaker JumpStart's console takes them: each by
/// JumpStart's name, its value as a text.
struct ConsoleForm: Hashable {
  struct Field: Hashable {
    var name: String
    /// Nil where the console's own value is to stay: it depends on the model.
    var value: String?
    /// The default that Larder knows of; nil where it depends on the model.
    var usual: String?

    var isChanged: Bool { value != usual }
  }

  /// Parameters of the step that JumpStart has no field for.
  static let ownParameters: Set<String> = ["backend", "lr_scheduler_type", "trail_every"]

  /// In declared order.
  let fields: [Field]

  /// - Parameters:
  ///   - sheet: the resolved parameters of the step.
  ///   - isTemplateWhole: whether JumpStart is to put nothing between the template's two parts.
  init(_ sheet: [String: JSON], declared: [StepDeclaration.Parameter], isTemplateWhole: Bool) {
    fields = declared.filter { !ConsoleForm.ownParameters.contains($0.name) }.map { parameter in
      let name = parameter.name
      var value = ConsoleForm.text(sheet[name] ?? .null, name)
      if name == "add_input_output_demarcation_key", isTemplateWhole { value = "False" }
      return Field(
        name: name, value: value, usual: ConsoleForm.text(parameter.defaultValue ?? .null, name))
    }
  }

  /// `form.json`: what is to be typed, by name.
  var document: JSON {
    .object(
      Dictionary(
        fields.compactMap { field in field.value.map { (field.name, JSON.string($0)) } },
        uniquingKeysWith: { first, _ in first }))
  }

  private static func text(_ value: JSON, _ name: String) -> String? {
    switch value {
    // JumpStart writes this one's absence as a text; the others depend on the model.
    case .null: name == "preprocessing_num_workers" ? "None" : nil
    case .bool(let flag): flag ? "True" : "False"
    case .string(let text):
      text.split(separator: ",").map { $0.trimmed }.joined(separator: ",")
    case .array(let values): values.compactMap(\.string).joined(separator: ",")
    default: value.canonicalText
    }
  }
}

extension StringProtocol {
  /// Without white space on both sides.
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}
