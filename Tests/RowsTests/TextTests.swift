import Rows
import Testing

@Suite struct TextTests {
  @Test func composes() {
    #expect(Array(TextCleaning.composed("e\u{301}").utf8) == Array("\u{E9}".utf8))
    #expect(TextCleaning.composed("plain") == "plain")
  }

  @Test(arguments: [
    ("a\u{0}b\u{7F}c\u{85}", "abc"), ("a\tb\nc", "a\tb\nc"), ("\u{FEFF}a\u{200B}", "a"),
    ("👩\u{200D}👧", "👩\u{200D}👧"),
  ])
  func removesControls(text: String, expected: String) {
    #expect(Array(TextCleaning.withoutControls(text).utf8) == Array(expected.utf8))
  }

  @Test func foldsQuotes() {
    #expect(TextCleaning.foldedQuotes("“It’s” ‘so’ «ok»") == "\"It's\" 'so' «ok»")
  }

  @Test(arguments: [
    ("  a \r\n b\r", "a \n b"), ("", ""), (" \n\t ", ""), ("\u{A0}x\u{3000}", "x"),
  ])
  func trims(text: String, expected: String) {
    #expect(Array(TextCleaning.trimmed(text).utf8) == Array(expected.utf8))
  }

  @Test(arguments: [
    ("a  b\u{A0}\tc", "a b c"), ("a   \n\n\n\nb", "a\n\nb"), ("- a\n  - b  c ", "- a\n  - b c"),
    ("a \n \n \n b", "a\n\n b"),
  ])
  func folds(text: String, expected: String) {
    #expect(Array(TextCleaning.foldedSpaces(text).utf8) == Array(expected.utf8))
  }

  @Test(arguments: [
    ("### Answer\nParis.", "Paris."), ("### Answer: Paris.", "Paris."),
    ("## Response:\n\nParis.", "Paris."), ("Answer: Paris.", "Paris."),
    ("**Answer:** Paris.", "Paris."), ("**Answer**: Paris.", "Paris."),
    ("### Response:\n### Answer:\nParis.", "Paris."), ("ASSISTANT: Hi", "Hi"), ("### Answer", ""),
    ("**Response**\nParis.", "Paris."),
  ])
  func stripsHeaders(text: String, expected: String) {
    #expect(LeakedHeader.stripped(text) == expected)
  }

  @Test(arguments: [
    "Answer the phone.", "### Answers\nParis", "Paris: Answer: no", "### History\nParis", "",
    "Response times vary: see below", "**Answer** is a word", "### Answer sheets are long",
  ])
  func keepsOthers(text: String) {
    #expect(LeakedHeader.stripped(text) == nil)
  }

  @Test(arguments: [
    "I'm sorry, but I can't help with that.", "I’m sorry, but I can’t do it", "As an AI, no.",
    "  \"I cannot assist with this", "Well, as an AI language model, I think",
  ])
  func knowsRefusals(text: String) { #expect(TextSigns.isRefusal(text)) }

  @Test(arguments: ["I can help.", "Sorry, the museum is closed.", "As an aid, use this.", ""])
  func knowsAnswers(text: String) { #expect(!TextSigns.isRefusal(text)) }

  @Test(arguments: [
    ("I think so", true), ("It is mine.", true), ("I’ve been", true), ("'My' word", true),
    ("Henry VIII and ivy", false), ("He is", false), ("Milan", false),
  ])
  func knowsFirstPerson(text: String, expected: Bool) {
    #expect(TextSigns.hasFirstPerson(text) == expected)
  }

  @Test(arguments: [
    ("see https://a.org", true), ("[x](http://b)", true), ("(www.site.org)", true),
    ("www. is short for", false), ("a.b.c", false),
  ])
  func knowsLinks(text: String, expected: Bool) { #expect(TextSigns.hasLink(text) == expected) }

  @Test(arguments: [
    ("Mail jo.doe+x@mail.example.org.", "Mail [email].", 1),
    ("Call +65 6123 4567 or (02) 1234 5678!", "Call [phone] or [phone]!", 2),
    ("+6561234567", "[phone]", 1), ("020-7946-0958", "[phone]", 1),
    ("a@b and @you", "a@b and @you", 0),
    ("1,234,567 people since 1965-08-09", "1,234,567 people since 1965-08-09", 0),
    ("09.08.1965 and 192.168.100.123", "09.08.1965 and 192.168.100.123", 0),
    ("It is 12345678901234567890", "It is 12345678901234567890", 0),
    ("population 5917648", "population 5917648", 0), ("2019 2020", "2019 2020", 0),
  ])
  func masks(text: String, expected: String, count: Int) {
    let result = PersonalData.masked(text)
    #expect(result.text == expected)
    #expect(result.count == count)
  }
}
