internal import Synchronization
internal import SystemPackage

/// Looks at a running step now and then: does it keep its limits, and does the kitchen's file system
/// keep room?
final class ResourceWatch: Sendable {
  private struct State {
    var peakMemory: Int64 = 0
    var finding: Outcome.Ending?
    var nextDiskLook = ContinuousClock.now
  }

  private let limits: Job.Limits
  private let folder: FilePath
  private let state = Mutex(State())

  /// - Parameters:
  ///   - limits: where memory is limited by a control group, without it.
  ///   - folder: the step's `/step`, whose `in` it cannot write.
  init(limits: Job.Limits, folder: FilePath) {
    self.limits = limits
    self.folder = folder
  }

  /// The largest memory seen, in bytes.
  var peakMemory: Int64 { state.withLock { $0.peakMemory } }

  /// The limit that was found broken.
  var finding: Outcome.Ending? { state.withLock { $0.finding } }

  /// Looks once; true where the step must be stopped.
  func inspect(root: Int32) -> Bool {
    let finding = memoryFinding(root: root) ?? spaceFinding() ?? diskFinding()
    if let finding { state.withLock { $0.finding = finding } }
    return finding != nil
  }

  private func memoryFinding(root: Int32) -> Outcome.Ending? {
    let processes = ProcessTree.processes(from: root)
    var memory = ProcessTree.roughMemory(of: processes)
    if let limit = limits.memory, memory > limit { memory = ProcessTree.memory(of: processes) }
    state.withLock { $0.peakMemory = max($0.peakMemory, memory) }
    guard let limit = limits.memory, memory > limit else { return nil }
    return .memoryLimit("\(Quantity.bytes(limit)) allowed, \(Quantity.bytes(memory)) used")
  }

  private func spaceFinding() -> Outcome.Ending? {
    guard let space = DiskUse.space(at: folder), space.free < DiskUse.reserve(of: space.total)
    else { return nil }
    return .diskLimit(
      "the file system of \(folder) has only \(Quantity.bytes(space.free)) left")
  }

  /// Counts what the step wrote, unless that was done so recently that counting would cost more than
  /// a tenth of the time.
  private func diskFinding() -> Outcome.Ending? {
    let start = ContinuousClock.now
    guard limits.disk != nil, start >= state.withLock({ $0.nextDiskLook }) else { return nil }
    let finding = finalDiskFinding()
    let end = ContinuousClock.now
    state.withLock { $0.nextDiskLook = end + start.duration(to: end) * 10 }
    return finding
  }

  /// Whether the step wrote more than it may, counted now.
  func finalDiskFinding() -> Outcome.Ending? {
    guard let limit = limits.disk else { return nil }
    let written = DiskUse.occupied(by: folder, without: "in")
    guard written > limit else { return nil }
    return .diskLimit("\(Quantity.bytes(limit)) allowed, \(Quantity.bytes(written)) written")
  }
}
