package import Digests
package import Documents
package import History
package import Notebook
package import Replay

/// A run as a notebook: the recipe's text in its order, and with each cell what came of it. Everything
/// that a page, a Jupyter notebook or a Markdown file of the run says is in here.
package struct ExecutedNotebook: Sendable {
  /// A stretch of the recipe's text.
  package enum Part: Sendable {
    case frontMatter(String)
    case prose(String)
    case cell(Cell)
  }

  /// A cell with the steps that it was: one, or an instance for each combination of a matrix.
  package struct Cell: Sendable {
    package var language: String
    package var id: String
    /// What stands between the fences.
    package var body: String
    /// The whole block with its fences.
    package var text: String
    package var steps: [ExecutedStep]
  }

  /// The steps that joined from another recipe, with that recipe's cells where its text is known.
  package struct Joined: Sendable {
    package var recipe: String
    package var cells: [Cell]
  }

  /// Something that came from outside.
  package struct Source: Hashable, Sendable {
    package var step: String
    /// What was asked, as in `countryinfo 1.0.1` or an address.
    package var name: String
    package var revision: String?
    /// An SPDX identifier, or nil where none is known.
    package var licence: String?
    /// In bytes.
    package var size: Int64?
    package var sha256: Digest?
  }

  /// A Python environment as it was installed.
  package struct Environment: Hashable, Sendable {
    package var name: String
    package var python: String
    package var digest: Digest?
    package var packages: [(name: String, version: String)] {
      files.map { ($0.name, $0.version) }
    }
    var files: [File]

    struct File: Hashable, Sendable {
      var name: String
      var version: String
    }
  }

  package let run: PastRun
  package let title: String
  package let recipe: String
  package var parts: [Part]
  package var joined: [Joined]
  /// Steps that are in the record and in no text.
  package var others: [ExecutedStep]
  package var parameters: [(name: String, value: JSON)]
  package var environments: [Environment]
  package var sources: [Source]
  package var submissions: [String]
  /// `record/run.json`, for host, machine, times.
  package let record: JSON

  /// Every step, in the order of the page.
  package var steps: [ExecutedStep] {
    parts.flatMap { part -> [ExecutedStep] in
      if case .cell(let cell) = part { cell.steps } else { [] }
    } + joined.flatMap { $0.cells.flatMap(\.steps) } + others
  }

  /// How the run is named: the first eight digits of its commit.
  package var name: String { String(run.id.hex.prefix(8)) }
}

/// Where the pages of outputs and logs are.
package struct NotebookLinks: Sendable {
  /// The address of an output's page, by its step and name.
  package var output: @Sendable (StepID, String) -> String
  /// The address of the page of all that a step wrote.
  package var log: @Sendable (String) -> String

  package init(
    output: @escaping @Sendable (StepID, String) -> String,
    log: @escaping @Sendable (String) -> String
  ) {
    self.output = output
    self.log = log
  }
}

/// A step of a past run with what it gave.
package struct ExecutedStep: Sendable {
  package let id: String
  package var state: StepState
  package var key: Digest?
  /// How long it took when it was executed, in seconds; nil where nobody knows.
  package var seconds: Double?
  /// When it began, in seconds after the run; nil where it is not recorded.
  package var start: Double?
  /// In bytes.
  package var peakMemory: Int64?
  /// Why it ran, failed or waits, in words.
  package var why: String?
  package var hint: String?
  /// The kind of a library step, as in `train/lora`; nil for a cell of the recipe's own.
  package var kind: String?
  package var shape: StepGraph.Kind
  /// Whether its bytes come out equal again, and how many executions say so.
  package var determinism: Determinism
  package var executions: Int64
  /// The names of the steps that gave its inputs.
  package var inputs: [String]
  package var outputs: [ExecutedOutput]
  /// The last lines of what it wrote to standard output and error, and whether that is all.
  package var log: (text: String, isWhole: Bool)?
  /// Where a page of all that it wrote is; nil in a file.
  package var logLink: String?
}

/// An output of a step of a past run.
package struct ExecutedOutput: Sendable {
  package let name: String
  /// As it is declared, with a slash at its end for a folder.
  package let path: String
  /// In bytes; for a folder the sum of its files.
  package let size: Int64
  package let origin: Origin
  package let content: OutputContent
}
