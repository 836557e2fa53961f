/// How a program that was run to its end ended.
package struct ProcessEnd: Hashable, Sendable {
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
  }

  /// Why the program was stopped before its own end.
  package enum Stop: Hashable, Sendable {
    /// It took longer than `Supervision.timeLimit`.
    case timeLimit
    /// `Supervision.inspect` asked for it.
    case inspection
  }

  package var ending: Ending
  /// Nil where it ended by itself.
  package var stop: Stop?
  /// Wall time, in seconds.
  package var seconds: Double
  /// The largest resident memory of one of its processes, in bytes, as `getrusage` tells it: of the
  /// program and of the children that it waited for.
  package var largestResident: Int64
  /// What the program wrote on its status descriptor, at most 64 KiB.
  package var status: [UInt8]

  package init(
    ending: Ending, stop: Stop? = nil, seconds: Double, largestResident: Int64, status: [UInt8] = []
  ) {
    self.ending = ending
    self.stop = stop
    self.seconds = seconds
    self.largestResident = largestResident
    self.status = status
  }
}
