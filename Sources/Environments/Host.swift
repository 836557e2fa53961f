internal import Files
internal import Glibc
internal import Problems
internal import Processes
package import SystemPackage

/// What of this machine the results of native code may depend on.
package struct Host: Hashable, Sendable {
  /// As `uname -m` gives it: `x86_64`.
  package var architecture: String
  /// Name and version of the C library: `glibc-2.36`.
  package var cLibrary: String
  /// Distribution and version: `debian-12`.
  package var systemImage: String

  package init(architecture: String, cLibrary: String, systemImage: String) {
    self.architecture = architecture
    self.cLibrary = cLibrary
    self.systemImage = systemImage
  }

  /// This machine; reads one small file.
  package static func current() -> Host {
    var names = utsname()
    uname(&names)
    let machine = withUnsafePointer(to: &names.machine) {
      $0.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
    }
    let release = (try? Files.readText("/etc/os-release")) ?? ""
    return Host(
      architecture: machine, cLibrary: cLibraryVersion(), systemImage: systemImage(in: release))
  }

  /// Name and version as the C library gives them itself, `glibc 2.36`, with a dash.
  private static func cLibraryVersion() -> String {
    // _CS_GNU_LIBC_VERSION, bits/confname.h
    var text = [UInt8](repeating: 0, count: 64)
    let count = text.withUnsafeMutableBytes { buffer in
      confstr(2, buffer.bindMemory(to: CChar.self).baseAddress, buffer.count)
    }
    guard count > 1, count <= text.count else { return "unknown" }
    return String(decoding: text[..<(count - 1)].map { $0 == 0x20 ? 0x2D : $0 }, as: UTF8.self)
  }

  /// The platform part of wheel names: `linux_x86_64`.
  package var platformTag: String { "linux_\(architecture)" }

  /// `ID-VERSION_ID` of an os-release file (os-release(5)); without a version the build, or the name
  /// alone.
  static func systemImage(in release: String) -> String {
    var values: [Substring: String] = [:]
    for line in release.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let quoted = line[line.index(after: equals)...]
      values[line[..<equals]] = String(quoted.filter { $0 != "\"" && $0 != "'" })
    }
    let name = values["ID"] ?? "linux"
    return (values["VERSION_ID"] ?? values["BUILD_ID"]).map { "\(name)-\($0)" } ?? name
  }

  /// The full version of a Python, as in `3.11.2`. Starts it, which takes tens of milliseconds: keep
  /// the answer with the program's file stamp. Blocks.
  ///
  /// - Throws: an environment problem where there is none.
  package static func pythonVersion(of python: FilePath = defaultPython) throws -> String {
    let text = try Command(
      python, ["-I", "-c", "import platform; print(platform.python_version())"]
    ).blockingOutput(package: "python3")
    return String(text.prefix { !$0.isNewline })
  }

  /// The Python that environments are made with.
  package static let defaultPython: FilePath = "/usr/bin/python3"
}
