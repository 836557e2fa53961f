internal import Documents
package import Notebook
internal import Problems
internal import Rows
internal import Running
internal import SystemPackage

/// The losses of a training as its `log.jsonl` has them.
package struct LossCurve: Hashable, Sendable {
  /// One line of the log.
  package struct Point: Hashable, Sendable {
    /// How far the training was, as in 1.25.
    package var epoch: Double?
    /// The optimizer step.
    package var step: Int64?
    /// Of one step or, at the end of an epoch, of all its steps.
    package var training: Double?
    package var validation: Double?
    /// Whether it stands for a whole epoch, or for the model before the first.
    package var isEpoch: Bool

    /// Where it stands on an axis of epochs, or of steps where the log has no epochs.
    package func place(byStep: Bool) -> Double? {
      byStep ? step.map { Double($0) } : epoch
    }
  }

  package let step: StepID
  package private(set) var points: [Point] = []
  /// Losses that are no finite number, and lines that are no JSON.
  package private(set) var holes = 0
  /// Why nothing could be read.
  package private(set) var problem: String?

  /// Reads every training of a run, also those that joined from other recipes.
  package static func all(of run: OpenedRun) -> [LossCurve] {
    run.record.actions.keys.filter { run.uses($0)?.hasPrefix("train/") == true }.sorted()
      .compactMap { run.path(of: "log", of: $0) == nil ? nil : LossCurve($0, in: run) }
  }

  /// Reads the log of a training; what cannot be read is said in `problem`.
  package init(_ step: StepID, in run: OpenedRun) {
    self.step = step
    do {
      try run.output("log", of: step)?.withFile { file in
        try read(LineReader(file, name: "log.jsonl of \(step)"))
      }
    } catch { problem = Problem(error).message }
  }

  /// The points that have a loss of their own step, for the curve of the training.
  package var training: [Point] { points.filter { !$0.isEpoch && $0.training != nil } }
  /// The points with a validation loss.
  package var validation: [Point] { points.filter { $0.validation != nil } }
  /// Whether the places of points are steps, since the log names no epochs.
  package var isByStep: Bool { points.allSatisfy { $0.epoch == nil } }
  /// The lowest validation loss and where it was.
  package var best: Point? {
    validation.min { ($0.validation ?? .infinity) < ($1.validation ?? .infinity) }
  }

  private mutating func read(_ lines: LineReader) throws {
    while let line = try lines.next() {
      if RowReader.isBlank(line) { continue }
      guard let row = try? NumberWords.parse(line), row.object != nil else {
        holes += 1
        continue
      }
      for name in ["train_loss", "validation_loss"] {
        if let value = row[name], value.number == nil { holes += 1 }
      }
      let validation = row["validation_loss"]?.number
      // Training here writes a learning rate for each step and counts tokens everywhere; logs from
      // elsewhere have no tokens, and a step unless a line is of a whole epoch.
      let isOfStep =
        row["learning_rate"] != nil || row["tokens"] == nil && row["step"] != nil
      let point = Point(
        epoch: row["epoch"]?.number, step: row["step"]?.integer,
        training: row["train_loss"]?.number, validation: validation,
        isEpoch: row["validation_loss"] != nil || !isOfStep)
      if point.training != nil || validation != nil { points.append(point) }
    }
  }
}
