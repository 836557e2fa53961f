internal import Documents
internal import Problems
internal import Rows
internal import SystemPackage

/// The losses in the log of a training that ran elsewhere: the dictionaries that Hugging Face's
/// trainer prints, and the lines of llama-recipes, which SageMaker JumpStart uses for Llama models.
struct TrainingLog: Hashable {
  /// Under the names that `train/lora` uses in its own log, only what the log says.
  private(set) var rows: [JSON] = []
  private(set) var epochs: [OverfitReading.Epoch] = []
  /// All lines of the log, those without a loss as well.
  private(set) var lines = 0
  /// The greatest optimizer step that the log names.
  private(set) var steps: Int64?

  /// What is looked for, for a log that has none of it.
  static let wordings = [
    "{'loss': 1.234, 'epoch': 0.5}", "{'eval_loss': 1.234, 'epoch': 1.0}",
    "train_epoch_loss=1.234", "eval_epoch_loss=tensor(1.234)",
    "step 10 is completed and loss is 1.234",
    "Training Epoch: 1/5, step 10/40 completed (loss: 1.234)",
  ]

  /// Losses of training since the last epoch ended.
  private var recent: [Double] = []
  /// A validation loss that stands before the training loss of its epoch.
  private var pending: [String: JSON]?
  /// Whether an epoch's training loss stands before its validation loss.
  private var isTrainingFirst: Bool?

  /// - Throws: a user problem where the file is no text or has no loss in it.
  init(_ path: FilePath) throws(Problem) {
    let reader = try LineReader(path, name: "log")
    while let line = try reader.next() {
      lines += 1
      if line.contains(0) {
        throw Problem(
          .user, "evidence",
          "the evidence `log` is not text: a zero byte stands on line \(reader.number)",
          hint: "copy the log as text from the console or from CloudWatch")
      }
      // A progress bar writes its states over each other with carriage returns.
      for piece in line.split(separator: 0x0D) where TrainingLog.mentionsLoss(piece) {
        take(String(decoding: piece, as: UTF8.self))
      }
    }
    flush()
    guard rows.isEmpty else { return }
    throw Problem(
      .user, "evidence",
      "the evidence `log` has no loss in its \(lines) lines; looked for lines such as "
        + TrainingLog.wordings.map { "`\($0)`" }.joined(separator: ", "),
      hint: "copy the whole log of the training job, from the console or from CloudWatch")
  }

  private static func mentionsLoss(_ line: ArraySlice<UInt8>) -> Bool {
    let word = Array("loss".utf8)
    guard line.count >= word.count else { return false }
    return line.indices.dropLast(word.count - 1).contains { start in
      line[start] == word[0] && line[start..<(start + word.count)].elementsEqual(word)
    }
  }

