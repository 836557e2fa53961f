import Documents
import Notebook

/// A few library steps in the likeness of the real ones.
enum TestLibrary {
  static let declarations = Dictionary(
    uniqueKeysWithValues: [fetch, fetchFile, clean, split, lora, synthesize].map { ($0.name, $0) })

  static let report = Step.Output(name: "report", path: "report.json", isFolder: false)

  static let fetch = StepDeclaration(
    "fetch/pypi", version: 1, kind: .recorded, summary: "files of a package",
    outputs: [Step.Output(name: "files", path: "files", isFolder: true), report],
    parameters: [
      .init("package", .text, default: nil, "the package"),
      .init("version", .text, default: nil, "its version"),
      .init("select", .list(.text), default: ["*"], "which files"),
    ])

  static let fetchFile = StepDeclaration(
    "fetch/http", version: 1, kind: .recorded, summary: "a file by its address",
    outputs: [Step.Output(name: "file", path: "file", isFolder: false), report],
    parameters: [
      .init("url", .text, default: nil, "the address"),
      .init("headers", .mapping, default: [:], "sent with the request"),
    ])

  static let clean = StepDeclaration(
    "clean", version: 1, summary: "rows without what spoils them",
    inputs: [.init("rows", "the rows")],
    outputs: [
      Step.Output(name: "rows", path: "rows.jsonl", isFolder: false),
      Step.Output(name: "rejected", path: "rejected.jsonl", isFolder: false), report,
    ],
    parameters: [
      .init("min_response_chars", .integer(0...100_000), default: 0, "shorter ones are dropped"),
      .init("max_response_chars", .integer(1 ... .max), default: .null, "longer ones are dropped"),
      .init("required", .list(.text), default: [], "fields that must be there"),
      .init("quotes", .choice(["keep", "fold"]), default: "keep", "smart quotes"),
    ])

  static let split = StepDeclaration(
    "split", version: 1, summary: "rows in three parts", inputs: [.init("rows", "the rows")],
    outputs: [
      Step.Output(name: "train", path: "train.jsonl", isFolder: false),
      Step.Output(name: "validation", path: "validation.jsonl", isFolder: false),
      Step.Output(name: "test", path: "test.jsonl", isFolder: false), report,
    ],
    parameters: [
      .init("validation", .number(0...1), default: .number(0.1), "the share of validation"),
      .init("test", .number(0...1), default: .number(0.1), "the share of the test"),
      .init("seed", .integer(0 ... .max), default: 0, "the seed"),
    ])

  static let lora = StepDeclaration(
    "train/lora", version: 1, summary: "a LoRA adapter",
    inputs: [
      .init("model", "the base model"), .init("rows", "what is learned"),
      .init("validation", required: false, "what is held out"),
    ],
    outputs: [
      Step.Output(name: "adapter", path: "adapter", isFolder: true),
      Step.Output(name: "log", path: "log.jsonl", isFolder: false), report,
    ],
    parameters: [
      .init("epoch", .integer(1...1000), default: 5, "times through the rows"),
      .init("learning_rate", .number(1e-8...1), default: .number(0.0001), "the step's size"),
      .init("lora_r", .integer(1 ... .max), default: 8, "the rank"),
      .init("lora_alpha", .integer(1 ... .max), default: 32, "the scale"),
      .init("lora_dropout", .number(0...1), default: .number(0.05), "the dropout"),
      .init(
        "target_modules",
        .list(
          .choice([
            "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
          ])),
        default: ["q_proj", "v_proj"], "which modules"),
      .init("per_device_train_batch_size", .integer(1...1000), default: 1, "rows at once"),
      .init(
        "max_input_length", .either(.choice(["auto"]), .integer(1...100_000)), default: "auto",
        "tokens a row"),
      .init("instruction_tuned", .boolean, default: true, "instruction rows"),
      .init("chat_dataset", .boolean, default: false, "chat rows"),
      .init("int8_quantization", .boolean, default: .null, "8 bits"),
      .init("enable_fsdp", .boolean, default: .null, "sharded"),
      .init("seed", .integer(1...1000), default: 10, "the seed"),
      .init("preprocessing_num_workers", .integer(1...1024), default: .null, "workers"),
    ],
    exclusive: [["instruction_tuned", "chat_dataset"], ["int8_quantization", "enable_fsdp"]])

  static let synthesize = StepDeclaration(
    "synthesize/answers", version: 1, kind: .recorded, summary: "answers by a model",
    outputs: [Step.Output(name: "rows", path: "rows.jsonl", isFolder: false), report],
    parameters: [.init("temperature", .number(0...2), default: 1, "how free")],
    takesAnyInput: true)
}
