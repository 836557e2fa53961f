internal import Synchronization

/// Passes a step's output on, line by line, and keeps its log.
final class LogCollector: Sendable {
  private let lines = Mutex(LogLines())
  private let report: @Sendable (JobReport) -> Void

  init(report: @escaping @Sendable (JobReport) -> Void) { self.report = report }

  func take(_ piece: UnsafeRawBufferPointer) {
    for said in lines.withLock({ $0.take(piece) }) { report(said) }
  }

  /// Reports what is left and returns the kept log.
  func finish() -> [UInt8] {
    for said in lines.withLock({ $0.finish() }) { report(said) }
    return lines.withLock { $0.log.finished() }
  }
}
