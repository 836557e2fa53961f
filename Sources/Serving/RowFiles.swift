internal import Digests
internal import Rows
internal import Synchronization
internal import SystemPackage

/// What was read of the row files that pages showed last, so that the next page of one costs no more
/// than itself.
final class RowFiles: Sendable {
  private struct Known {
    var file: RowFile
    var summary: RowSummary
    var used: Int
  }

  private static let most = 16
  private let known = Mutex<(time: Int, files: [Digest: Known])>((0, [:]))

  /// - Parameters:
  ///   - digest: of the file's bytes; nil for one that is not worth keeping.
  ///   - path: where its bytes are now.
  func read(_ digest: Digest?, at path: FilePath) throws -> (RowFile, RowSummary) {
    if let digest, let found = find(digest, at: path) { return found }
    let file = try RowFile(path)
    let summary = try RowSummary(file)
    guard let digest else { return (file, summary) }
    known.withLock { known in
      known.time += 1
      known.files[digest] = Known(file: file, summary: summary, used: known.time)
      if known.files.count > RowFiles.most,
        let oldest = known.files.min(by: { $0.value.used < $1.value.used })
      {
        known.files[oldest.key] = nil
      }
    }
    return (file, summary)
  }

  private func find(_ digest: Digest, at path: FilePath) -> (RowFile, RowSummary)? {
    known.withLock { known in
      guard let found = known.files[digest], found.file.path == path else { return nil }
      known.time += 1
      known.files[digest]?.used = known.time
      return (found.file, found.summary)
    }
  }
}
