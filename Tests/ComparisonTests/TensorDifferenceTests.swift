import Comparison
import Documents
import Files
import SystemPackage
import Testing

/// A safetensors file: the header's length in 8 bytes, the header, the data.
func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
  let length = UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8) + data
}

private func one(_ type: String, _ shape: String, _ data: [UInt8], name: String = "w") -> [UInt8] {
  safetensors(
    "{\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[0,\(data.count)]}}",
    data)
}

@Suite struct TensorDifferenceTests {
  @Test func theFormatsBytes() {
    #expect(
      safetensors("{}", [7]) == [2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D, 7])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let type: String
    let shape: String
    let old: [UInt8]
    let new: [UInt8]
    let differing: Int64
    let first: Int64
    let largest: Double?
    let notNumbers: Int64
    let text: String
    var testDescription: String { text }
  }

  static let cases: [Case] = [
    // 1, 2, 3.0 against 1, 2.5, 3.25.
    Case(
      type: "F32", shape: "[1,3]", old: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40],
      new: [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0x40, 0, 0, 0x50, 0x40], differing: 2, first: 1,
      largest: 0.5, notNumbers: 0,
      text: "2 of 3 values differ, first at [0, 1] (was 2, is 2.5), by up to 0.5"),
    // 1.0 against -1.0.
    Case(
      type: "F64", shape: "[]", old: [0, 0, 0, 0, 0, 0, 0xF0, 0x3F],
      new: [0, 0, 0, 0, 0, 0, 0xF0, 0xBF], differing: 1, first: 0, largest: 2, notNumbers: 0,
      text: "1 of 1 values differs, first at [] (was 1, is -1), by up to 2"),
    // 1.0 against 1.5.
    Case(
      type: "F16", shape: "[1]", old: [0, 0x3C], new: [0, 0x3E], differing: 1, first: 0,
      largest: 0.5, notNumbers: 0,
      text: "1 of 1 values differs, first at [0] (was 1, is 1.5), by up to 0.5"),
    Case(
      type: "BF16", shape: "[1]", old: [0x80, 0x3F], new: [0xC0, 0x3F], differing: 1, first: 0,
      largest: 0.5, notNumbers: 0,
      text: "1 of 1 values differs, first at [0] (was 1, is 1.5), by up to 0.5"),
    // NaN on one side.
    Case(
      type: "BF16", shape: "[2]", old: [0x80, 0x3F, 0, 0], new: [0xC0, 0x7F, 0, 0], differing: 1,
      first: 0, largest: nil, notNumbers: 1,
      text: "1 of 2 values differs, first at [0] (was 1, is NaN), 1 NaN on one side only"),
    // Two different NaN.
    Case(
      type: "BF16", shape: "[1]", old: [0xC0, 0x7F], new: [0xC1, 0x7F], differing: 1, first: 0,
      largest: nil, notNumbers: 0,
      text: "1 of 1 values differs, first at [0] (was NaN, is NaN)"),
    // 0.0 against -0.0.
    Case(
      type: "BF16", shape: "[1]", old: [0, 0], new: [0, 0x80], differing: 1, first: 0, largest: 0,
      notNumbers: 0,
      text: "1 of 1 values differs, first at [0] (was 0, is -0), by up to 0"),
    Case(
      type: "I8", shape: "[2]", old: [0x80, 1], new: [0x7F, 1], differing: 1, first: 0,
      largest: 255, notNumbers: 0,
      text: "1 of 2 values differs, first at [0] (was -128, is 127), by up to 255"),
    // 2^53 against 2^53 + 1: a difference of doubles would be 0.
    Case(
      type: "I64", shape: "[1]", old: [0, 0, 0, 0, 0, 0, 0x20, 0],
      new: [1, 0, 0, 0, 0, 0, 0x20, 0], differing: 1, first: 0, largest: 1, notNumbers: 0,
      text: "1 of 1 values differs, first at [0] (was 9007199254740992, is 9007199254740992), "
        + "by up to 1"),
    Case(
      type: "F8_E4M3", shape: "[2]", old: [1, 2], new: [1, 3], differing: 1, first: 1,
      largest: nil, notNumbers: 0, text: "1 of 2 bytes differs, first at 1"),
  ]

  @Test(arguments: cases)
  func values(wanted: Case) throws {
    let found = try Pair.difference(
      "a.safetensors", one(wanted.type, wanted.shape, wanted.old),
      one(wanted.type, wanted.shape, wanted.new))
    guard case .tensors(let difference) = found?.position else {
      Issue.record("no tensor differs: \(String(describing: found))")
      return
    }
    #expect(difference.differing == wanted.differing)
    #expect(difference.first == wanted.first)
    #expect(difference.largest == wanted.largest)
    #expect(difference.notNumbers == wanted.notNumbers)
    #expect(found?.text.hasSuffix("): " + wanted.text) == true, "\(found?.text ?? "")")
  }

  static let two = "\"data_offsets\":[0,1],\"dtype\":\"U8\",\"shape\":[1]"
  static let three = "\"data_offsets\":[1,2],\"dtype\":\"U8\",\"shape\":[1]"

  @Test(
    arguments: [
      // The first by its data, not by its name.
      (
        "{\"b\":{\(two)},\"a\":{\(three)}}", [1, 1], "{\"b\":{\(two)},\"a\":{\(three)}}", [2, 4],
        "tensor b (U8, 1): 1 of 1 values differs, first at [0] (was 1, is 2), by up to 1; "
          + "2 of 2 tensors differ, by up to 3"
      ),
      (
        "{\"b\":{\(two)},\"a\":{\(three)}}", [1, 1], "{\"b\":{\(two)},\"c\":{\(three)}}", [1, 1],
        "tensor a (U8, 1): is missing; 2 of 3 tensors differ"
      ),
      (
        "{\"b\":{\(two)}}", [1], "{\"b\":{\(two)},\"c\":{\(three)}}", [1, 1],
        "tensor c (U8, 1): is there and was not; 1 of 2 tensors differ"
      ),
      (
        "{\"b\":{\(two)}}", [1],
        "{\"b\":{\"data_offsets\":[0,1],\"dtype\":\"I8\",\"shape\":[1]}}", [1],
        "tensor b (U8, 1): was U8, is I8"
      ),
      (
        "{\"b\":{\"data_offsets\":[0,2],\"dtype\":\"U8\",\"shape\":[2,1]}}", [1, 1],
        "{\"b\":{\"data_offsets\":[0,2],\"dtype\":\"U8\",\"shape\":[2]}}", [1, 1],
        "tensor b (U8, 2×1): was 2×1, is 2"
      ),
      (
        "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\(two)}}", [1],
        "{\"__metadata__\":{\"format\":\"np\"},\"b\":{\(two)}}", [1],
        "the same tensors, but __metadata__.format was \"pt\", is \"np\""
      ),
      (
        "{\"b\":{\(two)}}", [1], "{\"b\":{\(two)}} ", [1],
        "the same tensors, with the file's header written or laid out differently"
      ),
    ] as [(String, [UInt8], String, [UInt8], String)])
  func tensors(
    oldHeader: String, old: [UInt8], newHeader: String, new: [UInt8], text: String
  ) throws {
    let found = try Pair.difference(
      "a.safetensors", safetensors(oldHeader, old), safetensors(newHeader, new))
    #expect(found?.text == "s.out: " + text)
    #expect(found?.kind == .tensors)
  }

  /// What is no sound header is compared byte by byte.
  @Test(arguments: [
    "{\"b\":{\"data_offsets\":[0,9],\"dtype\":\"U8\",\"shape\":[9]}}",
    "{\"b\":{\"data_offsets\":[0,1],\"dtype\":\"F32\",\"shape\":[1]}}",
    "{\"b\":{\"data_offsets\":[1,0],\"dtype\":\"U8\",\"shape\":[1]}}",
    "{\"b\":{\"data_offsets\":[0,1],\"dtype\":\"U8\",\"shape\":[-1]}}",
    "{\"b\":{\"data_offsets\":[0,1],\"dtype\":\"U8\",\"shape\":[4294967296,4294967296]}}",
    "{\"b\":1}", "{\"b\":", "{}}",
  ])
  func damage(header: String) throws {
    let found = try Pair.difference(
      "a.safetensors", safetensors(header, [1]), safetensors(header, [2]))
    #expect(found?.kind == .bytes)
  }

  @Test func aHeaderLongerThanTheFile() throws {
    let found = try Pair.difference(
      "a.safetensors", [255, 255, 255, 255, 255, 255, 255, 255, 0x7B, 1],
      [255, 255, 255, 255, 255, 255, 255, 255, 0x7B, 2])
    #expect(found?.kind == .bytes)
  }
}
