internal import Documents
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
  /// The run and its version that the page shows, as `RUN:VERSION`; the run is empty for none.
  let since: String

  /// How long nothing is sent at most, so that both sides notice when the other is gone.
  private static let heartbeat = Duration.seconds(15)
  private static let pause = Duration.milliseconds(200)

  func write(_ write: PieceWriter) async throws {
    let parts = since.split(separator: ":", omittingEmptySubsequences: false)
    let shown = parts.first.map(String.init) ?? ""
    var version = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    var sent: [String: Int] = [:]
    var lastSent = ContinuousClock.now
    var lastSecond = 0
    try await write("retry: 1000\n\n")
    while true {
      try Task.checkCancellation()
      let run = live.run(of: view.name)
      guard run?.id ?? "" == shown else {
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
        var text = ""
        for piece in changed where sent[piece.name] != piece.html.hashValue {
          sent[piece.name] = piece.html.hashValue
          let data: JSON = ["name": .string(piece.name), "html": .string(piece.html.markup)]
          text += "event: piece\nid: \(run.id):\(run.version)\ndata: \(data.canonicalText)\n\n"
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
