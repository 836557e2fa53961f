internal import Documents

/// Makes lines of a step's output as it comes, tells progress lines from the others, and keeps the
/// log.
struct LogLines {
  /// The longest line that is reported in one piece, in bytes.
  static let longest = 8 << 10
  /// Record separator: the first byte of a progress line.
  private static let progressMark: UInt8 = 0x1E

  private(set) var log: KeptLog
  /// The line that has no newline yet.
  private var line: [UInt8] = []
  /// Whether `line` continues one that was reported because it was too long.
  private var isContinued = false

  init(log: KeptLog = KeptLog()) { self.log = log }

  /// Takes the next piece of output and returns what it says.
  mutating func take(_ piece: some Collection<UInt8>) -> [JobReport] {
    var reports: [JobReport] = []
    var rest = piece[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      let part = end.map { rest[..<$0] } ?? rest
      rest = end.map { rest[rest.index(after: $0)...] } ?? rest[rest.endIndex...]
      var added = part[...]
      while line.count + added.count > LogLines.longest {
        let room = wholeCharacters(with: added)
        line.append(contentsOf: added.prefix(room))
        added = added.dropFirst(room)
        reports.append(.line(LogLines.text(line)))
        log.append(line)
        line.removeAll(keepingCapacity: true)
        isContinued = true
      }
      line.append(contentsOf: added)
      if end != nil { endLine(newline: [UInt8(ascii: "\n")], &reports) }
    }
    return reports
  }

  /// The output has ended: a last line without a newline is one too.
  mutating func finish() -> [JobReport] {
    var reports: [JobReport] = []
    if !line.isEmpty { endLine(newline: [], &reports) }
    return reports
  }

  /// How many of the bytes still fit on the line without dividing a UTF-8 character.
  private func wholeCharacters(with added: some Collection<UInt8>) -> Int {
    var room = LogLines.longest - line.count
    var back = 0
    while back < 3, room > 1, back < room {
      let next = added[added.index(added.startIndex, offsetBy: room)]
      if next & 0xC0 != 0x80 { return room }
      room -= 1
      back += 1
    }
    return LogLines.longest - line.count
  }

  private mutating func endLine(newline: [UInt8], _ reports: inout [JobReport]) {
    defer {
      line.removeAll(keepingCapacity: true)
      isContinued = false
    }
    if !isContinued, let progress = LogLines.progress(line) {
      reports.append(.progress(progress))
      return
    }
    log.append(line)
    log.append(newline)
    if !(isContinued && line.isEmpty) { reports.append(.line(LogLines.text(line))) }
  }

  /// The line as text: invalid UTF-8 repaired, and of what a carriage return overwrites only the last.
  private static func text(_ line: [UInt8]) -> String {
    var shown = line[...]
    if shown.last == UInt8(ascii: "\r") { shown.removeLast() }
    if let last = shown.lastIndex(of: UInt8(ascii: "\r")) { shown = shown[(last + 1)...] }
    return String(decoding: shown, as: UTF8.self)
  }

  /// Reads `{"progress":{"done":3,"total":10,"unit":"steps","text":"loss 1.2"}}` after the mark.
  private static func progress(_ line: [UInt8]) -> Progress? {
    guard line.first == progressMark,
      let document = try? JSON(parsing: line.dropFirst()),
      let progress = document["progress"], let done = progress["done"]?.number
    else { return nil }
    return Progress(
      done: done, total: progress["total"]?.number, unit: progress["unit"]?.string ?? "",
      text: progress["text"]?.string ?? "")
  }
}
