internal import Problems

/// The path of something in an archive, checked: relative, downward, without anything that a file
/// system or a reader could take for something else.
struct EntryName: Hashable, Sendable {
  /// Joined by `/`, without `.` and empty parts; empty for the archive's own folder.
  let path: String

  /// Nil with the reason where the name is refused.
  static func check(_ text: String) -> Result<EntryName, Refusal> {
    if text.isEmpty { return .failure(Refusal("an empty name")) }
    if text.unicodeScalars.contains(where: { $0.value == 0 }) {
      return .failure(Refusal("a name with a NUL character"))
    }
    if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return .failure(Refusal("a name with a control character"))
    }
    if text.hasPrefix("/") { return .failure(Refusal("an absolute name")) }
    if text.contains("\\") { return .failure(Refusal("a name with a backslash")) }
    var parts: [Substring] = []
    for part in text.split(separator: "/") where part != "." {
      if part == ".." { return .failure(Refusal("a name that leads upward by `..`")) }
      if part.utf8.count > 255 { return .failure(Refusal("a name of more than 255 bytes")) }
      parts.append(part)
    }
    let path = parts.joined(separator: "/")
    if path.utf8.count > 3000 { return .failure(Refusal("a path of more than 3000 bytes")) }
    return .success(EntryName(path: path))
  }

  struct Refusal: Error, Hashable {
    /// As in `a name with a NUL character`.
    let what: String
    init(_ what: String) { self.what = what }
  }

  /// The folders above, outermost first: `a`, `a/b` for `a/b/c`.
  var folders: [String] {
    var folders: [String] = []
    var index = path.startIndex
    while let slash = path[index...].firstIndex(of: "/") {
      folders.append(String(path[..<slash]))
      index = path.index(after: slash)
    }
    return folders
  }

  /// Where a link at this path leads, or nil where that is outside. `..` is allowed at the start of
  /// the target only: after a name, which may be a link itself, nobody could tell where it leads.
  func resolving(_ target: String) -> String? {
    guard !target.isEmpty, !target.hasPrefix("/") else { return nil }
    var parts = path.split(separator: "/").dropLast()
    var isUpward = true
    for part in target.split(separator: "/") where part != "." {
      if part == ".." {
        if !isUpward || parts.popLast() == nil { return nil }
      } else {
        isUpward = false
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }
}
