package import Documents
package import Experiments
package import Problems
package import Rows

/// What a page shows of an output, read in bounded memory.
package enum OutputContent: Sendable {
  /// The report of a library step.
  case report(JSON)
  /// The `metrics.json` of a `score` step.
  case metrics(JSON)
  /// The log of a training.
  case losses(LossCurve)
  /// The first rows of a JSON Lines file, and what is in all of it.
  case rows([RowFile.Line], RowSummary)
  /// The first records of a CSV or TSV file, its header first; whether they are all.
  case table([[String]], isWhole: Bool)
  /// Another JSON document.
  case json(JSON)
  /// Prose that a step wrote; whether it is all of it.
  case markdown(String, isWhole: Bool)
  /// Text; whether it is all of it.
  case text(String, isWhole: Bool)
  /// An image, by its media type.
  case image(String, [UInt8])
  /// A folder: its first entries, and how many there are.
  case folder([FolderEntry], count: Int)
  /// Bytes that are none of these, and why they are not shown.
  case bytes(String)
  /// It cannot be read.
  case missing(Problem)

  /// Something in a folder.
  package struct FolderEntry: Hashable, Sendable {
    package var name: String
    /// In bytes; nil where the history does not say.
    package var size: Int64?
  }
}
