internal import Digests
internal import Documents
internal import History
internal import Notebook
internal import Planning
internal import Running

/// Why a step of a replay came out different, as far as what is recorded tells.
struct Cause: Sendable {
  let record: RunRecord
  /// The environment documents of the replay, by the digest that action documents hold.
  let environments: [Digest: JSON]
  /// The machine of the replay, and the processor that it emulates, if any.
  let machine: JSON
  let emulated: String?
  let larderVersion: String

  /// What differs between the two actions, in words; empty where they are one.
  ///
  /// - Parameter following: the inputs that came out different upstream, which are no cause here.
  func changes(from old: JSON, to new: JSON, following: Set<String>) -> [String] {
    let before = without(following, old)
    let after = without(following, new)
    var texts: [String] = []
    for change in Explanation(from: before, to: after).changes {
      if change.component == "the environment" {
        texts += packages(old["environment"]?.digest, new["environment"]?.digest)
      } else {
        switch (change.old, change.new) {
        case (nil, let value?): texts.append("\(change.component) is new: \(value)")
        case (let value?, nil): texts.append("\(change.component) is gone: it was \(value)")
        case (let one, let other):
          texts.append("\(change.component) was \(one ?? ""), is \(other ?? "")")
        }
      }
    }
    return texts
  }

  /// What differs around two equal actions and may explain it.
  func surroundings(of step: StepID, action: JSON) -> [String] {
    var texts: [String] = []
    let profile = action["numerics"]?["profile"]?.string
    if let old = record.machine(of: step), action["platform"] != nil {
      let was = Cause.processor(old)
      let now = emulated.map { "\($0), emulated" } ?? Cause.processor(machine)
      if was != now {
        switch profile {
        case "native":
          texts.append(
            "the processor was \(was), is \(now): the profile `native` is exact only on the same "
              + "processor")
        case "gpu": break
        case let profile:
          texts.append(
            "the processor was \(was), is \(now)"
              + (profile == nil ? ", and the step has no numerics profile" : ""))
        }
      }
      if profile == "gpu", old["gpus"] != machine["gpus"] {
        texts.append(
          "the GPU was \(Cause.list(old["gpus"])), is \(Cause.list(machine["gpus"])): the profile "
            + "`gpu` is exact only on the same device and driver")
      }
      if let cores = old["cores"]?.integer, let now = machine["cores"]?.integer, cores != now {
        texts.append("the machine had \(cores) processors, has \(now)")
      }
    }
    if record.record["sandbox"]?.bool == false {
      texts.append("the run was made without the sandbox")
    }
    if let version = record.run.larderVersion, version != larderVersion {
      texts.append("Larder was \(version), is \(larderVersion)")
    }
    return texts
  }

  private func without(_ inputs: Set<String>, _ action: JSON) -> JSON {
    guard var parts = action.object, var given = parts["inputs"]?.object else { return action }
    for name in inputs { given[name] = nil }
    parts["inputs"] = .object(given)
    return .object(parts)
  }

  /// The packages in which two environments differ.
  private func packages(_ old: Digest?, _ new: Digest?) -> [String] {
    guard let old, let new, let before = record.environments[old], let after = environments[new]
    else { return ["the environment was \(old?.short ?? "none"), is \(new?.short ?? "none")"] }
    return EnvironmentDifference(before, after).changes.map(\.text)
  }

  private static func processor(_ machine: JSON) -> String {
    let name = machine["processor"]?.string ?? "unknown"
    return machine["signature"]?.string.map { "\(name) (\($0))" } ?? name
  }

  private static func list(_ value: JSON?) -> String {
    let names = (value?.array ?? []).compactMap(\.string)
    return names.isEmpty ? "none" : names.joined(separator: " and ")
  }
}
