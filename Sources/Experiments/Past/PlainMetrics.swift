internal import Documents
package import Notebook
internal import Problems
internal import Running
internal import SystemPackage

/// The numbers that a cell of the user's own wrote to an output `metrics*.json`, as in `{"f1":0.5}`:
/// metrics without questions, and so without an interval.
package struct PlainMetrics: Hashable, Sendable {
  /// A larger file is no list of metrics, in bytes.
  private static let longest = 4 << 20

  package let step: StepID
  package let output: String
  /// By name; a number inside a mapping has the names on its way, joined by dots.
  package private(set) var values: [String: Double] = [:]
  /// Why a name has no number, as in `NaN`.
  package private(set) var holes: [String: String] = [:]
  /// Why nothing could be read.
  package private(set) var problem: String?

  /// All of a run, in the order of the steps' names; what `QuestionScores` reads is none of them.
  package static func all(of run: OpenedRun) -> [PlainMetrics] {
    run.record.actions.keys.sorted().filter { !run.givesScores($0) }.flatMap { step in
      (run.record.actions[step]?["outputs"]?.object ?? [:]).sorted { $0.key < $1.key }
        .filter { isMetrics($0.value.string ?? "") }
        .map { PlainMetrics($0.key, of: step, in: run) }
    }
  }

  /// Whether a declared path is taken for a file of metrics.
  private static func isMetrics(_ path: String) -> Bool {
    let name = FilePath(path).lastComponent?.string ?? ""
    return name.hasPrefix("metrics") && name.hasSuffix(".json") && !path.hasSuffix("/")
  }

  private init(_ output: String, of step: StepID, in run: OpenedRun) {
    self.step = step
    self.output = output
    var bytes: [UInt8] = []
    do {
      try run.output(output, of: step)?.read { piece in
        guard bytes.count <= PlainMetrics.longest else { return }
        bytes += piece
      }
      guard bytes.count <= PlainMetrics.longest else {
        problem = "\(step.output(output)) is too large to be a list of metrics"
        return
      }
      take(try NumberWords.parse(bytes), [])
    } catch let error as JSONError {
      problem = "\(step.output(output)) is no JSON: \(error.message)"
    } catch { problem = Problem(error).message }
  }

  private mutating func take(_ value: JSON, _ path: [String]) {
    if let number = value.number {
      values[path.joined(separator: ".")] = number
    } else if let members = value.object {
      // A number with its interval, as `score` writes it.
      if let own = members["value"], own.object == nil {
        take(own, path)
      } else {
        for (name, member) in members { take(member, path + [name]) }
      }
    } else if let why = NumberWords.objection(to: value), ["NaN", "infinite", "null"].contains(why)
    {
      holes[path.joined(separator: ".")] = why
    }
  }
}
