/// What a step of a run is doing or did, as pages show it: by a sign, a word and a colour.
package enum StepState: String, Hashable, Sendable, CaseIterable {
  case waiting, running, done, cached, failed
  /// A person has to bring evidence.
  case asks
  /// Not executed, because a step before it was not.
  case skipped

  /// From the status that a run's record and its events have: `ran`, `cached`, `failed`, `waiting`
  /// (for evidence) or `skipped`; anything else is a step that waits for its turn.
  package init(status: String?) {
    switch status {
    case "ran": self = .done
    case "cached": self = .cached
    case "failed": self = .failed
    case "waiting": self = .asks
    case "skipped": self = .skipped
    default: self = .waiting
    }
  }

  package var sign: String {
    switch self {
    case .waiting, .skipped: "○"
    case .running: "◐"
    case .done: "●"
    case .cached: "◆"
    case .failed: "✕"
    case .asks: "?"
    }
  }

  package var word: String {
    switch self {
    case .asks: "needs you"
    default: rawValue
    }
  }

  /// The class of the stylesheet that colours it.
  var name: String { self == .skipped ? "waiting" : rawValue }

  /// Sign and word, as in `● done`.
  package var html: HTML {
    "<span class=\"state \(name)\"><i aria-hidden=\"true\">\(sign)</i> \(word)</span>"
  }
}
