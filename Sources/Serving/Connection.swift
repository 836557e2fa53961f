internal import FlyingSocks
internal import Foundation

/// One connection of a browser: reads its requests within fixed limits of size and time, and answers
/// them one after the other.
///
/// FlyingFox's own `HTTPServer` (0.27) reads header lines of any length and waits for them for ever,
/// and ends when descriptors run out; so only its sockets are used, and this reads.
struct Connection {
  let socket: AsyncSocket
  let number: Int
  let table: ConnectionTable
  let respond: @Sendable (Request) async -> Response
  private var buffer: [UInt8] = []

  /// How long the head of a request may take, from when it is waited for.
  private static let headTime = Duration.seconds(20)
  private static let bodyTime = Duration.seconds(10)
  /// How long a reader may take nothing of an answer.
  private static let pieceTime = Duration.seconds(30)

  init(
    _ socket: AsyncSocket, number: Int, table: ConnectionTable,
    respond: @escaping @Sendable (Request) async -> Response
  ) {
    self.socket = socket
    self.number = number
    self.table = table
    self.respond = respond
  }

  /// Answers until one side has enough.
  mutating func serve() async {
    defer {
      table.remove(number)
      try? socket.close()
    }
    do {
      while try await serveOne() {}
    } catch {
      // The other side went away, was too slow, or the server ends: there is nobody to tell.
    }
  }

  /// - Returns: whether another request may follow.
  private mutating func serveOne() async throws -> Bool {
    let request: Request
    do {
      guard let read = try await readRequest() else { return false }
      request = read
    } catch let refusal as Request.Refusal {
      table.set(number, .answering, within: Connection.pieceTime)
      try await send(.text(refusal.sentence, status: refusal.status), to: nil)
      try await drain()
      return false
    }
    table.set(number, .answering, within: nil)
    try await send(await respond(request), to: request)
    return request.keepsConnection
  }

  // MARK: Reading

  private mutating func readRequest() async throws -> Request? {
    table.set(number, .waiting, within: Connection.headTime)
    var searched = 0
    var end: Int?
    while true {
      end = Connection.endOfHead(buffer, from: searched)
      if end != nil { break }
      searched = max(0, buffer.count - 3)
      guard buffer.count < Request.longestHead else {
        throw Request.Refusal(
          431, "the request has more than \(Request.longestHead) bytes of headers")
      }
      let isFirst = buffer.isEmpty
      do {
        buffer += try await socket.read(atMost: 4_096)
      } catch SocketError.disconnected where isFirst { return nil }
    }
    let head = end ?? 0
    guard head <= Request.longestHead else {
      throw Request.Refusal(
        431, "the request has more than \(Request.longestHead) bytes of headers")
    }
    var request = try Request(head: buffer[..<head])
    buffer.removeFirst(head + 4)
    table.set(number, .waiting, within: Connection.bodyTime)
    if request.bodyLength > 0, request[header: "expect"]?.lowercased() == "100-continue" {
      try await socket.write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    while buffer.count < request.bodyLength {
      buffer += try await socket.read(atMost: min(4_096, request.bodyLength - buffer.count))
    }
    request.body = Array(buffer.prefix(request.bodyLength))
    buffer.removeFirst(request.bodyLength)
    return request
  }

  private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (start...(max(start, bytes.count - 4))).first { index in
      index + 4 <= bytes.count && bytes[index] == 0x0D && bytes[index + 1] == 0x0A
        && bytes[index + 2] == 0x0D && bytes[index + 3] == 0x0A
    }
  }

  /// Reads what still comes for a moment, so that the refusal is not lost with it.
  private func drain() async throws {
    table.set(number, .waiting, within: .seconds(1))
    try shutdownWriting()
    for _ in 0..<64 { _ = try await socket.read(atMost: 4_096) }
  }

  private func shutdownWriting() throws { shutdown(socket.socket.file.rawValue, Int32(SHUT_WR)) }

  // MARK: Answering

  /// - Parameter request: nil where none could be read.
  private func send(_ response: Response, to request: Request?) async throws {
    let isHead = request?.method == .head
    let closing = request?.keepsConnection != true
    let connection = closing ? ["Connection: close"] : []
    switch response.body {
    case .bytes(let bytes):
      let framing =
        response.status == 303 ? ["Content-Length: 0"] : ["Content-Length: \(bytes.count)"]
      try await write(response.head(framing + connection) + (isHead ? [] : bytes))
    case .pieces(let length?, let produce):
      try await write(response.head(["Content-Length: \(length)"] + connection))
      if !isHead { try await produce(PieceWriter { try await write($0) }) }
    case .pieces(nil, let produce):
      let isChunked = request?.isModern == true
      let framing =
        isChunked
        ? ["Transfer-Encoding: chunked"] + connection : ["Connection: close"]
      try await write(response.head(framing))
      if isHead { return }
      try await produce(
        PieceWriter { bytes in
          try await write(
            isChunked
              ? Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A] : bytes)
        })
      if isChunked { try await write(Array("0\r\n\r\n".utf8)) }
    }
  }

  private func write(_ bytes: [UInt8]) async throws {
    var start = 0
    while start < bytes.count {
      let end = min(start + (64 << 10), bytes.count)
      table.set(number, .answering, within: Connection.pieceTime)
      try await socket.write(Data(bytes[start..<end]))
      start = end
    }
    table.set(number, .answering, within: nil)
  }
}
