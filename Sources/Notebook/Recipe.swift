package import Documents
package import Problems
package import SystemPackage

/// A recipe that was read, checked and resolved: every name in it leads somewhere and every
/// parameter has its type.
package struct Recipe: Sendable {
  /// The file's name without `.md`.
  package var name: String
  package var path: FilePath
  /// The whole text, as it was read.
  package var text: String
  package var title: String?
  /// The recipe's own parameters with the values of this run (`--set`, `--params` applied).
  package var parameters: [String: JSON]
  /// The parameters of steps that the command line set, as `STEP.PARAM`, with their resolved values.
  package var stepOverrides: [String: JSON] = [:]
  /// Its own by name, and those of joined steps as `RECIPE/NAME`.
  package var environments: [String: EnvironmentRequest]
  /// SPDX identifiers that sources may have; nil where the recipe sets no limit.
  package var licences: [String]?
  /// In document order, for a cell with a matrix its instances; after them the steps of other
  /// recipes that join, by their ids.
  package var steps: [Step]
  /// Every other recipe that was read for this one, by name.
  package var joined: [Joined] = []

  /// Another recipe, some of whose steps join the graph.
  package struct Joined: Hashable, Sendable {
    package var name: String
    package var path: FilePath
    /// The whole text, as it was read.
    package var text: String
    /// SPDX identifiers that its sources may have; nil where it sets no limit.
    package var licences: [String]?
  }

  package init(
    name: String, path: FilePath, text: String, title: String?, parameters: [String: JSON],
    environments: [String: EnvironmentRequest], licences: [String]?, steps: [Step]
  ) {
    self.name = name
    self.path = path
    self.text = text
    self.title = title
    self.parameters = parameters
    self.environments = environments
    self.licences = licences
    self.steps = steps
  }
}

/// A Python environment as a recipe asks for it.
package struct EnvironmentRequest: Hashable, Sendable {
  package var name: String
  /// Requirement specifiers, sorted: `orjson==3.11.4`, or with `--hash=sha256:…` after it.
  package var requirements: [String]
  /// The requirements file, relative to the folder of the recipe that is run; nil for a list.
  package var file: String?

  package init(name: String, requirements: [String], file: String? = nil) {
    self.name = name
    self.requirements = requirements
    self.file = file
  }
}

/// One step of a recipe, resolved.
package struct Step: Sendable {
  package enum Work: Hashable, Sendable {
    /// A cell with its own code; the option lines are not part of it. LF, one final newline.
    case script(language: String, interpreter: [String], code: String)
    /// A library step by the name of its kind, as in `train/lora`.
    case library(String)
    /// A data cell: its body is its only output.
    case data(String)

    /// Whether both are executed in the same way: parameters and environments of one mean the same
    /// to the other.
    package func isSameKind(as other: Work) -> Bool {
      switch (self, other) {
      case (.library(let kind), .library(let name)): kind == name
      case (.script, .script): true
      default: false
      }
    }
  }

  /// The memory, processors and time that a step may use.
  package struct Resources: Hashable, Sendable {
    /// Nil where the recipe does not say; see `Step.threads`.
    package var cpus: Int?
    /// In bytes; nil is no limit.
    package var memory: Int64?
    package var gpus: Int = 0
    /// In seconds; nil is no limit.
    package var time: Double?
    /// What the step may write, in bytes; nil is no limit but the file system's.
    package var disk: Int64?

    package init() {}
  }

  package struct Output: Hashable, Sendable {
    package var name: String
    /// Relative to `out/`, without a trailing slash.
    package var path: String
    package var isFolder: Bool

    package init(name: String, path: String, isFolder: Bool) {
      self.name = name
      self.path = path
      self.isFolder = isFolder
    }
  }

  package var id: StepID
  /// Which combination of a matrix the step is made for; nil for a step without one.
  package var instance: Instance?
  /// The line of the opening fence, from 1.
  package var line: Int
  package var work: Work
  /// By the name under which the step finds them in `in/`.
  package var inputs: [String: Reference]
  /// Where the `run:` references among the inputs stand.
  package var places: [String: Problem.Place]
  /// In declared order.
  package var outputs: [Output]
  /// The output that a bare reference to the step means; nil where it has several and none is main.
  package var mainOutput: String?
  /// Resolved `with`; for library steps with the declared defaults filled in.
  package var parameters: [String: JSON]
  /// A key of the recipe's `environments`, or nil for the step kind's own or none.
  package var environment: String?
  /// Plain variables.
  package var variables: [String: String]
  package var secrets: [String]
  package var network: Bool
  package var resources: Resources
  /// `portable`, `native` or `gpu`; nil where the step kind decides.
  package var numerics: String?
  /// The largest absolute difference of two numbers by which a replay's output may differ; nil for
  /// none. It is no part of the key: it changes what a replay says, not what the step makes.
  package var tolerance: Double?
  /// Always run, never taken from the cache.
  package var neverCached: Bool

  /// The thread count of numerical libraries, which is part of the key: two unless the recipe says
  /// otherwise, so that it never depends on the machine.
  package var threads: Int { resources.cpus ?? 2 }

  package init(id: StepID, line: Int, work: Work) {
    self.id = id
    self.line = line
    self.work = work
    inputs = [:]
    places = [:]
    outputs = []
    parameters = [:]
    variables = [:]
    secrets = []
    network = false
    resources = Resources()
    neverCached = false
  }
}
