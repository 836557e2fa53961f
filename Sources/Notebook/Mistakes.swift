internal import Problems

/// The mistakes found so far in one reading; reading goes on after each.
final class Mistakes {
  private(set) var all: [Problem] = []
  /// The instances of a matrix make the same mistakes.
  private var known: Set<Problem> = []
  /// Nearest names cost time in long recipes that are wrong everywhere; the first ones are enough.
  private var comparisonsLeft = 20_000

  var isEmpty: Bool { all.isEmpty }

  /// Notes a mistake at a place.
  func add(
    _ code: Problem.Code, _ message: String, hint: String? = nil, place: Problem.Place?
  ) {
    add(Problem(.user, code, message, hint: hint, at: place))
  }

  /// Notes a mistake at a value; one from the command line is named in the message instead.
  func add(_ code: Problem.Code, _ message: String, hint: String? = nil, at node: YAMLNode) {
    if case .commandLine(let text) = node.origin {
      add(code, "in `\(text)`: \(message)", hint: hint, place: nil)
    } else {
      add(code, message, hint: hint, place: node.place)
    }
  }

  /// Notes what was already a problem elsewhere; the same one twice is noted once.
  func add(_ problem: Problem) {
    if known.insert(problem).inserted { all.append(problem) }
  }

  /// ``did you mean `name`?``, or nil where nothing is near.
  func suggestion(for typed: String, among known: some Collection<String>) -> String? {
    guard comparisonsLeft > 0 else { return nil }
    comparisonsLeft -= known.count
    return Suggestion.hint(for: typed, among: known)
  }

  /// A suggestion, or else the known names themselves where they are few.
  func hint(for typed: String, among known: some Collection<String>, called what: String) -> String?
  {
    if let suggestion = suggestion(for: typed, among: known) { return suggestion }
    guard !known.isEmpty, known.count <= 16 else { return nil }
    return "\(what): \(known.sorted().map { "`\($0)`" }.joined(separator: ", "))"
  }

  /// All mistakes: those of the command line, then those of other files, then the recipe's in the
  /// order in which they stand there.
  func inSourceOrder(recipe displayPath: String) -> [Problem] {
    var files: [String: Int] = [:]
    for place in all.compactMap(\.place) where files[place.path] == nil {
      files[place.path] = files.count
    }
    func rank(_ problem: Problem) -> (Int, Int, Int) {
      guard let place = problem.place else { return (-1, 0, 0) }
      let file = place.path == displayPath ? Int.max : files[place.path] ?? 0
      return (file, place.line, place.column)
    }
    return all.enumerated().sorted { a, b in
      let (first, second) = (rank(a.element), rank(b.element))
      return first == second ? a.offset < b.offset : first < second
    }.map(\.element)
  }
}
