package import Documents
internal import Files
package import Problems
package import SystemPackage

/// How far the numbers of two outputs are apart, for a tolerance that a recipe declares.
package struct Distance: Hashable, Sendable {
  /// The largest absolute difference of two numbers; infinite where one of them is NaN.
  package var absolute: Double
  /// The largest of |a - b| / max(|a|, |b|), 0 where both are 0; infinite where one is NaN.
  package var relative: Double

  package init(absolute: Double = 0, relative: Double = 0) {
    self.absolute = absolute
    self.relative = relative
  }

  /// The distance of two safetensors files, JSON documents, JSON Lines files, or folders of them.
  ///
  /// - Returns: nil where they differ in more than numbers: other names, tensors, shapes, texts or
  ///   rows, or files of another form.
  package static func find(
    expected: FilePath, actual: FilePath
  ) throws(Problem) -> Distance? {
    var distance = Distance()
    return try distance.add(expected, actual) ? distance : nil
  }

  /// The distance of the numbers in two documents, or nil where anything else differs.
  package static func find(expected: JSON, actual: JSON) -> Distance? {
    var distance = Distance()
    return distance.add(expected, actual) ? distance : nil
  }

  private mutating func add(_ old: FilePath, _ new: FilePath) throws(Problem) -> Bool {
    switch (Files.kind(old), Files.kind(new)) {
    case (.folder, .folder):
      let names = try Files.names(in: old)
      guard try names == Files.names(in: new) else { return false }
      for name in names {
        guard try add(old.appending(name), new.appending(name)) else { return false }
      }
      return true
    case (.file(let a), .file(let b)):
      guard a == b else { return false }
      return try add(try ContentFile(old), try ContentFile(new))
    default: return false
    }
  }

  private mutating func add(_ old: ContentFile, _ new: ContentFile) throws(Problem) -> Bool {
    if try ContentFile.firstDifference(old, new) == nil { return true }
    if let a = try TensorFile(old), let b = try TensorFile(new) { return try add(a, b) }
    if let a = try ContentDifference.json(old), let b = try ContentDifference.json(new) {
      return add(a, b)
    }
    let a = TextLines(old)
    let b = TextLines(new)
    while true {
      let x = try a.nextRow()
      let y = try b.nextRow()
      if a.isTooLong || b.isTooLong { return false }
      guard let x, let y else { return x == nil && y == nil }
      if x == y { continue }
      guard let p = try? JSON(parsing: x), let q = try? JSON(parsing: y), add(p, q) else {
        return false
      }
    }
  }

  private mutating func add(_ old: JSON, _ new: JSON) -> Bool {
    switch (old, new) {
    case (.array(let a), .array(let b)):
      guard a.count == b.count else { return false }
      for (x, y) in zip(a, b) where !add(x, y) { return false }
      return true
    case (.object(let a), .object(let b)):
      guard a.count == b.count else { return false }
      for (name, x) in a {
        guard let y = b[name], add(x, y) else { return false }
      }
      return true
    default:
      if old == new { return true }
      guard let x = old.number, let y = new.number else { return false }
      add(abs(x - y), of: x, y)
      return true
    }
  }

  private mutating func add(_ old: TensorFile, _ new: TensorFile) throws(Problem) -> Bool {
    guard old.tensors.count == new.tensors.count else { return false }
    var others: [String: TensorFile.Tensor] = [:]
    for tensor in new.tensors { others[tensor.name] = tensor }
    for tensor in old.tensors {
      guard let other = others[tensor.name], other.type == tensor.type,
        other.shape == tensor.shape, other.size == tensor.size
      else { return false }
      let element = TensorElement(rawValue: tensor.type)
      var result = self
      var isComparable = true
      try ContentFile.compare(
        old.file, at: tensor.start, new.file, at: other.start, count: tensor.size,
        step: element?.size ?? 1
      ) { a, b, _ in
        if ContentFile.same(a, b) { return true }
        guard let element else {
          isComparable = false
          return false
        }
        for position in stride(from: 0, to: a.count, by: element.size) {
          let x = element.value(a, at: position)
          let y = element.value(b, at: position)
          if x.isNaN && y.isNaN { continue }
          result.add(element.distance(a, b, at: position), of: x, y)
        }
        return true
      }
      if !isComparable { return false }
      self = result
    }
    return true
  }

  private mutating func add(_ distance: Double, of a: Double, _ b: Double) {
    if distance == 0 { return }
    let scale = max(abs(a), abs(b))
    absolute = max(absolute, distance.isNaN ? .infinity : distance)
    let share = distance / scale
    // An infinity against a finite number, or NaN against a number.
    relative = max(relative, share.isNaN ? .infinity : share)
  }
}
