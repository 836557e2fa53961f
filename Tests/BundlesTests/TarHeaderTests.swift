import Testing

@testable import Bundles

@Suite struct TarHeaderTests {
  @Test(
    arguments: [
      (0, "00000000000\0"), (5724, "00000013134\0"), (8_589_934_591, "77777777777\0"),
    ] as [(Int64, String)])
  func sizesAreOctal(size: Int64, field: String) {
    let header = TarHeader(path: "bundle.json", contentSize: size).bytes
    #expect(header[124..<136].elementsEqual(field.utf8))
    #expect(TarHeader.statedSize(header) == size)
  }

  @Test func sizesFrom8GiBAreBase256() {
    let header = TarHeader(path: "a", contentSize: 8_589_934_592).bytes
    #expect(header[124..<136].elementsEqual([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]))
    #expect(TarHeader.statedSize(header) == nil)
  }

  /// As `larder bundle` wrote it of a run of `recipes/hello.md`.
  @Test func theSumIsSixDigits() {
    let header = TarHeader(path: "bundle.json", contentSize: 5724).bytes
    #expect(header[148..<157].elementsEqual("010113\0 0".utf8))
  }
}
