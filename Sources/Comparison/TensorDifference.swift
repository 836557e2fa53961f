internal import Problems

/// Where two safetensors files differ: the first tensor, and how far they are apart.
package struct TensorDifference: Hashable, Sendable {
  /// What differs in the first tensor.
  package enum Change: Hashable, Sendable {
    case missing
    case added
    case type(old: String, new: String)
    case shape(old: [Int], new: [Int])
    case values
  }

  /// The name of the first tensor that differs, in the order of the expected file.
  package var tensor: String
  package var type: String
  package var shape: [Int]
  package var change: Change
  /// The bytes of its values.
  package var size: Int64
  /// How many of its values differ in their bits; bytes for a type that is not known.
  package var differing: Int64 = 0
  /// The position of the first of them, in row-major order from 0.
  package var first: Int64?
  package var firstValues: Values?
  /// The largest absolute difference of two numbers in this tensor; nil for a type that is not
  /// known.
  package var largest: Double?
  /// How many of its values are NaN on one side only.
  package var notNumbers: Int64 = 0
  /// How many tensors differ, and how many there are on both sides together.
  package var tensors: Int = 0
  package var of: Int = 0
  /// The largest absolute difference over all tensors.
  package var largestOfAll: Double?

  package struct Values: Hashable, Sendable {
    package var old: Double
    package var new: Double
    // NaN is what it is here: a value that was found.
    package static func == (a: Values, b: Values) -> Bool {
      a.old.bitPattern == b.old.bitPattern && a.new.bitPattern == b.new.bitPattern
    }
    package func hash(into hasher: inout Hasher) {
      hasher.combine(old.bitPattern)
      hasher.combine(new.bitPattern)
    }
  }

  private init(_ tensor: TensorFile.Tensor, _ change: Change) {
    self.tensor = tensor.name
    type = tensor.type
    shape = tensor.shape
    size = tensor.size
    self.change = change
  }

  /// Nil where both hold the same tensors.
  init?(_ old: TensorFile, _ new: TensorFile) throws(Problem) {
    var others: [String: TensorFile.Tensor] = [:]
    for tensor in new.tensors { others[tensor.name] = tensor }
    var found: TensorDifference?
    var differing = 0
    var largest: Double?
    for tensor in old.tensors {
      let other = others.removeValue(forKey: tensor.name)
      guard let one = try TensorDifference(tensor, in: old.file, other, in: new.file) else {
        continue
      }
      differing += 1
      if let distance = one.largest { largest = max(largest ?? 0, distance) }
      found = found ?? one
    }
    let total = old.tensors.count + others.count
    for tensor in new.tensors where others[tensor.name] != nil {
      differing += 1
      found = found ?? TensorDifference(tensor, .added)
    }
    guard var found else { return nil }
    found.tensors = differing
    found.of = total
    found.largestOfAll = largest
    self = found
  }

  private init?(
    _ old: TensorFile.Tensor, in oldFile: ContentFile, _ new: TensorFile.Tensor?,
    in newFile: ContentFile
  ) throws(Problem) {
    guard let new else {
      self.init(old, .missing)
      return
    }
    if old.type != new.type {
      self.init(old, .type(old: old.type, new: new.type))
      return
    }
    if old.shape != new.shape || old.size != new.size {
      self.init(old, .shape(old: old.shape, new: new.shape))
      return
    }
    self.init(old, .values)
    let element = TensorElement(rawValue: old.type)
    let step = element?.size ?? 1
    var result = self
    try ContentFile.compare(
      oldFile, at: old.start, newFile, at: new.start, count: old.size, step: step
    ) { a, b, offset in
      if !ContentFile.same(a, b) { result.add(a, b, at: offset, element, step: step) }
      return true
    }
    self = result
    if differing == 0 { return nil }
  }

  private mutating func add(
    _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, at offset: Int64,
    _ element: TensorElement?, step: Int
  ) {
    for position in stride(from: 0, to: a.count, by: step) {
      var same = true
      for byte in position..<position + step where a[byte] != b[byte] { same = false }
      if same { continue }
      differing += 1
      if first == nil {
        first = (offset + Int64(position)) / Int64(step)
        firstValues = element.map {
          Values(old: $0.value(a, at: position), new: $0.value(b, at: position))
        }
      }
      guard let element else { continue }
      let distance = element.distance(a, b, at: position)
      if !distance.isNaN {
        largest = max(largest ?? 0, distance)
      } else if element.value(a, at: position).isNaN != element.value(b, at: position).isNaN {
        notNumbers += 1
      }
    }
  }

  /// One plain line.
  var text: String {
    var text = "tensor \(tensor) (\(type), \(TensorDifference.name(shape))): "
    switch change {
    case .missing: text += "is missing"
    case .added: text += "is there and was not"
    case .type(let old, let new): text += "was \(old), is \(new)"
    case .shape(let old, let new):
      text += "was \(TensorDifference.name(old)), is \(TensorDifference.name(new))"
    case .values: text += values
    }
    if of > 1 {
      text += "; \(tensors) of \(of) tensors differ"
      if let largestOfAll, tensors > 1 {
        text += ", by up to \(TensorDifference.shown(largestOfAll))"
      }
    }
    return text
  }

  private var values: String {
    let known = TensorElement(rawValue: type) != nil
    let total = known ? " of \(shape.reduce(1, *)) values" : " of \(size) bytes"
    var text = "\(differing)\(total) \(differing == 1 ? "differs" : "differ")"
    if let first {
      text += ", first at " + (known ? TensorDifference.index(first, in: shape) : "\(first)")
    }
    if let firstValues {
      text +=
        " (was \(TensorDifference.shown(firstValues.old)), is \(TensorDifference.shown(firstValues.new)))"
    }
    if let largest { text += ", by up to \(TensorDifference.shown(largest))" }
    if notNumbers > 0 { text += ", \(notNumbers) NaN on one side only" }
    return text
  }

  private static func shown(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    return value.description.hasSuffix(".0")
      ? String(value.description.dropLast(2)) : value.description
  }

  private static func name(_ shape: [Int]) -> String {
    shape.isEmpty ? "one value" : shape.map { String($0) }.joined(separator: "×")
  }

  private static func index(_ flat: Int64, in shape: [Int]) -> String {
    var rest = flat
    var parts: [String] = []
    for side in shape.reversed() where side > 0 {
      parts.append(String(rest % Int64(side)))
      rest /= Int64(side)
    }
    return "[\(parts.reversed().joined(separator: ", "))]"
  }
}
