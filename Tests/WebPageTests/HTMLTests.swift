import Testing
import WebPage

@Suite struct HTMLTests {
  @Test func textIsEscapedAndMarkupIsNot() {
    let name = "<script>alert('1')</script> & \"co\""
    let cell: HTML = "<td title=\"\(name)\">\(name)</td>"
    let text = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;co&quot;"
    #expect(cell.markup == "<td title=\"\(text)\">\(text)</td>")
    let row: HTML = "<tr>\(cell)</tr>"
    #expect(row.markup == "<tr>\(cell.markup)</tr>")
    #expect([cell, cell].joined("<hr>").markup == cell.markup + "<hr>" + cell.markup)
  }

  @Test func controlCharactersDoNotReachTheBrowser() {
    #expect(HTML(text: "a\u{0}b\u{1B}[31m\tc\n").markup == "a\u{FFFD}b\u{FFFD}[31m\tc\n")
  }
}
