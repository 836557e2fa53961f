internal import Files
internal import Glibc
internal import Problems
internal import SystemPackage

/// The folder that a job sees as `/step`, outside the sandbox.
///
/// `in` (inputs), `out` (outputs), `tmp` (TMPDIR) and `home` (HOME) are made in it, all with mode
/// 0755 whatever the umask, and the job's files with mode 0644.
struct StepFolder {
  let path: FilePath

  init(of job: Job) { path = job.workFolder.appending("step") }

  /// Makes the folders and writes the job's files.
  func make(for job: Job) throws(Problem) {
    try makeFolder(path)
    for name in ["in", "out", "tmp", "home"] { try makeFolder(path.appending(name)) }
    for (name, content) in job.files.sorted(by: { $0.key < $1.key }) {
      let file = try place(of: name)
      try Files.write(content, to: file)
      chmod(file.string, 0o644)
    }
  }

  /// Where a path relative to `/step` is outside; its folders are made.
  func place(of relative: String) throws(Problem) -> FilePath {
    let parts = relative.split(separator: "/", omittingEmptySubsequences: false)
    guard !relative.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw Problem(.fault, "step-path", "`\(relative)` is no path inside a step's folder")
    }
    var place = path
    for (index, part) in parts.enumerated() {
      if index > 0 { try makeFolder(place) }
      place.append(String(part))
    }
    return place
  }

  private func makeFolder(_ folder: FilePath) throws(Problem) {
    try Files.makeFolder(folder)
    chmod(folder.string, 0o755)
  }

  /// Whether a folder stands at the path, links followed.
  static func isFolder(_ path: FilePath) -> Bool {
    var status = stat()
    return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The variables of a step: the fixed ones, then those of the job.
  ///
  /// - Parameters:
  ///   - step: where the step sees `/step`.
  ///   - folders: the folders of PATH.
  static func variables(of job: Job, step: String, path folders: [String]) -> [String: String] {
    let fixed = [
      "HOME": "\(step)/home", "TMPDIR": "\(step)/tmp", "PATH": folders.joined(separator: ":"),
      "TZ": "UTC", "LANG": "C.UTF-8",
    ]
    return fixed.merging(job.variables) { _, asked in asked }
  }
}
