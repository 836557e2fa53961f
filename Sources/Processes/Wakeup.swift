internal import CLinux
internal import Glibc
internal import Problems

/// An event that another thread waits for with `poll`.
final class Wakeup: Sendable {
  let descriptor: Int32

  init() throws(Problem) {
    descriptor = eventfd(
      0, Int32(larder_eventfd_cloexec | larder_eventfd_nonblock))
    guard descriptor >= 0 else { throw .system("cannot make an event descriptor", errno) }
  }

  deinit { close(descriptor) }

  /// Makes the descriptor readable for good.
  func fire() {
    var one: UInt64 = 1
    write(descriptor, &one, MemoryLayout<UInt64>.size)
  }
}
