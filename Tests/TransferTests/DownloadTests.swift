import Digests
import Files
import Foundation
import Problems
import Synchronization
import SystemPackage
import Testing

@testable import Transfer

/// Real transfers from a local server that misbehaves on demand.
@Suite struct DownloadTests {
  private static let server = Result { try FaultyServer() }
  private static let body: [UInt8] = {
    var bytes: [UInt8] = []
    for counter in 0... {
      if bytes.count >= 300_000 { break }
      bytes += Digest(of: String(counter)).bytes
    }
    return Array(bytes.prefix(300_000))
  }()

  /// The waits that a policy was asked for, instead of waiting.
  private final class Waits: Sendable {
    private let seconds = Mutex<[Double]>([])
    var all: [Double] { seconds.withLock { $0 } }
    func add(_ wait: Double) { seconds.withLock { $0.append(wait) } }
  }

  private struct Kit {
    let server: FaultyServer
    let folder: FilePath
    let waits = Waits()
    /// Unique, so that the server's counts of one test are its own.
    let name = "n\(UInt64.random(in: 0...UInt64.max))"
    var destination: FilePath { folder.appending("file.bin") }
    var names: [String] { (try? Files.names(in: folder)) ?? [] }

    func download(_ fault: String, digest: Digest? = nil, size: Int64? = nil) throws -> Download {
      let waits = waits
      var policy = Download.Policy()
      policy.wait = { seconds, _ in waits.add(seconds) }
      policy.stallTimeout = 2
      return Download(
        try WebAddress(server.address("\(fault)/\(name)")), to: destination, digest: digest,
        size: size, policy: policy)
    }
  }

  private func withKit(_ work: (Kit) throws -> Void) throws {
    let folder = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-transfer-")
    defer { try? Files.remove(folder) }
    try work(Kit(server: try Self.server.get(), folder: folder))
  }

  private func problem(_ work: () throws -> some Any) -> Problem? {
    do {
      _ = try work()
      return nil
    } catch { return Problem(error) }
  }

  @Test(arguments: [
    ("ok", 1), ("range", 1), ("to-ok", 2), ("429", 2), ("500", 3), ("drop", 3), ("drop-no-tag", 2),
    ("wrong-range", 3), ("ignores-range", 2), ("stall-then-ok", 2),
  ])
  func arrivesWhole(fault: String, requests: Int) throws {
    try withKit { kit in
      let result = try kit.download(fault).run()
      #expect(result.digest == Digest(of: Self.body))
      #expect(result.size == 300_000)
      #expect(try Files.read(kit.destination) == Self.body)
      #expect(try kit.server.log(kit.name).count == requests)
      #expect(kit.names == ["file.bin"])
    }
  }

  @Test func emptyFile() throws {
    try withKit { kit in
      let result = try kit.download("empty").run()
      #expect(result.digest == Digest(of: ""))
      #expect(try Files.read(kit.destination).isEmpty)
    }
  }

