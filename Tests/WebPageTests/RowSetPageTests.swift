import Digests
import Files
import Foundation
import Rows
import SystemPackage
import Testing

@testable import WebPage

@Suite struct RowSetPageTests {
  private let hostile = "<script>alert(1)</script>"

  private func page(
    _ rows: [String], _ question: RowSetPage.Question = .init()
  ) throws -> RowSetPage {
    let folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-page-")
    defer { try? Files.remove(folder) }
    let path = folder.appending("rows.jsonl")
    try Files.write(Array(rows.map { $0 + "\n" }.joined().utf8), to: path)
    let file = try RowFile(path)
    return try RowSetPage(
      Origin("1a2b3c4d:clean.rows", digest: Digest(of: [1])), file: file,
      summary: RowSummary(file), question: question, address: "/token/rows/1a2b3c4d/clean/rows")
  }

  private func rows(_ count: Int) -> [String] {
    (1...count).map { "{\"id\":\($0),\"response\":\"\(hostile) number \($0)\"}" }
  }

  @Test func aPageShowsItsRowsAndTheWayToTheNext() throws {
    let body = try page(rows(120), .init(first: 51)).body.markup
    #expect(body.contains("Rows 51 to 100 of 120"))
    #expect(
      body.contains("number 51") && !body.contains("number 50<") && !body.contains("number 101<"))
    let address = "/token/rows/1a2b3c4d/clean/rows"
    #expect(body.contains("<a href=\"\(address)?first=101#rows\">next page</a>"))
    #expect(body.contains("<a href=\"\(address)?first=1#rows\">page before</a>"))
    #expect(body.contains("<a href=\"\(address)?first=101#rows\">last page</a>"))
    #expect(!body.contains("<script>"))
  }

  @Test func aSearchSaysWhatItFoundAndGoesOn() throws {
    let all = rows(120).map { $0 }
    let body = try page(all, .init(search: "number & <1>")).body.markup
    #expect(body.contains("No row holds “number &amp; &lt;1&gt;”"))
    let found = try page(all, .init(search: "number ")).body.markup
    #expect(found.contains("?first=51&amp;search=number%20#rows\">search on</a>"))
    #expect(found.contains("value=\"number \""))
  }

  @Test func anEmptySetSaysSo() throws {
    let body = try page([]).body.markup
    #expect(body.contains("There are no rows in it") && body.contains("No rows here"))
    let beyond = try page(rows(3), .init(first: 99)).body.markup
    #expect(beyond.contains("No rows here") && beyond.contains("first page"))
  }

  @Test func aHistogramPutsOutliersIntoItsLastBar() throws {
    let texts =
      (1...200).map { String(repeating: "x", count: 20 + $0 % 10) } + [
        String(repeating: "y", count: 5_000)
      ]
    let summary = try page(texts.map { "{\"text\":\"\($0)\"}" }).summary
    let histogram = try #require(Histogram(lengthsOf: summary))
    #expect(histogram.bins.map(\.count).reduce(0, +) == 201)
    #expect(histogram.label.contains("the last bar holds 1 longer ones, up to 5000"))
    #expect(histogram.bins.count <= 32)
  }
}
