internal import Documents

/// What a person is told to do in SageMaker JumpStart's console, as Markdown.
struct ConsoleInstructions {
  /// As it is typed after `larder supply`, with the options that the step's key depends on.
  let recipe: String
  let step: String
  let form: ConsoleForm
  let format: ConsoleUpload.Format
  let isTemplateWhole: Bool
  /// The rows of each channel.
  let counts: [String: Int]
  let sheet: [String: JSON]
  let evidence: [Evidence]

  /// With a final line feed.
  var text: String {
    (["# Train `\(step)` in the console of SageMaker JumpStart", ""] + upload + job + fields
      + afterwards).joined(separator: "\n") + "\n"
  }

  private var upload: [String] {
    var lines = [
      "Everything that you need stands beside this file.", "",
      "## 1. Upload the data", "",
      "In the S3 console choose a bucket in the region of the training, and a new prefix in it,",
      "here called `s3://BUCKET/PREFIX`. Upload the content of the folder `s3/` as it is, and put",
      "nothing else under the prefix: JumpStart reads every file that it finds there.", "",
      "| file here | upload to | holds |", "| --- | --- | --- |",
    ]
    for channel in ["train", "validation"] {
      guard let count = counts[channel] else { continue }
      let file = format.fileName(channel)
      lines.append(
        "| `s3/\(channel)/\(file)` | `s3://BUCKET/PREFIX/\(channel)/\(file)` "
          + "| \(count) \(count == 1 ? "row" : "rows"): \(rowText) |")
      if channel == "train", format == .instruction {
        lines.append(
          "| `s3/train/template.json` | `s3://BUCKET/PREFIX/train/template.json` "
            + "| how a row becomes prompt and completion |")
      }
    }
    return lines + [""]
  }

  private var rowText: String {
    switch format {
    case .instruction: "the fields that the template names"
    case .chat: "`dialog`, a list of `role` and `content`"
    case .text: "`text`"
    }
  }

  private var job: [String] {
    var lines = [
      "## 2. Start the training", "",
      "1. In SageMaker Studio open JumpStart, choose the model, then *Train* (or *Fine-tune*).",
      "2. Accept the model's licence where it asks for that.",
      "3. As training data set give `s3://BUCKET/PREFIX/train/`.",
    ]
    if counts["validation"] != nil {
      lines.append("4. As validation data set give `s3://BUCKET/PREFIX/validation/`.")
    } else {
      lines.append(
        "4. Give no validation data set: JumpStart splits one off by `validation_split_ratio`.")
    }
    return lines + ["5. Type the hyperparameters of part 3 in, then start the job.", ""]
  }

  private var fields: [String] {
    let changed = form.fields.filter { $0.isChanged && $0.value != nil }
    var lines = [
      "## 3. The form", "",
      "Every value is a text. Defaults of the console differ between models and versions, so compare",
      "every field; **bold** ones differ from JumpStart's usual default. `form.json` has the same.",
      "",
      "| hyperparameter | value | usual default |", "| --- | --- | --- |",
    ]
    for field in form.fields {
      let usual = field.usual.map { "`\($0)`" } ?? "by model"
      guard let value = field.value else {
        lines.append("| \(field.name) | leave what the console shows | \(usual) |")
        continue
      }
      let mark = field.isChanged ? "**" : ""
      lines.append("| \(mark)\(field.name)\(mark) | `\(value)` | \(usual) |")
    }
    lines += [
      "",
      changed.isEmpty
        ? "No value differs from the usual defaults."
        : "To change: \(changed.map(\.name).joined(separator: ", ")).",
    ]
    if isTemplateWhole {
      lines += [
        "",
        "`add_input_output_demarcation_key` is `False` because the template holds everything between",
        "question and answer already.",
      ]
    }
    if let schedule = sheet["lr_scheduler_type"]?.string, schedule != "linear" {
      lines += ["", "`lr_scheduler_type: \(schedule)` has no field in this form and no effect."]
    }
    return lines + [""]
  }

  private var afterwards: [String] {
    var lines = ["## 4. Note down, when the job is done", ""]
    for piece in evidence {
      lines.append("- `\(piece.name)`\(piece.isRequired ? "" : " (optional)"): \(piece.doc)")
    }
    let pieces = evidence.filter(\.isRequired)
      .map { $0.isFile ? "\($0.name)=training.log" : "\($0.name)='…'" }
    return lines + [
      "", "## 5. Bring it in", "", "```sh",
      "larder supply \(recipe) \(step) \(pieces.joined(separator: " "))", "```", "",
      "A file is named by its path, a text is given as it is. Then `larder run \(recipe)` goes on.",
    ]
  }
}
