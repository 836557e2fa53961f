package import Comparison
internal import Documents
internal import History
package import Notebook
internal import Problems
internal import Running
internal import Store
internal import SystemPackage

/// How far the weights of two runs are apart, in one safetensors file.
package struct WeightDifference: Sendable {
  package let step: StepID
  /// The output's name.
  package let output: String
  /// Inside a folder; nil where the output is the file itself.
  package let path: String?
  /// Nil where they could not be compared, which `problem` explains.
  package internal(set) var comparison: WeightComparison?
  package internal(set) var problem: String?

  /// As in `adapter.adapter/adapter_model.safetensors`.
  package var name: String { step.output(output) + (path.map { "/\($0)" } ?? "") }
}

/// Compares the safetensors files among the outputs of two runs.
struct WeightComparer {
  let a: OpenedRun
  let b: OpenedRun

  /// All files that differ in the outputs of some steps.
  func all(_ steps: [StepDifference]) -> [WeightDifference] {
    steps.filter { $0.status == .changed }.flatMap { step -> [WeightDifference] in
      step.outputs.sorted { $0.key < $1.key }.flatMap { name, outputs -> [WeightDifference] in
        guard outputs.a != nil, outputs.b != nil else { return [] }
        return files(name, of: step.step, was: step.was ?? step.step)
      }
    }
  }

  private func files(
    _ name: String, of step: StepID, was old: StepID
  ) -> [WeightDifference] {
    guard let declared = b.path(of: name, of: step), let before = a.path(of: name, of: old) else {
      return []
    }
    let ending = ".safetensors"
    if declared.hasSuffix(ending), before.hasSuffix(ending) {
      return [
        difference(WeightDifference(step: step, output: name, path: nil), old, before, declared)
      ]
    }
    guard declared.hasSuffix("/"), before.hasSuffix("/") else { return [] }
    let entries = (try? b.history.entries(b.record.run.id, "result/\(step)/\(declared)")) ?? []
    return entries.map(\.name).filter { $0.hasSuffix(ending) }.compactMap { file in
      let paths = [(a, "\(old)/\(before)\(file)"), (b, "\(step)/\(declared)\(file)")]
      let bytes = paths.map { run, path in
        try? run.history.read(run.record.run.id, "result/\(path)")
      }
      // Pointers with the same digest, or the same small file.
      guard let one = bytes[0], let other = bytes[1], one != other else { return nil }
      return difference(
        WeightDifference(step: step, output: name, path: file), old, before + file,
        declared + file)
    }
  }

  private func difference(
    _ difference: WeightDifference, _ old: StepID, _ oldPath: String, _ newPath: String
  ) -> WeightDifference {
    var difference = difference
    do {
      let one = try PastOutput(
        of: old, path: oldPath, isFolder: false, in: a.record.run, a.history, a.store)
      let other = try PastOutput(
        of: difference.step, path: newPath, isFolder: false, in: b.record.run, b.history, b.store)
      difference.comparison = try one.withFile { a in
        try other.withFile { b in try WeightComparison(a, b, scales: scales(old, difference.step)) }
      }
      if difference.comparison == nil {
        difference.problem = "one of the files is no safetensors file"
      }
    } catch { difference.problem = Problem(error).message }
    return difference
  }

  /// Alpha over rank, as the trainings were asked for.
  private func scales(_ old: StepID, _ new: StepID) -> (old: Double, new: Double) {
    func scale(_ run: OpenedRun, _ step: StepID) -> Double {
      let parameters = run.record.actions[step]?["parameters"]
      guard let alpha = parameters?["lora_alpha"]?.number,
        let rank = parameters?["lora_r"]?.number, rank > 0
      else { return 1 }
      return alpha / rank
    }
    return (scale(a, old), scale(b, new))
  }
}
