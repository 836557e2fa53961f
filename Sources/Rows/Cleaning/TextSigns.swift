/// What a text says that a data set may not want: refusals, the first person, links.
package enum TextSigns {
  /// How models begin when they decline, in lower case with straight apostrophes.
  private static let refusals = [
    "i'm sorry, but i can't", "i'm sorry, but i cannot", "i'm sorry, but i'm", "i'm sorry, i can't",
    "i'm sorry, i cannot", "i am sorry, but i can't", "i am sorry, but i cannot",
    "sorry, but i can't", "sorry, but i cannot", "sorry, i can't", "sorry, i cannot",
    "i apologize, but i", "i apologise, but i", "i cannot assist", "i can't assist",
    "i cannot help with", "i can't help with", "i cannot provide", "i can't provide",
    "i cannot fulfill", "i can't fulfill", "i cannot fulfil", "i can't fulfil", "i'm unable to",
    "i am unable to", "i'm not able to", "i am not able to", "as an ai", "as a language model",
    "as a large language model", "i must decline",
  ]

  /// Whether an answer begins with a model's refusal, or calls itself an AI language model anywhere.
  package static func isRefusal(_ text: String) -> Bool {
    let plain = TextCleaning.foldedQuotes(text).lowercased()
    let start = plain.drop { !$0.isLetter }
    return plain.hasBytes(of: "as an ai language model")
      || refusals.contains {
        start.hasPrefix($0) && !(start.dropFirst($0.count).first?.isLetter ?? false)
      }
  }

  private static let firstPerson: Set<String> = [
    "i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself",
  ]

  /// Whether a text speaks in the first person singular.
  package static func hasFirstPerson(_ text: String) -> Bool {
    TextCleaning.foldedQuotes(text).lowercased()
      .split { !$0.isLetter && $0 != "'" }
      .contains { firstPerson.contains($0.trimmingApostrophes) }
  }

  /// Whether a text has a web address in it.
  package static func hasLink(_ text: String) -> Bool {
    let lower = text.lowercased()
    if lower.hasBytes(of: "http://") || lower.hasBytes(of: "https://") { return true }
    return lower.split { $0.isWhitespace || $0 == "(" || $0 == "[" || $0 == "<" }
      .contains { $0.hasPrefix("www.") && $0.dropFirst(4).contains(".") }
  }
}

extension Substring {
  /// Quotation marks around a word are not part of it.
  fileprivate var trimmingApostrophes: String {
    var word = self
    while word.first == "'" { word.removeFirst() }
    while word.last == "'" { word.removeLast() }
    return String(word)
  }
}
