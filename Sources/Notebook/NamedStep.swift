internal import Problems

/// A step as references name it: all instances of a matrix together.
struct NamedStep: Sendable {
  /// Without a label.
  var id: StepID
  /// Where its cell stands among those that became steps.
  var position: Int
  var outputs: [Step.Output]
  var mainOutput: String?
  /// False where the outputs could not be read, so that none can be called unknown.
  var knowsOutputs: Bool
  var matrix: Matrix?
  /// Whether it has a matrix that could not be read, so that no label can be called unknown.
  var hasBrokenMatrix = false

  init(_ draft: Draft, id: StepID, position: Int) {
    self.id = id
    self.position = position
    outputs = draft.step.outputs
    mainOutput = draft.step.mainOutput
    knowsOutputs = draft.knowsOutputs
  }

  /// What a reference to one of its outputs means.
  ///
  /// - Parameters:
  ///   - name: how messages call the step.
  ///   - label: what stands after the `@`; nil for all instances.
  /// - Returns: nil where a part of the label leads nowhere, which is noted.
  func reference(
    to output: String, label: String?, called name: String, at node: YAMLNode,
    noting mistakes: Mistakes
  ) -> Reference? {
    guard let label else {
      return matrix.map { .collection(collection(of: output, nil, $0.instances)) }
        ?? .output(id, output)
    }
    guard let matrix else {
      if !hasBrokenMatrix {
        mistakes.add(
          "no-matrix", "the step `\(name)` has no matrix, and so no instance `\(label)`",
          hint: "leave out the `@\(label)`", at: node)
      }
      return nil
    }
    guard let choice = choice(label, matrix, called: name, at: node, noting: mistakes) else {
      return nil
    }
    let instances = matrix.instances(choosing: choice)
    if choice.allSatisfy({ $0 != nil }), let one = instances.first {
      return .output(id.instance(one.label), output)
    }
    let parts = zip(matrix.axes, choice).compactMap { axis, chosen in
      chosen.map { InstanceLabel.Part(axis: axis.name, value: axis.encoded[$0]) }
    }
    return .collection(collection(of: output, InstanceLabel(parts), instances))
  }

  private func collection(
    of output: String, _ selection: InstanceLabel?, _ instances: [Step.Instance]
  ) -> StepCollection {
    let declared = outputs.first { $0.name == output }
    let file = declared.flatMap { $0.isFolder ? nil : $0.path.split(separator: "/").last }
    return StepCollection(
      step: id, output: output, selection: selection, instances: instances,
      fileName: file.map(String.init))
  }

  /// The position of the value that a label gives to each axis; nil for an axis that it leaves open.
  private func choice(
    _ label: String, _ matrix: Matrix, called name: String, at node: YAMLNode,
    noting mistakes: Mistakes
  ) -> [Int?]? {
    guard let typed = InstanceLabel(label) else {
      let axes = matrix.axes.map { "\($0.name)=\($0.encoded[0])" }.joined(separator: "+")
      mistakes.add(
        "bad-label", "`@\(YAMLNode.short(label))` is no label of an instance",
        hint: "write it as in `\(name)@\(axes)`", at: node)
      return nil
    }
    var choice = [Int?](repeating: nil, count: matrix.axes.count)
    for part in typed.parts {
      guard let axis = matrix.axes.firstIndex(where: { $0.name == part.axis }) else {
        mistakes.add(
          "unknown-axis", "the matrix of `\(name)` has no axis `\(part.axis)`",
          hint: mistakes.hint(
            for: part.axis, among: matrix.axes.map(\.name), called: "it has"), at: node)
        return nil
      }
      guard choice[axis] == nil else {
        mistakes.add(
          "bad-label", "the label `@\(label)` names the axis `\(part.axis)` twice",
          hint: "give each axis one value", at: node)
        return nil
      }
      let values = matrix.axes[axis].encoded
      guard
        let value = values.firstIndex(of: part.value)
          ?? values.firstIndex(where: { InstanceLabel.isValue(part.value, $0) })
      else {
        mistakes.add(
          "unknown-instance", "the axis `\(part.axis)` of `\(name)` has no value `\(part.value)`",
          hint: mistakes.hint(for: part.value, among: values, called: "it has"), at: node)
        return nil
      }
      choice[axis] = value
    }
    return choice
  }
}
