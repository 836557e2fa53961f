internal import Files
internal import Problems
internal import SystemPackage

/// The files below a folder.
enum Folder {
  /// Their paths relative to it, in byte order of names level by level; links are left out.
  static func files(in folder: FilePath) throws(Problem) -> [String] {
    var found: [String] = []
    for name in try Files.names(in: folder) {
      switch Files.kind(folder.appending(name)) {
      case .file: found.append(name)
      case .folder:
        for inner in try files(in: folder.appending(name)) { found.append("\(name)/\(inner)") }
      default: continue
      }
    }
    return found
  }
}
