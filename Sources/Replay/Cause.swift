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
    var texts: [String] = []
    if before["python"] != after["python"] {
      texts.append(
        "Python was \(before["python"]?.string ?? ""), is \(after["python"]?.string ?? "")")
    }
    let was = Cause.files(before)
    let now = Cause.files(after)
    for name in Set(was.keys).union(now.keys).sorted() where was[name] != now[name] {
      switch (was[name], now[name]) {
      case (let one?, let other?) where one.version != other.version:
        texts.append("the package `\(name)` was \(one.version), is \(other.version)")
      case (let one?, let other?):
        texts.append(
          "the file of the package `\(name)` \(one.version) was \(one.digest), is \(other.digest)")
      case (nil, let other?): texts.append("the package `\(name)` \(other.version) is new")
      case (let one?, nil): texts.append("the package `\(name)` \(one.version) is gone")
      case (nil, nil): break
      }
    }
    return texts
  }

  private static func files(_ document: JSON) -> [String: (version: String, digest: String)] {
    Dictionary(
      (document["files"]?.array ?? []).compactMap { file in
        file["name"]?.string.map {
          ($0, (file["version"]?.string ?? "", file["sha256"]?.digest?.short ?? ""))
        }
      }, uniquingKeysWith: { first, _ in first })
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

private func != (
  one: (version: String, digest: String)?, other: (version: String, digest: String)?
) -> Bool {
  one?.version != other?.version || one?.digest != other?.digest
}
