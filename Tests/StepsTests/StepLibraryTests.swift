import Digests
import Documents
import Notebook
import Problems
import Steps
import Testing

@Suite struct StepLibraryTests {
  @Test func names() {
    #expect(
      StepLibrary.names == [
        "clean", "fetch/http", "fetch/pypi", "generate", "generate/endpoint", "ingest",
        "model/convert", "score", "select", "split", "template", "train/lora",
      ])
  }

  /// What a page of the manual says is what a replay does.
  @Test(arguments: StepLibrary.names) func kinds(name: String) throws {
    let step = Step(id: try #require(StepID("a")), line: 1, work: .library(name))
    #expect(StepLibrary.kind(of: step) == (try StepLibrary.step(named: name).declaration.kind))
    #expect((StepLibrary.kind(of: step) == .recorded) == name.contains(/^fetch|endpoint$/))
  }

  @Test(arguments: StepLibrary.names) func declarations(name: String) throws {
    let declaration = try StepLibrary.step(named: name).declaration
    #expect(declaration.outputs.contains { $0.name == "report" && $0.path == "report.json" })
    #expect(declaration.outputs.first?.name != "report")
    #expect(Set(declaration.parameters.map(\.name)).count == declaration.parameters.count)
    #expect(Set(declaration.outputs.map(\.path)).count == declaration.outputs.count)
    for parameter in declaration.parameters {
      if let value = parameter.defaultValue, !value.isNull {
        #expect(Self.fits(value, parameter.type), "\(parameter.name)")
      }
      #expect(!parameter.doc.isEmpty && !parameter.doc.hasSuffix("."))
    }
    for group in declaration.exclusive {
      #expect(group.allSatisfy { name in declaration.parameters.contains { $0.name == name } })
    }
  }

  static func fits(_ value: JSON, _ type: StepDeclaration.Parameter.ValueType) -> Bool {
    switch type {
    case .integer(let range): value.integer.map(range.contains) ?? false
    case .number(let range): value.number.map(range.contains) ?? false
    case .boolean: value.bool != nil
    case .text: value.string != nil
    case .choice(let names): value.string.map(names.contains) ?? false
    case .list(let inner): value.array?.allSatisfy { fits($0, inner) } ?? fits(value, inner)
    case .mapping: value.object != nil
    case .either(let first, let second): fits(value, first) || fits(value, second)
    }
  }

  /// JumpStart's names and defaults.
  @Test(arguments: [
    ("epoch", "5"), ("learning_rate", "0.0001"), ("lora_r", "8"), ("lora_alpha", "32"),
    ("lora_dropout", "0.05"), ("target_modules", "\"q_proj,v_proj\""),
    ("per_device_train_batch_size", "1"), ("per_device_eval_batch_size", "1"),
    ("max_input_length", "-1"), ("max_train_samples", "-1"), ("max_val_samples", "-1"),
    ("validation_split_ratio", "0.2"), ("train_data_split_seed", "0"),
    ("instruction_tuned", "true"), ("chat_dataset", "false"),
    ("add_input_output_demarcation_key", "true"), ("int8_quantization", "null"),
    ("enable_fsdp", "null"), ("seed", "10"), ("preprocessing_num_workers", "null"),
    ("lr_scheduler_type", "\"linear\""), ("backend", "\"peft\""), ("trail_every", "10"),
  ])
  func trainingDefaults(name: String, value: String) throws {
    let declaration = try StepLibrary.step(named: "train/lora").declaration
    let parameter = try #require(declaration.parameters.first { $0.name == name })
    #expect(parameter.defaultValue?.canonicalText == value)
  }

  @Test func programsAreShipped() throws {
    for (name, step) in StepLibrary.all {
      guard case .python(let program, _) = step.implementation(for: [:]) else { continue }
      let files = try ShippedFiles.files(of: program)
      #expect(files.contains { $0.name == program.main }, "\(name)")
      #expect(files.allSatisfy { !$0.bytes.isEmpty })
      #expect(try #require(ShippedFiles.requirements(of: program.environment)).count > 5)
      // Whatever a program imports from its neighbours must come with it.
      for (file, bytes) in files {
        for module in ShippedFiles.programs.keys {
          let imported = module.dropLast(3)
          let source = String(decoding: bytes, as: UTF8.self)
          let isImported = source.split(separator: "\n").contains {
            $0.hasPrefix("from \(imported) import") || $0 == "import \(imported)"
              || $0.hasPrefix("import \(imported) as")
          }
          if isImported { #expect(files.contains { $0.name == module }, "\(file) needs \(module)") }
        }
      }
    }
  }

  @Test func digestsCoverNamesAndBytes() throws {
    let a = LibraryStep.Program(main: "score.py", files: ["step.py", "words.py"], environment: "x")
    let b = LibraryStep.Program(main: "score.py", files: ["words.py", "step.py"], environment: "y")
    let c = LibraryStep.Program(main: "score.py", files: ["step.py"], environment: "x")
    let d = LibraryStep.Program(main: "step.py", files: ["score.py", "words.py"], environment: "x")
    #expect(try ShippedFiles.digest(of: a) == ShippedFiles.digest(of: b))
    #expect(try ShippedFiles.digest(of: a) != ShippedFiles.digest(of: c))
    #expect(try ShippedFiles.digest(of: a) != ShippedFiles.digest(of: d))
    let missing = LibraryStep.Program(main: "nothing.py", environment: "x")
    #expect(throws: Problem.self) { try ShippedFiles.digest(of: missing) }
  }

  @Test func unknownStepsGetASuggestion() {
    #expect {
      try StepLibrary.step(named: "train/lore")
    } throws: { error in
      (error as? Problem)?.hint == "did you mean `train/lora`?"
    }
  }

  @Test(arguments: StepLibrary.names) func pagesFit(name: String) throws {
    let page = try StepLibrary.manual(for: name)
    #expect(page.hasPrefix("\(name): "))
    #expect(page.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(!page.contains(" \n"))
    for parameter in try StepLibrary.step(named: name).declaration.parameters {
      #expect(page.contains("\n  \(parameter.name) "))
    }
  }

  @Test func goldenPage() throws {
    #expect(
      try StepLibrary.manual(for: "split") == """
        split: Parts rows into training, validation and test, stable when rows are added

        Version 1, pure: a replay runs it again.

        Inputs
          rows  rows of any shape

        Parameters
          name        default  type
          validation  0.1      number, 0 to 1
              the share for validation; the sizes are near the shares, not equal to them
          test        0.1      number, 0 to 1
              the share for the test; with validation less than 1
          seed        0        whole number
              decides the sides, with each row's own content or group and nothing else
          group_by    none     list of: text
              a field or fields: rows with the same values stay on one side; by default
              rows whose texts are the same do

        Outputs
          train       train.jsonl  (main)
          validation  validation.jsonl
          test        test.jsonl
          report      report.json

        """)
  }

  @Test func theListingHasALineEach() {
    let lines = StepLibrary.listing().split(separator: "\n")
    #expect(lines.count == StepLibrary.names.count)
    #expect(lines.allSatisfy { $0.count <= 100 })
  }
}
