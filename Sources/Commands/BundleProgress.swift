internal import Documents
internal import Reporting
internal import Synchronization

/// How far a bundle is: a line for each package that is fetched and each GiB that is written.
final class BundleProgress: Sendable {
  private struct State {
    var step: Int64 = 0
    var package = ""
  }

  private let state = Mutex(State())

  func take(_ progress: Progress) {
    let done = Int64(progress.done)
    guard progress.unit == "bytes" else {
      let isNew = state.withLock { state in
        defer { state.package = progress.text }
        return state.package != progress.text
      }
      if isNew { Console.note("\(progress.text)\n") }
      return
    }
    let unit: Int64 = 1 << 30
    let isNew = state.withLock { state in
      guard done / unit > state.step else { return false }
      state.step = done / unit
      return true
    }
    guard isNew, let total = progress.total else { return }
    Console.note("bundled \(Words.bytes(done)) of \(Words.bytes(Int64(total)))\n")
  }
}
