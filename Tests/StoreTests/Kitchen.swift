import Digests
import Files
import Foundation
import Store
import SystemPackage

/// Which store a test of the conformance suite runs against.
enum StoreKind: CaseIterable, Sendable {
  case disk, memory
}

/// A fresh folder under the system's temporary one, with a store; removed afterwards.
final class Kitchen {
  let folder: FilePath
  var cache: FilePath { folder.appending("cache") }
  private let memory = MemoryStore()

  init() throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-store-")
  }

  deinit { try? Files.remove(folder) }

  /// Opens the disk store anew, or gives the one memory store.
  func store(_ kind: StoreKind = .disk, writable: Bool = true) throws -> any Store {
    switch kind {
    case .disk: try disk(writable: writable)
    case .memory: memory
    }
  }

  func disk(writable: Bool = true) throws -> DiskStore {
    try DiskStore(at: cache, writable: writable)
  }

  /// Writes a file and the folders above it.
  @discardableResult
  func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws -> FilePath {
    let path = folder.appending(path)
    try Files.makeFolder(path.removingLastComponent())
    try Files.write(bytes, to: path, mode: mode)
    chmod(path.string, mode)
    return path
  }

  @discardableResult
  func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws -> FilePath {
    try write(path, Array(text.utf8), mode: mode)
  }

  /// The packs of the disk store.
  func packs() throws -> [FilePath] {
    let folder = cache.appending("packs")
    return try Files.names(in: folder).map { folder.appending($0) }
  }

  func removeIndex() throws {
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
      try Files.remove(cache.appending(name))
    }
  }

  /// The permission bits of what stands at a path.
  static func mode(_ path: FilePath) -> UInt32 {
    var status = stat()
    return lstat(path.string, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  /// The modification time in seconds since 1970.
  static func time(_ path: FilePath) -> Int {
    var status = stat()
    return lstat(path.string, &status) == 0 ? status.st_mtim.tv_sec : -1
  }
}

/// Bytes that do not compress, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  seed == 1 ? Array(largeNoise.prefix(count)) : makeNoise(count, seed: seed)
}

private let largeNoise = makeNoise(13 << 20, seed: 1)

/// SplitMix64 (Steele 2014).
private func makeNoise(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  let words = (0..<(count / 8 + 1)).map { _ -> UInt64 in
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return (word ^ (word >> 31)).littleEndian
  }
  return words.withUnsafeBytes { Array($0.prefix(count)) }
}

/// Rows of text, which compress well and are nowhere the same for long.
func rows(_ count: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  var block = 0
  while bytes.count < count {
    bytes += "{\"block\":\(block)}\n".utf8
    bytes += someRows
    block += 1
  }
  return Array(bytes.prefix(count))
}

private let someRows: [UInt8] = (0..<1_000).flatMap { number in
  Array("{\"id\":\(number),\"question\":\"What is the capital of \(number % 97)?\"}\n".utf8)
}
