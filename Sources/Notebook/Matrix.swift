internal import Documents

/// The combinations for which a step is made, once each.
struct Matrix: Sendable {
  /// A name that the cell uses like a parameter, and the values that it takes.
  struct Axis: Sendable {
    var name: String
    var values: [ParameterValue]
    /// The values as labels have them.
    var encoded: [String]

    init(name: String, values: [ParameterValue]) {
      self.name = name
      self.values = values
      encoded = values.map { InstanceLabel.encoded($0.json) }
    }
  }

  /// The most instances of one step.
  static let largest = 10_000
  /// The most bytes of an instance's id, which is part of the names of files.
  static let longestName = 200

  let axes: [Axis]
  /// In the order of the combinations; the last axis changes fastest.
  let instances: [Step.Instance]

  init(_ axes: [Axis]) {
    self.axes = axes
    var labels: [[InstanceLabel.Part]] = [[]]
    var values: [[Step.Instance.Axis]] = [[]]
    for axis in axes {
      labels = labels.flatMap { label in
        axis.encoded.map { label + [InstanceLabel.Part(axis: axis.name, value: $0)] }
      }
      values = values.flatMap { value in
        axis.values.map { value + [Step.Instance.Axis(name: axis.name, value: $0.json)] }
      }
    }
    instances = zip(labels, values).map {
      Step.Instance(axes: $1, label: InstanceLabel($0))
    }
  }

  /// The value of each axis in an instance.
  func values(of instance: Int) -> [(name: String, value: ParameterValue)] {
    var rest = instance
    var values: [(name: String, value: ParameterValue)] = []
    for axis in axes.reversed() {
      values.append((axis.name, axis.values[rest % axis.values.count]))
      rest /= axis.values.count
    }
    return values.reversed()
  }

  /// The instances for which each axis has the chosen value; nil chooses all values of an axis.
  func instances(choosing choice: [Int?]) -> [Step.Instance] {
    var positions = [0]
    for (axis, chosen) in zip(axes, choice) {
      let count = axis.values.count
      positions = positions.flatMap { position in
        chosen.map { [position * count + $0] } ?? (0..<count).map { position * count + $0 }
      }
    }
    return positions.map { instances[$0] }
  }
}
