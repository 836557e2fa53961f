/// How text is set on a terminal: colours where they are wanted, signs always.
package struct Style: Hashable, Sendable {
  package enum Ink: String, Sendable {
    case good = "32"
    case bad = "31"
    case quiet = "2"
    case accent = "36"
    case strong = "1"
    case warning = "33"
  }

  package var usesColor: Bool

  package init(usesColor: Bool) { self.usesColor = usesColor }

  package func callAsFunction(_ text: String, _ ink: Ink) -> String {
    usesColor ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text
  }
}
