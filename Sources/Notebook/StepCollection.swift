package import Documents

/// One output of several instances of a matrix, which a step finds as one folder: `LABEL/…` for each
/// of them, and `index.json`.
package struct StepCollection: Sendable {
  /// The step, without a label.
  package var step: StepID
  package var output: String
  /// What is asked of the instances, in the order of the axes; nil for all of them.
  package var selection: InstanceLabel?
  /// The instances, in the order of the recipe.
  package var instances: [Step.Instance]
  /// What the output is called below `LABEL/`; nil for a folder, which is `LABEL/` itself.
  package var fileName: String?

  /// The steps that give the outputs.
  package var steps: [StepID] { instances.map { step.instance($0.label) } }

  /// Where an instance's output stands in the folder.
  package func path(of instance: Step.Instance) -> String {
    fileName.map { "\(instance.label)/\($0)" } ?? instance.label.description
  }
}

// Which step, output and selection decide what the instances are: there may be thousands of them, and
// as many steps that have the collection as an input.
extension StepCollection: Hashable {
  package static func == (a: StepCollection, b: StepCollection) -> Bool {
    a.step == b.step && a.output == b.output && a.selection == b.selection
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(step)
    hasher.combine(output)
    hasher.combine(selection)
  }
}

extension Step {
  /// Which of the combinations of a matrix a step is made for.
  package struct Instance: Hashable, Sendable {
    /// One axis with the value that it has here.
    package struct Axis: Hashable, Sendable {
      package var name: String
      package var value: JSON
    }

    /// In declared order.
    package var axes: [Axis]
    package var label: InstanceLabel
  }
}
