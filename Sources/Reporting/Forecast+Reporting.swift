package import Documents
internal import Notebook
package import Running

extension Forecast {
  /// One line for each step, and a sum.
  package func text(_ style: Style) -> String {
    var lines: [String] = []
    let width = entries.map(\.step.id.text.count).max() ?? 0
    for entry in entries {
      let name =
        entry.step.id.text + String(repeating: " ", count: width - entry.step.id.text.count)
      let time = entry.lastSeconds.map { "  (\(Words.duration($0)) last time)" } ?? ""
      switch entry.state {
      case .cached: lines.append(style("◆ \(name)  cached", .quiet))
      case .run:
        lines.append("\(style("●", .accent)) \(name)  runs: \(entry.why)\(style(time, .quiet))")
      case .depends:
        lines.append("\(style("○", .accent)) \(name)  may run: \(entry.why)\(style(time, .quiet))")
      }
    }
    let cached = entries.count { $0.state == .cached }
    let runs = entries.count { $0.state == .run }
    let rest = entries.count - cached - runs
    var sum = "\(recipe): \(cached) cached, \(runs) to run, \(rest) that depend on them"
    if estimatedSeconds > 0 {
      sum += "; at most \(Words.duration(estimatedSeconds)), judging by last time"
    }
    lines.append(sum)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The forecast as one document.
  package var document: JSON {
    [
      "recipe": .string(recipe),
      "steps": .array(
        entries.map { entry in
          var parts: [String: JSON] = [
            "step": .string(entry.step.id.text), "state": .string(entry.state.rawValue),
            "why": .string(entry.why), "needs": .array(entry.needs.map { .string($0.text) }),
          ]
          if let seconds = entry.lastSeconds { parts["last_seconds"] = .finite(seconds) }
          return .object(parts)
        }),
    ]
  }

  /// The graph in Graphviz's language.
  package var graph: String {
    var lines = ["digraph \"\(recipe)\" {", "  rankdir=LR;", "  node [shape=box, style=rounded];"]
    for entry in entries {
      let look =
        switch entry.state {
        case .cached: "color=gray, fontcolor=gray"
        case .run: "penwidth=2"
        case .depends: "style=\"rounded,dashed\""
        }
      lines.append("  \"\(entry.step.id)\" [\(look)];")
      for need in entry.needs { lines.append("  \"\(need)\" -> \"\(entry.step.id)\";") }
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }
}
