internal import Files
internal import Foundation

/// The header of a wheel's `METADATA` (PyPA, core metadata): `Name: value` lines up to the first
/// empty one.
struct WheelMetadata: Sendable {
  private var fields: [String: [String]] = [:]

  init(_ text: String) {
    var last: String?
    for line in text.replacing("\r\n", with: "\n").split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      if line.isEmpty { break }
      if let name = last, line.first == " " || line.first == "\t" {
        let count = fields[name]?.count ?? 0
        if count > 0 {
          fields[name]?[count - 1] += "\n" + line.trimmingCharacters(in: .whitespaces)
        }
        continue
      }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].lowercased()
      fields[name, default: []].append(
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
      last = name
    }
  }

  subscript(name: String) -> String? { fields[name]?.first }

  /// The SPDX expression: as stated, otherwise as the licence's name and the classifiers tell.
  ///
  /// Several classifiers count as "and": which of them may be chosen they do not say.
  var licence: String? {
    if let stated = self["license-expression"], let licence = Licence(stated) {
      return licence.text
    }
    if let named = self["license"], let licence = Licence.named(named) { return licence }
    let found = Set((fields["classifier"] ?? []).compactMap(Licence.classified))
    return found.isEmpty ? nil : found.sorted().joined(separator: " AND ")
  }
}

extension Archive {
  /// The text of a wheel's `METADATA`, or nothing where it has none.
  func wheelMetadata() throws -> String {
    var text = ""
    try run("metadata") { output in
      text = String(decoding: try Files.read(output).prefix(1 << 20), as: UTF8.self)
    }
    return text
  }
}
