internal import Glibc
package import SystemPackage

/// The executable file of that name in the folders of PATH, or nil where there is none.
///
/// - Parameter path: folders separated by colons; nil for the PATH that Larder was started with.
package func findTool(_ name: String, path: String? = nil) -> FilePath? {
  if name.contains("/") { return isProgram(FilePath(name)) ? FilePath(name) : nil }
  let folders =
    path ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
  for folder in folders.split(separator: ":") {
    let candidate = FilePath(String(folder)).appending(name)
    if isProgram(candidate) { return candidate }
  }
  return nil
}

private func isProgram(_ path: FilePath) -> Bool {
  var status = stat()
  return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    && access(path.string, X_OK) == 0
}

/// The variables that Larder itself was started with.
package func inheritedEnvironment() -> [String: String] {
  var variables: [String: String] = [:]
  var entry = environ
  while let text = entry.pointee {
    let pair = String(cString: text)
    if let equals = pair.firstIndex(of: "=") {
      variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
    }
    entry += 1
  }
  return variables
}
