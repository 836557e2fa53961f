internal import Glibc
package import Problems
package import SystemPackage

/// How far the weights of two safetensors files are apart, tensor by tensor.
///
/// Numbers that are not finite on either side are counted and left out of every norm.
package struct WeightComparison: Hashable, Sendable {
  package enum Change: Hashable, Sendable {
    case same
    case values
    case added
    case removed
    case shape(old: [Int], new: [Int])
    /// A type whose values cannot be told.
    case unknownType(String)
  }

  /// One tensor, or several taken together.
  package struct Tensor: Hashable, Sendable {
    package let name: String
    package let shape: [Int]
    package let change: Change
    fileprivate var sums = Sums()

    fileprivate init(_ name: String, _ shape: [Int], _ change: Change) {
      self.name = name
      self.shape = shape
      self.change = change
    }

    /// The norm of the difference over the norm of the old values: ‖B−A‖/‖A‖. Nil where it cannot be
    /// told, as where the old values are all zero.
    package var relativeChange: Double? { sums.relativeChange }
    /// The cosine of the angle between both, 1 for one direction; nil where one is all zero.
    package var cosine: Double? { sums.cosine }
    /// How many values are not finite on one side at least.
    package var holes: Int64 { sums.holes }
    /// How many values were compared.
    package var count: Int64 { sums.count }
  }

  /// Squares and products, summed.
  fileprivate struct Sums: Hashable {
    var old = 0.0
    var new = 0.0
    var product = 0.0
    var difference = 0.0
    var holes: Int64 = 0
    var count: Int64 = 0

    var relativeChange: Double? {
      old > 0 ? (difference / old).squareRoot() : count > 0 && new == 0 ? 0 : nil
    }
    var cosine: Double? {
      guard old > 0, new > 0 else { return nil }
      return max(-1, min(1, product / (old.squareRoot() * new.squareRoot())))
    }

    mutating func add(_ a: Double, _ b: Double) {
      guard a.isFinite, b.isFinite else {
        holes += 1
        return
      }
      count += 1
      old += a * a
      new += b * b
      product += a * b
      difference += (b - a) * (b - a)
    }

    mutating func add(_ other: Sums) {
      old += other.old
      new += other.new
      product += other.product
      difference += other.difference
      holes += other.holes
      count += other.count
    }
  }

  /// In the order of the new file, tensors that are gone last.
  package let tensors: [Tensor]
  /// All values that both files have, as one vector.
  package let overall: Tensor
  /// What low-rank adapters change in a model: the product B·A of each pair of matrices, by module;
  /// empty where the files hold no such pairs.
  package let products: [Tensor]
  /// All products as one vector; nil without any.
  package let product: Tensor?

  /// Compares two files in bounded memory.
  ///
  /// - Parameters:
  ///   - scales: what each file's products are multiplied by (alpha over rank).
  /// - Returns: nil where one of them is no safetensors file.
  package init?(
    _ old: FilePath, _ new: FilePath, scales: (old: Double, new: Double) = (1, 1)
  ) throws(Problem) {
    guard let a = try TensorFile(ContentFile(old)), let b = try TensorFile(ContentFile(new)) else {
      return nil
    }
    var known: [String: TensorFile.Tensor] = [:]
    for tensor in a.tensors { known[tensor.name] = tensor }
    var tensors: [Tensor] = []
    var overall = Tensor("all", [], .values)
    for tensor in b.tensors {
      guard let before = known.removeValue(forKey: tensor.name) else {
        tensors.append(Tensor(tensor.name, tensor.shape, .added))
        continue
      }
      let compared = try WeightComparison.compare(before, in: a.file, tensor, in: b.file)
      overall.sums.add(compared.sums)
      tensors.append(compared)
    }
    for tensor in a.tensors where known[tensor.name] != nil {
      tensors.append(Tensor(tensor.name, tensor.shape, .removed))
    }
    self.tensors = tensors
    self.overall = overall
    products = try WeightComparison.products(a, b, scales)
    var product = Tensor("B·A", [], .values)
    for module in products { product.sums.add(module.sums) }
    self.product = products.isEmpty ? nil : product
  }

  /// How many values are read at once.
  private static let pieceCount = 1 << 17

  private static func compare(
    _ old: TensorFile.Tensor, in oldFile: ContentFile, _ new: TensorFile.Tensor,
    in newFile: ContentFile
  ) throws(Problem) -> Tensor {
    guard old.shape == new.shape, old.count == new.count else {
      return Tensor(new.name, new.shape, .shape(old: old.shape, new: new.shape))
    }
    guard let x = TensorElement(rawValue: old.type), let y = TensorElement(rawValue: new.type)
    else {
      let type = TensorElement(rawValue: old.type) == nil ? old.type : new.type
      return Tensor(new.name, new.shape, .unknownType(type))
    }
    var sums = Sums()
    var done: Int64 = 0
    while done < old.count {
      let wanted = Int(min(Int64(pieceCount), old.count - done))
      let a = try oldFile.bytes(at: old.start + done * Int64(x.size), count: wanted * x.size)
      let b = try newFile.bytes(at: new.start + done * Int64(y.size), count: wanted * y.size)
      guard a.count == wanted * x.size, b.count == wanted * y.size else {
        throw Problem(
          .environment, "file-changed",
          "cannot compare \(oldFile.path) with \(newFile.path): one of them became shorter meanwhile",
          hint: "let nothing write to them, then compare again")
      }
      a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
          for index in 0..<wanted {
            sums.add(x.value(a, at: index * x.size), y.value(b, at: index * y.size))
          }
        }
      }
      done += Int64(wanted)
    }
    var tensor = Tensor(
      new.name, new.shape,
      sums.difference == 0 && sums.holes == 0 && old.type == new.type ? .same : .values)
    tensor.sums = sums
    return tensor
  }

  // MARK: Low-rank adapters

  /// A larger matrix is no low-rank one, in values.
  private static let largest: Int64 = 1 << 26

  private static func products(
    _ a: TensorFile, _ b: TensorFile, _ scales: (old: Double, new: Double)
  ) throws(Problem) -> [Tensor] {
    let old = adapters(of: a)
    let new = adapters(of: b)
    var products: [Tensor] = []
    for module in new.keys.sorted() {
      guard let before = old[module], let after = new[module],
        let one = try LowRank(before, a.file, scales.old),
        let other = try LowRank(after, b.file, scales.new), one.rows == other.rows,
        one.columns == other.columns
      else { continue }
      var tensor = Tensor(module, [other.rows, other.columns], .values)
      tensor.sums.count = Int64(other.rows) * Int64(other.columns)
      tensor.sums.old = one.product(with: one)
      tensor.sums.new = other.product(with: other)
      tensor.sums.product = one.product(with: other)
      tensor.sums.difference = max(
        0, tensor.sums.old + tensor.sums.new - 2 * tensor.sums.product)
      guard [tensor.sums.old, tensor.sums.new, tensor.sums.product].allSatisfy(\.isFinite) else {
        continue
      }
      products.append(tensor)
    }
    return products
  }

  /// The pairs of matrices by module.
  private static func adapters(
    of file: TensorFile
  ) -> [String: (down: TensorFile.Tensor, up: TensorFile.Tensor)] {
    var known: [String: TensorFile.Tensor] = [:]
    for tensor in file.tensors { known[tensor.name] = tensor }
    var found: [String: (down: TensorFile.Tensor, up: TensorFile.Tensor)] = [:]
    for tensor in file.tensors {
      guard tensor.name.contains(".lora_A."), tensor.count <= largest,
        let up = known[tensor.name.replacing(".lora_A.", with: ".lora_B.")], up.count <= largest,
        let module = tensor.name.split(separator: ".lora_A.").first
      else { continue }
      found[String(module)] = (tensor, up)
    }
    return found
  }
}

