internal import WebPage

/// The links above every page of the server.
enum Navigation: String, CaseIterable {
  case recipes = "Recipes"
  case runs = "Runs"
  case experiments = "Experiments"
  case leaderboard = "Leaderboard"

  private var address: String {
    self == .recipes ? "/" : Address.of([rawValue.lowercased()])
  }

  /// - Parameter current: the page that is open, or that the open one belongs to.
  static func html(_ current: Navigation?) -> HTML {
    allCases.map { page -> HTML in
      """
      <a href="\(page.address)"\(page == current ? " aria-current=\"page\"" : HTML.nothing)>\(page.rawValue)</a>
      """
    }.joined(" ")
  }

  /// Links to the pages of a list that is longer than one.
  ///
  /// - Parameter address: of the page of a number.
  static func pages(
    _ number: Int, hasNext: Bool, _ address: (Int) -> String
  ) -> HTML {
    guard number > 1 || hasNext else { return .nothing }
    var links: [HTML] = []
    if number > 1 { links.append("<a rel=\"prev\" href=\"\(address(number - 1))\">← newer</a>") }
    links.append("page \(number)")
    if hasNext { links.append("<a rel=\"next\" href=\"\(address(number + 1))\">older →</a>") }
    return "<nav class=\"pages\" aria-label=\"More pages\">\(links.joined(" "))</nav>"
  }
}
