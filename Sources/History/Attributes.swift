/// The `.gitattributes` of a commit: nothing is converted, and exactly the pointers go through LFS.
enum Attributes {
  /// Git ignores a longer line of an attributes file (`ATTR_MAX_LINE_LENGTH` in its `attr.h`).
  private static let longestLine = 2048

  /// The file's bytes.
  ///
  /// - Parameter pointers: the paths of the pointers, from the commit's root.
  static func bytes(pointers: some Sequence<[UInt8]>) -> [UInt8] {
    var bytes = Array("* -text\n".utf8)
    for path in pointers.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let line = pattern(path) + Array(" filter=lfs diff=lfs merge=lfs -text\n".utf8)
      if line.count <= longestLine { bytes += line }
    }
    return bytes
  }

  /// The pattern that matches one path and no other: the characters of `fnmatch` escaped, and
  /// quoted as C does where the path has white space, quotes or control characters.
  private static func pattern(_ path: [UInt8]) -> [UInt8] {
    var escaped: [UInt8] = []
    for byte in path {
      if "*?[\\".utf8.contains(byte) { escaped.append(UInt8(ascii: "\\")) }
      escaped.append(byte)
    }
    guard path.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\"") }) else {
      return escaped
    }
    var quoted = [UInt8(ascii: "\"")]
    for byte in escaped {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
      case 0..<0x20, 0x7F:
        quoted.append(UInt8(ascii: "\\"))
        quoted += [byte >> 6, byte >> 3 & 7, byte & 7].map { $0 + UInt8(ascii: "0") }
      default: quoted.append(byte)
      }
    }
    quoted.append(UInt8(ascii: "\""))
    return quoted
  }
}
