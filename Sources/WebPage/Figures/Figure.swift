/// A figure of a page: the drawing, its numbers in a table one click away, and where they are from.
package struct Figure: Sendable {
  /// What it shows, in a few words.
  package var title: String
  /// After the title: the unit, how many, what to read from it.
  package var remark: String
  package var drawing: HTML
  package var numbers: DataTable
  package var origin: Origin?

  package init(
    _ title: String, remark: String = "", drawing: HTML, numbers: DataTable, origin: Origin? = nil
  ) {
    self.title = title
    self.remark = remark
    self.drawing = drawing
    self.numbers = numbers
    self.origin = origin
  }

  package var html: HTML {
    """
    <figure class="plot">
    <figcaption><strong>\(title)</strong>\(remark.isEmpty ? "" : " \(remark)")</figcaption>
    <div class="scroll" role="region" tabindex="0" aria-label="\(title)">\(drawing)</div>
    \(HTML.folded("the numbers", numbers.html))
    \(origin.map(\.html))
    </figure>
    """
  }
}
