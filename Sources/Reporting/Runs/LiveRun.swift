package import Documents

/// A run as its journal tells it so far: what a page shows while it goes on. It is made of the
/// journal's objects, one after the other, and stays small however long the run is.
package struct LiveRun: Sendable {
  /// One step of it that was heard of.
  package struct Step: Sendable {
    package enum State: Hashable, Sendable {
      case running
      /// Another run makes the same result, and this one waits for it.
      case sharing
      /// With the status of `run --json`.
      case ended(String)
    }

    package internal(set) var state = State.running
    /// In seconds since 1970; nil where it never ran.
    package internal(set) var startedAt: Double?
    /// How long it took, in seconds.
    package internal(set) var seconds: Double?
    package internal(set) var why = ""
    package internal(set) var problem: (message: String, hint: String?)?
    package internal(set) var progress: Progress?
    /// The last lines that it printed.
    package internal(set) var lines: [String] = []
    /// How many lines it printed.
    package internal(set) var lineCount = 0
    /// Of a training: the optimizer step, and the loss that its progress tells.
    package internal(set) var losses: [(step: Double, loss: Double)] = []
    /// The version of the run at which it last changed.
    package internal(set) var changed = 0

    package init() {}
  }

  /// As many lines of a step are kept.
  package static let mostLines = 20
  /// As many points of a loss curve are kept; beyond, every other one goes.
  static let mostLosses = 2_000

  /// The journal's name: no two runs have the same.
  package let id: String
  package let recipe: String
  /// Nil for `main`.
  package let experiment: String?
  package let note: String?
  /// In seconds since 1970.
  package let startedAt: Double
  package private(set) var steps: [String: Step] = [:]
  /// How many steps there are, are cached from the start, and are to run; nil until that is known.
  package private(set) var plan: (steps: Int, cached: Int, toRun: Int)?
  /// What is prepared before the first step.
  package private(set) var preparation: (text: String, progress: Progress?)?
  /// What went wrong outside of any step.
  package private(set) var problems: [(message: String, hint: String?)] = []
  /// The last object, of type `end`.
  package private(set) var end: JSON?
  /// In seconds since 1970, as far as it is known here.
  package private(set) var endedAt: Double?
  /// Whether the process that ran it is gone without a word.
  package private(set) var isAbandoned = false
  /// Grows with each change.
  package private(set) var version = 0
  /// The step that the last `step` object told of, whose problem comes next.
  private var lastEnded: String?

  /// - Parameter head: the journal's first object; nil is given for anything else.
  package init?(head: JSON) {
    guard head["type"] == "run", let id = head["id"]?.string, let recipe = head["recipe"]?.string,
      let startedAt = head["at"]?.number
    else { return nil }
    self.id = id
    self.recipe = recipe
    self.startedAt = startedAt
    experiment = head["experiment"]?.string
    note = head["note"]?.string
  }

  package var isEnded: Bool { end != nil || isAbandoned }

  /// How many steps ended that were not cached from the start, of those that were to run; nil until
  /// that is known.
  package var done: Int? {
    guard let plan else { return nil }
    let ended = steps.values.count {
      if case .ended(let status) = $0.state { status != "cached" } else { false }
    }
    return min(ended, plan.toRun)
  }

  /// Takes the next object.
  ///
  /// - Parameter moment: now, in seconds since 1970.
  package mutating func take(_ object: JSON, at moment: Double) {
    version += 1
    switch object["type"]?.string {
    case "plan":
      func count(_ name: String) -> Int { object[name]?.integer.map { Int($0) } ?? 0 }
      plan = (count("steps"), count("cached"), count("to_run"))
      preparation = nil
    case "prepare":
      preparation = (object["text"]?.string ?? "", Progress(object["progress"]))
    case "start":
      change(object) { step in
        step = Step()
        step.startedAt = object["at"]?.number
        step.why = object["why"]?.string ?? ""
      }
    case "wait": change(object) { $0.state = .sharing }
    case "progress":
      guard let progress = Progress(object["progress"]) else { return }
      change(object) { step in
        step.state = .running
        step.progress = progress
        if let loss = LiveRun.loss(in: progress.text) { step.add((progress.done, loss)) }
      }
    case "lines":
      let new = object["lines"]?.array?.compactMap(\.string) ?? []
      change(object) { step in
        step.lines = (step.lines + new).suffix(LiveRun.mostLines)
        step.lineCount += object["count"]?.integer.map { Int($0) } ?? new.count
      }
    case "losses":
      change(object) { step in
        for pair in object["points"]?.array ?? [] {
          if let place = pair.array?.first?.number, let loss = pair.array?.last?.number {
            step.add((place, loss))
          }
        }
      }
    case "step":
      lastEnded = object["step"]?.string
      change(object) { step in
        step.state = .ended(object["status"]?.string ?? "")
        step.seconds = object["seconds"]?.number
        if let why = object["why"]?.string, !why.isEmpty { step.why = why }
      }
    case "problem":
      let problem = (object["message"]?.string ?? "", object["hint"]?.string)
      if let name = lastEnded, steps[name]?.why == problem.0 {
        steps[name]?.problem = problem
        steps[name]?.changed = version
      } else {
        problems.append(problem)
      }
    case "end":
      end = object
      endedAt = moment
      preparation = nil
    default: break
    }
  }

  /// Nobody writes the journal any more, and it has no end.
  package mutating func abandon(at moment: Double) {
    guard !isEnded else { return }
    version += 1
    isAbandoned = true
    endedAt = moment
    for name in steps.keys {
      guard let step = steps[name], step.state == .running || step.state == .sharing else {
        continue
      }
      steps[name]?.state = .ended("skipped")
      steps[name]?.why = "the process that ran it is gone"
      steps[name]?.changed = version
    }
  }

  /// It stands for an earlier state of the same run, of which readers know the version.
  package mutating func replace(_ earlier: LiveRun) {
    version += earlier.version
    for name in steps.keys { steps[name]?.changed = version }
  }

  private mutating func change(_ object: JSON, _ body: (inout Step) -> Void) {
    guard let name = object["step"]?.string else { return }
    var step = steps[name] ?? Step()
    body(&step)
    step.changed = version
    steps[name] = step
  }

  /// The loss that the progress of a training begins with, as in `loss 2.134, 5120 tokens/s`.
  static func loss(in text: String) -> Double? {
    guard text.hasPrefix("loss ") else { return nil }
    let value = Double(text.dropFirst(5).prefix { $0 != "," && $0 != " " })
    return value.flatMap { $0.isFinite ? $0 : nil }
  }

  /// The objects that make the same state again: what a journal that grew too long is replaced by.
  package var objects: [JSON] {
    var objects: [JSON] = []
    if let plan {
      objects.append([
        "type": "plan", "steps": .integer(Int64(plan.steps)),
        "cached": .integer(Int64(plan.cached)), "to_run": .integer(Int64(plan.toRun)),
      ])
    }
    if let preparation {
      var parts: [String: JSON] = ["type": "prepare", "text": .string(preparation.text)]
      parts["progress"] = preparation.progress.map(RunJSON.object)
      objects.append(.object(parts))
    }
    for (name, step) in steps.sorted(by: { $0.key < $1.key }) {
      objects += step.objects(named: name)
    }
    objects += problems.map(LiveRun.object)
    return objects + (end.map { [$0] } ?? [])
  }

  static func object(_ problem: (message: String, hint: String?)) -> JSON {
    var parts: [String: JSON] = ["type": "problem", "message": .string(problem.message)]
    parts["hint"] = problem.hint.map { .string($0) }
    return .object(parts)
  }
}

