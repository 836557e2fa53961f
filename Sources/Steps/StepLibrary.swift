package import Notebook
package import Problems
internal import Recording

/// Every kind of step that a recipe can use by name.
package enum StepLibrary {
  /// By name, as in `train/lora`.
  package static let all: [String: LibraryStep] = Dictionary(
    ([IngestStep.step, CleanStep.step, SelectStep.step, SplitStep.step, TemplateStep.step]
      + ModelSteps.all + [EndpointGenerateStep.step, ScoreStep.step]
      + Sources.all.values.map { LibraryStep($0.declaration, .source) })
      .map { ($0.declaration.name, $0) },
    uniquingKeysWith: { first, _ in first })

  /// The declarations alone, by name: what recipes are checked by.
  package static let declarations: [String: StepDeclaration] = all.mapValues(\.declaration)

  /// The names, in the order of their bytes.
  package static let names: [String] = all.keys.sorted()

  /// How a step of a recipe is carried out by the library; nil for cells with their own code or data.
  package static func implementation(of step: Step) -> LibraryStep.Implementation? {
    guard case .library(let kind) = step.work else { return nil }
    return all[kind]?.implementation(for: step.parameters)
  }

  /// How a replay carries a step of a recipe out.
  package static func kind(of step: Step) -> StepKind {
    switch implementation(of: step) {
    case .manual: .manual
    case .source, .recorded: .recorded
    case .swift, .python: .pure
    case nil: step.network ? .captured : .pure
    }
  }

  /// The step of a name.
  ///
  /// - Throws: a problem with a suggestion where there is none.
  package static func step(named name: String) throws(Problem) -> LibraryStep {
    guard let step = all[name] else {
      throw Problem(
        .user, "unknown-step", "there is no step kind `\(name)`",
        hint: Suggestion.hint(for: name, among: names) ?? "`larder steps` lists them")
    }
    return step
  }
}
