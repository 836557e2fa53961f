internal import Documents
internal import Files
internal import Notebook
internal import Problems
internal import Rows
internal import SystemPackage

/// `train/lora` in the console of SageMaker JumpStart: a person uploads what is laid out for them,
/// types the form in, and brings the model artifact's name and the log back.
struct ConsoleTraining: ManualTask {
  /// The parameters of `train/lora`, in order.
  let declared: [StepDeclaration.Parameter]

  let evidence = [
    Evidence(
      "artifact", isFile: false, "the id or the S3 URI of the model artifact that the job made"),
    Evidence("log", isFile: true, "the training log, copied from the console or from CloudWatch"),
    Evidence(
      "remark", isFile: false, required: false, "anything worth knowing, as the instance type"),
  ]

  func instruct(
    _ context: StepContext, recipe: String, step: String, into folder: FilePath
  ) throws {
    let upload = try ConsoleUpload(context)
    let form = form(context, upload)
    let counts = try upload.write(to: folder.appending("s3"))
    try Files.write(form.document.canonicalBytes + [0x0A], to: folder.appending("form.json"))
    let text = ConsoleInstructions(
      recipe: recipe, step: step, form: form, format: upload.format,
      isTemplateWhole: upload.isTemplateWhole, counts: counts, sheet: context.parameters,
      evidence: evidence
    ).text
    try Files.write(Array(text.utf8), to: folder.appending("INSTRUCTIONS.md"))
  }

  func accept(_ evidence: [String: FilePath], _ context: StepContext) throws {
    let artifact = try line("artifact", of: evidence, longest: 1024)
    let remark = try evidence["remark"] == nil ? nil : line("remark", of: evidence, longest: 4096)
    guard let path = evidence["log"] else { throw missing("log") }
    let log = try TrainingLog(path)
    let upload = try ConsoleUpload(context)

    let adapter = context.output("adapter")
    try Files.makeFolder(adapter)
    let identity: JSON = ["artifact": .string(artifact), "backend": "console"]
    try Files.write(identity.canonicalBytes + [0x0A], to: adapter.appending("artifact.json"))
    if let template = try upload.wholeTemplate() {
      try Files.write(template.canonicalBytes + [0x0A], to: adapter.appending("template.json"))
    }
    let writer = try RowWriter(context.output("log.jsonl"))
    for row in log.rows { try writer.write(row) }
    try writer.close()
    try Files.write([], to: context.output("trail.jsonl"))

    var report: [String: JSON] = [
      "artifact": .string(artifact), "backend": "console",
      "form": form(context, upload).document,
      "log": ["lines": .integer(Int64(log.lines)), "losses": .integer(Int64(log.rows.count))],
      "overfit": OverfitReading(log.epochs)?.document ?? .null,
      "parameters": .object(context.parameters), "rows": try counts(context, upload),
    ]
    report["steps"] = log.steps.map { .integer($0) }
    report["remark"] = remark.map { .string($0) }
    try Files.write(
      JSON.object(report).canonicalBytes + [0x0A], to: context.output("report.json"))
  }

  private func form(_ context: StepContext, _ upload: ConsoleUpload) -> ConsoleForm {
    ConsoleForm(
      context.parameters, declared: declared, isTemplateWhole: upload.isTemplateWhole)
  }

  /// How many rows were to be uploaded; which of them the console trained on, it does not say.
  private func counts(_ context: StepContext, _ upload: ConsoleUpload) throws -> JSON {
    var counts: [String: JSON] = ["train": ["rows": .integer(Int64(try upload.count("rows")))]]
    if context.inputs["validation"] != nil {
      counts["validation"] = ["rows": .integer(Int64(try upload.count("validation")))]
      counts["validation_from"] = "input"
    } else {
      let share = try context.number("validation_split_ratio")
      counts["validation_from"] = share > 0 ? "split" : "none"
    }
    return .object(counts)
  }

  // MARK: Evidence

  /// A short text of one line.
  private func line(
    _ name: String, of evidence: [String: FilePath], longest: Int
  ) throws(Problem) -> String {
    guard let path = evidence[name] else { throw missing(name) }
    func refused(_ found: String) -> Problem {
      Problem(
        .user, "evidence", "the evidence `\(name)` \(found)",
        hint: "give \(self.evidence.first { $0.name == name }?.doc ?? "a text")")
    }
    guard let text = String(validating: try Files.read(path), as: UTF8.self) else {
      throw refused("is not UTF-8")
    }
    if text.unicodeScalars.contains(where: { $0.value == 0x0A || $0.value == 0x0D }) {
      throw refused("has several lines, one is expected")
    }
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      throw refused("holds a control character")
    }
    if text.codePoints > longest {
      throw refused("has \(text.codePoints) characters, more than \(longest)")
    }
    if text.trimmed.isEmpty { throw refused("is empty") }
    return text.trimmed
  }

  private func missing(_ name: String) -> Problem {
    Problem(
      .user, "evidence", "the evidence `\(name)` is missing",
      hint: "give it as \(name)=…: \(evidence.first { $0.name == name }?.doc ?? "")")
  }
}
