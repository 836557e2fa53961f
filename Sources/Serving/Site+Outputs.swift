internal import BlockingWork
internal import Digests
internal import Documents
internal import Experiments
internal import Files
internal import Foundation
internal import History
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Store
internal import SystemPackage
internal import WebPage

extension Site {
  /// The page of a run: its notebook, and below it everything that it gave.
  func runPage(_ reference: String) async throws -> Page {
    let now = now
    return try await history { history in
      let run = try openedRun(reference, history)
      var page = RunPage(try NotebookReader.read(run), now: now)
        .page(navigation: Navigation.html(.runs))
      page.body += outputs(of: run)
      return page
    }
  }

  private func outputs(of run: OpenedRun) -> HTML {
    let steps = run.record.record["steps"]?.object ?? [:]
    let hex = run.record.run.id.hex
    var table = DataTable([
      .init("step", .head), .init("output", .short), .init("size", .number), .init("", .short),
    ])
    for step in JSON.canonicalOrder(steps.keys) {
      guard let id = StepID(step) else { continue }
      for (name, artifact) in run.record.outputs(of: id).sorted(by: { $0.key < $1.key }) {
        let target = ["\(step).\(name)"].flatMap { $0.split(separator: "/").map(String.init) }
        let download: HTML =
          artifact.kind == .file
          ? " <a href=\"\(Address.of(["runs", hex, "download"] + target))\" download>download</a>"
          : .nothing
        table.add([
          HTML(text: step),
          "<a href=\"\(Address.of(["runs", hex, "output"] + target))\">\(name)</a>",
          HTML(text: Words.bytes(artifact.size)),
          """
          <a href="\(Address.of(["runs", hex, "log"] + step.split(separator: "/").map(String.init)))">log</a>\(download)
          """,
        ])
      }
    }
    guard !table.rows.isEmpty else { return .nothing }
    return "<h2 id=\"outputs\">Outputs</h2>\n\(table.html)"
  }

  // MARK: One output

  /// An output of a run as an address names it: `STEP[.OUTPUT][/PATH]`.
  private func find(
    _ reference: String, _ target: [String], _ history: HistoryRepository
  ) throws -> PastOutput {
    let run = try openedRun(reference, history).record.run
    return try PastOutput(
      Target("\(run.id.hex):\(target.joined(separator: "/"))"), repository: history, store: store)
  }

  func output(of reference: String, _ target: [String], _ request: Request) async throws -> Page {
    let question = RowSetPage.Question(
      first: request[query: "first"].flatMap { Int($0) } ?? 1,
      search: String((request[query: "search"] ?? "").prefix(500)))
    let from = Int64(request[query: "from"] ?? "") ?? 0
    let address = Address.of(request.path)
    return try await history { history in
      let output = try find(reference, target, history)
      let shown = "\(output.run.id.hex.prefix(8)):\(target.joined(separator: "/"))"
      var digest: Digest?
      switch output.content {
      case .folder(let entries):
        return folderPage(shown, entries.map { ($0.name, nil) }, request.path)
      case .stored(let artifact) where artifact.kind == .folder:
        let items = try store.tree(artifact.digest)?.items ?? []
        return folderPage(
          shown,
          items.map { item in
            switch item.entry {
            case .file(_, let size, _): (item.name, size)
            default: (item.name, nil)
            }
          }, request.path)
      case .stored(let artifact): digest = artifact.digest
      case .inline: break
      }
      let path = output.path
      return try output.withFile { file in
        if path.hasSuffix(".jsonl") {
          let (rows, summary) = try rowFiles.read(digest, at: file)
          return try RowSetPage(
            Origin(shown, digest: digest), file: rows, summary: summary, question: question,
            address: address
          ).page(navigation: Navigation.html(.runs))
        }
        return try TextPage(shown, file, from: from, address: address, digest: digest).page
      }
    }
  }

  private func folderPage(
    _ shown: String, _ entries: [(name: String, size: Int64?)], _ path: [String]
  ) -> Page {
    let most = 1_000
    let items = entries.prefix(most).map { entry -> HTML in
      """
      <li><a href="\(Address.of(path + [entry.name]))">\(entry.name)</a>\
      \(entry.size.map { " <span class=\"quiet\">\(Words.bytes($0))</span>" as HTML })</li>
      """
    }
    let more: HTML =
      entries.count > most
      ? "<p class=\"note\">and \(entries.count - most) more: <code>larder get \(shown) -o FOLDER</code></p>"
      : .nothing
    return Page(
      title: shown, navigation: Navigation.html(.runs),
      body: "<h1><code>\(shown)</code></h1>\n<ul class=\"files\">\(items.joined())</ul>\(more)")
  }

  func download(of reference: String, _ target: [String]) async throws -> Response {
    let output = try await history { try find(reference, target, $0) }
    let name = output.path.split(separator: "/").last.map(String.init) ?? "output"
    let headers = [
      ("Content-Type", "application/octet-stream"),
      (
        "Content-Disposition",
        "attachment; filename*=UTF-8''\(Address.of([name]).dropFirst())"
      ),
    ]
    switch output.content {
    case .inline(let bytes): return Response(200, headers, body: .bytes(bytes))
    case .stored(let artifact) where artifact.kind == .file:
      // Verified as a whole before its first byte is sent.
      let file = try await BlockingWork.run {
        try output.withFile { path in
          FileHandle(try FileDescriptor.open(path, .readOnly, options: .closeOnExec))
        }
      }
      return Response(
        200, headers,
        body: .pieces(length: artifact.size) { write in
          var offset: Int64 = 0
          while offset < artifact.size {
            let start = offset
            let piece = try await BlockingWork.run { try file.read(at: start, 256 << 10) }
            guard !piece.isEmpty else { throw Problem(.damage, "short", "the file is too short") }
            offset += Int64(piece.count)
            try await write(Array(piece.prefix(Int(artifact.size - start))))
          }
        })
    case .folder, .stored:
      throw Problem(
        .user, "is-folder", "\(output.path) is a folder", hint: "use `larder get` for a folder")
    }
  }

  // MARK: Logs

  func logPage(of reference: String, _ step: [String], _ request: Request) async throws -> Page {
    let number = Site.number(request, "page")
    let name = step.joined(separator: "/")
    return try await history { history in
      let run = try openedRun(reference, history)
      let hex = run.record.run.id.hex
      guard let entry = run.record.record["steps"]?[name] else {
        throw Problem(
          .user, "no-step", "the run \(run.record.run.id.short) has no step `\(name)`",
          hint: Suggestion.hint(
            for: name, among: (run.record.record["steps"]?.object ?? [:]).keys))
      }
      let log = try entry["key"]?.digest.flatMap { try store.result(for: $0)?.log }
      let bytes = try log.flatMap { try store.bytes($0) }
      return LogPage(
        run: hex, step: name, bytes: bytes, number: number,
        address: { Address.of(request.path, [("page", "\($0)")]) }
      ).page
    }
  }
}

/// A file that stays open as long as somebody reads it.
private final class FileHandle: Sendable {
  private let descriptor: FileDescriptor

  init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

  deinit { try? descriptor.close() }

  func read(at offset: Int64, _ count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = try descriptor.read(
        fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}
