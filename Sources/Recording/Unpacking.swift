internal import Files
internal import Glibc
internal import Problems
internal import SystemPackage

/// How the bytes of a source become files.
package struct Unpacking: Hashable, Sendable {
  /// Nil where the file is taken as it is.
  package var format: Archive.Format?
  /// The name of the file, or of what a single compressed file holds.
  package var fileName: String
  package var selection: Selection
}

extension Unpacking {
  /// Writes the wanted files below a folder that does not exist yet.
  func perform(
    on file: FilePath, into folder: FilePath, title: String, in context: SourceContext
  ) throws -> Archive.Contents {
    if let format, format.isFolder {
      let archive = Archive(file: file, format: format, title: title, context: context)
      return try archive.unpack(selection, into: folder)
    }
    try Files.makeFolder(folder)
    let path = folder.appending(fileName)
    let archive = Archive(file: file, format: format ?? .gz, title: title, context: context)
    guard selection.contains(fileName) else {
      throw archive.nothingSelected(selection, [fileName])
    }
    if format == nil {
      try Files.copy(file, to: path)
    } else {
      try archive.expand(to: path)
    }
    // Whatever the umask is.
    for (path, mode) in [(folder, mode_t(0o755)), (path, mode_t(0o644))]
    where chmod(path.string, mode) != 0 {
      throw Problem.file("cannot change the rights of", path, Errno(rawValue: errno))
    }
    return Archive.Contents(files: 1, bytes: FileStamp(path)?.size ?? 0, filesInSource: 1)
  }
}
