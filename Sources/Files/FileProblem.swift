package import Problems
package import SystemPackage

extension Problem {
  /// A system call on a file failed.
  ///
  /// - Parameters:
  ///   - doing: what was being done, as in "cannot write".
  ///   - path: the file or folder that it was done to.
  ///   - error: what the system answered.
  package static func file(_ doing: String, _ path: FilePath, _ error: any Error) -> Problem {
    let errno = error as? Errno
    let hint: String? =
      switch errno {
      case .noSpace: "free some space on its file system, then run the command again"
      case .permissionDenied, .notPermitted: "check who owns it and its access rights"
      case .readOnlyFileSystem: "its file system is mounted read-only"
      case .tooManyOpenFiles: "raise the limit of open files: ulimit -n"
      default: nil
      }
    let code: Code = errno == .noSpace ? "disk-full" : "file"
    return Problem(
      .environment, code, "\(doing) \(path): \(errno?.description ?? String(describing: error))",
      hint: hint)
  }
}
