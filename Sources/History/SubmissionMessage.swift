/// The message of a submission's tag: a summary, the user's remark, and trailers that are read back.
struct SubmissionMessage {
  var summary: String
  var remark: String?
  var run: String?
  var result: String?
  var larderVersion: String?
  private var text: String

  init(_ name: String, of run: PastRun, remark: String?, larderVersion: String) {
    summary = "\(name): run \(run.id.short) of \(run.branch)"
    self.remark = SubmissionMessage.remark(remark)
    self.run = run.id.hex
    result = run.resultTree.hex
    self.larderVersion = CommitMessage.line(larderVersion)
    let trailers = [
      "Larder-Submission: \(name)", "Larder-Run: \(run.id)", "Larder-Branch: \(run.branch)",
      "Larder-Result: \(run.resultTree)", "Larder-Version: \(CommitMessage.line(larderVersion))",
    ]
    text =
      ([summary] + (self.remark.map { [$0] } ?? []) + [trailers.joined(separator: "\n")])
      .joined(separator: "\n\n") + "\n"
  }

  /// Reads a message back; one that somebody wrote by hand has no trailers.
  init(_ text: String) {
    self.text = text
    if let parts = CommitMessage.parts(of: text), parts.trailers["Larder-Submission"] != nil {
      summary = parts.summary
      remark = parts.note
      run = parts.trailers["Larder-Run"]
      result = parts.trailers["Larder-Result"]
      larderVersion = parts.trailers["Larder-Version"]
    } else {
      let lines = CommitMessage.cleaned(text).split(
        separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      summary = lines.first.map(String.init) ?? ""
      remark = lines.count > 1 ? SubmissionMessage.remark(String(lines[1])) : nil
    }
  }

  /// The content of the tag object.
  func tagObject(_ name: String, of run: ObjectID, signature: String) -> [UInt8] {
    Array(
      "object \(run)\ntype commit\ntag submission/\(name)\ntagger \(signature)\n\n\(text)".utf8)
  }

  private static func remark(_ text: String?) -> String? {
    text.map(CommitMessage.cleaned).flatMap { $0.isEmpty ? nil : $0 }
  }
}