extension LiveRun.Step {
  /// Adds a point of the loss curve; what was measured again counts once.
  fileprivate mutating func add(_ point: (step: Double, loss: Double)) {
    guard point.step > losses.last?.step ?? -.infinity else { return }
    losses.append(point)
    if losses.count > LiveRun.mostLosses {
      losses = losses.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    }
  }

  fileprivate func objects(named name: String) -> [JSON] {
    let id = JSON.string(name)
    var objects: [JSON] = []
    if let startedAt {
      objects.append([
        "type": "start", "step": id, "why": .string(why), "at": .finite(startedAt),
      ])
    }
    if !lines.isEmpty { objects.append(RunJSON.lines(name, lines, of: lineCount)) }
    if !losses.isEmpty {
      objects.append([
        "type": "losses", "step": id,
        "points": .array(losses.map { .array([.finite($0.step), .finite($0.loss)]) }),
      ])
    }
    if let progress {
      objects.append(["type": "progress", "step": id, "progress": RunJSON.object(progress)])
    }
    switch state {
    case .running: break
    case .sharing: objects.append(["type": "wait", "step": id])
    case .ended(let status):
      var parts: [String: JSON] = [
        "type": "step", "step": id, "status": .string(status), "why": .string(why),
      ]
      parts["seconds"] = seconds.map { .finite($0) }
      objects.append(.object(parts))
    }
    if let problem { objects.append(LiveRun.object(problem)) }
    return objects
  }
}

extension Progress {
  /// From its object; nil for anything else.
  init?(_ object: JSON?) {
    guard let done = object?["done"]?.number else { return nil }
    self.init(
      done: done, total: object?["total"]?.number, unit: object?["unit"]?.string ?? "",
      text: object?["text"]?.string ?? "")
  }
}
