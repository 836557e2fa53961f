internal import Files
internal import Glibc
package import Problems
package import SystemPackage

/// Where two outputs of a step differ first, as a verdict of a replay names it.
package struct FirstDifference: Hashable, Sendable {
  /// What differs.
  package enum Kind: String, Hashable, Sendable {
    /// A file or folder is not there any more.
    case missing
    /// A file or folder was not there.
    case added
    /// A file stands where a folder was, or the like.
    case kind
    /// The execute bit of a file.
    case executable
    /// Where a link leads.
    case link
    /// JSON Lines.
    case rows
    /// The rows of a JSON Lines file are the same, their order is not.
    case rowOrder = "row-order"
    case json
    /// A safetensors file.
    case tensors
    case text
    case bytes
  }

  /// Where in the file.
  package enum Position: Hashable, Sendable {
    /// The file or folder as such.
    case entry
    /// A row from 1, its `id`, and the field in which it differs, names between dots; no field
    /// where the row itself is missing or added.
    case row(Int, id: String?, field: String?)
    /// Names and list positions between dots.
    case value(field: String)
    case tensors(TensorDifference)
    /// From 1.
    case line(Int)
    /// From 0; nil for the bytes of a side that ends there.
    case byte(Int64, expected: UInt8?, actual: UInt8?)
  }

  /// Inside the output, names between slashes; nil for an output that is one file.
  package var path: String?
  package var kind: Kind
  package var position: Position
  /// One plain line that names output, file and place, with what was there and what is.
  package var text: String

  package init(path: String?, kind: Kind, position: Position, text: String) {
    self.path = path
    self.kind = kind
    self.position = position
    self.text = text
  }

  /// Compares two files or folders, in bounded memory. Folders are gone through in byte order of
  /// names, depth first.
  ///
  /// - Parameters:
  ///   - expected: what was there.
  ///   - actual: what is there now.
  ///   - label: how the text calls the output, as in `tune.adapter`.
  /// - Returns: nil where both are equal.
  package static func find(
    expected: FilePath, actual: FilePath, label: String
  ) throws(Problem) -> FirstDifference? {
    try find(expected, actual, label: label, path: nil)
  }

  private static func find(
    _ expected: FilePath, _ actual: FilePath, label: String, path: String?
  ) throws(Problem) -> FirstDifference? {
    let name = path.map { "\(label)/\($0)" } ?? label
    func entry(_ kind: Kind, _ text: String) -> FirstDifference {
      FirstDifference(path: path, kind: kind, position: .entry, text: "\(name) \(text)")
    }
    switch (Files.kind(expected), Files.kind(actual)) {
    case (nil, nil): return nil
    case (_?, nil): return entry(.missing, "is missing")
    case (nil, _?): return entry(.added, "is there and was not")
    case (.folder, .folder):
      let names = Set(try Files.names(in: expected)).union(try Files.names(in: actual))
      for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
        let found = try find(
          expected.appending(name), actual.appending(name), label: label,
          path: path.map { "\($0)/\(name)" } ?? name)
        if let found { return found }
      }
      return nil
    case (.file(let old), .file(let new)):
      if old != new {
        return entry(.executable, new ? "is executable and was not" : "was executable and is not")
      }
      let content = try ContentDifference.find(expected, actual, name: name)
      return content.map {
        FirstDifference(
          path: path, kind: $0.kind, position: $0.position, text: "\(name): \($0.text)")
      }
    case (.link, .link):
      let old = target(expected)
      let new = target(actual)
      return old == new ? nil : entry(.link, "led to \(old), leads to \(new)")
    case (let old?, let new?):
      return old == new ? nil : entry(.kind, "was \(noun(old)), is \(noun(new))")
    }
  }

  private static func noun(_ kind: Files.Kind) -> String {
    switch kind {
    case .file: "a file"
    case .folder: "a folder"
    case .link: "a link"
    case .other: "a device, socket or pipe"
    }
  }

  private static func target(_ path: FilePath) -> String {
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = bytes.withUnsafeMutableBytes { buffer in
      buffer.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { readlink(path.string, $0, text.count) } ?? 0
      }
    }
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
