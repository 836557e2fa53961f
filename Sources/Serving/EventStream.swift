internal import Documents
internal import Files
internal import Foundation
internal import Reporting
internal import Running
internal import WebPage

/// Sends the pieces of a recipe's page that changed, as server-sent events (HTML Living Standard,
/// 9.2): at most five times a second, each as it is by then. A reader that is slow, or comes back,
/// gets what is true now, never what was missed.
struct EventStream: Sendable {
  let view: RecipeView
  let live: LiveRuns
  let formToken: String
  /// What the page shows.
  let since: Position

  /// What a page of a recipe shows: of which run how much, and which save of the recipe.
  struct Position: Hashable, Sendable {
    /// Empty for none.
    var run = ""
    var version = 0
    /// In nanoseconds since 1970; 0 where the file is gone.
    var saved: Int64 = 0

    init(run: LiveRun?, stamp: FileStamp?) {
      self.run = run?.id ?? ""
      version = run?.version ?? 0
      saved = stamp?.changed ?? 0
    }

    /// Reads what `text` wrote; of what is no position, the beginning.
    init(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 3, let version = Int(parts[1]), let saved = Int64(parts[2]) else {
        return
      }
      (run, self.version, self.saved) = (String(parts[0]), version, saved)
    }

    /// As in `01JD4:17:1795534213674560800`.
    var text: String { "\(run):\(version):\(saved)" }
  }

  /// How long nothing is sent at most, so that both sides notice when the other is gone.
  private static let heartbeat = Duration.seconds(15)
  private static let pause = Duration.milliseconds(200)

  func write(_ write: PieceWriter) async throws {
    var version = since.version
    var sent: [String: Int] = [:]
    var lastSent = ContinuousClock.now
    var lastSecond = 0
    try await write("retry: 1000\n\n")
    while true {
      try Task.checkCancellation()
      let stamp = view.file.stamp
      let run = view.run(in: live)
      let isRunning = run.map { !$0.isEnded } ?? false
      // What a run that goes on is made of is not what is saved meanwhile.
      guard run?.id ?? "" == since.run, isRunning || stamp?.changed ?? 0 == since.saved else {
        try await write("event: renew\ndata: {}\n\n")
        // The page comes again.
        try await Task.sleep(for: .seconds(20))
        return
      }
      let now = RunJournal.now()
      if let run, run.version != version || !run.isEnded && Int(now) != lastSecond {
        lastSecond = Int(now)
        let pieces = LivePieces(
          view: view, run: run, isOwn: live.isOwn(run.id), formToken: formToken, now: now)
        var changed = pieces.common
        for (name, step) in run.steps where step.changed > version || pieces.isMoving(name) {
          changed += pieces.pieces(of: name)
        }
        version = run.version
        let position = Position(run: run, stamp: view.stamp).text
        var text = ""
        for piece in changed where sent[piece.name] != piece.html.hashValue {
          sent[piece.name] = piece.html.hashValue
          let data: JSON = ["name": .string(piece.name), "html": .string(piece.html.markup)]
          text += "event: piece\nid: \(position)\ndata: \(data.canonicalText)\n\n"
        }
        if !text.isEmpty {
          try await write(text)
          lastSent = .now
        }
      }
      if .now - lastSent > EventStream.heartbeat {
        try await write(": still here\n\n")
        lastSent = .now
      }
      try await Task.sleep(for: EventStream.pause)
    }
  }
}
