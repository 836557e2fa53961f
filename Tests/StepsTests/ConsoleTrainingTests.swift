import Documents
import Files
import Foundation
import Notebook
import Problems
import Steps
import SystemPackage
import Testing

@Suite struct ConsoleTrainingTests {
  static let rows = """
    {"id":"a","instruction":"Capital of France?","response":"Paris."}
    {"context":"South America","id":"b","instruction":"Capital of Peru?","response":"Lima."}

    """
  static let log = "{'loss': 1.5, 'epoch': 1.0}\n"

  /// The files that a task writes into an empty folder, by their paths.
  static func perform(
    _ parameters: [String: JSON] = [:], inputs: [String: String] = ["rows": rows],
    evidence: [String: String]? = nil
  ) throws -> [String: String] {
    let root = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-console-")
    defer { try? Files.remove(root) }
    let step = try StepLibrary.step(named: "train/lora")
    var all: [String: JSON] = [:]
    for parameter in step.declaration.parameters { all[parameter.name] = parameter.defaultValue }
    all.merge(parameters) { _, new in new }
    all["backend"] = "console"
    guard case .manual(let task) = step.implementation(for: all) else {
      Issue.record("train/lora is not manual")
      return [:]
    }
    func files(_ contents: [String: String], _ prefix: String) throws -> [String: FilePath] {
      var paths: [String: FilePath] = [:]
      for (name, text) in contents {
        paths[name] = root.appending("\(prefix)-\(name)")
        try Files.write(Array(text.utf8), to: root.appending("\(prefix)-\(name)"))
      }
      return paths
    }
    let out = root.appending("out")
    try Files.makeFolder(out)
    let context = StepContext(
      parameters: all, inputs: try files(inputs, "input"), outputFolder: out)
    if let evidence {
      try task.accept(try files(evidence, "evidence"), context)
    } else {
      try task.instruct(context, recipe: "notes --set epoch=3", step: "adapter", into: out)
    }
    return try content(of: out)
  }

  private static func content(of folder: FilePath, _ prefix: String = "") throws -> [String: String]
  {
    var found: [String: String] = [:]
    for name in try Files.names(in: folder) {
      let path = folder.appending(name)
      if case .folder = Files.kind(path) {
        found.merge(try content(of: path, "\(prefix)\(name)/")) { own, _ in own }
      } else {
        found[prefix + name] = try Files.readText(path)
      }
    }
    return found
  }

  // MARK: What to do

