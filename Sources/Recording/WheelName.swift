/// The parts of a wheel's file name (PyPA, binary distribution format):
/// `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl`.
struct WheelName: Hashable, Sendable {
  let python: [String]
  let abi: [String]
  let platform: [String]

  /// Nil where the text is no such name.
  init?(_ fileName: String) {
    guard fileName.hasSuffix(".whl") else { return nil }
    let parts = fileName.dropLast(4).split(separator: "-")
    guard parts.count == 5 || parts.count == 6 else { return nil }
    func tags(_ part: Substring) -> [String] { part.split(separator: ".").map(String.init) }
    platform = tags(parts[parts.count - 1])
    abi = tags(parts[parts.count - 2])
    python = tags(parts[parts.count - 3])
  }

  /// The options that make pip choose this wheel on any machine; none for a wheel that fits all.
  var pipOptions: [String] {
    if platform == ["any"], python.contains("py3") { return [] }
    var options: [String] = []
    for tag in platform { options += ["--platform", tag] }
    for tag in abi { options += ["--abi", tag] }
    guard let tag = python.first(where: { $0.count > 2 && $0.dropFirst(2).allSatisfy(\.isNumber) })
    else { return options }
    return options + [
      "--implementation", String(tag.prefix(2)), "--python-version", String(tag.dropFirst(2)),
    ]
  }
}
