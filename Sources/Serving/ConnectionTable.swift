internal import FlyingSocks
internal import Glibc
internal import Synchronization

/// The connections that are open, with the time until which each must get on: none waits for ever,
/// and there are never more than so many.
final class ConnectionTable: Sendable {
  /// What a connection is at.
  enum Phase: Hashable, Sendable {
    /// Waits for a request, or for the rest of one.
    case waiting
    /// A request is being answered.
    case answering
  }

  private struct Entry {
    let descriptor: Int32
    var phase = Phase.waiting
    var since = ContinuousClock.now
    var deadline: ContinuousClock.Instant?
  }

  /// As many connections at the same time: more than a few browsers ever open.
  static let most = 128

  private let entries = Mutex<(next: Int, open: [Int: Entry])>((0, [:]))

  /// Takes a new connection in. Where there are too many, one that waits for its request, the oldest,
  /// makes room.
  ///
  /// - Returns: its number; nil where all are being answered.
  func add(_ descriptor: Int32) -> Int? {
    entries.withLock { table in
      if table.open.count >= ConnectionTable.most {
        let oldest = table.open.filter { $0.value.phase == .waiting }
          .min { $0.value.since < $1.value.since }
        guard let oldest else { return nil }
        shutdown(oldest.value.descriptor, Int32(SHUT_RDWR))
        // It no longer counts; its task takes it out when it notices.
        table.open[oldest.key]?.phase = .answering
      }
      guard table.open.count < 2 * ConnectionTable.most else { return nil }
      table.next += 1
      table.open[table.next] = Entry(descriptor: descriptor)
      return table.next
    }
  }

  /// Says what a connection is at, and until when it must get on.
  func set(_ number: Int, _ phase: Phase, within limit: Duration?) {
    entries.withLock { table in
      if table.open[number]?.phase != phase { table.open[number]?.since = .now }
      table.open[number]?.phase = phase
      table.open[number]?.deadline = limit.map { .now + $0 }
    }
  }

  /// Takes a connection out; after this its descriptor may be closed.
  func remove(_ number: Int) { entries.withLock { $0.open[number] = nil } }

  /// Ends the connections that did not get on in time. Their tasks notice.
  func endLate() {
    entries.withLock { table in
      let now = ContinuousClock.now
      for (number, entry) in table.open {
        guard let deadline = entry.deadline, deadline < now else { continue }
        shutdown(entry.descriptor, Int32(SHUT_RDWR))
        table.open[number]?.deadline = nil
      }
    }
  }
}
