internal import Documents

/// What the two loss curves of a training say, in the words of `Programs/reading.py`, for one whose
/// checkpoints are not ours to choose from.
struct OverfitReading: Hashable {
  struct Epoch: Hashable {
    /// From 1.
    var number: Int64
    /// In nats a token; nil where the log does not say.
    var trainLoss: Double?
    var validationLoss: Double?
  }

  /// The relative change of a loss that is taken to mean something.
  private static let notable = 0.01

  let document: JSON

  /// - Returns: nil where no epoch has a validation loss.
  init?(_ epochs: [Epoch]) {
    var best: (epoch: Epoch, loss: Double)?
    for epoch in epochs {
      guard let loss = epoch.validationLoss else { continue }
      if best.map({ loss < $0.loss }) ?? true { best = (epoch, loss) }
    }
    guard let best, let last = epochs.last else { return nil }
    let (reading, suggestion) = OverfitReading.judge(epochs, best.epoch, best.loss)
    func value(_ number: Double?) -> JSON {
      number.map { .number(($0 * 1_000_000).rounded() / 1_000_000) } ?? .null
    }
    document = [
      "best_epoch": .integer(best.epoch.number), "epochs": .integer(Int64(epochs.count)),
      "gap": value(best.epoch.trainLoss.map { best.loss - $0 }),
      "last_validation_loss": value(last.validationLoss), "reading": .string(reading),
      "suggestion": .string(suggestion), "train_loss": value(best.epoch.trainLoss),
      "validation_loss": value(best.loss), "validation_loss_before": .null,
    ]
  }

  private static func judge(_ epochs: [Epoch], _ best: Epoch, _ loss: Double) -> (String, String) {
    let last = epochs[epochs.count - 1]
    if let lastLoss = last.validationLoss, lastLoss > loss * (1 + notable) {
      return (
        "overfitting",
        "Validation loss rose after epoch \(best.number): set epoch to \(best.number), add rows, "
          + "or lower lora_r."
      )
    }
    if best == last, epochs.count > 1, let before = epochs[epochs.count - 2].validationLoss,
      loss < before * (1 - notable)
    {
      return (
        "improving", "Validation loss was still falling at the last epoch: more epochs may help."
      )
    }
    return (
      "settled",
      "Validation loss no longer falls: more epochs will not help, more or better rows may."
    )
  }
}
