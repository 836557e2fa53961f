internal import Digests
internal import Documents
internal import Files
internal import Foundation
internal import Problems
internal import Processes
internal import SystemPackage

/// One wheel brought by `pip download`, which runs no code of the package.
struct PipDownload {
  let package: String
  let version: String
  /// The wheel that a pin names, to be chosen on whatever machine this is.
  let pinned: WheelName?
  let context: SourceContext

  private var title: String { "\(package) \(version)" }

  /// Brings the wheel to `FOLDER/download`.
  func run(into folder: FilePath) throws -> FetchedFile {
    let scratch = try Files.makeTemporaryFolder(in: context.workFolder, prefix: "pip-")
    defer { try? Files.remove(scratch) }
    let wheels = scratch.appending("wheels")
    let temporary = scratch.appending("tmp")
    for folder in [wheels, temporary] { try Files.makeFolder(folder) }
    var arguments = [
      "-c", PipDownload.program, "download", "--no-deps", "--only-binary", ":all:",
      // Only files are taken out; nothing is run with the Python that it was made for.
      "--ignore-requires-python", "--progress-bar", "off", "--no-input", "--dest", wheels.string,
      // Otherwise it keeps to itself that it did not reach its index.
      "-vv",
    ]
    arguments += pinned?.pipOptions ?? []
    arguments.append("\(package)==\(version)")
    var variables = PipDownload.passedOn(context.variables)
    variables["TMPDIR"] = temporary.string
    variables["LC_ALL"] = "C.UTF-8"
    variables["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    let tool = Tool(
      command: Command(
        context.python, arguments, environment: variables), folder: scratch)
    let ending = try tool.run(watch: {
      try context.checkCancelled()
      let bytes = PipDownload.largestFile(in: temporary)
      if bytes > 0 {
        context.report(Progress(done: Double(bytes), total: nil, unit: "bytes", text: title))
      }
    })
    guard ending.status == 0 else { throw problem(ending) }
    let names = try Files.names(in: wheels)
    guard let name = names.first, names.count == 1, WheelName(name) != nil else {
      throw Problem(
        .environment, "pip",
        "cannot fetch \(title): pip brought \(names.count) files, not one wheel")
    }
    let path = folder.appending("download")
    try Files.rename(wheels.appending(name), to: path)
    let (digest, size) = try Files.digest(of: path)
    return FetchedFile(
      path: path, digest: digest, size: size, revision: name, mediaType: "application/zip",
      headers: [:])
  }

  /// Runs pip so that it ends with its parent, even when that is killed, and takes no module from
  /// the folder in which Larder was started.
  private static let program = """
    import sys
    sys.path = [path for path in sys.path if path]
    import ctypes, runpy
    ctypes.CDLL(None).prctl(1, 9)
    sys.argv[0] = "pip"
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
    """

  /// The variables that configure pip, its network and where its own files are: an allow-list, so
  /// that no secret of the user's reaches it by accident.
  static func passedOn(_ variables: [String: String]) -> [String: String] {
    let names: Set<String> = [
      "PATH", "HOME", "USER", "LOGNAME", "NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
      "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
      "PYTHONUSERBASE", "DBUS_SESSION_BUS_ADDRESS",
    ]
    return variables.filter { name, _ in
      names.contains(name.uppercased()) || name.hasPrefix("PIP_") || name.hasPrefix("XDG_")
    }
  }

  /// The size of the largest file under a folder, by which pip's progress is seen.
  private static func largestFile(in folder: FilePath) -> Int64 {
    guard let names = try? Files.names(in: folder) else { return 0 }
    return names.reduce(0) { largest, name in
      let path = folder.appending(name)
      switch Files.kind(path) {
      case .folder: return max(largest, largestFile(in: path))
      case .file: return max(largest, FileStamp(path)?.size ?? 0)
      default: return largest
      }
    }
  }

  // MARK: What pip said

  private func problem(_ ending: Tool.Ending) -> Problem {
    let talk = (try? Files.read(ending.output))?.suffix(1 << 18) ?? []
    let said = String(decoding: talk, as: UTF8.self) + "\n" + ending.errors
    let versions = versions(in: said)
    if let versions, !versions.isEmpty {
      let shown = (versions.count > 6 ? "…, " : "") + versions.suffix(6).joined(separator: ", ")
      return Problem(
        .environment, "not-found", "cannot fetch \(title): the index has wheels of \(shown)",
        hint: Suggestion.hint(for: version, among: versions) ?? "choose one of these versions")
    }
    if said.contains("No module named pip") {
      return Problem(
        .environment, "tool-missing", "cannot fetch \(title): \(context.python) has no pip",
        hint: "install it: apt install python3-pip")
    }
    if said.contains("No space left on device") {
      return Problem(
        .environment, "disk-full", "cannot fetch \(title): no space left on the device",
        hint: "free some space on its file system, then run the command again")
    }
    if said.contains("CERTIFICATE_VERIFY_FAILED") || said.contains("SSLError") {
      return Problem(
        .environment, "tls", "cannot fetch \(title): pip did not accept the index's certificate",
        hint: "if your network puts a certificate of its own in between, name its file in PIP_CERT")
    }
    let offline = [
      "NewConnectionError", "Temporary failure in name resolution", "ConnectTimeoutError",
      "Connection refused", "Network is unreachable", "ReadTimeoutError", "ProxyError",
      "ConnectionResetError", "RemoteDisconnected", "IncompleteRead",
    ]
    if offline.contains(where: said.contains) {
      return Problem(
        .environment, "network", "cannot fetch \(title): pip does not reach its index",
        hint: "check the network connection and pip's configuration: pip config debug")
    }
    if versions != nil {
      if said.contains("No sources permitted for") {
        return Problem(
          .environment, "not-found",
          "cannot fetch \(title): the index has it as a source archive only",
          hint: "choose a version that has a wheel: to unpack a source archive its code would have "
            + "to run")
      }
      return Problem(
        .environment, "not-found", "cannot fetch \(title): pip's index has no wheel of \(package)",
        hint: "check the name; a package with a source archive only is not used")
    }
    let reason =
      said.split(separator: "\n").last { $0.hasPrefix("ERROR:") }.map { String($0.dropFirst(7)) }
      ?? said.split(separator: "\n").last.map(String.init) ?? "it ended with \(ending.status)"
    return Problem(
      .environment, "pip",
      "cannot fetch \(title): pip says: \(PipDownload.withoutAddresses(reason))",
      hint: "try it by hand: pip download --no-deps --only-binary :all: \(package)==\(version)")
  }

  /// The versions that pip names where it has none that fits: `(from versions: 1.0, 1.1)`.
  private func versions(in said: String) -> [String]? {
    guard let start = said.range(of: "(from versions: "),
      let end = said[start.upperBound...].firstIndex(of: ")")
    else { return said.contains("No matching distribution found") ? [] : nil }
    let list = said[start.upperBound..<end]
    if list == "none" { return [] }
    return list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The address of an index may hold a key.
  static func withoutAddresses(_ text: String) -> String {
    text.split(separator: " ").map { $0.contains("://") ? "…" : String($0) }.joined(separator: " ")
  }
}
