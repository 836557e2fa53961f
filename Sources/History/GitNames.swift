/// File names that mean something to Git, so that a commit cannot hold them as they are.
enum GitNames {
  /// Whether Git refuses the name (`.git` in every form in which a file system could take it for
  /// that: letter case, trailing dots, NTFS short names and streams, characters that HFS+ ignores;
  /// see `path.c` and `utf8.c` of Git) or obeys the file (`.gitattributes`, `.gitmodules`).
  static func isReserved(_ name: [UInt8]) -> Bool {
    // Almost every name ends here.
    guard name.contains(where: { $0 == UInt8(ascii: "g") || $0 == UInt8(ascii: "G") }) else {
      return false
    }
    let scalars = String(decoding: name, as: UTF8.self).unicodeScalars.filter { !isIgnored($0) }
    let text = String(String.UnicodeScalarView(scalars)).lowercased()
    return text.split(omittingEmptySubsequences: true, whereSeparator: { $0 == "\\" || $0 == ":" })
      .contains { part in
        var part = part
        while part.hasSuffix(" ") || part.hasSuffix(".") { part = part.dropLast() }
        return [".git", "git~1", ".gitattributes", ".gitmodules"].contains(part)
          || ["gitmod~", "gitatt~", "gi7eba~", "gi7d29~"].contains { part.hasPrefix($0) }
      }
  }

  private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: true
    default: false
    }
  }
}