/// The product of two matrices that is never made: up (rows × rank) times down (rank × columns).
private struct LowRank {
  let rows: Int
  let columns: Int
  private let rank: Int
  private let down: [Double]
  private let up: [Double]

  /// Nil where the shapes do not fit.
  init?(
    _ pair: (down: TensorFile.Tensor, up: TensorFile.Tensor), _ file: ContentFile, _ scale: Double
  ) throws(Problem) {
    guard pair.down.shape.count == 2, pair.up.shape.count == 2,
      pair.down.shape[0] == pair.up.shape[1],
      let down = try LowRank.values(pair.down, file),
      let up = try LowRank.values(pair.up, file)
    else { return nil }
    rank = pair.down.shape[0]
    columns = pair.down.shape[1]
    rows = pair.up.shape[0]
    self.down = down
    self.up = scale == 1 ? up : up.map { $0 * scale }
  }

  private static func values(
    _ tensor: TensorFile.Tensor, _ file: ContentFile
  ) throws(Problem) -> [Double]? {
    guard let element = TensorElement(rawValue: tensor.type) else { return nil }
    let bytes = try file.bytes(at: tensor.start, count: Int(tensor.size))
    guard bytes.count == Int(tensor.count) * element.size else { return nil }
    return bytes.withUnsafeBytes { bytes in
      (0..<Int(tensor.count)).map { element.value(bytes, at: $0 * element.size) }
    }
  }

  /// The sum over all places of both products, multiplied: with B₁ᵀB₂ and A₁A₂ᵀ, which are as small
  /// as the ranks, the sum of the products of their elements.
  func product(with other: LowRank) -> Double {
    var sum = 0.0
    for i in 0..<rank {
      for j in 0..<other.rank {
        var ups = 0.0
        for row in 0..<rows { ups += up[row * rank + i] * other.up[row * other.rank + j] }
        var downs = 0.0
        for column in 0..<columns {
          downs += down[i * columns + column] * other.down[j * columns + column]
        }
        sum += ups * downs
      }
    }
    return sum
  }
}
