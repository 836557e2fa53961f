internal import Documents
internal import Problems

/// The header of a safetensors file: 8 bytes of its length, little-endian, then a JSON object of
/// names with dtype, shape and data_offsets (huggingface/safetensors, README, "Format").
struct TensorFile {
  struct Tensor {
    let name: String
    let type: String
    let shape: [Int]
    /// From the beginning of the file.
    let start: Int64
    /// In bytes.
    let size: Int64
    /// How many values there are.
    let count: Int64
  }

  /// The format's own limit.
  static let longestHeader: UInt64 = 100_000_000

  let file: ContentFile
  /// In the order of their data.
  let tensors: [Tensor]
  /// The free texts under `__metadata__`.
  let metadata: JSON

  /// Nil where the file is no safetensors file, or a damaged one.
  init?(_ file: ContentFile) throws(Problem) {
    let start = try file.bytes(at: 0, count: 9)
    guard start.count == 9, start[8] == UInt8(ascii: "{") else { return nil }
    let length = start[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= TensorFile.longestHeader, Int64(length) + 8 <= file.size,
      let header = try? JSON(parsing: try file.bytes(at: 8, count: Int(length))),
      var members = header.object
    else { return nil }
    metadata = members.removeValue(forKey: "__metadata__") ?? .object([:])
    var tensors: [Tensor] = []
    for (name, entry) in members {
      guard let tensor = TensorFile.tensor(name, entry, data: Int64(length) + 8, in: file) else {
        return nil
      }
      tensors.append(tensor)
    }
    self.file = file
    self.tensors = tensors.sorted {
      ($0.start, $0.size, $0.name) < ($1.start, $1.size, $1.name)
    }
  }

  private static func tensor(
    _ name: String, _ entry: JSON, data: Int64, in file: ContentFile
  ) -> Tensor? {
    guard let type = entry["dtype"]?.string, let shape = entry["shape"]?.array,
      let offsets = entry["data_offsets"]?.array, offsets.count == 2,
      let begin = offsets[0].integer, let end = offsets[1].integer,
      begin >= 0, begin <= end, end <= file.size - data
    else { return nil }
    var count: Int64 = 1
    var sizes: [Int] = []
    for side in shape {
      guard let side = side.integer, side >= 0 else { return nil }
      let product = count.multipliedReportingOverflow(by: side)
      if product.overflow { return nil }
      count = product.partialValue
      sizes.append(Int(side))
    }
    if let known = TensorElement(rawValue: type) {
      let bytes = count.multipliedReportingOverflow(by: Int64(known.size))
      guard !bytes.overflow, bytes.partialValue == end - begin else { return nil }
    }
    return Tensor(
      name: name, type: type, shape: sizes, start: data + begin, size: end - begin, count: count)
  }
}
