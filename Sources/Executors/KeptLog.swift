/// A step's log within bounds: the first and the last `limit` bytes, and between them a line that
/// says how much was left out.
struct KeptLog {
  private let limit: Int
  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  private var leftOut = 0

  init(limit: Int = 1 << 20) { self.limit = limit }

  mutating func append(_ bytes: some Collection<UInt8>) {
    let room = min(limit - head.count, bytes.count)
    if room > 0 { head.append(contentsOf: bytes.prefix(room)) }
    guard bytes.count > room else { return }
    tail.append(contentsOf: bytes.dropFirst(max(0, room)))
    // Cut only now and then: removing from the front moves everything behind it.
    if tail.count > 2 * limit { cut() }
  }

  private mutating func cut() {
    let surplus = tail.count - limit
    guard surplus > 0 else { return }
    leftOut += surplus
    tail.removeFirst(surplus)
  }

  /// The log as it is kept.
  func finished() -> [UInt8] {
    var log = self
    log.cut()
    guard log.leftOut > 0 else { return log.head + log.tail }
    let isLineEnd = log.head.last == UInt8(ascii: "\n")
    let note = "\(isLineEnd ? "" : "\n")[\(log.leftOut) bytes left out]\n"
    return log.head + Array(note.utf8) + log.tail
  }
}
