import Testing

@testable import Rows

@Suite struct LineHasherTests {
  @Test func everyLengthAndBitCounts() {
    let hasher = LineHasher()
    var seen: Set<LineHash> = []
    var firsts: Set<UInt64> = []
    var seconds: Set<UInt64> = []
    var count = 0
    for length in 0...100 {
      let zeros = [UInt8](repeating: 0, count: length)
      var lines = [zeros]
      for bit in 0..<length * 8 {
        var line = zeros
        line[bit / 8] |= 1 << (bit % 8)
        lines.append(line)
      }
      for line in lines {
        let hash = hasher.hash(line)
        count += 1
        seen.insert(hash)
        firsts.insert(hash.first)
        seconds.insert(hash.second)
      }
    }
    // Each half alone tells them apart too.
    #expect(seen.count == count && firsts.count == count && seconds.count == count)
  }

  @Test func keysAreDrawnAnew() {
    let line = Array("a line".utf8)
    #expect(LineHasher().hash(line) != LineHasher().hash(line))
    let hasher = LineHasher()
    #expect(hasher.hash(line) == hasher.hash(line))
  }
}
