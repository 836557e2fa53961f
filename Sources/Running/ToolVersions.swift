internal import Digests
internal import Documents
internal import Files
internal import Problems
internal import Processes
internal import Store
internal import SystemPackage

/// The versions of the interpreters that steps run with, asked once and remembered by file stamp.
struct ToolVersions: Sendable {
  let store: any Store

  /// The version of an interpreter as the sandbox sees it.
  ///
  /// - Parameters:
  ///   - name: as a recipe writes it, `python`, `bash`, `perl`, or an absolute path.
  /// - Returns: the version, the first line that `--version` prints, or where there is none the
  ///   SHA-256 of the program; nil where the program is not installed.
  func version(of name: String) async throws -> String? {
    guard let path = ToolVersions.path(of: name), let stamp = FileStamp(path) else { return nil }
    let mark: JSON = .string("\(path) \(stamp.inode) \(stamp.size) \(stamp.changed)")
    let fact = "tool-version:\(name)"
    if let known = try store.fact(fact), known["stamp"] == mark,
      let version = known["version"]?.string
    {
      return version
    }
    let version: String
    if let text = try? await Command(path, ["--version"], environment: ["LANG": "C.UTF-8"])
      .output(),
      let line = text.split(separator: "\n").first(where: { !$0.allSatisfy(\.isWhitespace) })
    {
      version = String(name == "python" ? line.replacing("Python ", with: "") : line)
    } else {
      version = try Files.digest(of: path).digest.description
    }
    try store.setFact(fact, ["stamp": mark, "version": .string(version)])
    return version
  }

  /// Where the sandbox finds a program that the recipe names.
  static func path(of name: String) -> FilePath? {
    let candidates =
      name == "python"
      ? ["/usr/bin/python3"]
      : name.hasPrefix("/")
        ? [name] : ["/usr/bin/\(name)", "/bin/\(name)", "/usr/local/bin/\(name)"]
    return candidates.lazy.compactMap { Files.resolved(FilePath($0)) }.first
  }
}
