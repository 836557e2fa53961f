import Foundation

/// A plain connection to a port of this machine: what is sent is exactly what a test says.
final class LocalConnection {
  struct Refusal: Error, CustomStringConvertible {
    var description: String
  }

  /// What came back.
  struct Answer {
    var status: Int
    /// Names in lower case; of several with one name the last.
    var headers: [String: String]
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []

  init(port: Int, address: String = "127.0.0.1") throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = in_port_t(UInt16(port).bigEndian)
    place.sin_addr.s_addr = inet_addr(address)
    let failed = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard failed == 0 else {
      throw Refusal(description: "cannot connect to \(address):\(port): \(errno)")
    }
  }

  deinit { close(descriptor) }

  /// Sends bytes; false where the other side has closed or, without waiting, takes no more.
  @discardableResult
  func send(_ bytes: some Collection<UInt8>, waiting: Bool = true) -> Bool {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress, $0.count,
          Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT)))
      }
      if count <= 0 { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  func send(_ text: String, waiting: Bool = true) -> Bool {
    send(Array(text.utf8), waiting: waiting)
  }

  /// Reads once; empty at the end, nil where nothing came in time.
  func read(seconds: Double = 60) -> [UInt8]? {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, Int32(seconds * 1000)) > 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return Array(buffer.prefix(max(0, count)))
  }

  /// Everything until the other side closes.
  func readToEnd(seconds: Double = 60) -> [UInt8] {
    var all = received
    received = []
    while let piece = read(seconds: seconds), !piece.isEmpty { all += piece }
    return all
  }

  /// Reads until a text has come.
  func read(until text: String, seconds: Double = 60) throws -> String {
    let end = Date().addingTimeInterval(seconds)
    while !String(decoding: received, as: UTF8.self).contains(text) {
      guard Date() < end, let piece = read(seconds: seconds), !piece.isEmpty else {
        throw Refusal(
          description: "`\(text)` never came: \(String(decoding: received, as: UTF8.self))")
      }
      received += piece
    }
    return String(decoding: received, as: UTF8.self)
  }

  /// Reads one answer: to its `Content-Length`, or to the end of the connection.
  func answer(seconds: Double = 120) throws -> Answer {
    let mark = Array("\r\n\r\n".utf8)
    func head() -> Int? {
      guard received.count >= mark.count else { return nil }
      return (0...(received.count - mark.count)).first { received[$0...].starts(with: mark) }
    }
    while head() == nil {
      guard let piece = read(seconds: seconds), !piece.isEmpty else {
        throw Refusal(description: "no answer: \(String(decoding: received, as: UTF8.self))")
      }
      received += piece
    }
    let end = head() ?? 0
    let lines = String(decoding: received[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    received = Array(received[(end + mark.count)...])
    let length = headers["content-length"].flatMap { Int($0) }
    while received.count < length ?? .max {
      guard let piece = read(seconds: seconds), !piece.isEmpty else { break }
      received += piece
    }
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let body = Array(received.prefix(length ?? .max))
    received.removeFirst(body.count)
    return Answer(status: status, headers: headers, body: body)
  }
}
