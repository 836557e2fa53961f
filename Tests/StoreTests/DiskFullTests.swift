import Digests
import Files
import Foundation
import Problems
import Store
import SystemPackage
import Testing

/// A store on a file system of 2 MiB.
@Suite struct DiskFullTests {
  /// Whether this process may mount: only root may, and not in every container.
  static let canMount: Bool = {
    guard geteuid() == 0, let kitchen = try? Kitchen() else { return false }
    guard mountSmall(kitchen.folder) else { return false }
    umount2(kitchen.folder.string, 0)
    return true
  }()

  private static func mountSmall(_ folder: FilePath) -> Bool {
    mount("tmpfs", folder.string, "tmpfs", 0, "size=2m") == 0
  }

  @Test(.enabled(if: canMount, "mounting a small file system needs root"))
  func aFullDiskIsNamedAndNothingIsLost() throws {
    let kitchen = try Kitchen()
    try #require(Self.mountSmall(kitchen.folder))
    defer { umount2(kitchen.folder.string, Int32(MNT_DETACH)) }
    var kept: [[UInt8]] = []
    var waiting: [[UInt8]] = []
    do {
      let store = try kitchen.disk()
      // Something that can be removed to make room.
      let ballast = try kitchen.write("ballast", noise(600_000))
      var failure: Problem?
      for seed in 0..<UInt64(100) where failure == nil {
        do {
          let blob = noise(60_000, seed: seed)
          try store.put(blob)
          waiting.append(blob)
          try store.commit()
          kept += waiting
          waiting = []
        } catch { failure = Problem(error) }
      }
      #expect(failure?.code == "disk-full")
      #expect(failure?.tier == .environment)
      #expect(failure?.hint?.contains("free some space") == true)
      #expect(kept.count > 5)
      for blob in kept + waiting { #expect(try store.bytes(Digest(of: blob)) == blob) }
      for blob in kept { #expect(try kitchen.disk().bytes(Digest(of: blob)) == blob) }

      try Files.remove(ballast)
      try store.put(Array("afterwards".utf8))
      try store.commit()
      kept += waiting
    }
    let store = try kitchen.disk()
    for blob in kept { #expect(try store.bytes(Digest(of: blob)) == blob) }
    #expect(try store.bytes(Digest(of: "afterwards")) != nil)
    try kitchen.removeIndex()
    #expect(try kitchen.disk().bytes(Digest(of: "afterwards")) != nil)
  }
}
