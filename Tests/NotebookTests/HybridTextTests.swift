import Notebook
import Testing

@Suite struct HybridTextTests {
  static let first = """
    ---
    title: First
    environments:
      data: [orjson==3.11.4]
    licences: [MIT]
    ---

    # First

    ```jsonl {#rows}
    {"id":1}
    {"id":2}
    ```

    ```text {#prompt}
    Say it.
    ```

    ```yaml {#clean}
    uses: clean
    in: { rows: rows }
    numerics: portable
    ```

    ```python {#count}
    #| in: { rows: clean }
    #| out: n.txt
    #| environment: data
    print("first")
    ```
    """

  /// The first text with other rows, another prompt, other code, another environment.
  static let second =
    first
    .replacing("title: First", with: "title: Second").replacing("# First", with: "# Second")
    .replacing("{\"id\":2}", with: "{\"id\":2,\"a\":[1]}\n{\"id\":3}")
    .replacing("Say it.", with: "Say it well.").replacing("\"first\"", with: "\"second\"")
    .replacing("orjson==3.11.4]", with: "orjson==3.11.5]\n  more: [numpy==2.4.6]")
    .replacing("numerics: portable\n", with: "")
    .replacing(
      "#| environment: data\n",
      with: "#| environment: more\n#| resources: { cpus: 4 }\n#| numerics: native\n")

  @Test func nothingTakenLeavesTheTextAsItIs() {
    for text in [Self.first, Self.first + "\n", "", "no cell", "\r\nx\r\n"] {
      #expect(HybridText(code: text).text == text)
      var hybrid = HybridText(code: text)
      hybrid.takeData(from: text)
      hybrid.takeEnvironment(from: text)
      #expect(hybrid.text == text)
    }
  }

  @Test func takesRowsAndNoPrompts() {
    var hybrid = HybridText(code: Self.first)
    hybrid.takeData(from: Self.second)
    #expect(
      hybrid.text
        == Self.first.replacing("{\"id\":2}", with: "{\"id\":2,\"a\":[1]}\n{\"id\":3}") + "\n")
  }

  @Test func takesDeclarationsAndOptionsOfEnvironments() {
    var hybrid = HybridText(code: Self.first)
    hybrid.takeEnvironment(from: Self.second)
    #expect(
      hybrid.text == Self.first
        .replacing("orjson==3.11.4]", with: "orjson==3.11.5]\n  more: [numpy==2.4.6]")
        .replacing("numerics: portable\n", with: "")
        .replacing(
          "#| environment: data\n",
          with: "#| environment: more\n#| numerics: native\n#| resources: { cpus: 4 }\n") + "\n")
  }

  /// Both ways, so that removing and inserting meet.
  @Test func theOtherWayRoundToo() {
    var hybrid = HybridText(code: Self.second)
    hybrid.takeEnvironment(from: Self.first)
    hybrid.takeData(from: Self.first)
    let text = hybrid.text
    #expect(text.contains("  data: [orjson==3.11.4]\nlicences") && !text.contains("numpy"))
    #expect(text.contains("in: { rows: rows }\nnumerics: portable\n```"))
    #expect(text.contains("#| environment: data\nprint(\"second\")"))
    #expect(text.contains("{\"id\":1}\n{\"id\":2}\n```") && text.contains("Say it well."))
  }

  @Test func declaresAnEnvironmentWhereThereWasNone() {
    let plain = Self.first.replacing("environments:\n  data: [orjson==3.11.4]\n", with: "")
    var hybrid = HybridText(code: plain)
    hybrid.takeEnvironment(from: Self.first)
    #expect(hybrid.text.contains("licences: [MIT]\nenvironments:\n  data: [orjson==3.11.4]\n---"))
    var other = HybridText(code: Self.first)
    other.takeEnvironment(from: plain)
    #expect(other.text.contains("title: First\nlicences: [MIT]\n---"))
  }

  @Test func keepsTheIndentationOfACell() {
    let indented = "  ```jsonl {#rows}\n  {\"id\":1}\n  ```\n\n ```js {#x}\n //| out: a\n 1\n ```\n"
    let other =
      "```jsonl {#rows}\n{\"id\":2}\n```\n```js {#x}\n//| out: a\n//| numerics: gpu\n1\n```\n"
    var hybrid = HybridText(code: indented)
    hybrid.takeData(from: other)
    hybrid.takeEnvironment(from: other)
    #expect(
      hybrid.text
        == "  ```jsonl {#rows}\n  {\"id\":2}\n  ```\n\n ```js {#x}\n //| out: a\n //| numerics: gpu\n 1\n ```\n"
    )
  }

  /// What is written as one cannot be taken apart: it stays, and reading the recipe tells.
  @Test(arguments: [
    (
      "```yaml {#a}\n{ uses: clean, numerics: portable }\n```\n",
      "```yaml {#a}\n{ uses: clean, numerics: native }\n```\n"
    ),
    ("```jsonl {#a}\n{}\n```\n", "```csv {#a}\nx\n```\n"),
    ("```jsonl {#a}\n{}\n```\n", "```jsonl {#b}\n{\"a\":1}\n```\n"),
    ("```yaml {#a}\nuses: [\n```\n", "```yaml {#a}\nuses: clean\nnumerics: native\n```\n"),
    ("```yaml {#a}\nuses: clean\n```\n", "```python {#a}\n#| numerics: native\n1\n```\n"),
  ])
  func leavesWhatCannotBeTaken(code: String, other: String) {
    var hybrid = HybridText(code: code)
    hybrid.takeData(from: other)
    hybrid.takeEnvironment(from: other)
    #expect(hybrid.text == code)
  }
}
