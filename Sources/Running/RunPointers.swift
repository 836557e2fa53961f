package import Digests
package import History
internal import Problems
package import Store

/// The artifacts that the commit of a run names by pointers: results and inputs.
package enum RunPointers {
  /// One that the store lacks, or lacks a part of.
  package struct Missing: Hashable, Sendable {
    /// From the commit's root.
    package let path: String
    package let digest: Digest
  }

  /// What the store lacks of a run, by path.
  package static func missing(
    of run: PastRun, in repository: HistoryRepository, _ store: any Store
  ) throws -> [Missing] {
    var pointers: [(path: String, pointer: Pointer)] = []
    var folders = ["result", "inputs"]
    while let folder = folders.popLast() {
      for entry in try repository.entries(run.id, folder) {
        let path = "\(folder)/\(entry.name)"
        if entry.kind == .folder {
          folders.append(path)
        } else if let pointer = try repository.read(run.id, path).flatMap({ Pointer($0) }) {
          pointers.append((path, pointer))
        }
      }
    }
    let artifacts = try pointers.map { _, pointer in
      // A pointer does not say whether it stands for a file or a folder; the content does.
      let kind: Artifact.Kind = try isTree(pointer.digest, in: store) ? .folder : .file
      return Artifact(kind: kind, digest: pointer.digest, size: pointer.size)
    }
    let missing = try store.missing(among: Set(artifacts))
    return zip(pointers, artifacts).filter { missing.contains($1) }
      .map { Missing(path: $0.0.path, digest: $0.0.pointer.digest) }
      .sorted { $0.path < $1.path }
  }

  private struct Enough: Error {}

  /// Whether a blob begins as a tree object does (see `Tree`).
  private static func isTree(_ digest: Digest, in store: any Store) throws -> Bool {
    var isTree = false
    do {
      _ = try store.stream(digest) { bytes in
        isTree = [#"{"entries":[{""#, #"{"entries":[],"larder":"tree/"#].contains {
          bytes.starts(with: $0.utf8)
        }
        throw Enough()
      }
    } catch is Enough {} catch let problem as Problem where problem.tier == .damage {
      // Damaged content is as good as none, and is reported as missing.
    }
    return isTree
  }
}
