package import Digests
package import Documents
internal import History
package import Notebook
internal import Running
package import Store

/// Something from outside that entered a run: a download, a file of the kitchen, what a script got
/// from the network, what a person brought, what a model answered.
package struct DataSource: Hashable, Sendable {
  package enum Entrance: String, Hashable, Sendable {
    /// A source step.
    case download
    /// A `file:` input.
    case file
    /// A script with the network.
    case capture
    /// A person, for a manual step.
    case evidence
    /// A service that was asked, as a model's endpoint.
    case exchanges
  }

  package let entrance: Entrance
  /// Where it entered; for a file the steps that read it.
  package let steps: [StepID]
  /// What it is called: a package with its version, an address, a path.
  package let title: String
  /// What was asked; `null` where nothing was.
  package let request: JSON
  /// What the request resolved to, as a file's name or a commit.
  package let revision: String?
  /// Of the bytes as they came; nil for exchanges and folders of evidence.
  package let digest: Digest?
  /// In bytes.
  package let size: Int64?
  /// An SPDX expression, or nil where it is not known.
  package let licence: String?

  /// The addresses and names that a query can mean it by.
  package var names: [String] {
    let asked = ["url", "package", "repository", "dataset", "name"].compactMap {
      request[$0]?.string
    }
    return [title] + asked + [revision].compactMap(\.self)
  }

  /// Whether one of its names is the text or contains it, whatever the case.
  package func isNamed(_ text: String) -> Bool {
    let text = text.lowercased()
    return names.contains { $0.lowercased().contains(text) }
  }

  /// Whether its licence is, or names, an SPDX identifier; `none` means that it has none known.
  package func isUnder(_ identifier: String) -> Bool {
    let wanted = identifier.lowercased()
    guard let licence = licence?.lowercased() else { return wanted == "none" }
    return licence == wanted
      || licence.split(whereSeparator: { " ()".contains($0) }).contains { $0 == wanted }
  }
}

extension RunGraph {
  /// Everything from outside that entered the run, in the order of its steps.
  ///
  /// - Parameter store: has the recordings that the commit only points to; those that it lacks are
  ///   done without.
  package func sources(_ store: any Store) throws -> [DataSource] {
    var sources: [DataSource] = []
    for node in nodes {
      if let digest = node.sourceDigest {
        sources.append(download(node, digest))
      } else if let recording = record.recordings[node.step] {
        let document = try document(recording, store)
        guard let entrance = document?["type"]?.string.flatMap(DataSource.Entrance.init(rawValue:))
        else { continue }
        sources.append(
          DataSource(
            entrance: entrance, steps: [node.step], title: title(node, entrance, document),
            request: .null, revision: nil, digest: recording.digest, size: nil,
            licence: declaredLicences[node.step]))
      }
    }
    return sources + fileSources()
  }

  private func document(_ recorded: RunRecord.Recorded, _ store: any Store) throws -> JSON? {
    let bytes: [UInt8]?
    switch recorded {
    case .inline(let content): bytes = content
    // A list of very many exchanges is not worth reading for its type alone.
    case .stored(_, let size) where size > 64 << 20: bytes = nil
    case .stored(let digest, _): bytes = try store.bytes(digest)
    }
    return bytes.flatMap { try? JSON(parsing: $0) }
  }

  private func title(_ node: Node, _ entrance: DataSource.Entrance, _ document: JSON?) -> String {
    switch entrance {
    case .capture: return "the network, as step \(node.step) found it"
    case .evidence:
      let items = JSON.canonicalOrder((document?["items"]?.object ?? [:]).keys)
      return "brought by a person: \(items.joined(separator: ", "))"
    case .exchanges:
      let count = document?["exchanges"]?.array?.count ?? 0
      return "a service that answered \(count) request\(count == 1 ? "" : "s")"
    case .download, .file: return node.step.text
    }
  }

  private func download(_ node: Node, _ digest: Digest) -> DataSource {
    let owner = node.step.recipe ?? record.recipe
    let pins = [locks[owner]].compactMap(\.self) + locks.values
    let pin = pins.lazy.flatMap(\.sources.values).first {
      $0.sha256 == digest && $0.request["uses"]?.string == node.kind
    }
    let request = pin?.request ?? .null
    return DataSource(
      entrance: .download, steps: [node.step], title: RunGraph.title(request, node),
      request: request, revision: pin?.revision, digest: digest, size: pin?.size,
      licence: declaredLicences[node.step] ?? pin?.licence)
  }

  private static func title(_ request: JSON, _ node: Node) -> String {
    if let url = request["url"]?.string { return url }
    for name in ["package", "repository", "dataset"] {
      if let text = request[name]?.string {
        return [text, request["version"]?.string].compactMap(\.self).joined(separator: " ")
      }
    }
    return "\(node.kind) of step \(node.step)"
  }

  private func fileSources() -> [DataSource] {
    JSON.canonicalOrder(files.keys).compactMap { path in
      let readers = nodes.filter { node in
        node.inputs.contains { $0.origins.contains(.file(path)) }
      }
      // Requirements files are among them, and no step reads those.
      guard !readers.isEmpty, let artifact = files[path] else { return nil }
      return DataSource(
        entrance: .file, steps: readers.map(\.step), title: "file:\(path)", request: .null,
        revision: nil, digest: artifact.digest, size: artifact.size, licence: nil)
    }
  }
}
