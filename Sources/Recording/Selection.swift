package import Documents
package import Problems

/// Which files of a source are wanted: all, or those that match one of some patterns.
package struct Selection: Hashable, Sendable {
  private let globs: [Glob]?

  /// Reads the parameter `select`: nothing, a pattern or a list of patterns.
  package init(_ value: JSON?) throws(Problem) {
    switch value {
    case nil, .null: globs = nil
    case .string(let text): globs = [try Glob(text)]
    case .array(let values) where !values.isEmpty:
      var globs: [Glob] = []
      for value in values {
        guard let text = value.string else {
          throw Problem(
            .user, "select", "cannot select by \(value.kindName): `select` is a list of patterns")
        }
        globs.append(try Glob(text))
      }
      self.globs = globs
    case let value?:
      throw Problem(
        .user, "select", "cannot select by \(value.kindName): `select` is a pattern or a list of them",
        hint: "select: \"data/*.json\"")
    }
  }

  /// Sorted and without repeats, since their order means nothing; nil for all files.
  package var patterns: [String]? {
    globs.map { Set($0.map(\.description)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
  }

  package func contains(_ path: String) -> Bool {
    globs.map { $0.contains { $0.matches(path) } } ?? true
  }
}
