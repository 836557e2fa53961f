internal import Notebook

/// The outputs that many steps have.
extension Step.Output {
  static let rows = Step.Output(name: "rows", path: "rows.jsonl", isFolder: false)
  static let rejected = Step.Output(name: "rejected", path: "rejected.jsonl", isFolder: false)
  static let report = Step.Output(name: "report", path: "report.json", isFolder: false)

  static func file(_ name: String, _ path: String) -> Step.Output {
    Step.Output(name: name, path: path, isFolder: false)
  }

  static func folder(_ name: String, _ path: String) -> Step.Output {
    Step.Output(name: name, path: path, isFolder: true)
  }
}
