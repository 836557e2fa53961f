package import History
internal import Problems

/// What `larder lineage` is asked.
package enum LineageQuery: Hashable, Sendable {
  /// Which runs a row reached.
  case rows(Needle)
  /// Which runs hold what is derived from sources of that name or address.
  case source(String)
  /// The same for sources under an SPDX identifier; `none` for those without a licence.
  case licence(String)
  /// What reached a run.
  case run(PastRun)
  /// What reached an output of a run.
  case output(PastRun, step: String, name: String?)

  /// The kind, as `--json` calls it.
  package var kind: String {
    switch self {
    case .rows(.id): "id"
    case .rows(.text): "text"
    case .source: "source"
    case .licence: "licence"
    case .run: "run"
    case .output: "output"
    }
  }

  /// Prefixes that say what is meant.
  private static let prefixes = ["id:", "text:", "source:", "url:", "licence:", "license:"]

  /// Reads a query.
  ///
  /// Without a prefix it is, in this order: an address, a run or an output of one, a licence of a known
  /// source, a source's name to the letter, a text where it has white space or stands in quotes, and
  /// otherwise the id of a row.
  ///
  /// - Parameters:
  ///   - sources: all sources of the runs that are looked at; asked for where it matters.
  /// - Throws: a user problem where it is empty, or names a run or an output that is not there.
  package init(
    _ text: String, history: HistoryRepository, sources: () throws -> [DataSource]
  ) throws {
    let isBlank = text.allSatisfy(\.isWhitespace)
    if isBlank { throw LineageQuery.empty("the query is empty") }
    if let prefix = LineageQuery.prefixes.first(where: text.hasPrefix) {
      let value = LineageQuery.unquoted(String(text.dropFirst(prefix.count)))
      guard !value.allSatisfy(\.isWhitespace) else {
        throw LineageQuery.empty("nothing follows `\(prefix)`")
      }
      switch prefix {
      case "id:": self = .rows(.id(value))
      case "text:": self = .rows(.text(value))
      case "source:", "url:": self = .source(value)
      default: self = .licence(value)
      }
      return
    }
    if text.contains("://") {
      self = .source(text)
      return
    }
    if LineageQuery.unquoted(text) != text || text.contains(where: \.isWhitespace) {
      let value = LineageQuery.unquoted(text)
      if value.isEmpty { throw LineageQuery.empty("the text is empty") }
      self = .rows(.text(value))
      return
    }
    if let found = try LineageQuery(run: text, history) {
      self = found
      return
    }
    let known = try sources()
    if known.contains(where: { text.lowercased() != "none" && $0.isUnder(text) }) {
      self = .licence(text)
    } else if known.contains(where: { $0.names.contains(text) }) {
      self = .source(text)
    } else {
      self = .rows(.id(text))
    }
  }

  /// A run or an output of one; nil where the text is neither.
  private init?(run text: String, _ history: HistoryRepository) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let run: PastRun
    do { run = try history.resolve(String(parts[0])) } catch let problem as Problem {
      // What can be nothing else is a run that is not there.
      let canBeRow = !text.hasPrefix("submission/") && !text.hasPrefix("@")
      if problem.tier == .user, canBeRow { return nil }
      throw problem
    }
    guard parts.count > 1 else {
      self = .run(run)
      return
    }
    // A label of an instance may hold dots; a path inside a folder says no more than the folder.
    let halves = parts[1].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let output = halves[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let name = output.count > 1 ? output[1].split(separator: "/").first.map(String.init) : nil
    let label = halves.count > 1 ? halves[1].split(separator: "/").first.map(String.init) : nil
    guard !output[0].isEmpty, output.count == 1 || name != nil, halves.count == 1 || label != nil
    else {
      throw Problem(
        .user, "target", "`\(text)` names no output: a part of it is empty",
        hint: "write REF:STEP[.OUTPUT][@LABEL], as in quickstart:clean.rows")
    }
    let step = label.map { "\(output[0])@\($0)" } ?? String(output[0])
    self = .output(run, step: step, name: name)
  }

  private static func unquoted(_ text: String) -> String {
    for mark in ["\"", "'"] where text.count >= 2 && text.hasPrefix(mark) && text.hasSuffix(mark) {
      return String(text.dropFirst().dropLast())
    }
    return text
  }

  private static func empty(_ what: String) -> Problem {
    Problem(
      .user, "lineage-query", "cannot look for anything: \(what)",
      hint: "give a row's id, a text in quotes, a source, a licence or a run: larder lineage --help"
    )
  }
}
