internal import Digests
internal import Documents
package import Notebook

/// A source whose pin two sides have differently: other bytes, another revision or licence.
package struct SourceDifference: Hashable, Sendable {
  /// What was asked for, in words, as in `fetch/pypi countryinfo 1.0.1`; of B where it is there.
  package let source: String
  /// Nil where a side has no such source.
  package let a: Lock.Source?
  package let b: Lock.Source?

  /// What differs, each as in `revision 12ab, is 34cd`.
  package var changes: [String] {
    guard let a, let b else {
      let pin = a ?? b
      return [a == nil ? "is new" : "is gone"]
        + (pin?.licence.map { ["licence \($0)"] } ?? ["no licence"])
    }
    var texts: [String] = []
    if a.request != b.request {
      texts.append(
        "was \(SourceDifference.name(a.request)), is \(SourceDifference.name(b.request))")
    }
    if a.revision != b.revision {
      texts.append("revision was \(a.revision ?? "none"), is \(b.revision ?? "none")")
    }
    if a.sha256 != b.sha256 {
      texts.append("bytes were \(a.sha256.short), are \(b.sha256.short)")
    }
    if a.size != b.size { texts.append("size was \(a.size), is \(b.size)") }
    if a.licence != b.licence {
      texts.append("licence was \(a.licence ?? "none"), is \(b.licence ?? "none")")
    }
    return texts
  }

  /// What differs between the locks of two sides.
  static func all(_ a: Lock, _ b: Lock) -> [SourceDifference] {
    var found: [SourceDifference] = []
    var gone = a.sources.filter { b.sources[$0.key] == nil }.sorted { $0.key < $1.key }
    for (key, pin) in b.sources.sorted(by: { $0.key < $1.key }) {
      let before: Lock.Source?
      if let there = a.sources[key] {
        before = there
      } else {
        let wanted = subject(of: pin.request)
        let index = gone.firstIndex { subject(of: $0.value.request) == wanted }
        before = index.map { gone.remove(at: $0).value }
      }
      let isSame =
        before.map {
          $0.sha256 == pin.sha256 && $0.licence == pin.licence && $0.request == pin.request
            && $0.revision == pin.revision
        } ?? false
      if !isSame {
        found.append(SourceDifference(source: name(pin.request), a: before, b: pin))
      }
    }
    return found
      + gone.map { SourceDifference(source: name($0.value.request), a: $0.value, b: nil) }
  }

  /// A request in words.
  static func name(_ request: JSON) -> String {
    let members = request.object ?? [:]
    let order = ["uses", "package", "repo", "repository", "url", "version", "revision"]
    let names =
      order.filter { members[$0] != nil } + members.keys.filter { !order.contains($0) }.sorted()
    return names.compactMap { members[$0]?.string }.joined(separator: " ")
  }

  /// What a request is about, whatever version it asks for.
  private static func subject(of request: JSON) -> JSON {
    var members = request.object ?? [:]
    for name in ["version", "revision", "file"] { members[name] = nil }
    return .object(members)
  }
}

/// The licences of everything that two sides fetched, where they are not the same.
package struct LicenceDifference: Hashable, Sendable {
  package let added: [String]
  package let removed: [String]

  package var isEmpty: Bool { added.isEmpty && removed.isEmpty }

  init(_ a: Lock, _ b: Lock) {
    let old = Set(a.sources.values.map { $0.licence ?? "none declared" })
    let new = Set(b.sources.values.map { $0.licence ?? "none declared" })
    added = new.subtracting(old).sorted()
    removed = old.subtracting(new).sorted()
  }
}
