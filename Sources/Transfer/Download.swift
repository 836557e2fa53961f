package import Digests
internal import Files
internal import Foundation
internal import Problems
package import SystemPackage

/// One file from the web to a path: resumed where it broke off, tried again where that helps,
/// verified where its digest is known, and published whole or not at all.
///
/// Blocks its thread in a libcurl easy handle. Transfers are few and long, so a thread each is
/// simpler than one thread for a multi handle, whose gain begins with many small ones.
package struct Download: Sendable {
  /// How patient a download is.
  package struct Policy: Sendable {
    /// How many times in a row it may fail without 1 MiB of progress.
    package var attempts = 5
    /// How many times it may fail where the host is not found or takes no connection.
    package var connectAttempts = 3
    /// The wait before the second attempt, in seconds; doubled with each one, up to 30.
    package var firstWait = 1.0
    /// The longest wait that a server may ask for, in seconds.
    package var longestWait = 120.0
    /// In seconds.
    package var connectTimeout = 20.0
    /// For how many seconds nothing may arrive.
    package var stallTimeout = 60
    package var redirects = 10
    /// Waits some seconds, and throws where the user stopped the run meanwhile.
    package var wait:
      @Sendable (_ seconds: Double, _ checkCancelled: () throws -> Void) throws -> Void = {
        seconds, checkCancelled in
        let end = Date().addingTimeInterval(seconds)
        while true {
          try checkCancelled()
          let left = end.timeIntervalSinceNow
          if left <= 0 { return }
          Thread.sleep(forTimeInterval: min(left, 0.1))
        }
      }

    package init() {}
  }

  /// What arrived.
  package struct Result: Hashable, Sendable {
    package var digest: Digest
    /// In bytes.
    package var size: Int64
    /// Of the last answer, by the allow-list.
    package var headers: ResponseHeaders
  }

  package var address: WebAddress
  package var destination: FilePath
  /// Nil where nothing is known of the file yet.
  package var digest: Digest?
  package var size: Int64?
  /// In bytes.
  package var limit: Int64
  package var policy: Policy

  package init(
    _ address: WebAddress, to destination: FilePath, digest: Digest? = nil, size: Int64? = nil,
    limit: Int64 = 1 << 40, policy: Policy = Policy()
  ) {
    self.address = address
    self.destination = destination
    self.digest = digest
    self.size = size
    self.limit = limit
    self.policy = policy
  }

  /// Fetches the file; blocks until it is there.
  ///
  /// - Parameters:
  ///   - report: told the bytes that are here, and of how many where that is known.
  ///   - checkCancelled: throws where the user stopped the run; asked about once a second.
  /// - Throws: an environment problem for whatever the outside did wrong, or what `checkCancelled`
  ///   throws. The part of the file that is here is kept, unless it is wrong.
  package func run(
    report: @escaping @Sendable (Int64, Int64?) -> Void = { _, _ in },
    checkCancelled: @escaping @Sendable () throws -> Void = {}
  ) throws -> Result {
    try Files.makeFolder(destination.removingLastComponent())
    let part = try PartFile(
      for: destination, address: address.text, isPinned: digest != nil)
    if let digest, part.size > 0, part.size == size ?? part.size, part.digest == digest {
      return try publish(part, ResponseHeaders())
    }
    if let size, part.size >= size { try part.begin(validator: nil) }
    var failures = 0
    // Also where each attempt brings a little, there is an end to it.
    var attemptsLeft = 100
    var mayStartOver = true
    while true {
      try checkCancelled()
      let before = part.size
      let attempt = Attempt(
        address, policy: policy, into: part, limit: min(limit, size ?? limit), report: report,
        checkCancelled: checkCancelled)
      switch attempt.perform() {
      case .complete:
        if isRight(part) { return try publish(part, attempt.headers) }
        let wrong = wrongBytes(part)
        // A beginning from an earlier try may be what is wrong: once from the first byte on.
        guard before > 0, mayStartOver, attempt.headers.status != 200 else {
          try part.discard()
          throw wrong
        }
        mayStartOver = false
        try part.begin(validator: nil)
      case .failed(let error):
        throw error
      case .broken(let problem, let retryAfter):
        attemptsLeft -= 1
        failures = part.size >= before + 1 << 20 ? 1 : failures + 1
        let allowed = problem.code == "network" ? policy.connectAttempts : policy.attempts
        guard failures < allowed, attemptsLeft > 0 else {
          throw givingUp(problem, after: failures)
        }
        // Without a validator nothing tells whether the rest would belong to these bytes.
        if part.validator == nil, digest == nil { try part.begin(validator: nil) }
        let wait = retryAfter ?? min(30, policy.firstWait * pow(2, Double(failures - 1)))
        guard wait <= policy.longestWait else {
          var problem = problem
          problem.message += " and asks to wait \(Int(wait)) seconds"
          throw problem
        }
        try policy.wait(wait, checkCancelled)
      }
    }
  }

  private func givingUp(_ problem: Problem, after failures: Int) -> Problem {
    var problem = problem
    if failures > 1 { problem.message += ", \(failures) times in a row" }
    return problem
  }

  private func isRight(_ part: PartFile) -> Bool {
    (size ?? part.size) == part.size && (digest ?? part.digest) == part.digest
  }

  private func wrongBytes(_ part: PartFile) -> Problem {
    let found = "\(part.digest) (\(part.size) bytes)"
    let expected = [digest?.description, size.map { "\($0) bytes" }].compactMap(\.self)
      .joined(separator: ", ")
    return Problem(
      .environment, "wrong-bytes",
      "cannot use the download of \(address): it is \(found) where \(expected) is expected",
      hint: "nothing was replaced; find out why the file changed before trusting the new one")
  }

  private func publish(_ part: PartFile, _ headers: ResponseHeaders) throws(Problem) -> Result {
    let result = Result(digest: part.digest, size: part.size, headers: headers)
    try part.publish(at: destination)
    return result
  }
}
