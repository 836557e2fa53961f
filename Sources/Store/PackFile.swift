internal import Digests
internal import Files
internal import Glibc
internal import Problems
internal import SystemPackage

/// An open pack: a file of records that only grows.
final class PackFile: Sendable {
  /// The first 16 bytes of every pack.
  static let header: [UInt8] = Array("LARDER PACK 1\n".utf8) + [0, 0]
  /// A pack of this size takes no further record.
  static let fullSize: Int64 = 256 << 20

  /// The file's name without its extension, random; part of every record's check.
  let id: String
  let path: FilePath
  private let descriptor: FileDescriptor

  private init(id: String, path: FilePath, _ descriptor: FileDescriptor) {
    self.id = id
    self.path = path
    self.descriptor = descriptor
  }

  deinit { try? descriptor.close() }

  /// The path of a pack in the folder of packs.
  static func path(_ id: String, in folder: FilePath) -> FilePath { folder.appending(id + ".pack") }

  /// The ids of the packs in a folder.
  static func ids(in folder: FilePath) throws(Problem) -> [String] {
    try Files.names(in: folder).filter { $0.hasSuffix(".pack") }.map { String($0.dropLast(5)) }
  }

  /// Opens a pack that is there.
  static func open(_ id: String, in folder: FilePath, writable: Bool) throws(Problem) -> PackFile {
    let path = path(id, in: folder)
    do {
      return PackFile(
        id: id, path: path,
        try FileDescriptor.open(path, writable ? .readWrite : .readOnly, options: .closeOnExec))
    } catch { throw .file("cannot open", path, error) }
  }

  /// Makes an empty pack with a name of its own; its header is not written yet.
  static func create(in folder: FilePath) throws(Problem) -> PackFile {
    let id = Digest(
      of: (0..<4).flatMap { _ in
        withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) }
      }
    ).hex.prefix(32)
    let path = path(String(id), in: folder)
    do {
      return PackFile(
        id: String(id), path: path,
        try FileDescriptor.open(
          path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
          permissions: [.ownerReadWrite, .groupRead, .otherRead]))
    } catch { throw .file("cannot make", path, error) }
  }

  func size() throws(Problem) -> Int64 {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else {
      throw .file("cannot read", path, Errno(rawValue: errno))
    }
    return Int64(status.st_size)
  }

  /// Reads exactly the bytes asked for, or fewer where the file ends.
  func read(_ count: Int, at offset: Int64) throws(Problem) -> [UInt8] {
    do {
      return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
          let got = try descriptor.read(fromAbsoluteOffset: offset + Int64(filled), into: rest)
          if got == 0 { return }
          filled += got
        }
      }
    } catch { throw .file("cannot read", path, error) }
  }

  /// Writes bytes at an offset; after an error some of them may be there.
  func write(_ bytes: [UInt8], at offset: Int64) throws(Problem) {
    do {
      try bytes.withUnsafeBytes { _ = try descriptor.writeAll(toAbsoluteOffset: offset, $0) }
    } catch { throw .file("cannot write", path, error) }
  }

  /// Makes everything written so far durable.
  func sync() throws(Problem) {
    guard fdatasync(descriptor.rawValue) == 0 else {
      throw .file("cannot sync", path, Errno(rawValue: errno))
    }
  }

  func truncate(to size: Int64) throws(Problem) {
    guard ftruncate(descriptor.rawValue, Int(size)) == 0 else {
      throw .file("cannot truncate", path, Errno(rawValue: errno))
    }
  }

  /// Whether it begins as a pack of this version.
  func hasHeader() throws(Problem) -> Bool {
    try read(PackFile.header.count, at: 0) == PackFile.header
  }
}

// MARK: Records

extension PackFile {
  /// A record with its content, verified.
  struct Found {
    var record: Record
    var content: [UInt8]
    /// Of its header.
    var offset: Int64
    var end: Int64 { offset + Int64(Record.headerSize + record.storedSize) }
  }

  /// Reads one record: nil where its header or content is damaged.
  ///
  /// - Parameter storedSize: what its header is known to say, which saves a second read.
  func record(at offset: Int64, storedSize: Int? = nil) throws -> Found? {
    var bytes = try read(Record.headerSize + (storedSize ?? 0), at: offset)
    guard let record = Record(bytes.prefix(Record.headerSize), pack: id) else { return nil }
    if record.storedSize > bytes.count - Record.headerSize {
      guard try size() - offset >= Int64(record.storedSize) else { return nil }
      bytes = try read(Record.headerSize + record.storedSize, at: offset)
    }
    return try found(bytes, at: offset)
  }

  /// A record from its bytes: nil where they are damaged.
  func found(_ bytes: [UInt8], at offset: Int64) throws -> Found? {
    guard let record = Record(bytes.prefix(Record.headerSize), pack: id) else { return nil }
    let content = try bytes.withUnsafeBytes { bytes in
      try record.content(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Record.headerSize)))
    }
    return content.map { Found(record: record, content: $0, offset: offset) }
  }

  /// Calls `take` with every record from an offset on whose content is what its header says.
  ///
  /// Behind a damaged record the next header is looked for byte by byte.
  ///
  /// - Returns: where the last of them ends; the offset itself where there is none.
  func scan(from start: Int64, _ take: (Found) throws -> Void) throws -> Int64 {
    let size = try size()
    var offset = start
    var end = start
    while offset + Int64(Record.headerSize) <= size {
      if let found = try record(at: offset) {
        try take(found)
        offset = found.end
        end = offset
      } else {
        guard let next = try nextHeader(after: offset, size: size) else { break }
        offset = next
      }
    }
    return end
  }

  private func nextHeader(after start: Int64, size: Int64) throws -> Int64? {
    let window = 1 << 20
    var offset = start + 1
    while offset + Int64(Record.headerSize) <= size {
      let bytes = try read(window, at: offset)
      var position = 0
      while let next = Record.nextMagic(in: bytes, from: position) {
        let place = offset + Int64(next)
        if Record(try read(Record.headerSize, at: place), pack: id) != nil { return place }
        position = next + 1
      }
      if bytes.count < window { return nil }
      // The letters may stand across two windows.
      offset += Int64(window - 3)
    }
    return nil
  }
}

extension Record {
  /// The content of the stored bytes, or nil where it is not what this header says.
  func content(_ stored: UnsafeRawBufferPointer) throws -> [UInt8]? {
    guard stored.count == storedSize else { return nil }
    let content: [UInt8]
    if isCompressed {
      guard let bytes = try Codec.lend({ $0.decompressed(stored, size: size) }) else { return nil }
      content = bytes
    } else {
      guard storedSize == size else { return nil }
      content = Array(stored)
    }
    return Digest(of: content) == digest ? content : nil
  }
}
