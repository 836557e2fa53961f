/// The secret in the address of the page, which whoever asks must know: 128 random bits, so that
/// neither another user of the machine nor a page from elsewhere can guess it.
package struct AccessToken: Hashable, Sendable {
  /// 32 hexadecimal digits.
  package let text: String

  /// A new one from the system's generator.
  package init() {
    var generator = SystemRandomNumberGenerator()
    text = [generator.next(), generator.next()].map { (word: UInt64) in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Whether a text is the token, in a time that does not tell how much of it was right.
  package func matches(_ candidate: some StringProtocol) -> Bool {
    let (a, b) = (Array(text.utf8), Array(candidate.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
