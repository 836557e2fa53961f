package import Comparison
package import Documents
package import Rows

/// What differs between two files, as `larder diff --json` says it.
package enum RowDifferenceJSON {
  /// The counts of one pair of files.
  ///
  /// - Parameters:
  ///   - step: the step whose output they are, nil for files that the user named.
  ///   - output: the output's name.
  package static func counts(
    _ comparison: RowComparison, step: String? = nil, output: String? = nil
  ) -> JSON {
    let counts = comparison.counts
    var by = "similarity"
    var key = JSON.null
    switch comparison.matching {
    case .key(let path):
      by = "key"
      key = .string(path.description)
    case .id: by = "id"
    case .similarity: break
    }
    func number(_ value: Int) -> JSON { .integer(Int64(value)) }
    return [
      "step": step.map { .string($0) } ?? .null, "output": output.map { .string($0) } ?? .null,
      "old": number(counts.old), "new": number(counts.new), "added": number(counts.added),
      "removed": number(counts.removed), "changed": number(counts.changed),
      "moved": number(counts.moved), "same": number(counts.same),
      "reformatted": number(counts.reformatted), "by": .string(by), "key": key,
      "keyless": ["old": number(comparison.keyless.old), "new": number(comparison.keyless.new)],
      "duplicate_keys": [
        "old": number(comparison.duplicates.old), "new": number(comparison.duplicates.new),
        "examples": .array(comparison.duplicates.examples.map { .string($0) }),
      ],
    ]
  }

  /// One change, with the whole of a row that is added or removed, and each field that changed.
  package static func change(
    _ change: RowComparison.Change, _ content: RowComparison.Content
  ) -> JSON {
    var document: [String: JSON] = [
      "kind": .string(change.kind.rawValue), "key": content.key ?? .null,
      "old": change.old.map(place) ?? .null, "new": change.new.map(place) ?? .null,
    ]
    switch change.kind {
    case .changed:
      document["similarity"] = change.similarity.map { .finite($0) } ?? .null
      document["fields"] = .array(content.fields.map(field))
    case .added: document["row"] = .object(content.new ?? [:])
    case .removed: document["row"] = .object(content.old ?? [:])
    case .moved: break
    }
    return .object(document)
  }

  /// A difference of two texts by lines.
  package static func text(_ difference: LineDifference) -> JSON {
    func range(_ range: Range<Int>) -> JSON {
      .array([.integer(Int64(range.lowerBound)), .integer(Int64(range.count))])
    }
    return [
      "added": .integer(Int64(difference.added)), "removed": .integer(Int64(difference.removed)),
      "hunks": .array(
        difference.hunks.map { hunk in
          [
            "old": range(hunk.old), "new": range(hunk.new),
            "lines": .array(
              hunk.lines.map { [.string($0.kind.rawValue), .string($0.text)] }),
          ]
        }),
    ]
  }

  /// A member that one side lacks is left out for that side.
  private static func field(_ field: ValueDifference) -> JSON {
    var document: [String: JSON] = ["field": .string(field.field)]
    document["old"] = field.old
    document["new"] = field.new
    return .object(document)
  }

  private static func place(_ place: RowComparison.Place) -> JSON {
    [
      "line": .integer(Int64(place.line)), "offset": .integer(place.offset),
      "length": .integer(Int64(place.length)),
    ]
  }
}
