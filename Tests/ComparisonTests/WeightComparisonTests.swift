import Comparison
import Files
import Foundation
import SystemPackage
import Testing

@Suite struct WeightComparisonTests {
  /// A file of tensors of one type.
  private func file(
    _ tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])]
  ) throws -> FilePath {
    var entries: [String] = []
    var data: [UInt8] = []
    for tensor in tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        #""\#(tensor.name)":{"dtype":"\#(tensor.type)","shape":[\#(shape)],"data_offsets":[\#(data.count),\#(data.count + tensor.bytes.count)]}"#
      )
      data += tensor.bytes
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * $0)) }
    let path = FilePath(
      FileManager.default.temporaryDirectory.appending(path: "weights-\(UUID().uuidString)").path)
    try Files.write(length + header + data, to: path)
    return path
  }

  private func f32(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
  }

  private func bf16(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in
      (2..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
  }

  private func f16(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in
      let bits = Float16(value).bitPattern
      return [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
    }
  }

  private func compare(_ a: FilePath, _ b: FilePath) throws -> WeightComparison {
    defer { for path in [a, b] { try? Files.remove(path) } }
    return try #require(try WeightComparison(a, b))
  }

  @Test(arguments: ["F32", "BF16", "F16"])
  func saysHowFarATensorMovedAndWhere(_ type: String) throws {
    func bytes(_ values: [Float]) -> [UInt8] {
      switch type {
      case "F32": f32(values)
      case "BF16": bf16(values)
      default: f16(values)
      }
    }
    // (3, 4) to (4, 3): the difference is (1, -1), the angle's cosine 24/25.
    let found = try compare(
      file([("w", type, [2], bytes([3, 4])), ("same", type, [1], bytes([2]))]),
      file([("w", type, [2], bytes([4, 3])), ("same", type, [1], bytes([2]))]))
    let moved = try #require(found.tensors.first { $0.name == "w" })
    #expect(abs((moved.relativeChange ?? 0) - 2.0.squareRoot() / 5) < 1e-12)
    #expect(abs((moved.cosine ?? 0) - 0.96) < 1e-12)
    #expect(found.tensors.first { $0.name == "same" }?.change == .same)
    #expect(abs((found.overall.relativeChange ?? 0) - (2.0 / 29).squareRoot()) < 1e-12)
    #expect(found.products.isEmpty && found.product == nil)
  }

  @Test func countsWhatIsNotFiniteAndLeavesItOut() throws {
    let found = try compare(
      file([("w", "F32", [3], f32([1, .nan, 2])), ("zero", "F32", [1], f32([0]))]),
      file([("w", "F32", [3], f32([1, 1, .infinity])), ("zero", "F32", [1], f32([1]))]))
    #expect(found.overall.holes == 2)
    let w = try #require(found.tensors.first { $0.name == "w" })
    #expect(w.relativeChange == 0 && w.cosine == 1 && w.count == 1)
    let zero = try #require(found.tensors.first { $0.name == "zero" })
    #expect(zero.relativeChange == nil && zero.cosine == nil)
  }

  @Test func tensorsThatCannotBeComparedAreNamed() throws {
    let found = try compare(
      file([
        ("gone", "F32", [1], f32([1])), ("shaped", "F32", [2], f32([1, 2])),
        ("odd", "F8_E4M3", [1], [1]), ("cast", "F32", [1], f32([1.5])),
      ]),
      file([
        ("new", "F32", [1], f32([1])), ("shaped", "F32", [2, 1], f32([1, 2])),
        ("odd", "F8_E4M3", [1], [2]), ("cast", "BF16", [1], bf16([1.5])),
      ]))
    let changes = Dictionary(
      uniqueKeysWithValues: found.tensors.map { ($0.name, $0.change) })
    #expect(changes["gone"] == .removed && changes["new"] == .added)
    #expect(changes["shaped"] == .shape(old: [2], new: [2, 1]))
    #expect(changes["odd"] == .unknownType("F8_E4M3"))
    #expect(changes["cast"] == .values)
    #expect(found.overall.relativeChange == 0)
  }

  /// Two adapters whose matrices differ, and whose products are one and the same.
  @Test func whatActsIsTheProduct() throws {
    func adapter(_ down: [Float], _ up: [Float]) throws -> FilePath {
      try file([
        ("m.q.lora_A.weight", "F32", [1, 2], f32(down)),
        ("m.q.lora_B.weight", "F32", [2, 1], f32(up)),
      ])
    }
    let turned = try compare(adapter([1, 2], [3, 4]), adapter([-2, -4], [-1.5, -2]))
    #expect(turned.overall.cosine ?? 1 < 0)
    #expect((turned.product?.relativeChange ?? 1) < 1e-6)
    #expect(abs((turned.product?.cosine ?? 0) - 1) < 1e-12)
    #expect(turned.products.map(\.name) == ["m.q"])
    // Twice the product: as far from the old one as that is long.
    let doubled = try compare(adapter([1, 2], [3, 4]), adapter([2, 4], [3, 4]))
    #expect(abs((doubled.product?.relativeChange ?? 0) - 1) < 1e-12)
    let scaled = try #require(
      try WeightComparison(
        adapter([1, 2], [3, 4]), adapter([1, 2], [3, 4]), scales: (old: 1, new: 2)))
    #expect(abs((scaled.product?.relativeChange ?? 0) - 1) < 1e-12)
  }

  @Test func aFileThatIsNoneIsNotCompared() throws {
    let a = try file([("w", "F32", [1], f32([1]))])
    let path = a.removingLastComponent().appending("weights-\(UUID().uuidString)")
    try Files.write(Array("no weights".utf8), to: path)
    defer { for path in [a, path] { try? Files.remove(path) } }
    #expect(try WeightComparison(a, path) == nil)
  }
}
