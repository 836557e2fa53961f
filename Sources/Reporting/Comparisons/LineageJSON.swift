internal import Comparison
internal import Digests
package import Documents
package import Experiments
internal import History
internal import Notebook

/// The document of `larder lineage --json`.
package enum LineageJSON {
  /// - Parameter value: what was asked, without a prefix.
  package static func query(_ query: LineageQuery, value: String) -> JSON {
    ["kind": .string(query.kind), "value": .string(value)]
  }

  /// What was looked at.
  package static func searched(_ subjects: [Lineage.Subject], _ sets: RowSets) -> JSON {
    [
      "runs": .integer(Int64(subjects.count)), "contents": .integer(Int64(sets.contents)),
      "bytes": .integer(sets.bytes),
      "missing": .array(sets.missing.sorted().map { .string($0) }),
      "damaged": .array(sets.damaged.sorted().map { .string($0) }),
    ]
  }

  package static func object(_ trace: RowTrace) -> JSON {
    var members = head(trace.subject)
    members.merge(roles(trace.uses)) { _, new in new }
    members["uses"] = .array(trace.uses.map(use))
    members["places"] = .array(
      trace.places.map { place in
        [
          "place": .string(place.origin.text),
          "rows": .integer(Int64(place.findings.matches)),
          "rejected": .bool(place.isDropped),
          "reasons": counts(place.findings.matchedReasons),
          "first": .array(place.findings.first.map(match)),
        ]
      })
    members["changes"] = .array(
      trace.changes.map { change in
        [
          "step": .string(change.step.text), "id": text(change.id),
          "fields": .array(
            change.differences.map {
              ["field": .string($0.field), "old": $0.old ?? .null, "new": $0.new ?? .null]
            }),
        ]
      })
    members["not_passed_on"] = .array(trace.ends.map { .string($0.text) })
    return .object(members)
  }

  package static func object(_ trace: SourceTrace) -> JSON {
    var members = head(trace.subject)
    members.merge(roles(trace.uses)) { _, new in new }
    members["sources"] = .array(trace.sources.map(source))
    members["derived_outputs"] = .integer(Int64(trace.derived))
    members["uses"] = .array(trace.uses.map(use))
    return .object(members)
  }

  package static func object(_ ancestry: Ancestry) -> JSON {
    var members = head(ancestry.subject)
    members["output"] = text(ancestry.output.map { "\($0.step).\($0.name)" })
    members["sources"] = .array(ancestry.sources.map(source))
    members["uses"] = .array(ancestry.uses.map(use))
    members["steps"] = .array(
      ancestry.flows.map { flow in
        [
          "step": .string(flow.step.text), "kind": .string(flow.kind),
          "read": .array(flow.read.map(part)), "given": .array(flow.given.map(part)),
          "dropped": counts(flow.reasons),
        ]
      })
    members["past"] = .array(
      ancestry.past.map { past in
        [
          "target": .string(past.target),
          "from": past.ancestry.first.map(object) ?? .null,
        ]
      })
    return .object(members)
  }

  private static func head(_ subject: Lineage.Subject) -> [String: JSON] {
    [
      "run": .string(String(subject.run.id.hex.prefix(8))), "commit": .string(subject.run.id.hex),
      "branch": .string(subject.run.branch.description),
      "status": .string(subject.run.status.rawValue),
      "submissions": .array(subject.submissions.map { .string($0) }),
    ]
  }

  private static func roles(_ uses: [Lineage.Use]) -> [String: JSON] {
    var members: [String: JSON] = [:]
    for role in Lineage.Role.allCases where role != .based {
      members[role.rawValue] = .bool(uses.contains { $0.role == role })
    }
    return members
  }

  private static func use(_ use: Lineage.Use) -> JSON {
    [
      "role": .string(use.role.rawValue), "step": .string(use.step.text),
      "input": .string(use.input), "set": .string(use.set),
      "rows": use.rows.map { .integer(Int64($0)) } ?? .null,
      "shown_by_rows": use.shown.map { .integer(Int64($0)) } ?? .null,
      "chain": .array(use.chain.map { .string($0) }),
    ]
  }

  private static func match(_ match: RowFindings.Match) -> JSON {
    [
      "file": text(match.file), "line": .integer(Int64(match.line)), "id": text(match.id),
      "reason": text(match.reason), "detail": text(match.detail),
    ]
  }

  private static func part(_ part: Ancestry.Flow.Part) -> JSON {
    [
      "name": .string(part.name), "from": .array(part.from.map { .string($0) }),
      "rows": part.rows.map { .integer(Int64($0)) } ?? .null, "digest": .digest(part.digest),
      "rejected": .bool(part.isDropped),
    ]
  }

  private static func source(_ source: DataSource) -> JSON {
    [
      "entrance": .string(source.entrance.rawValue),
      "steps": .array(source.steps.map { .string($0.text) }), "title": .string(source.title),
      "request": source.request, "revision": text(source.revision),
      "digest": source.digest.map { .digest($0) } ?? .null,
      "size": source.size.map { .integer($0) } ?? .null, "licence": text(source.licence),
    ]
  }

  private static func counts(_ counts: [String: Int]) -> JSON {
    .object(counts.mapValues { .integer(Int64($0)) })
  }

  private static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}