  @Test func resumesWithRangeAndValidator() throws {
    try withKit { kit in
      _ = try kit.download("drop").run()
      #expect(
        try kit.server.log(kit.name).map { [$0[1], $0[2]] } == [
          [nil, nil], ["bytes=100000-", "\"first\""], ["bytes=200000-", "\"first\""],
        ])
    }
  }

  @Test func aChangedFileIsNeverJoinedToTheOldBeginning() throws {
    try withKit { kit in
      let result = try kit.download("drop-then-changed").run()
      #expect(result.digest == Digest(of: Array(Self.body.reversed())))
    }
  }

  @Test func goesOnWhereAnEarlierRunStopped() throws {
    try withKit { kit in
      var first = try kit.download("drop")
      first.policy.attempts = 1
      #expect(problem { try first.run() }?.code == "broken")
      #expect(kit.names == ["file.bin.part", "file.bin.part.from"])
      _ = try kit.download("drop").run()
      #expect(
        try kit.server.log(kit.name).map { $0[1] } == [nil, "bytes=100000-", "bytes=200000-"])
      #expect(try Files.read(kit.destination) == Self.body)
      #expect(kit.names == ["file.bin"])
    }
  }

  @Test func aSpoiltPartIsFoundByTheDigestAndFetchedAnew() throws {
    try withKit { kit in
      var first = try kit.download("drop", digest: Digest(of: Self.body))
      first.policy.attempts = 1
      _ = problem { try first.run() }
      let part = FilePath(kit.destination.string + ".part")
      var bytes = try Files.read(part)
      bytes[5] ^= 1
      try Files.write(bytes, to: part)
      let result = try kit.download("range", digest: Digest(of: Self.body)).run()
      #expect(result.digest == Digest(of: Self.body))
    }
  }

  @Test func aWholePartNeedsNoNetwork() throws {
    try withKit { kit in
      let download = try kit.download("404", digest: Digest(of: Self.body))
      try Files.write(Self.body, to: FilePath(kit.destination.string + ".part"))
      try Files.write(
        "\(download.address)\n\n\n".utf8, to: FilePath(kit.destination.string + ".part.from"))
      #expect(try download.run().size == 300_000)
      #expect(try kit.server.log(kit.name).isEmpty)
    }
  }

  @Test func aPartThatAnotherProcessWritesIsLeftAlone() throws {
    try withKit { kit in
      let part = FilePath(kit.destination.string + ".part")
      let file = try FileDescriptor.open(
        part, .readWrite, options: .create, permissions: .ownerReadWrite)
      defer { try? file.close() }
      #expect(flock(file.rawValue, LOCK_EX) == 0)
      #expect(try kit.download("ok").run().size == 300_000)
      #expect(kit.names == ["file.bin", "file.bin.part"])
      #expect(try Files.read(part).isEmpty)
    }
  }

  @Test(arguments: [
    ("nothing", "not-found", "404 (not found)"),
    ("403", "refused", "403 (forbidden)"),
    ("always-500", "http-status", "500 (internal server error), 5 times in a row"),
    ("truncate", "broken", "broke off"),
    ("too-long", "broken", "broke off"),
    ("stall", "timeout", "nothing came for too long"),
    ("circle", "redirect", "more than 10 times"),
    ("to-file", "redirect", "something else than http or https"),
    ("wait-long", "http-status", "asks to wait 86400 seconds"),
  ])
  func failsClearly(fault: String, code: String, words: String) throws {
    try withKit { kit in
      var download = try kit.download(fault)
      if fault == "stall" { download.policy.attempts = 1 }
      let problem = try #require(problem { try download.run() })
      #expect(problem.tier == .environment)
      #expect(problem.code.text == code)
      #expect(problem.message.contains(words), "\(problem)")
      #expect(!Files.exists(kit.destination))
    }
  }

  @Test func nobodyListens() throws {
    try withKit { kit in
      var download = try kit.download("ok")
      download.address = try WebAddress("http://127.0.0.1:1/file")
      let problem = try #require(problem { try download.run() })
      #expect(problem.code == "network")
      #expect(kit.waits.all == [1, 2])
      download.address = try WebAddress("http://no-such-host.invalid/file")
      #expect(self.problem { try download.run() }?.code == "network")
      #expect(kit.names.isEmpty)
    }
  }

  @Test func waitsGrowAndRetryAfterIsObeyed() throws {
    try withKit { kit in
      _ = problem { try kit.download("always-500").run() }
      #expect(kit.waits.all == [1, 2, 4, 8])
    }
    try withKit { kit in
      _ = try kit.download("429").run()
      #expect(kit.waits.all == [7])
    }
  }

  @Test func wrongBytesNameBothDigestsAndPublishNothing() throws {
    try withKit { kit in
      let wanted = Digest(of: "something else")
      let problem = try #require(problem { try kit.download("ok", digest: wanted).run() })
      #expect(problem.code == "wrong-bytes")
      #expect(problem.message.contains(wanted.hex))
      #expect(problem.message.contains(Digest(of: Self.body).hex))
      #expect(kit.names.isEmpty)
    }
  }

  @Test(arguments: ["too-short"])
  func aShorterFileThanPinnedIsRefused(fault: String) throws {
    try withKit { kit in
      let download = try kit.download(fault, digest: Digest(of: Self.body), size: 300_000)
      let problem = try #require(problem { try download.run() })
      #expect(problem.code == "wrong-bytes")
      #expect(kit.names.isEmpty)
    }
  }

  @Test(arguments: ["ok", "endless", "big"])
  func theLimitHolds(fault: String) throws {
    try withKit { kit in
      var download = try kit.download(fault)
      download.limit = 200_000
      let problem = try #require(problem { try download.run() })
      #expect(problem.code == "too-large")
      #expect(!Files.exists(kit.destination))
    }
  }

  @Test func onlyAllowedHeadersAreKept() throws {
    try withKit { kit in
      let result = try kit.download("to-ok").run()
      #expect(
        result.headers.fields == [
          "etag": "\"first\"", "content-type": "application/json; charset=utf-8",
          "content-length": "300000",
        ])
    }
  }

  @Test func progressGrowsToTheEnd() throws {
    try withKit { kit in
      let seen = Mutex<[Int64]>([])
      let totals = Mutex<Set<Int64?>>([])
      _ = try kit.download("drop").run(report: { done, total in
        seen.withLock { $0.append(done) }
        _ = totals.withLock { $0.insert(total) }
      })
      let all = seen.withLock { $0 }
      #expect(all == all.sorted() && all.last == 300_000)
      #expect(totals.withLock { $0 } == [300_000])
    }
  }

  @Test func cancelling() throws {
    try withKit { kit in
      let start = Date()
      var download = try kit.download("stall")
      download.policy.stallTimeout = 30
      let problem = problem {
        try download.run(checkCancelled: {
          if Date().timeIntervalSince(start) > 0.5 { throw CancellationError() }
        })
      }
      #expect(problem?.tier == .interrupted)
      #expect(Date().timeIntervalSince(start) < 10)
      #expect(!Files.exists(kit.destination))
    }
  }
}
