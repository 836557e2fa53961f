internal import Documents
internal import Notebook

/// The steps that run a model: their programs are in Python and run in the sandbox.
enum ModelSteps {
  static let all = [convert, train, generate]

  static let convert = LibraryStep(
    StepDeclaration(
      "model/convert", version: 1,
      summary: "Makes a GGUF file or a Hugging Face folder into safetensors, once",
      inputs: [.init("model", "one .gguf file, or a folder with config.json and *.safetensors")],
      outputs: [.folder("model", "model"), .report]),
    .python(.init(main: "convert.py", files: ["step.py"], environment: "model"), completion: nil))

  static let generate = LibraryStep(
    StepDeclaration(
      "generate", version: 1,
      summary: "Answers questions with a model and, if given, with its adapter as well",
      inputs: [
        .init("model", "the output of model/convert"),
        .init("questions", "instruction or prompt-completion rows; the answers are added to them"),
        .init("adapter", required: false, "the output of train/lora: then base and tuned answer"),
        .init(
          "template", required: false,
          "template.json; by default the one that the adapter was trained with, else JumpStart's"),
      ],
      outputs: [.file("answers", "answers.jsonl"), .report],
      parameters: [
        .init(
          "temperature", .number(0...10), default: 0,
          "0 takes the likeliest token; more draws more freely"),
        .init(
          "top_p", .number(0.000001...1), default: 1,
          "draws among the fewest tokens whose probabilities reach this sum"),
        .init("max_new_tokens", .integer(1...32768), default: 256, "the longest answer, in tokens"),
        .init("batch_size", .integer(1...1000), default: 16, "questions answered together"),
        .init(
          "seed", .integer(0...Int64.max), default: 10,
          "of the draws, for each question by its id"),
      ]),
    .python(
      .init(
        main: "generate.py", files: ["model.py", "step.py", "template.py"], environment: "model"),
      completion: nil))

  static let train = LibraryStep(
    StepDeclaration(
      "train/lora", version: 1,
      summary: "Fine-tunes a model by LoRA; names and defaults are SageMaker JumpStart's",
      inputs: [
        .init(
          "model", unless: ["backend": "console"],
          "the output of model/convert; the console has its own"),
        .init("rows", "instruction, prompt-completion, chat or text rows to learn"),
        .init(
          "validation", required: false,
          "rows to measure each epoch by; by default a share of `rows`"),
        .init(
          "template", required: false, "template.json for instruction rows; JumpStart's by default"),
      ],
      outputs: [
        .folder("adapter", "adapter"), .file("log", "log.jsonl"), .file("trail", "trail.jsonl"),
        .report,
      ],
      parameters: trainingParameters,
      exclusive: [["int8_quantization", "enable_fsdp"], ["instruction_tuned", "chat_dataset"]]),
    choosing: { parameters in
      if parameters["backend"] == "console" {
        return .manual(ConsoleTraining(declared: trainingParameters))
      }
      return .python(
        .init(
          main: "train.py",
          files: ["model.py", "reading.py", "schedule.py", "step.py", "template.py"],
          environment: "model"),
        completion: nil)
    })

  private static let trainingParameters: [StepDeclaration.Parameter] = [
    .init("epoch", .integer(1...1000), default: 5, "passes over the rows"),
    .init("learning_rate", .number(1e-8...1), default: .number(0.0001), "at its peak"),
    .init("lora_r", .integer(1...65536), default: 8, "the rank of the adapter"),
    .init("lora_alpha", .integer(1...65536), default: 32, "its scale, as lora_alpha / lora_r"),
    .init("lora_dropout", .number(0...1), default: .number(0.05), "in front of the adapter"),
    .init(
      "target_modules", .either(.text, .list(.text)), default: "q_proj,v_proj",
      "the layers that get an adapter, with commas between or as a list, of q_proj, k_proj, v_proj, "
        + "o_proj, gate_proj, up_proj, down_proj"),
    .init("per_device_train_batch_size", .integer(1...1000), default: 1, "rows a training step"),
    .init("per_device_eval_batch_size", .integer(1...1000), default: 1, "rows measured together"),
    .init(
      "max_input_length", .integer(-1...1_048_576), default: -1,
      "tokens of a row, longer ones are cut; -1 is the model's own length, at most 1024"),
    .init("max_train_samples", .integer(-1...Int64.max), default: -1, "rows trained on; -1 is all"),
    .init("max_val_samples", .integer(-1...Int64.max), default: -1, "rows measured; -1 is all"),
    .init(
      "validation_split_ratio", .number(0...1), default: .number(0.2),
      "the share of `rows` to measure by where no `validation` is given; 0 measures nothing"),
    .init("train_data_split_seed", .integer(0...Int64.max), default: 0, "of that share"),
    .init("instruction_tuned", .boolean, default: true, "the rows are instructions"),
    .init(
      "chat_dataset", .boolean, default: false,
      "the rows are conversations; set instruction_tuned to false with it"),
    .init(
      "add_input_output_demarcation_key", .boolean, default: true,
      "`### Response:` before the completion, in JumpStart's template"),
    .init(
      "int8_quantization", .boolean, default: .null,
      "8-bit weights; by default as the model and the backend have it"),
    .init(
      "enable_fsdp", .boolean, default: .null,
      "shards the model over GPUs; by default as the model and the backend have it"),
    .init("seed", .integer(1...1000), default: 10, "of first weights, order and dropout"),
    .init(
      "preprocessing_num_workers", .integer(1...1000), default: .null,
      "processes that tokenise, where the backend has them"),
    .init(
      "lr_scheduler_type", .choice(["linear", "constant", "cosine"]), default: "linear",
      "how the learning rate goes down"),
    .init(
      "backend", .choice(["peft", "console"]), default: "peft",
      "peft trains on this machine; console writes down what to do in SageMaker's console and waits "
        + "for what came of it"),
    .init(
      "trail_every", .integer(1...1_000_000), default: 10,
      "optimizer steps between two marks of the trail that a replay compares"),
  ]
}
