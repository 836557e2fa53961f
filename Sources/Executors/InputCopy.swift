internal import Files
internal import Glibc
internal import Problems
internal import SystemPackage

/// Copies an input for a step that runs without the sandbox.
enum InputCopy {
  /// Larger files are linked to: copying gigabytes of weights would take longer than most steps.
  private static let largest: Int64 = 64 << 20

  /// Copies a file or folder, read-only.
  static func make(of source: FilePath, at target: FilePath) throws(Problem) {
    guard StepFolder.isFolder(source) else {
      let isExecutable = Files.kind(source) == .file(isExecutable: true)
      if let stamp = FileStamp(source), stamp.size > largest {
        symlink(Files.absolute(source).string, target.string)
      } else {
        try Files.copy(source, to: target)
        chmod(target.string, isExecutable ? 0o555 : 0o444)
      }
      return
    }
    try Files.makeFolder(target)
    for name in try Files.names(in: source) {
      let entry = source.appending(name)
      if Files.kind(entry) == .link {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        if readlink(entry.string, &text, text.count - 1) > 0 {
          symlink(text, target.appending(name).string)
        }
      } else {
        try make(of: entry, at: target.appending(name))
      }
    }
    chmod(target.string, 0o555)
  }
}
