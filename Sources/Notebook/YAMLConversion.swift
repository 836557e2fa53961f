internal import Problems
internal import Yams

/// One conversion of what Yams read; it remembers the last place, since an alias stands out by
/// leading back.
struct YAMLConversion {
  let part: YAMLPart
  let what: String
  let mistakes: Mistakes
  let renamed: [YAMLPart.Renamed]
  private var last = YAMLMark(line: 0, column: 0)

  init(part: YAMLPart, what: String, mistakes: Mistakes, renamed: [YAMLPart.Renamed]) {
    self.part = part
    self.what = what
    self.mistakes = mistakes
    self.renamed = renamed
  }

  mutating func convert(_ node: Node) -> YAMLNode? { convert(node, isFirst: true, owner: nil) }

  private mutating func convert(_ node: Node, isFirst: Bool, owner: YAMLNode?) -> YAMLNode? {
    let mark = node.mark.map { YAMLMark($0) } ?? YAMLMark(line: 1, column: 1)
    guard isNew(node, mark, isFirst: isFirst) else {
      note("an alias is not part of the format", "write the value out", owner, mark)
      return nil
    }
    last = mark
    let (line, column) = part.position(mark)
    var result = YAMLNode(
      content: .list([]), origin: .file(part.source), line: line, column: column)
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain
      guard isStandard(scalar.tag, "str", result) else { return nil }
      result.content = .scalar(scalar.string, isPlain: isPlain)
    case .sequence(let sequence):
      guard isStandard(sequence.tag, "seq", result) else { return nil }
      var items: [YAMLNode] = []
      items.reserveCapacity(sequence.count)
      for item in sequence {
        guard let item = convert(item, isFirst: items.isEmpty, owner: result) else { return nil }
        items.append(item)
      }
      result.content = .list(items)
    case .mapping(let mapping):
      guard isStandard(mapping.tag, "map", result) else { return nil }
      guard let members = members(mapping, of: result) else { return nil }
      result.content = .mapping(members)
    case .alias:
      note("an alias is not part of the format", "write the value out", owner, mark)
      return nil
    }
    return result
  }

  private mutating func members(_ mapping: Node.Mapping, of owner: YAMLNode) -> [YAMLNode.Member]? {
    var members: [YAMLNode.Member] = []
    members.reserveCapacity(mapping.count)
    for (key, value) in mapping {
      guard let key = convert(key, isFirst: members.isEmpty, owner: owner) else { return nil }
      guard case .scalar(let name, _) = key.content else {
        note("a name must be a text: found \(key.found)", nil, key, YAMLMark(line: 1, column: 1))
        return nil
      }
      guard let value = convert(value, isFirst: false, owner: key) else { return nil }
      members.append(YAMLNode.Member(key: key, name: name, value: value))
    }
    return renamed.isEmpty ? members : noteDuplicates(in: members)
  }

  /// Gives renamed keys their names back and drops those that came later with the same name.
  private func noteDuplicates(in members: [YAMLNode.Member]) -> [YAMLNode.Member] {
    var restored = members
    for index in restored.indices { restored[index].name = original(of: restored[index]) }
    var seen: [String: Int] = [:]
    return restored.filter { member in
      guard let line = seen[member.name] else {
        seen[member.name] = member.key.line
        return true
      }
      var key = member.key
      key.content = .scalar(member.name, isPlain: true)
      mistakes.add(
        "duplicate-key", "`\(member.name)` stands twice: first on line \(line)",
        hint: "keep one of the two", at: key)
      return false
    }
  }

  private func original(of member: YAMLNode.Member) -> String {
    guard let first = member.name.unicodeScalars.first,
      let match = renamed.first(where: { $0.replacement == first }),
      part.position(match.mark) == (member.key.line, member.key.column)
    else { return member.name }
    let scalars = String(decoding: part.source.line(member.key.line), as: UTF8.self).unicodeScalars
    var index = member.key.column - 1
    let isQuoted = scalars.dropFirst(index).first.map { $0 == "\"" || $0 == "'" } ?? false
    if isQuoted { index += 1 }
    guard let letter = scalars.dropFirst(index).first else { return member.name }
    var name = String.UnicodeScalarView(member.name.unicodeScalars.dropFirst())
    name.insert(letter, at: name.startIndex)
    return String(name)
  }

  /// An alias gives the node that it stands for, which was met before.
  private func isNew(_ node: Node, _ mark: YAMLMark, isFirst: Bool) -> Bool {
    if mark > last { return true }
    guard mark == last else { return false }
    if isFirst { return true }
    if case .scalar(let scalar) = node { return scalar.string.isEmpty }
    return false
  }

  private func isStandard(_ tag: Tag, _ kind: String, _ node: YAMLNode) -> Bool {
    let name = tag.description
    if name.isEmpty || name == "!" || name == "tag:yaml.org,2002:\(kind)" { return true }
    note("a tag is not part of the format", "write the value without it", node, nil)
    return false
  }

  private func note(_ problem: String, _ hint: String?, _ node: YAMLNode?, _ mark: YAMLMark?) {
    let message = "cannot read \(what): \(problem)"
    if let node {
      mistakes.add("bad-yaml", message, hint: hint, at: node)
    } else {
      let (line, column) = part.position(mark ?? YAMLMark(line: 1, column: 1))
      mistakes.add(
        "bad-yaml", message, hint: hint, place: part.source.place(line: line, column: column))
    }
  }
}
