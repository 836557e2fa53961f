import Documents
import Foundation
import Testing

@testable import Executors

@Suite struct LogLinesTests {
  @Test(arguments: [1, 2, 3, 7, 100])
  func cutsLinesWhereverPiecesEnd(size: Int) {
    let text = Array("eins\nzwölf\n\nlast".utf8)
    var lines = LogLines()
    var reports: [JobReport] = []
    for start in stride(from: 0, to: text.count, by: size) {
      reports += lines.take(text[start..<min(start + size, text.count)])
    }
    reports += lines.finish()
    #expect(reports == [.line("eins"), .line("zwölf"), .line(""), .line("last")])
    #expect(lines.log.finished() == text)
  }

  @Test func dividesLongLinesBetweenCharacters() {
    let text = "x" + String(repeating: "ü", count: 10_000) + "\n"
    var lines = LogLines()
    let reports = lines.take(Array(text.utf8)) + lines.finish()
    let pieces = reports.compactMap { if case .line(let piece) = $0 { piece } else { nil } }
    #expect(pieces.count == 3)
    #expect(pieces.joined() + "\n" == text)
    #expect(pieces.allSatisfy { $0.utf8.count <= LogLines.longest })
    #expect(lines.log.finished() == Array(text.utf8))
  }

  @Test func showsWhatACarriageReturnLeaves() {
    var lines = LogLines()
    #expect(lines.take(Array("10%\r100%\r\n".utf8)) == [.line("100%")])
    #expect(lines.log.finished() == Array("10%\r100%\r\n".utf8))
  }

  @Test(arguments: [
    "\u{1E}{\"progress\":{}}", "\u{1E}nothing", "\u{1E}{\"progress\":{\"done\":\"1\"}}",
    " \u{1E}{\"progress\":{\"done\":1}}",
  ])
  func keepsWhatIsNoProgress(line: String) {
    var lines = LogLines()
    #expect(lines.take(Array("\(line)\n".utf8)) == [.line(line)])
    #expect(lines.log.finished() == Array("\(line)\n".utf8))
  }

  @Test func readsProgressWithoutTotal() {
    var lines = LogLines()
    let reports = lines.take(Array("\u{1E}{\"progress\":{\"done\":0.5}}\n".utf8))
    #expect(reports == [.progress(Progress(done: 0.5, total: nil, unit: "", text: ""))])
    #expect(lines.log.finished().isEmpty)
  }

  @Test func keepsHeadAndTail() {
    var log = KeptLog(limit: 4)
    log.append(Array("abc".utf8))
    log.append(Array("defghijklmnopqrstuv".utf8))
    log.append(Array("wxyz".utf8))
    #expect(String(decoding: log.finished(), as: UTF8.self) == "abcd\n[18 bytes left out]\nwxyz")
  }

  @Test func keepsAllThatFits() {
    var log = KeptLog(limit: 4)
    log.append(Array("abc".utf8))
    log.append(Array("defgh".utf8))
    #expect(log.finished() == Array("abcdefgh".utf8))
  }
}
