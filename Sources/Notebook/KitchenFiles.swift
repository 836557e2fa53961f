internal import Files
internal import Problems
internal import SystemPackage

/// The files that a recipe may name: those of its kitchen, links resolved.
final class KitchenFiles {
  enum Finding: Hashable {
    case found(FilePath)
    case missing
    case outside
    case notRelative
  }

  /// Where relative paths begin, links resolved.
  let folder: FilePath
  private let kitchen: FilePath
  private var findings: [String: Finding] = [:]

  /// - Parameters:
  ///   - recipe: the recipe's path; other paths are relative to its folder.
  ///   - kitchen: the folder that nothing may lead out of.
  init(recipe: FilePath, kitchen: FilePath) {
    let folder = Files.absolute(recipe).removingLastComponent()
    self.folder = Files.resolved(folder) ?? folder
    self.kitchen = Files.resolved(kitchen) ?? Files.absolute(kitchen)
  }

  /// What a path leads to.
  func find(_ path: String) -> Finding {
    if let finding = findings[path] { return finding }
    let finding = look(for: path)
    findings[path] = finding
    return finding
  }

  private func look(for path: String) -> Finding {
    guard !path.isEmpty, !path.hasPrefix("/"), !path.utf8.contains(0) else { return .notRelative }
    let joined = folder.pushing(FilePath(path)).lexicallyNormalized()
    guard joined.starts(with: kitchen) else { return .outside }
    guard let resolved = Files.resolved(joined) else { return .missing }
    return resolved.starts(with: kitchen) ? .found(resolved) : .outside
  }

  /// A path of this recipe in its shortest form, as seen from a folder.
  func path(_ path: String, seenFrom base: FilePath) -> String {
    let target = folder.pushing(FilePath(path)).lexicallyNormalized()
    let (from, to) = (Array(base.components), Array(target.components))
    let shared = zip(from, to).prefix { $0 == $1 }.count
    let parts = Array(repeating: "..", count: from.count - shared) + to[shared...].map(\.string)
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }

  /// Finds a path and notes what is wrong with it.
  ///
  /// - Parameter what: what the path was given for, as in `` the input `rows` ``.
  func require(
    _ path: String, for what: String, at node: YAMLNode, noting mistakes: Mistakes
  ) -> FilePath? {
    switch find(path) {
    case .found(let resolved): return resolved
    case .missing:
      mistakes.add(
        "file-not-found", "\(what) names the file `\(YAMLNode.short(path))`, which does not exist",
        hint: "paths are relative to the recipe's folder", at: node)
    case .outside:
      mistakes.add(
        "file-outside-kitchen",
        "\(what) names `\(YAMLNode.short(path))`, which lies outside the kitchen",
        hint: "copy the file into the kitchen", at: node)
    case .notRelative:
      mistakes.add(
        "bad-path",
        "\(what) needs a path relative to the recipe: found "
          + (path.isEmpty ? "nothing" : "`\(YAMLNode.short(path))`"),
        hint: "write it as seen from the recipe's folder, as in `../data/rows.jsonl`", at: node)
    }
    return nil
  }
}
