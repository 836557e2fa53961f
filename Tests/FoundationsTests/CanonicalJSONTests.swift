import Digests
import Documents
import Testing

@Suite struct CanonicalJSONTests {
  @Test(arguments: [
    (333333333.33333329, "333333333.3333333"), (1e30, "1e+30"), (4.50, "4.5"), (2e-3, "0.002"),
    (0.000000000000000000000000001, "1e-27"), (1e21, "1e+21"), (1e-7, "1e-7"),
    (0.000001, "0.000001"), (2.5e-300, "2.5e-300"), (-1.5, "-1.5"),
    (123456789012345683968, "123456789012345680000"),
    (9007199254740993e3, "9007199254740993000"),
  ])
  func numbersAreWrittenAsECMAScriptWritesThem(value: Double, text: String) {
    #expect(JSON.number(value).canonicalText == text)
  }

  @Test(arguments: [
    (#"{"b":1,"a":[1.0,1e2,"x\u0041\n"]}"#, #"{"a":[1,100,"xA\n"],"b":1}"#),
    (
      #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#,
      "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
    ),
    (#"  "\u001f/" "#, #""\u001f/""#),
    ("12345678901234567", "12345678901234567"),
  ])
  func textsBecomeCanonical(text: String, canonical: String) throws {
    #expect(try JSON(parsing: text).canonicalText == canonical)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1.", "\"\\ud800\"", "\"\u{1}\"", "nul", "1 2",
    "1e999",
    "123456789012345678901234567890", "\"\\x\"", "NaN", "[", "{\"a\" 1}",
  ])
  func wrongTextsAreRefused(text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
  }

  @Test func knownDigests() {
    #expect(
      Digest(of: "").hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      Digest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest("sha256:" + Digest(of: "abc").hex) == Digest(of: "abc"))
    #expect(Digest("ABC") == nil)
  }
}