  private mutating func take(_ line: String) {
    if line.contains("epoch_loss=") {
      takeEpochLine(line)
    } else if let match = line.firstMatch(of: /\{.*['"](?:eval_|train_)?loss['"]:.*\}/) {
      takeDictionary(String(match.0))
    } else if let match = line.firstMatch(
      of: /Training Epoch: ?(\d+)\/\d+, step (\d+)\/(\d+) completed \(loss: ([^)\s]+)\)/),
      let epoch = Int64(match.1), let step = Int64(match.2), let count = Double(match.3), count > 0,
      let loss = TrainingLog.number(match.4)
    {
      // llama-recipes counts epochs from 1 and the steps of each from 0.
      let done = Double(epoch - 1) + Double(step + 1) / count
      add(["epoch": .number((done * 10_000).rounded() / 10_000), "step": .integer(step)], loss)
    } else if let match = line.firstMatch(of: /step (\d+) is completed and loss is (\S+)/),
      let step = Int64(match.1), let loss = TrainingLog.number(match.2)
    {
      add(["step": .integer(step)], loss)
    }
  }

  /// A training step; a progress bar may show the same one several times.
  private mutating func add(_ row: [String: JSON], _ loss: Double) {
    var row = row
    row["train_loss"] = .number(loss)
    guard rows.last != .object(row) else { return }
    rows.append(.object(row))
    recent.append(loss)
    note(row["step"]?.integer)
  }

  private mutating func note(_ step: Int64?) {
    if let step { steps = max(steps ?? 0, step) }
  }

  // MARK: Hugging Face

  private static let names = [
    "loss": "train_loss", "train_loss": "train_loss", "eval_loss": "validation_loss",
    "learning_rate": "learning_rate", "grad_norm": "gradient_norm", "epoch": "epoch",
    "step": "step",
  ]

  private mutating func takeDictionary(_ text: String) {
    var row: [String: JSON] = [:]
    for match in text.matches(of: /['"]([A-Za-z_]+)['"]: *['"]?([^'",}\s]+)/) {
      guard let name = TrainingLog.names[String(match.1)],
        let value = TrainingLog.number(match.2)
      else { continue }
      row[name] = .number(value)
    }
    let training = row["train_loss"]?.number
    let validation = row["validation_loss"]?.number
    guard training != nil || validation != nil else { return }
    rows.append(.object(row))
    note(row["step"]?.integer)
    if let validation {
      let number = row["epoch"]?.number.map { Int64(max(1, $0.rounded())) }
      close(number, training: nil, validation: validation)
    } else if let training, !text.contains("train_loss") {
      // The last dictionary of a trainer holds the mean over everything: no step of its own.
      recent.append(training)
    }
  }

  // MARK: llama-recipes

  private mutating func takeEpochLine(_ line: String) {
    let training = TrainingLog.value(of: "train_epoch_loss", in: line)
    let validation = TrainingLog.value(of: "eval_epoch_loss", in: line)
    var row: [String: JSON] = [:]
    row["train_loss"] = training.map { .number($0) }
    row["train_perplexity"] = TrainingLog.value(of: "train_perplexity", in: line)
      .map { .number($0) }
    row["validation_loss"] = validation.map { .number($0) }
    row["validation_perplexity"] = TrainingLog.value(of: "eval_ppl", in: line).map { .number($0) }
    if let training {
      let number =
        line.firstMatch(of: /Epoch:? ?(\d+)/).flatMap { Int64($0.1) }
        ?? Int64(epochs.count + 1)
      row["epoch"] = .integer(number)
      row.merge(pending ?? [:]) { own, _ in own }
      pending = nil
      isTrainingFirst = isTrainingFirst ?? (row["validation_loss"] == nil)
      rows.append(.object(row))
      close(number, training: training, validation: row["validation_loss"]?.number)
    } else if let validation {
      if isTrainingFirst == true, let last = epochs.last, last.validationLoss == nil,
        let index = rows.lastIndex(where: { $0["epoch"] == .integer(last.number) }),
        case .object(let own) = rows[index]
      {
        rows[index] = .object(own.merging(row) { _, new in new })
        epochs[epochs.count - 1].validationLoss = validation
      } else {
        flush()
        pending = row
      }
    }
  }

  /// A validation loss that no training loss came after.
  private mutating func flush() {
    guard var row = pending else { return }
    pending = nil
    let number = Int64(epochs.count + 1)
    row["epoch"] = .integer(number)
    rows.append(.object(row))
    close(number, training: nil, validation: row["validation_loss"]?.number)
  }

  private mutating func close(_ number: Int64?, training: Double?, validation: Double?) {
    let mean = recent.isEmpty ? nil : recent.reduce(0, +) / Double(recent.count)
    recent = []
    epochs.append(
      OverfitReading.Epoch(
        number: number ?? Int64(epochs.count + 1), trainLoss: training ?? mean,
        validationLoss: validation))
  }

  // MARK: Numbers

  private static func value(of name: String, in line: String) -> Double? {
    guard let range = line.firstRange(of: name + "=") else { return nil }
    var rest = line[range.upperBound...]
    if rest.hasPrefix("tensor(") { rest = rest.dropFirst("tensor(".count) }
    return number(rest.prefix { !$0.isWhitespace && $0 != "," && $0 != ")" })
  }

  /// A finite number.
  private static func number(_ text: Substring) -> Double? {
    let text = text.hasSuffix(".") ? text.dropLast() : text
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
