internal import Problems
internal import SystemPackage

extension Problem {
  /// A system call failed that has nothing to do with a file.
  static func system(_ doing: String, _ code: Int32) -> Problem {
    let code = Errno(rawValue: code)
    let hint: String? =
      switch code {
      case .tooManyOpenFiles: "raise the limit of open files: ulimit -n"
      case .resourceTemporarilyUnavailable: "raise the limit of processes: ulimit -u"
      default: nil
      }
    return Problem(.environment, "system", "\(doing): \(code)", hint: hint)
  }
}
