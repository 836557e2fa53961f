internal import Reporting

/// The steps of a recipe and what flows between them: columns by depth, a shape for each kind, state
/// by colour and sign.
package struct StepGraph: Hashable, Sendable {
  /// What a step is, told by its shape.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A cell with code of its own: a rectangle.
    case script
    /// A step of the library: a rectangle with round ends.
    case library
    /// Something from outside: a slanted one.
    case source
    /// A data cell: a rectangle with a cut corner.
    case data
    /// A person does it: a hexagon.
    case manual
  }

  package struct Node: Hashable, Sendable {
    package var name: String
    package var kind: Kind
    package var state: StepState
    /// The names of the steps whose outputs it takes.
    package var inputs: [String]
    /// Where its part of the page is; nil for none.
    package var link: String?

    package init(
      _ name: String, kind: Kind, state: StepState, inputs: [String], link: String? = nil
    ) {
      self.name = name
      self.kind = kind
      self.state = state
      self.inputs = inputs
      self.link = link
    }
  }

  package var nodes: [Node]

  package init(_ nodes: [Node]) { self.nodes = nodes }

  /// Above so many steps a column is one box that counts its steps by state.
  static let most = 120

  /// So many bars stand for the columns then.
  private static let mostBars = 20

  private static let height = 28.0
  private static let gap = 20.0
  /// How many characters of a name are shown.
  private static let nameLimit = 14
  /// A wider graph than this is not made smaller to fit a page, but is pushed to and fro.
  private static let widest = 1_300.0

  /// Where a node is drawn, and how wide; all of a column are as wide as the longest name needs.
  private struct Place {
    var x: Double
    var y: Double
    var width: Double
  }

  package func figure(_ title: String) -> HTML {
    var numbers = DataTable([
      .init("step", .head), .init("kind", .short), .init("state", .short), .init("takes from"),
    ])
    for node in nodes.prefix(StepGraph.most) {
      numbers.add([
        node.link.map { "<a href=\"\($0)\">\(node.name)</a>" } ?? HTML(text: node.name),
        HTML(text: node.kind.rawValue), node.state.html,
        HTML(text: node.inputs.joined(separator: ", ")),
      ])
    }
    return """
      <figure class="plot graph"><figcaption><strong>\(title)</strong> \(counts)</figcaption>\
      <div class="scroll" role="region" tabindex="0" aria-label="\(title)">\(drawing(title))</div>\
      \(HTML.folded("the steps", numbers.html))</figure>
      """
  }

  /// As in `15 steps: 10 done, 5 cached`.
  package var counts: String {
    let states = StepState.allCases.compactMap { state -> String? in
      let count = nodes.count { $0.state == state }
      return count > 0 ? "\(count) \(state.word)" : nil
    }
    return "\(Words.count(nodes.count, "step")): \(states.joined(separator: ", "))"
  }

  package func drawing(_ title: String) -> HTML {
    let columns = columns
    return nodes.count <= StepGraph.most ? whole(columns, title) : counted(columns, title)
  }

  /// The indices of the nodes by depth: one more than the deepest of their inputs.
  private var columns: [[Int]] {
    let numbers = Dictionary(
      nodes.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { a, _ in a })
    var depths: [Int?] = Array(repeating: nil, count: nodes.count)
    // Without recursion: a chain may be as long as the recipe.
    for first in nodes.indices {
      var stack = [first]
      var entered: Set<Int> = []
      while let node = stack.last {
        if depths[node] != nil {
          stack.removeLast()
          continue
        }
        let inputs = nodes[node].inputs.compactMap { numbers[$0] }
        let open = inputs.filter { depths[$0] == nil && !entered.contains($0) && $0 != node }
        if entered.insert(node).inserted, !open.isEmpty {
          stack += open
        } else {
          depths[node] = (inputs.compactMap { depths[$0] }.max() ?? -1) + 1
          stack.removeLast()
        }
      }
    }
    var columns: [[Int]] = Array(repeating: [], count: (depths.compactMap(\.self).max() ?? -1) + 1)
    for (node, depth) in depths.enumerated() { columns[depth ?? 0].append(node) }
    return columns
  }

  private func whole(_ columns: [[Int]], _ title: String) -> HTML {
    let tallest = columns.map(\.count).max() ?? 1
    let height = Double(tallest) * 40 + 8
    var places: [String: Place] = [:]
    var x = 2.0
    for column in columns {
      let offset = (height - Double(column.count) * 40) / 2 + 6
      let longest = column.map { Drawing.width(of: nodes[$0].name.prefix(StepGraph.nameLimit)) }
      let width = (longest.max() ?? 0) + 36
      for (row, node) in column.enumerated() {
        places[nodes[node].name] = Place(x: x, y: offset + Double(row) * 40, width: width)
      }
      x += width + StepGraph.gap
    }
    let width = x - StepGraph.gap + 2
    var drawing = Drawing(
      width: width, height: height, title: title, summary: counts,
      look: width <= StepGraph.widest ? "fits" : "")
    for node in nodes {
      guard let to = places[node.name] else { continue }
      for input in Set(node.inputs).sorted() {
        guard let from = places[input] else { continue }
        drawing.path(edge(from, to), "edge")
      }
    }
    for node in nodes {
      guard let place = places[node.name] else { continue }
      drawing.group("step", name: node.name)
      drawing.path(outline(node.kind, place), "node node-\(node.state.name)")
      drawing.text(node.state.sign, place.x + 11, place.y + 19, .start, node.state.name)
      drawing.text(node.name, place.x + 27, place.y + 19, .start, "", limit: StepGraph.nameLimit)
      drawing.endGroup()
    }
    return drawing.html
  }

  private func edge(_ from: Place, _ to: Place) -> String {
    let (x1, y1) = (from.x + from.width, from.y + StepGraph.height / 2)
    let (x2, y2) = (to.x, to.y + StepGraph.height / 2)
    let bend = max(10, (x2 - x1) / 2)
    let points = [(x1, y1), (x1 + bend, y1), (x2 - bend, y2), (x2, y2)]
      .map { "\(Drawing.length($0.0)) \(Drawing.length($0.1))" }
    return "M\(points[0])C\(points[1]) \(points[2]) \(points[3])"
  }

  private func outline(_ kind: Kind, _ place: Place) -> String {
    let (x, y) = (place.x, place.y)
    let (right, bottom) = (x + place.width, y + StepGraph.height)
    let middle = y + StepGraph.height / 2
    let points: [(Double, Double)] =
      switch kind {
      case .script: [(x, y), (right, y), (right, bottom), (x, bottom)]
      case .source: [(x + 8, y), (right, y), (right - 8, bottom), (x, bottom)]
      case .data: [(x, y), (right - 8, y), (right, y + 8), (right, bottom), (x, bottom)]
      case .manual:
        [
          (x + 8, y), (right - 8, y), (right, middle), (right - 8, bottom), (x + 8, bottom),
          (x, middle),
        ]
      case .library: []
      }
    if kind == .library {
      let (a, b) = (Drawing.length(x + 14), Drawing.length(right - 14))
      return "M\(a) \(Drawing.length(y))L\(b) \(Drawing.length(y))A14 14 0 0 1 \(b) "
        + "\(Drawing.length(bottom))L\(a) \(Drawing.length(bottom))A14 14 0 0 1 \(a) "
        + "\(Drawing.length(y))Z"
    }
    return "M"
      + points.map { "\(Drawing.length($0.0)) \(Drawing.length($0.1))" }
      .joined(separator: "L") + "Z"
  }

  /// Columns as bars: how many steps of each state they have.
  private func counted(_ columns: [[Int]], _ title: String) -> HTML {
    // Neighbours share a bar where there are too many of them.
    let together = (columns.count + StepGraph.mostBars - 1) / StepGraph.mostBars
    let starts = Array(stride(from: 0, to: columns.count, by: max(1, together)))
    let bars = starts.map { Array(columns[$0..<min(columns.count, $0 + together)].joined()) }
    let most = Double(bars.map(\.count).max() ?? 1)
    var drawing = Drawing(
      width: 680, height: Double(bars.count) * 24 + 8, title: title, summary: counts)
    for (index, column) in bars.enumerated() {
      let y = Double(index) * 24
      let (first, last) = (starts[index] + 1, min(columns.count, starts[index] + together))
      drawing.text(
        first == last ? "depth \(first)" : "depth \(first)–\(last)", 0, y + 17, .start, "label")
      var x = 112.0
      for state in StepState.allCases {
        let count = column.count { nodes[$0].state == state }
        guard count > 0 else { continue }
        let length = max(2, Double(count) / most * 320)
        drawing.rectangle(
          x, y + 6, length, 14, "fill-\(state.name)", title: "\(count) \(state.word)")
        x += length + 1
      }
      let text = StepState.allCases.compactMap { state -> String? in
        let count = column.count { nodes[$0].state == state }
        return count > 0 ? "\(state.sign) \(count) \(state.word)" : nil
      }.joined(separator: "  ")
      drawing.text(text, x + 8, y + 17, .start, "label", limit: 40)
    }
    return drawing.html
  }
}
