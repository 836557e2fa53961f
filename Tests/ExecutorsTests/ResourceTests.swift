import Files
import Foundation
import Glibc
import SystemPackage
import Testing

@testable import Executors

@Suite struct ResourceTests {
  @Test func seesItself() {
    let processes = ProcessTree.processes(from: getpid())
    #expect(processes.first == getpid())
    #expect(ProcessTree.roughMemory(of: [getpid()]) > 1 << 20)
    #expect(ProcessTree.memory(of: [getpid()]) > 1 << 20)
    #expect(ProcessTree.memory(of: []) == 0)
  }

  @Test(arguments: [(100 << 20, 5 << 20), (1 << 40, 256 << 20)])
  func keepsAReserve(total: Int64, reserve: Int64) {
    #expect(DiskUse.reserve(of: total) == reserve)
  }

  @Test func countsWhatIsOnDisk() throws {
    let folder = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-disk-")
    defer { try? Files.remove(folder) }
    try Files.makeFolder(folder.appending("in"))
    try Files.makeFolder(folder.appending("out"))
    let content = [UInt8](repeating: 1, count: 1 << 20)
    try Files.write(content, to: folder.appending("in").appending("x"))
    try Files.write(content, to: folder.appending("out").appending("x"))
    #expect(DiskUse.occupied(by: folder) >= 2 << 20)
    #expect(DiskUse.occupied(by: folder, without: "in") < 3 << 19)
    #expect((DiskUse.space(at: folder)?.free ?? 0) > 0)
  }

  @Test(arguments: [
    nil, "", "4:memory:/x\n", "0::/\n", "0::/user.slice/session.scope\n",
  ])
  func makesNoGroupWhereNoneIsDelegated(membership: String?) throws {
    let root = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-cgroup-")
    defer { try? Files.remove(root) }
    try Files.makeFolder(root.appending("user.slice"))
    try Files.write(
      Array("cpu io\n".utf8), to: root.appending("user.slice").appending("cgroup.subtree_control"))
    #expect(MemoryGroup(limit: 1 << 20, membership: membership, root: root) == nil)
    #expect(try Files.names(in: root.appending("user.slice")) == ["cgroup.subtree_control"])
  }

  @Test(arguments: [
    (0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (1 << 30, "1 GiB"), (3 << 40, "3 TiB"),
  ])
  func wordsSizes(count: Int64, words: String) { #expect(Quantity.bytes(count) == words) }
}
