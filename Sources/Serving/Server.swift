internal import FlyingSocks
internal import Glibc
package import Problems

/// Listens on 127.0.0.1 and answers requests until its task is cancelled.
package final class Server: Sendable {
  /// Where `larder serve` is found unless the port is taken.
  package static let usualPort: UInt16 = 7411

  package let port: UInt16
  private let socket: Socket
  private let table = ConnectionTable()

  /// Listens already when it is made.
  ///
  /// - Parameter port: nil for the usual one or, where that is taken, any that is free.
  /// - Throws: an environment problem where the port cannot be listened on.
  package init(port: UInt16?) throws(Problem) {
    do {
      if let port {
        socket = try Server.listen(port)
      } else {
        do { socket = try Server.listen(Server.usualPort) } catch { socket = try Server.listen(0) }
      }
      guard case .ip4(_, let bound) = try socket.sockname() else {
        throw Problem(.fault, "port", "the socket has no port")
      }
      self.port = bound
    } catch { throw Server.problem(error, port) }
  }

  private static func listen(_ port: UInt16) throws -> Socket {
    let socket = try Socket(domain: AF_INET)
    do {
      _ = fcntl(socket.file.rawValue, F_SETFD, FD_CLOEXEC)
      try socket.setValue(true, for: .localAddressReuse)
      try socket.bind(to: try sockaddr_in.inet(ip4: "127.0.0.1", port: port))
      try socket.listen(maxPendingConnection: 64)
      return socket
    } catch {
      try? socket.close()
      throw error
    }
  }

  private static func problem(_ error: any Error, _ port: UInt16?) -> Problem {
    if let problem = error as? Problem { return problem }
    let name = port.map { "port \($0)" } ?? "a port"
    guard case SocketError.failed(_, let code, let message) = error else { return Problem(error) }
    switch code {
    case EADDRINUSE:
      return Problem(
        .environment, "port-in-use",
        "cannot listen on 127.0.0.1, \(name): another program listens there",
        hint: "leave --port out to take a free one, or end the other program")
    case EACCES:
      return Problem(
        .environment, "port-refused", "cannot listen on 127.0.0.1, \(name): \(message)",
        hint: "take a port from 1024 on")
    default:
      return Problem(.environment, "port", "cannot listen on 127.0.0.1, \(name): \(message)")
    }
  }

  /// Answers until the task is cancelled; then every connection is closed.
  package func run(_ respond: @escaping @Sendable (Request) async -> Response) async throws {
    let pool = SocketPool.make()
    try await pool.prepare()
    let listener = try AsyncSocket(socket: socket, pool: pool)
    let table = table
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run() }
      group.addTask {
        while true {
          try await Task.sleep(for: .milliseconds(500))
          table.endLate()
        }
      }
      group.addTask { try await Server.accept(listener, table, respond) }
      defer { try? listener.close() }
      try await group.next()
    }
  }

  private static func accept(
    _ listener: AsyncSocket, _ table: ConnectionTable,
    _ respond: @escaping @Sendable (Request) async -> Response
  ) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      while true {
        try Task.checkCancellation()
        let socket: AsyncSocket
        do {
          socket = try await listener.accept()
        } catch SocketError.failed {
          // Descriptors or memory ran out, or the other side is gone already: that passes.
          try await Task.sleep(for: .milliseconds(50))
          continue
        }
        _ = fcntl(socket.socket.file.rawValue, F_SETFD, FD_CLOEXEC)
        guard let number = table.add(socket.socket.file.rawValue) else {
          try? socket.close()
          continue
        }
        group.addTask {
          var connection = Connection(socket, number: number, table: table, respond: respond)
          await connection.serve()
        }
      }
    }
  }
}
