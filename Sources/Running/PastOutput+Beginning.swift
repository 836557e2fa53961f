internal import Store

extension PastOutput {
  private struct Enough: Error {}

  /// The first bytes of a file, without reading the rest where the store allows it.
  ///
  /// - Parameter limit: how many bytes at most.
  /// - Throws: a user problem for a folder, an environment problem where the store lacks the bytes.
  package func beginning(_ limit: Int) throws -> [UInt8] {
    guard case .stored(let artifact) = content, artifact.kind == .file else {
      var bytes: [UInt8] = []
      try read { bytes += $0 }
      return Array(bytes.prefix(limit))
    }
    var bytes: [UInt8] = []
    do {
      let isThere = try store.stream(artifact.digest) { piece in
        bytes.append(contentsOf: piece.prefix(limit - bytes.count))
        if bytes.count >= limit { throw Enough() }
      }
      guard isThere else { throw missing(artifact) }
    } catch is Enough {}
    return bytes
  }
}
