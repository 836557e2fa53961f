internal import Documents
internal import Synchronization

/// How far pip is, from the lines that it prints.
final class PipProgress: Sendable {
  private struct State {
    var begun: Set<String> = []
    var done = 0
  }

  private let total: Int?
  private let state = Mutex(State())
  private let report: @Sendable (Progress) -> Void

  /// - Parameter total: the number of packages, where it is known.
  init(total: Int?, report: @escaping @Sendable (Progress) -> Void) {
    self.total = total
    self.report = report
  }

  func take(line: String) {
    let words = line.split(separator: " ")
    guard let verb = words.first else { return }
    switch verb {
    case "Collecting", "Processing":
      guard words.count > 1 else { return }
      let name = words[1].split(separator: "/").last.map(String.init) ?? String(words[1])
      let isNew = state.withLock { state in
        guard state.begun.insert(name).inserted else { return false }
        state.done = state.begun.count - 1
        return true
      }
      if isNew { say(name) }
    case "Downloading", "Using":
      // `Downloading NAME (SIZE)`, `Using cached NAME (SIZE)`
      guard let name = words.dropFirst(verb == "Using" ? 2 : 1).first else { return }
      let size = line.firstIndex(of: "(").map { " \(line[$0...])" } ?? ""
      let file = name.split(separator: "/").last.map(String.init) ?? String(name)
      say("\(file)\(size)")
    case "Installing": say("installing")
    default: return
    }
  }

  /// Tells of a state in other words.
  func say(_ text: String) {
    let done = state.withLock { Double($0.done) }
    report(
      Progress(
        done: total.map { min(done, Double($0)) } ?? done, total: total.map(Double.init),
        unit: "packages", text: text))
  }
}
