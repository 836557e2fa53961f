package import Documents
internal import Notebook
package import Running

extension Forecast {
  /// One line for each step, and a sum.
  package func text(_ style: Style) -> String {
    var lines: [String] = []
    let rows = rows
    let width = rows.map(\.name.count).max() ?? 0
    for row in rows {
      let name = row.name + String(repeating: " ", count: width - row.name.count)
      let time = row.seconds.map { "  (\(Words.duration($0)) last time)" } ?? ""
      switch row.state {
      case .cached: lines.append(style("◆ \(name)  cached", .quiet))
      case .run:
        lines.append("\(style("●", .accent)) \(name)  runs: \(row.why)\(style(time, .quiet))")
      case .depends:
        lines.append("\(style("○", .accent)) \(name)  may run: \(row.why)\(style(time, .quiet))")
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

  private struct Row {
    var name: String
    var state: Entry.State
    var why: String
    var seconds: Double?
  }

  /// A row for each step, and one for many instances of a matrix that are in the same state.
  private var rows: [Row] {
    struct Group: Hashable {
      var cell: StepID
      var state: Entry.State
      var why: String
    }
    func group(_ entry: Entry) -> Group {
      // Which instance it waits for is clear from its own label.
      Group(
        cell: entry.step.id.cell, state: entry.state,
        why: entry.state == .depends ? entry.why.replacing(#/@[^`]*/#, with: "") : entry.why)
    }
    var members: [Group: [Entry]] = [:]
    for entry in entries where entry.step.instance != nil {
      members[group(entry), default: []].append(entry)
    }
    var shown: Set<Group> = []
    return entries.compactMap { entry in
      let key = group(entry)
      guard let many = members[key], many.count > 3 else {
        return Row(
          name: entry.step.id.text, state: entry.state, why: entry.why, seconds: entry.lastSeconds)
      }
      guard shown.insert(key).inserted else { return nil }
      let seconds = many.compactMap(\.lastSeconds)
      return Row(
        name: "\(key.cell) (\(many.count) instances)", state: key.state, why: key.why,
        seconds: seconds.isEmpty ? nil : seconds.reduce(0, +))
    }
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
