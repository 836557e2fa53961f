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
  /// The page of a run: its notebook, whose outputs and logs have pages of their own.
  func runPage(_ reference: String) async throws -> Page {
    let now = now
    return try await history { history in
      let run = try openedRun(reference, history)
      let hex = run.record.run.id.hex
      let links = NotebookLinks(
        output: { Address.of(["runs", hex, "output"] + Site.parts($0.output($1))) },
        log: { Address.of(["runs", hex, "log"] + Site.parts($0)) })
      return RunPage(try NotebookReader.read(run, links: links), now: now)
        .page(navigation: Navigation.html(.runs))
    }
  }

  /// A target's or a step's name as parts of an address: those of joined recipes have a slash.
  private static func parts(_ name: String) -> [String] {
    name.split(separator: "/").map(String.init)
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
      var origin = Origin(
        shown,
        link: Address.of(["runs", output.run.id.hex], fragment: CellPiece.anchor(output.step)))
      switch output.content {
      case .folder(let entries):
        return folderPage(origin, entries.map { ($0.name, nil) }, request.path)
      case .stored(let artifact) where artifact.kind == .folder:
        let items = try store.tree(artifact.digest)?.items ?? []
        return folderPage(
          origin,
          items.map { item in
            switch item.entry {
            case .file(_, let size, _): (item.name, size)
            default: (item.name, nil)
            }
          }, request.path)
      case .stored(let artifact): origin.digest = artifact.digest
      case .inline: break
      }
      let found = origin
      let download = Address.of(["runs", reference, "download"] + target)
      return try output.withFile { file in
        if output.path.hasSuffix(".jsonl") {
          let (rows, summary) = try rowFiles.read(found.digest, at: file)
          return try RowSetPage(
            found, file: rows, summary: summary, question: question, address: address,
            download: download
          ).page(navigation: Navigation.html(.runs))
        }
        return try TextPage(found, file, from: from, address: address, download: download).page
      }
    }
  }

  private func folderPage(
    _ origin: Origin, _ entries: [(name: String, size: Int64?)], _ path: [String]
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
      ? "<p class=\"note\">and \(entries.count - most) more: <code>larder get \(origin.target) -o FOLDER</code></p>"
      : .nothing
    return Page(
      title: origin.target, navigation: Navigation.html(.runs),
      body: "<h1>Folder</h1>\n\(origin.html)\n<ul class=\"files\">\(items.joined())</ul>\(more)")
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
