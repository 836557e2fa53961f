/// Which of the eight colours of the stylesheet a run has: the same one wherever it is shown, as far
/// as runs on one page do not want the same.
package struct RunColors: Hashable, Sendable {
  /// How many colours there are.
  package static let count = 8

  private let colors: [String: Int]

  /// - Parameter runs: the ids of all runs that a page shows, as their hexadecimal digits.
  package init(_ runs: some Sequence<String>) {
    var colors: [String: Int] = [:]
    var taken: Set<Int> = []
    for run in Set(runs).sorted() {
      let wanted = RunColors.wanted(by: run)
      // Once all are taken, colours repeat: direct labels tell the runs apart.
      if taken.count == RunColors.count { taken = [] }
      let free = (0..<RunColors.count).lazy.map { (wanted + $0) % RunColors.count }
      let color = free.first { !taken.contains($0) } ?? wanted
      colors[run] = color
      taken.insert(color)
    }
    self.colors = colors
  }

  /// The colour of a run, 0–7: `s0` and `f0` are its classes in drawings, `c0` in text.
  package func color(of run: String) -> Int { colors[run] ?? RunColors.wanted(by: run) }

  private static func wanted(by run: String) -> Int {
    run.utf8.prefix(8).reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % count
  }
}
