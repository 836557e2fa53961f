internal import Digests
internal import Synchronization

/// Where the bytes of a large blob come from.
struct PieceSource: Sendable {
  /// Fills the buffer from an offset on and returns how many bytes there were; fewer than asked for
  /// only at the end.
  let read: @Sendable (UnsafeMutableRawBufferPointer, Int) throws -> Int

  init(_ read: @escaping @Sendable (UnsafeMutableRawBufferPointer, Int) throws -> Int) {
    self.read = read
  }
}

/// Cuts a large blob into pieces for a few threads, each with a buffer of its own: reading and the
/// digest of the whole go in order under a lock, everything else at once.
final class PieceCutter: Sendable {
  private struct State {
    var hasher = SHA256Hasher()
    var offset = 0
    var isDone = false
    var pieces: [PieceList.Piece?] = []
  }

  private let source: PieceSource
  private let state = Mutex(State())

  init(_ source: PieceSource) { self.source = source }

  /// Reads the next piece.
  ///
  /// - Returns: its position and size, or nil at the end.
  func next(into buffer: UnsafeMutableRawBufferPointer) throws -> (index: Int, count: Int)? {
    try state.withLock { state in
      guard !state.isDone else { return nil }
      let count = try source.read(buffer, state.offset)
      if count < buffer.count { state.isDone = true }
      // Only an empty blob has an empty piece.
      if count == 0, state.offset > 0 { return nil }
      state.hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      state.offset += count
      state.pieces.append(nil)
      return (state.pieces.count - 1, count)
    }
  }

  /// Notes the digest of a piece.
  func note(_ piece: PieceList.Piece, at index: Int) {
    state.withLock { $0.pieces[index] = piece }
  }

  /// Gives no further piece.
  func stop() { state.withLock { $0.isDone = true } }

  /// The list, once every piece is noted.
  var list: PieceList {
    state.withLock { state in
      PieceList(
        whole: state.hasher.finish(), size: Int64(state.offset),
        pieces: state.pieces.compactMap { $0 })
    }
  }
}
