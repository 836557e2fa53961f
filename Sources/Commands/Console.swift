internal import Documents
internal import Foundation
internal import Glibc
internal import Problems
internal import Reporting

/// The two streams of the process: data goes to standard output, everything else to standard error.
enum Console {
  /// Writes data.
  static func out(_ text: String) { write(Array(text.utf8), to: 1) }

  static func out(_ bytes: [UInt8]) { write(bytes, to: 1) }

  /// Writes a JSON document or line.
  static func out(_ document: JSON) { out(document.canonicalText + "\n") }

  /// Writes what is not data.
  static func note(_ text: String) { write(Array(text.utf8), to: 2) }

  static var errorIsTerminal: Bool { isatty(2) == 1 }
  static var outputIsTerminal: Bool { isatty(1) == 1 }

  /// The columns of the terminal, 80 where there is none.
  static func width() -> Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// Writes everything; a reader that went away (`larder cat … | head`) ends the program quietly.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&waiting, 1, -1)
          continue
        }
        // Nobody reads any more; nothing is lost, since results are in the store.
        exit(descriptor == 1 && errno == EPIPE ? 0 : 3)
      }
      rest = rest.dropFirst(count)
    }
  }
}
