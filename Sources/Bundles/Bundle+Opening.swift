internal import BlockingWork
package import Digests
internal import Files
internal import Glibc
internal import History
internal import Problems
internal import Store
package import SystemPackage

extension Bundle {
  /// Makes a kitchen from a bundle. Every byte is checked; after a failure nothing is left in the
  /// folder.
  ///
  /// - Parameters:
  ///   - path: of the bundle.
  ///   - folder: empty, or not there yet.
  ///   - allowedSigners: a file as `ssh-keygen -Y verify` reads it (ALLOWED SIGNERS in
  ///     ssh-keygen(1)); with it, a bundle without a valid signature of one of them is refused.
  ///   - signature: nil for the file beside the bundle, `PATH.sig`.
  /// - Throws: a user problem where there is no bundle or signature, or the folder is not empty; a
  ///   damage problem where the bundle or its signature is not what was made; an environment problem
  ///   where the disk has too little space.
  package static func open(
    _ path: FilePath, into folder: FilePath, allowedSigners: FilePath? = nil,
    signature: FilePath? = nil
  ) async throws -> Opened {
    var signer: (name: String, tar: Digest)?
    if let allowedSigners {
      signer = try await verify(
        path, signature: signature ?? FilePath(path.string + ".sig"),
        allowedSigners: allowedSigners)
    }
    let checked = signer
    return try await BlockingWork.run {
      try unpack(path, into: Files.absolute(folder), signer: checked)
    }
  }

  /// Reads a bundle from beginning to end and checks everything that can be checked without writing
  /// it anywhere. Blocks.
  package static func read(
    _ path: FilePath, tap: @escaping (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) throws -> (manifest: BundleManifest, tarDigest: Digest) {
    let reader = try BundleReader(path, tap: tap)
    while try reader.nextMember({ _, _ in }) {}
    return (reader.manifest, reader.tarDigest)
  }

  private static func unpack(
    _ path: FilePath, into folder: FilePath, signer: (name: String, tar: Digest)?
  ) throws -> Opened {
    let isNew = !Files.exists(folder)
    if !isNew {
      guard Files.kind(folder) == .folder, try Files.names(in: folder).isEmpty else {
        throw Problem(
          .user, "not-empty", "cannot open the bundle \(path) in \(folder): it is no empty folder",
          hint: "name a new folder")
      }
    }
    let reader = try BundleReader(path)
    do {
      try Files.makeFolder(folder)
      try checkSpace(for: reader.manifest, in: folder, path)
      let opened = try fill(folder, from: reader, signer: signer?.name)
      if let signer, signer.tar != opened.tarDigest {
        throw damaged(path, "it changed after its signature was checked")
      }
      return opened
    } catch {
      try? isNew ? Files.remove(folder) : Files.removeContents(of: folder)
      throw error
    }
  }

  /// Large blobs are written to a file before they go to the store, one at a time.
  private static func checkSpace(
    for manifest: BundleManifest, in folder: FilePath, _ path: FilePath
  ) throws {
    var status = statvfs()
    guard statvfs(folder.string, &status) == 0 else { return }
    let (free, isHuge) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    let needed =
      manifest.members.reduce(UInt64(0)) { $0 + UInt64($1.size) }
      + UInt64(manifest.members.map(\.size).max() ?? 0)
    guard isHuge || needed <= free else {
      throw Problem(
        .environment, "disk-full",
        "cannot open the bundle \(path) in \(folder): it needs \(needed) bytes, and its file system "
          + "has \(free)", hint: "free some space, or name a folder elsewhere")
    }
  }

  private static func fill(
    _ folder: FilePath, from reader: BundleReader, signer: String?
  ) throws -> Opened {
    let kitchen = OpenedKitchen(folder: folder, manifest: reader.manifest)
    try kitchen.prepare()
    let store = try DiskStore(at: folder.appending("cache"))
    let sink = MemberSink(kitchen: kitchen, store: store)
    // Read and taken in turns: a member counts only after its digest was checked.
    while try reader.nextMember({ try sink.take($0, $1) }) { try sink.finish() }
    try store.commit()
    try kitchen.makeHistory(sink.shallow, path: reader.path)
    try Files.remove(kitchen.work)
    return Opened(
      run: reader.manifest.run, manifest: reader.manifest, tarDigest: reader.tarDigest,
      kitchen: folder, wheels: kitchen.wheels, signer: signer)
  }
}
