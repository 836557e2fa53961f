internal import Documents
internal import Problems

extension OptionReader {
  static let resourceNames = ["cpus", "disk", "gpus", "memory", "time"]

  /// `resources: { cpus: 4, memory: 2GiB, time: 90s }`.
  func readResources(_ node: YAMLNode, _ draft: inout Draft) {
    if node.isEmpty { return }
    guard case .mapping(let members) = node.content else {
      mistakes.add(
        "wrong-type", "`resources` takes a mapping: found \(node.found)",
        hint: "write `resources: { cpus: 2, memory: 2GiB, time: 5m }`", at: node)
      return
    }
    for member in members {
      do { try read(member, into: &draft.step.resources) } catch {
        error.note("`\(member.name)`", in: mistakes)
      }
    }
  }

  private func read(
    _ member: YAMLNode.Member, into resources: inout Step.Resources
  ) throws(Mismatch) {
    let node = member.value
    switch member.name {
    case "cpus":
      let value = try ValueTyping.value(of: node, as: .integer(1...1024))
      resources.cpus = Int(value.integer ?? 2)
    case "gpus":
      let value = try ValueTyping.value(of: node, as: .integer(0...1024))
      resources.gpus = Int(value.integer ?? 0)
      if resources.gpus > 0 { noteUnavailable("a step with `gpus`", at: node) }
    case "memory": resources.memory = try bytes(node)
    case "disk": resources.disk = try bytes(node)
    case "time": resources.time = try seconds(node)
    default:
      mistakes.add(
        "unknown-option", "there is no resource `\(member.name)`",
        hint: mistakes.hint(for: member.name, among: Self.resourceNames, called: "there are"),
        at: member.key)
    }
  }

  private static let byteUnits: [String: Double] = [
    "": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
    "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824, "TiB": 1_099_511_627_776,
  ]

  private static let timeUnits: [String: Double] = ["": 1, "s": 1, "m": 60, "h": 3600]

  private func bytes(_ node: YAMLNode) throws(Mismatch) -> Int64 {
    let expected = "a size above 0 in bytes, or as in `512MB` or `2GiB`"
    let value = try quantity(node, Self.byteUnits, expected).rounded()
    guard value >= 1, value <= Double(CoreSchema.largestInteger) else {
      throw Mismatch("out-of-range", node, expected: expected)
    }
    return Int64(value)
  }

  private func seconds(_ node: YAMLNode) throws(Mismatch) -> Double {
    let expected = "a time above 0 in seconds, or as in `90s`, `5m` or `2h`"
    let value = try quantity(node, Self.timeUnits, expected)
    guard value > 0, value <= 1e9 else { throw Mismatch("out-of-range", node, expected: expected) }
    return value
  }

  /// A decimal number with a unit after it, in the base unit.
  private func quantity(
    _ node: YAMLNode, _ units: [String: Double], _ expected: String
  ) throws(Mismatch) -> Double {
    guard case .scalar(let text, _) = node.content else {
      throw Mismatch("wrong-type", node, expected: expected)
    }
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    let number: Double
    switch CoreSchema.number(String(digits)) {
    case .integer(let value): number = Double(value)
    case .fraction(let value): number = value
    case .tooLarge: throw Mismatch("out-of-range", node, expected: expected)
    case nil: throw Mismatch("wrong-type", node, expected: expected)
    }
    guard let factor = units[String(unit)] else {
      let near = Suggestion.hint(for: String(unit), among: units.keys.filter { !$0.isEmpty })
      throw Mismatch("wrong-type", node, expected: expected, hint: unit.isEmpty ? nil : near)
    }
    return number * factor
  }
}
