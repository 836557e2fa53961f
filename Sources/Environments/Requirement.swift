internal import Digests
internal import Notebook
internal import Problems

/// Requirement specifiers as recipes and lists write them.
enum Requirement {
  /// A package's name in its one form: lower case, runs of `-`, `_` and `.` as one `-` (PEP 503).
  static func normalizedName(_ name: some StringProtocol) -> String {
    name.lowercased().split { $0 == "-" || $0 == "_" || $0 == "." }.joined(separator: "-")
  }

  /// Reads `NAME==VERSION --hash=sha256:DIGEST`; nil for any other form.
  static func pinned(_ text: some StringProtocol) -> Lock.Environment.File? {
    let words = text.split(whereSeparator: \.isWhitespace)
    let mark = "--hash=sha256:"
    guard words.count == 2, words[1].hasPrefix(mark),
      let digest = Digest(words[1].dropFirst(mark.count)),
      let equals = words[0].firstRange(of: "==")
    else { return nil }
    let name = words[0][..<equals.lowerBound]
    let version = words[0][equals.upperBound...]
    guard isName(name), !version.isEmpty, version.allSatisfy(isVersionCharacter) else { return nil }
    return .init(
      name: normalizedName(name), version: String(version), file: "", sha256: digest)
  }

  /// Whether the text is what a package index calls a file.
  static func isFileName(_ text: some StringProtocol) -> Bool {
    [".whl", ".tar.gz", ".zip"].contains { text.hasSuffix($0) } && !text.contains("/")
  }

  /// Refuses what is no plain requirement: options of pip, addresses and paths.
  static func check(_ text: String, of environment: String) throws(Problem) {
    let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    guard isName(name), !text.contains("@"), !text.contains("/"), !text.contains("--"),
      !text.contains(where: \.isNewline)
    else {
      throw Problem(
        .user, "requirement",
        "cannot use the requirement `\(text)` of the environment `\(environment)`: it is not of the "
          + "form NAME==VERSION",
        hint: "name packages of the index only, as in `orjson==3.11.4`")
    }
  }

  private static func isName(_ text: some StringProtocol) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    return first.isASCII && (first.isLetter || first.isNumber)
      && last.isASCII && (last.isLetter || last.isNumber)
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
  }

  private static func isVersionCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || ".+!_-".contains(character))
  }
}
