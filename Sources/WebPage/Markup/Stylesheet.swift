internal import Digests
internal import Foundation

/// The one stylesheet of all pages.
package enum Stylesheet {
  /// The CSS, as it stands in `Look/page.css`.
  package static let text = String(decoding: PackageResources.page_css, as: UTF8.self)

  /// The source expression by which a content security policy allows exactly this text inside a
  /// page, as `sha256-…` with its quotes (CSP Level 3, 2.3.1).
  static func hash(of text: String) -> String {
    "'sha256-\(Data(Digest(of: Array(text.utf8)).bytes).base64EncodedString())'"
  }
}
