import Documents
import Testing

@Suite struct PercentEncodingTests {
  @Test(arguments: [
    ("", ""), ("plain-text_1.0~", "plain-text_1.0~"), ("a b", "a%20b"),
    ("a/b?c#d", "a%2Fb%3Fc%23d"),
    ("100%", "100%25"), ("ä", "%C3%A4"), ("\u{0}\n", "%00%0A"),
  ])
  func textComesBack(_ text: String, _ encoded: String) {
    #expect(PercentEncoding.encoded(text) == encoded)
    #expect(PercentEncoding.decoded(encoded) == text)
  }

  @Test func lowerCaseDigitsAreRead() { #expect(PercentEncoding.decoded("%c3%a4") == "ä") }

  @Test(arguments: ["%", "%4", "a%4", "%zz", "%+5", "%-5", "% 5", "%٣٣", "%C3", "%FF", "%C3%28"])
  func whatIsNoEncodingIsRefused(_ text: String) { #expect(PercentEncoding.decoded(text) == nil) }

  @Test func aTildeMayBeEncodedToo() {
    #expect(
      PercentEncoding.encoded("~/a b", keeping: PercentEncoding.isNameByte) == "%7E%2Fa%20b")
  }
}
