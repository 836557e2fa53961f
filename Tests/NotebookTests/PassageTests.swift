import Notebook
import Testing

@Suite struct PassageTests {
  private static let text = """
    ---
    title: Desk
    ---

    # Desk

    Words.

    ```python {#rows}
    #| out: rows.jsonl
    x = 1
    ```
    ```sh
    not a step
    ```

    ````text {#prompt}
    ```
    ````
    """

  @Test func aTextIsTakenApartInItsOrder() {
    let passages = Passage.all(of: PassageTests.text)
    #expect(
      passages.map(\.kind) == [
        .frontMatter, .prose,
        .cell(language: "python", id: "rows", body: "#| out: rows.jsonl\nx = 1\n"), .prose,
        .cell(language: "text", id: "prompt", body: "```\n"),
      ])
    #expect(passages[0].text == "---\ntitle: Desk\n---\n")
    #expect(passages[1].text == "\n# Desk\n\nWords.\n\n")
    #expect(passages[3].text.contains("not a step"))
    #expect(passages.map(\.text).joined() == PassageTests.text + "\n")
  }

  static let odd = ["", "\n", "---", "---\n", "```text {#a}", "# only prose", "a\r\nb\rc"]

  @Test(arguments: odd) func noTextIsLost(_ text: String) {
    let all = Passage.all(of: text).map(\.text).joined()
    let lines = text.split(whereSeparator: \.isNewline)
    #expect(all.split(whereSeparator: \.isNewline) == lines)
  }

  @Test(arguments: [
    ("---\ntitle: Country desk\nparams: { a: 1 }\n---\n", "Country desk"),
    ("---\nparams: { title: no }\ntitle: \"A \\\"b\\\"\"   # said so\n---\n", "A \"b\""),
    ("---\ntitle: 2026\n...\n", "2026"), ("---\nparams: {}\n---\n", nil), ("---\n---\n", nil),
    ("---\ntitle: [a]\n---\n", nil), ("---\ntitle: {\n---\n", nil), ("---\ntitle:\n---\n", nil),
    ("# No front matter\n", nil), ("---\ntitle: open", nil),
  ])
  func theTitleIsThatOfTheFrontMatter(_ text: String, _ title: String?) {
    #expect(Passage.all(of: text).first?.title == title)
  }
}
