internal import Digests
internal import Files
internal import Notebook
internal import Problems
internal import Store
internal import SystemPackage

/// The folders of `--distdir`, searched by content.
enum DistributionFolders {
  /// The file that holds the pin's bytes, whatever its name, or nil. Only files of the right size
  /// are read, and their digests are remembered by file stamp.
  static func find(_ pin: Lock.Source, in context: SourceContext) throws -> FilePath? {
    for folder in context.distdirs {
      guard Files.exists(folder) else {
        throw Problem(
          .user, "distdir", "cannot search the --distdir \(folder): there is no such folder")
      }
      for name in try Files.names(in: folder) {
        let path = folder.appending(name)
        guard let real = Files.resolved(path), case .file = Files.kind(real),
          let stamp = FileStamp(real), stamp.size == pin.size
        else { continue }
        try context.checkCancelled()
        if try digest(of: real, stamp, in: context) == pin.sha256 { return real }
      }
    }
    return nil
  }

  private static func digest(
    of path: FilePath, _ stamp: FileStamp, in context: SourceContext
  ) throws -> Digest {
    if let known = try context.store.knownDigest(of: path, stamp: stamp) { return known.digest }
    let began = FileStamp.now()
    let (digest, size) = try Files.digest(of: path)
    if stamp.isSettled(at: began), FileStamp(path) == stamp {
      try context.store.remember(
        Artifact(kind: .file, digest: digest, size: size), of: path, stamp: stamp)
    }
    return digest
  }
}
