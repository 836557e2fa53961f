import Serving
import Testing

@Suite struct AccessTokenTests {
  @Test func isLongRandomAndMatchesItself() {
    let token = AccessToken()
    #expect(token.text.count == 32 && token.text.allSatisfy(\.isHexDigit))
    #expect(token.matches(token.text) && token != AccessToken())
    #expect(!token.matches("") && !token.matches(token.text.dropLast()))
    #expect(!token.matches(String(token.text.reversed()) + "0"))
  }
}
