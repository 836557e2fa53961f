internal import Digests
internal import History

/// The name of an experiment that was given none.
enum ExperimentName {
  /// A name that Git takes: the text itself where it can be one, otherwise its beginning and a
  /// digest of the whole.
  static func made(from text: String) -> String {
    if text.count <= 60, text != "main", Branch.isExperimentName(text) { return text }
    let start = text.prefix(48).drop { !$0.isLetter && !$0.isNumber }
      .replacing("..", with: "-")
    return "x-\(start)-\(Digest(of: text).short)"
  }
}
