internal import CLinux
internal import Glibc
internal import Problems
internal import SystemPackage

/// Follows one program from its start to the death of its last process, on one thread.
struct ProcessFollower {
  private let supervision: Supervision
  private let process: pid_t
  private let start = ContinuousClock.now
  /// Readable when the program has ended.
  private let processDescriptor: Int32
  /// The reading end of standard output and error, or -1 after its end.
  private var output: Int32
  /// The reading end of the status descriptor, or -1.
  private var statusReader: Int32
  private var status: [UInt8] = []
  private var child: pid_t?
  /// Readable when the guarded process has ended, or -1.
  private var childDescriptor: Int32 = -1
  private var stop: ProcessEnd.Stop?
  private var isCancelled = false
  private var killDeadline: ContinuousClock.Instant?
  private var isKilled = false
  private var nextInspection: ContinuousClock.Instant?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  /// Starts the command and follows it to its end.
  static func run(
    _ command: Command, _ supervision: Supervision, _ cancellation: Wakeup
  ) throws(Problem) -> ProcessEnd {
    var follower = try ProcessFollower(command, supervision)
    defer { follower.close() }
    return try follower.follow(cancellation)
  }

  private init(_ command: Command, _ supervision: Supervision) throws(Problem) {
    self.supervision = supervision
    let outputPipe = try Pipe()
    let statusPipe = supervision.guardsChild ? try Pipe() : nil
    do throws(Problem) {
      process = try command.spawn(
        output: outputPipe.writer,
        inherited: supervision.inherited.map(\.rawValue) + (statusPipe.map { [$0.writer] } ?? []))
    } catch {
      outputPipe.close()
      statusPipe?.close()
      buffer.deallocate()
      throw error
    }
    Glibc.close(outputPipe.writer)
    if let statusPipe { Glibc.close(statusPipe.writer) }
    output = outputPipe.reader
    statusReader = statusPipe?.reader ?? -1
    processDescriptor = larder_pidfd_open(process)
    if supervision.inspect != nil { nextInspection = start + .seconds(supervision.firstInterval) }
  }

  private func close() {
    for descriptor in [output, statusReader, processDescriptor, childDescriptor]
    where descriptor >= 0 {
      Glibc.close(descriptor)
    }
    buffer.deallocate()
  }

  private mutating func follow(_ cancellation: Wakeup) throws(Problem) -> ProcessEnd {
    var cancel = cancellation.descriptor
    while true {
      var set = [processDescriptor, output, statusReader, cancel].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      poll(&set, nfds_t(set.count), timeout())
      if set[2].revents != 0 { readStatus() }
      if set[1].revents != 0 { readOutput() }
      if set[0].revents != 0 { return try end() }
      if set[3].revents != 0 {
        cancel = -1
        isCancelled = true
        terminate()
      }
      checkDeadlines()
    }
  }

  /// Until the next moment at which something is due, in milliseconds; -1 for never.
  private func timeout() -> Int32 {
    var due = [nextInspection, killDeadline].compactMap(\.self)
    if stop == nil, !isCancelled, let limit = supervision.timeLimit {
      due.append(start + .seconds(limit))
    }
    guard let first = due.min() else { return -1 }
    let left = ContinuousClock.now.duration(to: first) / .milliseconds(1)
    return Int32(min(max(0, left.rounded(.up)), 1_000_000))
  }

  private mutating func checkDeadlines() {
    let now = ContinuousClock.now
    if let killDeadline, now >= killDeadline {
      kill()
      self.killDeadline = nil
    }
    guard stop == nil, !isCancelled else { return }
    if let limit = supervision.timeLimit, now >= start + .seconds(limit) {
      stop = .timeLimit
      terminate()
    } else if let due = nextInspection, now >= due {
      nextInspection = nil
      if supervision.inspect?(child ?? process) ?? false {
        stop = .inspection
        terminate()
      } else {
        nextInspection = ContinuousClock.now + .seconds(supervision.interval)
      }
    }
  }

  /// Asks the program to end, and sets the time at which it is made to.
  private mutating func terminate() {
    nextInspection = nil
    guard killDeadline == nil, !isKilled else { return }
    if !supervision.guardsChild {
      Glibc.kill(-process, SIGTERM)
    } else if let child, Glibc.kill(-child, SIGTERM) == 0 {
      // The guard itself must live on: with it the guarded process would die without grace.
    } else {
      kill()
      return
    }
    killDeadline = ContinuousClock.now + .seconds(supervision.grace)
  }

  private mutating func kill() {
    isKilled = true
    if let child { Glibc.kill(child, SIGKILL) }
    // Before the process is reaped its id, and so that of its group, belongs to nobody else.
    Glibc.kill(-process, SIGKILL)
  }

  private mutating func readOutput() {
    let count = read(output, buffer.baseAddress, buffer.count)
    if count > 0 {
      supervision.output(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
      Glibc.close(output)
      output = -1
    }
  }

  private mutating func readStatus() {
    let count = read(statusReader, buffer.baseAddress, buffer.count)
    if count > 0 {
      if status.count < 64 << 10 { status.append(contentsOf: buffer[..<count]) }
    } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
      Glibc.close(statusReader)
      statusReader = -1
    }
    if child == nil, let found = ProcessFollower.childProcess(in: status) {
      child = found
      childDescriptor = larder_pidfd_open(found)
      supervision.childStarted?(found)
    }
  }

  /// The number after `"child-pid":`, once something follows it.
  static func childProcess(in status: [UInt8]) -> pid_t? {
    let text = String(decoding: status, as: UTF8.self)
    guard let name = text.firstRange(of: "\"child-pid\":") else { return nil }
    let rest = text[name.upperBound...].drop { $0 == " " }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    return digits.endIndex == rest.endIndex ? nil : pid_t(digits)
  }

  /// The program has ended: nothing of it may be left, and what it wrote is read.
  private mutating func end() throws(Problem) -> ProcessEnd {
    kill()
    while statusReader >= 0, isReadable(statusReader, within: 0) { readStatus() }
    if let child {
      Glibc.kill(child, SIGKILL)
      // The first process of a namespace ends after all others of it have been reaped. The kernel
      // takes a moment; one that hangs in the kernel for ten seconds will not write either.
      if childDescriptor >= 0 { _ = isReadable(childDescriptor, within: 10_000) }
    }
    // What is in the pipe now is all there is, at most its size (1 MiB unless raised by root). A
    // process that escaped may hold it open or fill it on.
    var budget = 1 << 20
    while output >= 0, budget > 0, isReadable(output, within: 0) {
      readOutput()
      budget -= buffer.count
    }
    var state: Int32 = 0
    var usage = rusage()
    while wait4(process, &state, 0, &usage) < 0 {
      guard errno == EINTR else { throw .system("cannot wait for process \(process)", errno) }
    }
    let time = start.duration(to: .now)
    // WIFEXITED and WTERMSIG, bits/waitstatus.h
    let ending: ProcessEnd.Ending =
      state & 0x7f == 0 ? .exited((state >> 8) & 0xff) : .signalled(state & 0x7f)
    return ProcessEnd(
      ending: ending, stop: stop, seconds: time / .seconds(1),
      largestResident: Int64(usage.ru_maxrss) * 1024, status: status)
  }

  private func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var set = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&set, 1, milliseconds) > 0
  }
}

/// Both ends of a pipe, closed in programs that are started.
private struct Pipe {
  let reader: Int32
  let writer: Int32

  init() throws(Problem) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system("cannot make a pipe", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reader, writer) = (ends[0], ends[1])
  }

  func close() {
    Glibc.close(reader)
    Glibc.close(writer)
  }
}
