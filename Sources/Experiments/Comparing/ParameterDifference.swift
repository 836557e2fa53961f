package import Documents

/// A parameter of a recipe, or of a step as `STEP.PARAM`, that two runs have different values of.
package struct ParameterDifference: Hashable, Sendable {
  package let name: String
  /// Nil where the run has no such parameter.
  package let a: JSON?
  package let b: JSON?

  package init(name: String, a: JSON?, b: JSON?) {
    self.name = name
    self.a = a
    self.b = b
  }

  /// What differs between two sets of parameters, by name.
  package static func all(
    _ a: [String: JSON], _ b: [String: JSON]
  ) -> [ParameterDifference] {
    JSON.canonicalOrder(Set(a.keys).union(b.keys)).compactMap { name in
      a[name] == b[name] ? nil : ParameterDifference(name: name, a: a[name], b: b[name])
    }
  }
}
