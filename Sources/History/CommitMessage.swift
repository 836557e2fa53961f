internal import Digests

/// The message of a run's commit: a summary, the user's note, and trailers that are read back.
struct CommitMessage {
  var summary: String
  var note: String?
  var branch: Branch
  var status: RunContent.Status
  var larderVersion: String?
  var kitchenCommit: String?
  var content: Digest?

  init(_ run: RunContent, branch: Branch, content: Digest) {
    let label = run.status == .until ? "succeeded as far as asked" : run.status.rawValue
    summary = "\(run.recipe): \(label), \(run.ran) ran, \(run.cached) cached"
    if run.failed > 0 { summary += ", \(run.failed) failed" }
    summary = CommitMessage.line(summary)
    note = run.note.map(CommitMessage.cleaned).flatMap { $0.isEmpty ? nil : $0 }
    self.branch = branch
    status = run.status
    larderVersion = CommitMessage.line(run.larderVersion)
    kitchenCommit = run.kitchenCommit.map(CommitMessage.line)
    self.content = content
  }

  /// Reads a message back; nil where it is none of ours.
  init?(_ text: String) {
    guard let parts = CommitMessage.parts(of: text) else { return nil }
    let trailers = parts.trailers
    guard let status = trailers["Larder-Status"].flatMap(RunContent.Status.init(rawValue:)),
      let branch = trailers["Larder-Branch"].flatMap({ Branch($0) })
    else { return nil }
    summary = parts.summary
    note = parts.note
    self.branch = branch
    self.status = status
    larderVersion = trailers["Larder-Version"]
    kitchenCommit = trailers["Kitchen-Commit"]
    content = trailers["Larder-Content"].flatMap { Digest($0) }
  }

  /// The parts of a message of ours: a summary, what the user said, and trailers by name; nil where
  /// it has no trailers.
  static func parts(
    of text: String
  ) -> (summary: String, note: String?, trailers: [String: String])? {
    var body = Substring(text)
    while body.hasSuffix("\n") { body = body.dropLast() }
    // The trailers are the last paragraph, so that a note cannot pass for them.
    let paragraphs = body.split(separator: "\n\n", omittingEmptySubsequences: false)
    guard paragraphs.count >= 2, let last = paragraphs.last, let first = paragraphs.first else {
      return nil
    }
    var trailers: [String: String] = [:]
    for line in last.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      trailers[String(line[..<colon])] = String(line[colon...].dropFirst(2))
    }
    let note =
      paragraphs.count > 2 ? paragraphs[1..<(paragraphs.count - 1)].joined(separator: "\n\n") : nil
    return (String(first), note, trailers)
  }

  var text: String {
    var trailers = ["Larder-Status: \(status.rawValue)", "Larder-Branch: \(branch)"]
    if let content { trailers.append("Larder-Content: \(content)") }
    if let larderVersion { trailers.append("Larder-Version: \(larderVersion)") }
    if let kitchenCommit { trailers.append("Kitchen-Commit: \(kitchenCommit)") }
    return ([summary] + (note.map { [$0] } ?? []) + [trailers.joined(separator: "\n")])
      .joined(separator: "\n\n") + "\n"
  }

  /// Without the characters that Git does not take in a message, and without empty ends.
  static func cleaned(_ text: String) -> String {
    let kept = text.unicodeScalars.filter {
      $0.value >= 0x20 && $0.value != 0x7F || $0 == "\n" || $0 == "\t"
    }
    var lines = String(String.UnicodeScalarView(kept)).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { line in
      var line = line
      while line.last?.isWhitespace == true { line = line.dropLast() }
      return line
    }
    while lines.first?.isEmpty == true { lines.removeFirst() }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.joined(separator: "\n")
  }

  static func line(_ text: String) -> String {
    cleaned(text).split(separator: "\n").joined(separator: " ")
  }
}
