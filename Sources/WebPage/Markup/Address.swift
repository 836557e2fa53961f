internal import Documents

/// The address of a page of a server: parts of a path and what stands after `?`, with percent signs
/// where they are needed.
package enum Address {
  package static func of(
    _ path: [String], _ query: [(name: String, value: String)] = [], fragment: String? = nil
  ) -> String {
    let encoded = { (text: String) in PercentEncoding.encoded(text) }
    return "/" + path.map(encoded).joined(separator: "/")
      + (query.isEmpty
        ? ""
        : "?" + query.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&"))
      + (fragment.map { "#\(encoded($0))" } ?? "")
  }
}