  @Test func goldenUpload() throws {
    let files = try Self.perform(["epoch": 3, "target_modules": ["q_proj", "k_proj"]])
    #expect(
      files.keys.sorted() == [
        "INSTRUCTIONS.md", "form.json", "s3/train/template.json", "s3/train/train.jsonl",
      ])
    #expect(
      files["form.json"]
        == #"{"add_input_output_demarcation_key":"True","chat_dataset":"False","epoch":"3","#
        + #""instruction_tuned":"True","learning_rate":"0.0001","lora_alpha":"32","#
        + #""lora_dropout":"0.05","lora_r":"8","max_input_length":"-1","max_train_samples":"-1","#
        + #""max_val_samples":"-1","per_device_eval_batch_size":"1","#
        + #""per_device_train_batch_size":"1","preprocessing_num_workers":"None","seed":"10","#
        + #""target_modules":"q_proj,k_proj","train_data_split_seed":"0","#
        + #""validation_split_ratio":"0.2"}"# + "\n")
    // JumpStart puts the demarcation between the two parts itself.
    #expect(
      files["s3/train/template.json"]
        == #"{"completion":" {response}","prompt":"Below is an instruction that describes a task, "#
        + "paired with an input that provides further context. Write a response that appropriately "
        + #"completes the request.\n\n### Instruction:\n{instruction}\n\n### Input:\n"#
        + #"{context}\n\n"}"# + "\n")
    #expect(
      files["s3/train/train.jsonl"] == """
        {"context":"","instruction":"Capital of France?","response":"Paris."}
        {"context":"South America","instruction":"Capital of Peru?","response":"Lima."}

        """)
    #expect(try Self.perform(["epoch": 3, "target_modules": ["q_proj", "k_proj"]]) == files)
  }

  @Test func goldenInstructions() throws {
    let files = try Self.perform(
      ["epoch": 3], inputs: ["rows": Self.rows, "validation": Self.rows])
    #expect(
      files["INSTRUCTIONS.md"] == #"""
        # Train `adapter` in the console of SageMaker JumpStart

        Everything that you need stands beside this file.

        ## 1. Upload the data

        In the S3 console choose a bucket in the region of the training, and a new prefix in it,
        here called `s3://BUCKET/PREFIX`. Upload the content of the folder `s3/` as it is, and put
        nothing else under the prefix: JumpStart reads every file that it finds there.

        | file here | upload to | holds |
        | --- | --- | --- |
        | `s3/train/train.jsonl` | `s3://BUCKET/PREFIX/train/train.jsonl` | 2 rows: the fields that the template names |
        | `s3/train/template.json` | `s3://BUCKET/PREFIX/train/template.json` | how a row becomes prompt and completion |
        | `s3/validation/validation.jsonl` | `s3://BUCKET/PREFIX/validation/validation.jsonl` | 2 rows: the fields that the template names |

        ## 2. Start the training

        1. In SageMaker Studio open JumpStart, choose the model, then *Train* (or *Fine-tune*).
        2. Accept the model's licence where it asks for that.
        3. As training data set give `s3://BUCKET/PREFIX/train/`.
        4. As validation data set give `s3://BUCKET/PREFIX/validation/`.
        5. Type the hyperparameters of part 3 in, then start the job.

        ## 3. The form

        Every value is a text. Defaults of the console differ between models and versions, so compare
        every field; **bold** ones differ from JumpStart's usual default. `form.json` has the same.

        | hyperparameter | value | usual default |
        | --- | --- | --- |
        | **epoch** | `3` | `5` |
        | learning_rate | `0.0001` | `0.0001` |
        | lora_r | `8` | `8` |
        | lora_alpha | `32` | `32` |
        | lora_dropout | `0.05` | `0.05` |
        | target_modules | `q_proj,v_proj` | `q_proj,v_proj` |
        | per_device_train_batch_size | `1` | `1` |
        | per_device_eval_batch_size | `1` | `1` |
        | max_input_length | `-1` | `-1` |
        | max_train_samples | `-1` | `-1` |
        | max_val_samples | `-1` | `-1` |
        | validation_split_ratio | `0.2` | `0.2` |
        | train_data_split_seed | `0` | `0` |
        | instruction_tuned | `True` | `True` |
        | chat_dataset | `False` | `False` |
        | add_input_output_demarcation_key | `True` | `True` |
        | int8_quantization | leave what the console shows | by model |
        | enable_fsdp | leave what the console shows | by model |
        | seed | `10` | `10` |
        | preprocessing_num_workers | `None` | `None` |

        To change: epoch.

        ## 4. Note down, when the job is done

        - `artifact`: the id or the S3 URI of the model artifact that the job made
        - `log`: the training log, copied from the console or from CloudWatch
        - `remark` (optional): anything worth knowing, as the instance type

        ## 5. Bring it in

        ```sh
        larder supply notes --set epoch=3 adapter artifact='…' log=training.log
        ```

        A file is named by its path, a text is given as it is. Then `larder run notes --set epoch=3` goes on.

        """#)
    #expect(files["s3/validation/validation.jsonl"] == files["s3/train/train.jsonl"])
  }

  /// A template that is given is whole: JumpStart must not add its header a second time.
  @Test func aGivenTemplateIsTakenAsItIs() throws {
    let files = try Self.perform(
      inputs: [
        "rows": #"{"q":"Why?","response":"So.","topic":"x"}"# + "\n",
        "template": #"{"prompt": "Q: {q}\n\n### Response:\n", "completion": " {response}"}"#,
      ])
    #expect(
      files["s3/train/template.json"]
        == #"{"completion":" {response}","prompt":"Q: {q}\n\n### Response:\n"}"# + "\n")
    #expect(files["s3/train/train.jsonl"] == #"{"q":"Why?","response":"So."}"# + "\n")
    let form = try JSON(parsing: files["form.json"] ?? "")
    #expect(form["add_input_output_demarcation_key"] == "False")
    #expect(files["INSTRUCTIONS.md"]?.contains("is `False` because the template holds") == true)
  }

  @Test(arguments: [
    (
      ["instruction_tuned": true, "chat_dataset": false] as [String: JSON],
      #"{"completion":" c","id":"1","prompt":"p"}"#, "train.jsonl",
      #"{"completion":" c","prompt":"p"}"#
    ),
    (
      ["instruction_tuned": false, "chat_dataset": true],
      #"{"messages":[{"content":"s","role":"system"},{"content":"u","role":"user"},{"content":"a","role":"assistant"}]}"#,
      "train.jsonl",
      #"{"dialog":[{"content":"s","role":"system"},{"content":"u","role":"user"},{"content":"a","role":"assistant"}]}"#
    ),
    (
      ["instruction_tuned": false, "chat_dataset": true],
      #"{"conversations":[{"from":"human","value":"u"},{"from":"gpt","value":"a"}]}"#,
      "train.jsonl",
      #"{"dialog":[{"content":"u","role":"user"},{"content":"a","role":"assistant"}]}"#
    ),
    (
      ["instruction_tuned": false, "chat_dataset": false], #"{"id":1,"text":"t"}"#, "train.json",
      #"{"text":"t"}"#
    ),
  ])
  func rowsOfEachShape(
    parameters: [String: JSON], row: String, name: String, expected: String
  ) throws {
    let files = try Self.perform(parameters, inputs: ["rows": row + "\n"])
    #expect(files["s3/train/\(name)"] == expected + "\n")
    let hasTemplate = files["s3/train/template.json"] != nil
    #expect(hasTemplate == (parameters["instruction_tuned"] == true))
    if hasTemplate {
      #expect(
        files["s3/train/template.json"] == #"{"completion":"{completion}","prompt":"{prompt}"}"#
          + "\n")
    }
  }

  @Test(arguments: [
    ([:] as [String: JSON], #"{"instruction":"i"}"#, "has no text in `response`"),
    ([:], "", "has no rows"),
    (
      [:], #"{"prompt":"p","completion":"c"}"# + "\n" + #"{"instruction":"i","response":"r"}"#,
      "row 2 of `rows` is of another shape"
    ),
    (["instruction_tuned": false], #"{"id":"x","instruction":"i"}"#, "row 1 (`x`)"),
    (
      ["instruction_tuned": false, "chat_dataset": true],
      #"{"messages":[{"content":"u","role":"user"}]}"#, "ends with the assistant"
    ),
  ])
  func rowsThatDoNotFit(parameters: [String: JSON], rows: String, expected: String) throws {
    let message = StepBench.message { _ = try Self.perform(parameters, inputs: ["rows": rows]) }
    #expect(message.contains(expected), "\(message)")
  }

  @Test(arguments: [
    (#"{"prompt":"{instruction}"}"#, "is not {"), ("nothing", "is not {"),
    (#"{"prompt":"{instruction}","completion":"fixed"}"#, "names no field"),
  ])
  func badTemplates(template: String, expected: String) throws {
    let message = StepBench.message {
      _ = try Self.perform(inputs: ["rows": Self.rows, "template": template])
    }
    #expect(message.contains(expected), "\(message)")
  }

  // MARK: Evidence

  @Test func goldenOutputs() throws {
    let evidence = [
      "artifact": "s3://bucket/model.tar.gz", "remark": "ml.g5.12xlarge",
      "log": """
      2026-11-24T10:00:00 loading
      {'loss': 2.5, 'grad_norm': 1.25, 'learning_rate': 9e-05, 'epoch': 0.5}
      {'loss': 2.0, 'grad_norm': 1.0, 'learning_rate': 8e-05, 'epoch': 1.0}
      {'eval_loss': 1.5, 'eval_runtime': 1.0, 'epoch': 1.0}
      {'loss': '1.0', 'epoch': '2.0'}
      {'eval_loss': '1.75', 'epoch': '2.0'}
      {'train_runtime': 9.5, 'train_loss': 1.8, 'epoch': 2.0}
      """,
    ]
    let files = try Self.perform(evidence: evidence)
    #expect(
      files.keys.sorted() == [
        "adapter/artifact.json", "adapter/template.json", "log.jsonl", "report.json", "trail.jsonl",
      ])
    #expect(
      files["adapter/artifact.json"]
        == #"{"artifact":"s3://bucket/model.tar.gz","backend":"console"}"# + "\n")
    #expect(files["adapter/template.json"]?.hasSuffix(#"\n\n\n\n### Response:\n"}"# + "\n") == true)
    #expect(files["trail.jsonl"] == "")
    #expect(
      files["log.jsonl"] == """
        {"epoch":0.5,"gradient_norm":1.25,"learning_rate":0.00009,"train_loss":2.5}
        {"epoch":1,"gradient_norm":1,"learning_rate":0.00008,"train_loss":2}
        {"epoch":1,"validation_loss":1.5}
        {"epoch":2,"train_loss":1}
        {"epoch":2,"validation_loss":1.75}
        {"epoch":2,"train_loss":1.8}

        """)
    let report = try JSON(parsing: files["report.json"] ?? "")
    #expect(
      report["overfit"]?.canonicalText
        == #"{"best_epoch":1,"epochs":2,"gap":-0.75,"last_validation_loss":1.75,"#
        + #""reading":"overfitting","suggestion":"Validation loss rose after epoch 1: set epoch to "#
        + #"1, add rows, or lower lora_r.","train_loss":2.25,"validation_loss":1.5,"#
        + #""validation_loss_before":null}"#)
    #expect(report["log"]?.canonicalText == #"{"lines":7,"losses":6}"#)
    #expect(
      report["rows"]?.canonicalText == #"{"train":{"rows":2},"validation_from":"split"}"#)
    #expect(report["remark"] == "ml.g5.12xlarge")
    #expect(report["parameters"]?["epoch"] == 5)
    #expect(report["form"]?["epoch"] == "5")
    #expect(try Self.perform(evidence: evidence) == files)
  }

  @Test(arguments: [
    ("step 10 is completed and loss is 1.25", [#"{"step":10,"train_loss":1.25}"#], "null"),
    (
      "\rTraining Epoch: 2/5, step 0/4 completed (loss: 1.5): 25%|#|"
        + "\rTraining Epoch: 2/5, step 0/4 completed (loss: 1.5): 25%|##|",
      [#"{"epoch":1.25,"step":0,"train_loss":1.5}"#], "null"
    ),
    ("Epoch 3: train_epoch_loss=tensor(1.5)", [#"{"epoch":3,"train_loss":1.5}"#], "null"),
    // Validation first, as llama-recipes prints it.
    (
      """
      eval_ppl=tensor(7.5, device='cuda:0') eval_epoch_loss=tensor(2., device='cuda:0')
      Epoch 1: train_perplexity=9.5, train_epoch_loss=2.25, epoch time 1.5s
      eval_ppl=tensor(4.5, device='cuda:0') eval_epoch_loss=tensor(1.5, device='cuda:0')
      Epoch 2: train_perplexity=5.5, train_epoch_loss=1.75, epoch time 1.5s
      """,
      [
        #"{"epoch":1,"train_loss":2.25,"train_perplexity":9.5,"validation_loss":2,"validation_perplexity":7.5}"#,
        #"{"epoch":2,"train_loss":1.75,"train_perplexity":5.5,"validation_loss":1.5,"validation_perplexity":4.5}"#,
      ], "improving"
    ),
    // Training first.
    (
      "train_epoch_loss=2.5\neval_epoch_loss=tensor(2.25)\ntrain_epoch_loss=2\neval_epoch_loss=2.25",
      [
        #"{"epoch":1,"train_loss":2.5,"validation_loss":2.25}"#,
        #"{"epoch":2,"train_loss":2,"validation_loss":2.25}"#,
      ], "settled"
    ),
    (
      "eval_epoch_loss=2\neval_epoch_loss=1",
      [#"{"epoch":1,"validation_loss":2}"#, #"{"epoch":2,"validation_loss":1}"#], "improving"
    ),
    (#"{"loss": 0.5, "step": 7}"#, [#"{"step":7,"train_loss":0.5}"#], "null"),
  ])
  func wordings(log: String, rows: [String], reading: String) throws {
    let files = try Self.perform(evidence: ["artifact": "a", "log": log])
    #expect(files["log.jsonl"] == rows.map { $0 + "\n" }.joined())
    let report = try JSON(parsing: files["report.json"] ?? "")
    #expect(report["overfit"]?["reading"]?.string ?? "null" == reading)
  }

  @Test(arguments: [
    ["log": log], ["artifact": "", "log": log], ["artifact": " \t", "log": log],
    ["artifact": "a\nb", "log": log], ["artifact": "a\u{7}", "log": log],
    ["artifact": String(repeating: "a", count: 1025), "log": log], ["artifact": "a"],
    ["artifact": "a", "log": ""], ["artifact": "a", "log": "the loss was small\nfinal loss=nan"],
    ["artifact": "a", "log": "{'loss': nan, 'epoch': 1.0}"], ["artifact": "a", "log": "\0" + log],
    ["artifact": "a", "log": log, "remark": "two\nlines"],
  ])
  func badEvidence(evidence: [String: String]) throws {
    #expect {
      try Self.perform(evidence: evidence)
    } throws: { error in
      let problem = error as? Problem
      return problem?.tier == .user && problem?.code == "evidence" && problem?.hint != nil
    }
  }

  @Test func theLogThatIsNoneIsToldWhatIsLookedFor() {
    let message = StepBench.message {
      _ = try Self.perform(evidence: ["artifact": "a", "log": "one\ntwo\n"])
    }
    #expect(message.contains("no loss in its 2 lines"))
    #expect(message.contains("`eval_epoch_loss=tensor(1.234)`"))
  }

  @Test func theLongestArtifactAndPageAreTaken() throws {
    let name = String(repeating: "ä", count: 1024)
    let files = try Self.perform(evidence: ["artifact": name, "log": Self.log])
    #expect(files["adapter/artifact.json"]?.contains(name) == true)
    let page = try StepLibrary.manual(for: "train/lora")
    #expect(
      page.hasSuffix(
        """
        With backend: console the step is manual: it waits until a person brings in, by
        `larder supply RECIPE STEP NAME=…`,
          artifact  text: the id or the S3 URI of the model artifact that the job made
          log       file: the training log, copied from the console or from CloudWatch
          remark    (optional) text: anything worth knowing, as the instance type
        and a replay uses that evidence.

        """), "\(page.suffix(600))")
  }
}
