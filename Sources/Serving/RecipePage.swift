internal import Notebook
internal import Problems
internal import Reporting
internal import WebPage

/// The page of a recipe: what is happening, whether it goes well, when it is done; and the form that
/// starts a run.
struct RecipePage {
  let view: RecipeView
  let pieces: LivePieces

  /// Longer sources are folded, in lines.
  private static let openLines = 12
  /// Of a recipe with more steps the sources are folded, all of them.
  private static let fewSteps = 60

  var page: Page {
    let isRunning = pieces.run.map { !$0.isEnded } ?? false
    var page = Page(title: view.title, navigation: Navigation.html(.recipes), body: body)
    // Read without JavaScript, a run that goes on renews itself.
    if isRunning {
      page.head = "<noscript><meta http-equiv=\"refresh\" content=\"4\"></noscript>"
    }
    return page
  }

  private var since: String {
    EventStream.Position(run: pieces.run, stamp: view.stamp).text
  }

  private var body: HTML {
    let problems = view.problems.map { HTML.problem(describing: $0) }.joined()
    return """
      <div data-events="\(Address.of(["recipes", view.name, "events"], [("since", since)]))">
      <h1>\(view.title)</h1>
      <div id="live-notice" class="notice" role="status" hidden><p></p></div>
      \(problems)
      <div id="live-head">\(common("live-head"))</div>
      \(form)
      \(graph)
      \(notebook)
      </div>
      """
  }

  private func common(_ name: String) -> HTML? {
    pieces.common.first { $0.name == name }?.html
  }

  private var graph: HTML {
    guard !view.steps.isEmpty else { return .nothing }
    return """
      <figure class="plot graph"><figcaption><strong>Steps</strong> \
      <span id="live-counts" aria-live="polite">\(common("live-counts"))</span></figcaption>\
      <div class="scroll" id="live-graph" role="region" tabindex="0" aria-label="Steps">\
      \(common("live-graph"))</div></figure>
      """
  }

  private var form: HTML {
    guard view.recipe != nil else { return .nothing }
    let action = Address.of(["recipes", view.name, "run"])
    let example = view.recipe?.parameters.keys.sorted().first.map { "\($0)=" } ?? "name=value"
    return """
      <form method="post" action="\(action)" class="start"><input type="hidden" name="form" value="\(pieces.formToken)">
      <p><button>Run</button></p>
      \(HTML.folded("as an experiment, with other values or a remark", """
        <p><label>values, one a line<br><textarea name="set" rows="3" cols="40" placeholder="\(example)" spellcheck="false"></textarea></label></p>
        <p><label>name of the experiment<br><input name="name" size="40" autocomplete="off"></label></p>
        <p><label>remark<br><input name="note" size="40" autocomplete="off"></label></p>
        """))</form>
      """
  }

  // MARK: The notebook

  private var notebook: HTML {
    var left = view.steps.map(\.id.text)
    var parts: [HTML] = []
    for passage in view.passages {
      switch passage.kind {
      case .frontMatter: break
      case .prose: parts.append(Markdown.html(passage.text, dropping: view.title))
      case .cell(let language, let id, let body):
        let steps = left.filter { $0 == id || $0.hasPrefix("\(id)@") }
        left.removeAll { steps.contains($0) }
        parts.append(cell(id, steps, source(body, language)))
      }
    }
    if !left.isEmpty {
      parts.append("<h2>Steps of other recipes</h2>")
      parts += left.map { cell($0, [$0], .nothing) }
    }
    return parts.joined("\n")
  }

  private func source(_ body: String, _ language: String) -> HTML {
    let lines = body.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    let shown = body.utf8.count > 20_000 ? String(body.prefix(20_000)) + "\n…" : body
    return HTML.folded(
      "\(Words.count(max(0, lines), "line")) of \(language)", .code(shown, language: language),
      isOpen: lines <= RecipePage.openLines && view.steps.count <= RecipePage.fewSteps)
  }

  private func cell(_ id: String, _ steps: [String], _ source: HTML) -> HTML {
    // Where the recipe cannot be read there are cells, but no steps.
    guard let first = steps.first else {
      return "<section class=\"cell\"><header><h3>\(id)</h3></header>\(source)</section>"
    }
    return section(first, source) + steps.dropFirst().map { section($0, .nothing) }.joined()
  }

  private func section(_ step: String, _ source: HTML) -> HTML {
    let content = pieces.pieces(of: step)
    func piece(_ index: Int, _ element: HTML) -> HTML {
      "<\(element) id=\"\(content[index].name)\">\(content[index].html)</\(element)>"
    }
    return """
      <section class="cell" id="\(CellPiece.anchor(step))"><header><h3>\(step)</h3> \
      \(piece(0, "span"))</header>\(source)\(piece(1, "div"))\(piece(2, "div"))\(piece(3, "div"))</section>
      """
  }
}

extension HTML {
  /// A mistake with its place and its line, as the command line shows it.
  static func problem(describing problem: Problem) -> HTML {
    guard let place = problem.place else { return .problem(problem) }
    let mark =
      String(repeating: " ", count: max(0, place.column - 1))
      + String(repeating: "^", count: max(1, place.length))
    return """
      <div class="problem" role="alert"><p><strong>error:</strong> \(problem.message)</p>\
      <p class="quiet">\(place.path), line \(place.line)</p>\
      <pre>\(place.source)\n\(mark)</pre>\
      \(problem.hint.map { "<p class=\"quiet\">hint: \($0)</p>" as HTML })</div>
      """
  }
}
