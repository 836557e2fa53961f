package import Documents
internal import Notebook
package import Running

extension RunJSON {
  /// The objects for an event as the journal of a run has them: those of `run --json`, and of what
  /// moves meanwhile.
  ///
  /// - Parameter moment: in seconds since 1970.
  package static func liveObjects(for event: Event, at moment: Double) -> [JSON] {
    switch event {
    case .preparing(let text, let progress):
      var parts: [String: JSON] = ["type": "prepare", "text": .string(text)]
      parts["progress"] = progress.map(object)
      return [.object(parts)]
    case .started(let id, let why):
      return [
        [
          "type": "start", "step": .string(id.text), "why": .string(why),
          "at": .finite(moment),
        ]
      ]
    case .waiting(let id): return [["type": "wait", "step": .string(id.text)]]
    // The journal gathers them, and tells of several at once.
    case .line, .progress: return []
    case .planned, .finished, .ended: return objects(for: event)
    }
  }

  /// Lines that a step printed: the last ones of so many since it was last told.
  static func lines(_ step: String, _ lines: [String], of count: Int) -> JSON {
    [
      "type": "lines", "step": .string(step), "lines": .array(lines.map { .string($0) }),
      "count": .integer(Int64(count)),
    ]
  }

  /// As a step's progress line has it.
  static func object(_ progress: Progress) -> JSON {
    var parts: [String: JSON] = [
      "done": .finite(progress.done), "unit": .string(progress.unit),
      "text": .string(progress.text),
    ]
    parts["total"] = progress.total.map { .finite($0) }
    return .object(parts)
  }
}
