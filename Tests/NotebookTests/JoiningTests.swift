import Documents
import Files
import Notebook
import Problems
import SystemPackage
import Testing

/// Recipes that name steps of other recipes and past results.
@Suite struct JoiningTests {
  static let notes = """
    ---
    params: { least: 3 }
    environments:
      data: good.txt
      unused: missing.txt
    licences: [MIT]
    ---
    ```bash {#raw}
    #| in: { a: "file:local.jsonl", b: "file:../data/./rows.jsonl", c: "recipe:words/list" }
    #| out: raw.txt
    #| environment: data
    cat in/a > out/raw.txt
    ```
    ```yaml {#clean}
    uses: clean
    in: { rows: raw }
    with: { min_response_chars: "${least}" }
    ```
    ```bash {#other}
    #| in: { a: "file:gone.jsonl", b: "run:words:list" }
    #| out: a.txt
    #| environment: unused
    true
    ```
    """
  static let words = "```text {#list}\none\n```\n```text {#rest}\ntwo\n```\n"

  private func kitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen()
    try kitchen.write(Self.notes, to: "recipes/notes.md")
    try kitchen.write(Self.words, to: "recipes/words.md")
    return kitchen
  }

  @Test func theStepsThatAreNeededJoin() throws {
    let kitchen = try kitchen()
    defer { kitchen.remove() }
    let recipe = try kitchen.read(
      """
      ---
      environments: { data: [numpy==2.0] }
      ---
      ```bash {#mine}
      #| in: { rows: "recipe:notes/clean", rejected: "recipe:notes/clean.rejected" }
      #| out: a.txt
      #| environment: data
      true
      ```
      """)
    #expect(
      recipe.steps.map(\.id.text) == ["mine", "notes/clean", "notes/raw", "words/list"])
    #expect(
      recipe.steps[0].inputs == [
        "rows": try output("notes/clean", "rows"),
        "rejected": try output("notes/clean", "rejected"),
      ])
    #expect(recipe.steps[1].inputs == ["rows": try output("notes/raw", "raw")])
    #expect(recipe.steps[1].parameters["min_response_chars"] == 3)
    #expect(
      recipe.steps[2].inputs == [
        "a": .file("local.jsonl"), "b": .file("../data/rows.jsonl"),
        "c": try output("words/list", "data"),
      ])
    #expect(recipe.joined.map(\.name) == ["notes", "words"])
    #expect(recipe.joined[0].text == Self.notes)
    #expect(recipe.joined[0].licences == ["MIT"])
    #expect(recipe.joined[1].licences == nil)
    #expect(recipe.licences == nil)
    #expect(recipe.steps.map(\.environment) == ["data", nil, "notes/data", nil])
    #expect(recipe.environments.keys.sorted() == ["data", "notes/data"])
    #expect(recipe.environments["data"]?.requirements == ["numpy==2.0"])
    #expect(recipe.environments["notes/data"]?.name == "data")
    #expect(recipe.environments["notes/data"]?.file == "good.txt")
    let first = try #require(recipe.steps[1].id.recipe)
    #expect(first == "notes")
    #expect(recipe.steps[1].id.name == "clean")
  }

  @Test func pathsAreSeenFromTheRecipeThatIsRun() throws {
    let kitchen = try kitchen()
    defer { kitchen.remove() }
    let recipe = try RecipeReader(library: TestLibrary.declarations).read(
      text: """
        ```bash {#mine}
        #| in: { a: "recipe:notes/raw", b: "file:../../data/rows.jsonl", c: "file:../deep/x.txt" }
        #| out: a.txt
        true
        ```
        """,
      path: try {
        let folder = kitchen.folder.appending("work").appending("deep")
        try Files.makeFolder(folder)
        try Files.write(Array("x".utf8), to: folder.appending("x.txt"))
        return folder.appending("mine.md")
      }(),
      displayPath: "mine.md", kitchen: kitchen.folder)
    #expect(recipe.steps[0].inputs["b"] == .file("../../data/rows.jsonl"))
    #expect(recipe.steps[0].inputs["c"] == .file("x.txt"))
    #expect(recipe.steps[1].inputs["a"] == .file("../../recipes/local.jsonl"))
    #expect(recipe.environments["notes/data"]?.file == "../../recipes/good.txt")
  }

  @Test func aPastResultIsNamedAsItIs() throws {
    let recipe = try TestKitchen.read(
      """
      ```bash {#mine}
      #| in: { a: "run:notes/short~2:clean.rows/part", b: "run:submission/first:score" }
      #| out: a.txt
      true
      ```
      """)
    #expect(
      recipe.steps[0].inputs == [
        "a": .run("notes/short~2:clean.rows/part"), "b": .run("submission/first:score"),
      ])
    let place = try #require(recipe.steps[0].places["b"])
    #expect(place.line == 2)
    #expect(place.column == 53)
  }

  @Test(
    arguments: [
      ("clean", nil, "clean"), ("a/b-1", "a", "b-1"),
    ] as [(String, String?, String)])
  func stepsOfOtherRecipesHaveIDs(text: String, recipe: String?, name: String) throws {
    let id = try #require(StepID(text))
    #expect(id.recipe == recipe)
    #expect(id.name == name)
    #expect(id.text == text)
  }

  @Test(arguments: ["", "/", "a/", "/a", "a/b/c", "A/b", "a/B", "a//b"])
  func otherTextsAreNoIDs(text: String) { #expect(StepID(text) == nil) }

  /// Kitchens with mistakes: files of `recipes/`, of which `main.md` is read.
  static let wrong: [(String, [String: String])] = [
    (
      "names",
      [
        "main": """
        ```bash {#mine}
        #| in:
        #|   a: "recipe:note/clean"
        #|   b: "recipe:words/lst"
        #|   c: "recipe:words/list.rows"
        #|   d: "recipe:words"
        #|   e: "recipe:words/list."
        #|   f: "recipe:Words/list"
        #|   g: "recipe:main/mine"
        #|   h: "recipe:words/list@r=1"
        #|   i: "recipe:many/two"
        #| out: a.txt
        true
        ```
        ```text {#words}
        a step with the name of a recipe that joins
        ```
        """, "words": words, "many": "```bash {#two}\n#| out: { a: a, b: b }\ntrue\n```\n",
        "notes": "",
      ]
    ),
    (
      "shared-name",
      [
        "main": "```text {#words}\n```\n```bash {#a}\n#| in: { a: \"recipe:words/list\" }\n"
          + "#| out: a.txt\ntrue\n```\n", "words": words,
      ]
    ),
    (
      "inside",
      [
        "main": cell("recipe:first/a"), "first": cell("file:gone.txt", "recipe:second/a"),
        "second": "```bash {#a}\n#| out: a.txt\n#| enviroment: data\ntrue\n```\n"
          + "```yaml {#b}\nuses: cleen\n```\n",
      ]
    ),
    ("gone", ["main": cell("recipe:first/a"), "first": cell("file:gone.txt")]),
    (
      "circle",
      [
        "main": cell("recipe:first/a"), "first": cell("recipe:second/a"),
        "second": cell("recipe:main/a", "recipe:first/a"),
      ]
    ),
    (
      "runs",
      [
        "main": cell(
          "run:notes", "run:@last:clean", "run::clean", "run:notes:", "run:notes:clean/../x",
          "run:notes:clean@r=1")
      ]
    ),
  ]

  private static func cell(_ references: String...) -> String {
    let inputs = references.enumerated().map { "#|   i\($0): \"\($1)\"\n" }.joined()
    return "```bash {#a}\n#| in:\n\(inputs)#| out: a.txt\ntrue\n```\n"
  }

  @Test func mistakesHavePlaces() throws {
    var said = ""
    for (name, files) in Self.wrong {
      let kitchen = try TestKitchen()
      defer { kitchen.remove() }
      for (file, text) in files { try kitchen.write(text, to: "recipes/\(file).md") }
      let problems = #expect(throws: Problems.self) {
        try kitchen.read(files["main"] ?? "", name: "main")
      }
      said += "== \(name)\n\(problems?.description ?? "none")\n\n"
    }
    try Snapshots.expect(said, is: "wrong-joining.golden")
  }

  @Test func aRecipeOutsideTheKitchenJoinsNone() throws {
    let (kitchen, other) = (try kitchen(), try TestKitchen())
    defer {
      kitchen.remove()
      other.remove()
    }
    let problems = #expect(throws: Problems.self) {
      try RecipeReader(library: TestLibrary.declarations).read(
        text: Self.cell("recipe:words/list"), path: other.folder.appending("main.md"),
        displayPath: "main.md", kitchen: kitchen.folder)
    }
    #expect(problems?.all.map(\.code) == ["outside-kitchen"])
  }

  private func output(_ step: String, _ name: String) throws -> Reference {
    .output(try #require(StepID(step)), name)
  }
}
