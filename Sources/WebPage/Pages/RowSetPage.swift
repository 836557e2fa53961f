internal import Documents
internal import Reporting
package import Rows

/// The page of a set of rows: what is in it, and its rows page by page, with search.
package struct RowSetPage: Sendable {
  /// What the reader asked for.
  package struct Question: Hashable, Sendable {
    /// The number of the first line that is shown or searched, from 1.
    package var first: Int
    /// What the rows must hold; empty for all.
    package var search: String

    package init(first: Int = 1, search: String = "") {
      self.first = max(1, first)
      self.search = search
    }
  }

  /// So many rows are on a page.
  package static let rows = 50

  package let origin: Origin
  package let file: RowFile
  package let summary: RowSummary
  package let question: Question
  /// The address of the page without its question.
  package let address: String
  /// The address of the file itself; nil for none.
  package let download: String?
  private let lines: [RowFile.Line]
  /// Where the search goes on; nil where it came to the end.
  private let next: Int?

  /// Reads what the question asks for; the file was read before, once for all pages.
  package init(
    _ origin: Origin, file: RowFile, summary: RowSummary, question: Question, address: String,
    download: String? = nil
  ) throws {
    self.origin = origin
    self.file = file
    self.summary = summary
    self.question = question
    self.address = address
    self.download = download
    if question.search.isEmpty {
      lines = try file.lines(from: question.first, count: RowSetPage.rows)
      let after = question.first + RowSetPage.rows
      next = after <= file.count ? after : nil
    } else {
      (lines, next) = try file.search(
        question.search, from: question.first, limit: RowSetPage.rows)
    }
  }

  /// The whole page.
  package func page(navigation: HTML = .nothing) -> Page {
    Page(title: "Rows of \(origin.target)", navigation: navigation, body: body)
  }

  /// What stands in `<main>`.
  package var body: HTML {
    """
    <h1>Rows</h1>
    \(origin.html)\(HTML.download(download))
    \(about)
    <h2 id="rows">\(heading)</h2>
    \(forms)\(table)\(pages)
    """
  }

  private var about: HTML {
    guard summary.count > 0 else { return .empty("There are no rows in it") }
    var facts: [(name: String, value: HTML)] = [
      ("rows", "\(summary.count)"), ("size", HTML(text: Words.bytes(file.size))),
    ]
    let names = summary.fields.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if !names.isEmpty {
      let shown = names.prefix(24).map { name, count in
        count == summary.examined ? name : "\(name) (in \(count))"
      }
      facts.append(
        (
          "fields",
          HTML(
            text: shown.joined(separator: ", ")
              + (names.count > 24 ? ", and \(names.count - 24) more" : ""))
        ))
    }
    return HTML.facts(facts) + RowSetPiece(summary: summary, origin: origin, isOpen: true).html
  }

  private var heading: HTML {
    guard let first = lines.first?.number, let last = lines.last?.number else {
      return question.search.isEmpty ? "No rows here" : "No row holds “\(question.search)”"
    }
    if !question.search.isEmpty { return "Rows with “\(question.search)”" }
    return "Rows \(first) to \(last) of \(file.count)"
  }

  /// Two forms: a search begins at the first row, whatever page is open.
  private var forms: HTML {
    """
    <div class="pages">
    <form action="\(address)#rows" method="get" role="search">\
    <label>rows with <input type="search" name="search" value="\(question.search)"></label> \
    <button>search</button></form>
    <form action="\(address)#rows" method="get">\
    <label>from row <input type="number" name="first" min="1" max="\(max(1, file.count))" value="\(question.first)"></label> \
    <button>show</button></form>
    </div>

    """
  }

  private var table: HTML { lines.isEmpty ? .nothing : RowTable(lines).html() }

  private var pages: HTML {
    var links: [HTML] = []
    if question.search.isEmpty, question.first > 1 {
      links.append(link("first page", to: 1))
      links.append(link("page before", to: max(1, question.first - RowSetPage.rows)))
    }
    if let next {
      links.append(link(question.search.isEmpty ? "next page" : "search on", to: next))
    }
    if question.search.isEmpty, next != nil {
      links.append(
        link("last page", to: (file.count - 1) / RowSetPage.rows * RowSetPage.rows + 1))
    }
    return links.isEmpty
      ? .nothing : "<nav class=\"pages\" aria-label=\"Rows\">\(links.joined(" "))</nav>\n"
  }

  private func link(_ text: String, to first: Int) -> HTML {
    let search =
      question.search.isEmpty ? "" : "&search=\(PercentEncoding.encoded(question.search))"
    return "<a href=\"\(address)?first=\(first)\(search)#rows\">\(text)</a>"
  }
}
