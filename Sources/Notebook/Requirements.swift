internal import Files
internal import Problems
internal import SystemPackage

/// The requirements of an environment, from a list in the front matter or from a file.
enum Requirements {
  /// The sorted requirements, or nil where any of them is wrong, which is noted.
  static func read(
    _ member: YAMLNode.Member, _ files: KitchenFiles, noting mistakes: Mistakes
  ) -> [String]? {
    switch member.value.content {
    case .list(let items): return list(items, of: member.name, mistakes)
    case .scalar(let path, let isPlain) where !(path.isEmpty && isPlain):
      return file(path, at: member.value, of: member.name, files, mistakes)
    default:
      mistakes.add(
        "wrong-type",
        "the environment `\(member.name)` takes a list of requirements or the path of a "
          + "requirements file: found \(member.value.found)",
        hint: "write `\(member.name): [orjson==3.11.4]`",
        at: member.value.isEmpty ? member.key : member.value)
      return nil
    }
  }

  private static func list(
    _ items: [YAMLNode], of name: String, _ mistakes: Mistakes
  ) -> [String]? {
    var requirements: [String] = []
    for item in items {
      guard case .scalar(let text, _) = item.content else {
        mistakes.add(
          "wrong-type", "a requirement of the environment `\(name)` is a text: found \(item.found)",
          hint: "write it as in `orjson==3.11.4`", at: item)
        continue
      }
      let requirement = squeezed(text)
      if let wrong = wrong(requirement) {
        mistakes.add(
          "bad-requirement", "the environment `\(name)` has \(wrong.message): found \(item.found)",
          hint: wrong.hint, at: item)
      } else {
        requirements.append(requirement)
      }
    }
    return requirements.count == items.count ? sorted(requirements) : nil
  }

  private static func file(
    _ path: String, at node: YAMLNode, of name: String, _ files: KitchenFiles, _ mistakes: Mistakes
  ) -> [String]? {
    let relative = Self.path(path)
    let what = "the environment `\(name)`"
    guard let found = files.require(relative, for: what, at: node, noting: mistakes) else {
      return nil
    }
    let source: SourceText
    do {
      source = SourceText(try Files.readText(found), displayPath: relative)
    } catch {
      mistakes.add("unreadable-file", "\(what): \(error.message)", hint: error.hint, at: node)
      return nil
    }
    let before = mistakes.all.count
    var requirements: [String] = []
    var pending = ""
    var firstLine = 1
    for line in 1...source.lineCount {
      if pending.isEmpty { firstLine = line }
      var text = withoutComment(String(decoding: source.line(line), as: UTF8.self))
      let goesOn = text.hasSuffix("\\") && line < source.lineCount
      if text.hasSuffix("\\") { text.removeLast() }
      pending += text + " "
      if goesOn { continue }
      let requirement = squeezed(pending)
      pending = ""
      if requirement.isEmpty { continue }
      if let wrong = wrong(requirement) {
        mistakes.add(
          "bad-requirement", "the environment `\(name)` has \(wrong.message)", hint: wrong.hint,
          place: source.place(line: firstLine, column: 1, length: .max))
      } else {
        requirements.append(requirement)
      }
    }
    return mistakes.all.count == before ? sorted(requirements) : nil
  }

  /// The path of a requirements file, which may be written as `file:PATH`.
  static func path(_ text: String) -> String {
    text.hasPrefix("file:") ? String(text.dropFirst(5)) : text
  }

  /// A comment begins at the line's start or after white space.
  private static func withoutComment(_ line: String) -> String {
    var last: Character = " "
    for index in line.indices {
      if line[index] == "#", last.isWhitespace { return String(line[..<index]) }
      last = line[index]
    }
    return line
  }

  /// White space between the parts as one space each.
  private static func squeezed(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func sorted(_ requirements: [String]) -> [String] {
    Set(requirements).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What is wrong with a requirement, or nil.
  private static func wrong(_ text: String) -> (message: String, hint: String)? {
    if text.hasPrefix("-") {
      return (
        "the option `\(text.prefix { $0 != " " && $0 != "=" })`, and only requirements may stand here",
        "the package index is set where pip is configured, never in a recipe"
      )
    }
    if text.contains("://") || text.contains(" @ ") {
      return (
        "a requirement by address, and packages come from the index only",
        "name the package and its version, as in `orjson==3.11.4`"
      )
    }
    let name = text.utf8.prefix { isNameByte($0) }
    let rest = Substring(text.utf8.dropFirst(name.count)).drop { $0 == " " }
    let begins = rest.isEmpty || "[<>=!~;(".contains(rest.first ?? " ") || rest.hasPrefix("--hash=")
    let options = rest.components(after: " --").allSatisfy { $0.hasPrefix("hash=") }
    if name.isEmpty || !begins || !options {
      return (
        "something that is no requirement",
        "write a package and its version, as in `orjson==3.11.4`"
      )
    }
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }
}

extension Substring {
  /// What follows each occurrence of a separator.
  fileprivate func components(after separator: String) -> [Substring] {
    var result: [Substring] = []
    var rest = self
    while let range = rest.firstRange(of: separator) {
      rest = rest[range.upperBound...]
      result.append(rest)
    }
    return result
  }
}
