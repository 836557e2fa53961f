package import Documents
package import Problems

/// Which files of a source are wanted: all, or those that match one of some patterns. A pattern
/// behind `!` takes files out again, whatever its place in the list.
package struct Selection: Hashable, Sendable {
  private let globs: [Glob]?
  private let exclusions: [Glob]

  /// Reads the parameter `select`: nothing, a pattern or a list of patterns.
  package init(_ value: JSON?) throws(Problem) {
    let values: [JSON]
    switch value {
    case nil, .null: values = []
    case .string: values = value.map { [$0] } ?? []
    case .array(let list) where !list.isEmpty: values = list
    case let value?:
      throw Problem(
        .user, "select",
        "cannot select by \(value.kindName): `select` is a pattern or a list of them",
        hint: "select: \"data/*.json\"")
    }
    var (globs, exclusions): ([Glob], [Glob]) = ([], [])
    for value in values {
      guard let text = value.string else {
        throw Problem(
          .user, "select", "cannot select by \(value.kindName): `select` is a list of patterns")
      }
      if text.hasPrefix("!") {
        exclusions.append(try Glob(String(text.dropFirst())))
      } else {
        globs.append(try Glob(text))
      }
    }
    // Exclusions alone take from everything.
    self.globs = globs.isEmpty ? nil : globs
    self.exclusions = exclusions
  }

  /// Sorted and without repeats, since their order means nothing; nil for all files.
  package var patterns: [String]? {
    let texts = (globs ?? []).map(\.description) + exclusions.map { "!\($0)" }
    guard !texts.isEmpty else { return nil }
    return Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func contains(_ path: String) -> Bool {
    (globs.map { $0.contains { $0.matches(path) } } ?? true)
      && !exclusions.contains { $0.matches(path) }
  }
}
