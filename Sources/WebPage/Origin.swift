package import Digests

/// The artifact that a number, table or figure was read from, and the key of the step that made it.
package struct Origin: Hashable, Sendable {
  /// As in `c7fdfb8b:score.metrics`.
  package var target: String
  /// Of the artifact's bytes, or of its tree.
  package var digest: Digest?
  /// The key of the step.
  package var key: Digest?
  /// Where a page of the artifact is; nil in a file.
  package var link: String?

  package init(_ target: String, digest: Digest? = nil, key: Digest? = nil, link: String? = nil) {
    self.target = target
    self.digest = digest
    self.key = key
    self.link = link
  }

  /// A line that says all of it.
  package var html: HTML {
    "<p class=\"origin\">from \(name)\(digest.map { " <span>\(HTML.digest($0))</span>" as HTML })"
      + "\(key.map { ", made by key \(HTML.digest($0))" as HTML })</p>"
  }

  /// The target alone, with the rest on hover.
  package var name: HTML {
    let whole = [digest.map { "\($0)" }, key.map { "key \($0)" }].compactMap(\.self)
      .joined(separator: ", ")
    let code: HTML = "<code title=\"\(whole)\">\(target)</code>"
    return link.map { "<a href=\"\($0)\">\(code)</a>" } ?? code
  }
}
