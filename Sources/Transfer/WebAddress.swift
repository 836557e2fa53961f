internal import CCurl
internal import Foundation
package import Problems

/// An `http` or `https` address that was read and checked by the library that will ask for it.
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  /// The whole address without a fragment, which is never sent.
  package let text: String
  package let scheme: String
  package let host: String
  /// The last part of the path, percent-decoded, where that can be a file's name.
  package let fileName: String?

  /// - Throws: a user problem for anything but http and https, for an address that cannot be read,
  ///   and for one that carries a user name or password, which would end up in the lock.
  package init(_ text: String) throws(Problem) {
    guard let handle = curl_url() else {
      throw Problem(.fault, "curl", "libcurl gave no memory to read an address")
    }
    defer { curl_url_cleanup(handle) }
    let flags = UInt32(CURLU_NON_SUPPORT_SCHEME)
    let status = curl_url_set(handle, CURLUPART_URL, text, flags)
    let shown = WebAddress.withoutUser(text)
    guard status == CURLUE_OK, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      let reason =
        status == CURLUE_OK ? "white space in it" : String(cString: curl_url_strerror(status))
      throw Problem(
        .user, "address", "cannot read the address `\(shown)`: \(reason)",
        hint: "write it as https://HOST/PATH")
    }
    let scheme = WebAddress.part(handle, CURLUPART_SCHEME)?.lowercased() ?? ""
    guard scheme == "http" || scheme == "https" else {
      throw Problem(
        .user, "address", "cannot use the address `\(shown)`: its scheme is `\(scheme)`",
        hint: "only http and https are fetched; a file of the kitchen is an input, `file:PATH`")
    }
    guard WebAddress.part(handle, CURLUPART_USER) == nil,
      WebAddress.part(handle, CURLUPART_PASSWORD) == nil
    else {
      throw Problem(
        .user, "address", "cannot use the address `\(shown)`: it carries a user name or password",
        hint: "addresses are written to the lock; take the user name out")
    }
    curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0)
    self.scheme = scheme
    self.host = WebAddress.part(handle, CURLUPART_HOST) ?? ""
    self.text = WebAddress.part(handle, CURLUPART_URL) ?? text
    let last = WebAddress.part(handle, CURLUPART_PATH, decoded: true)?
      .split(separator: "/", omittingEmptySubsequences: false).last.map(String.init)
    fileName = last.flatMap { WebAddress.isFileName($0) ? $0 : nil }
  }

  package var description: String { text }

  /// Whether a text can name a file in any folder: not empty, no `.` or `..`, no slash, backslash
  /// or control character, at most 255 bytes.
  package static func isFileName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && text.utf8.count <= 255
      && text.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0.value != 0x7F && $0 != "/" && $0 != "\\"
      }
  }

  private static func part(
    _ handle: OpaquePointer, _ part: CURLUPart, decoded: Bool = false
  ) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    let flags = decoded ? UInt32(CURLU_URLDECODE) : 0
    guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(validatingCString: text)
  }

  /// The text without what stands between `//` and `@`, for messages.
  private static func withoutUser(_ text: String) -> String {
    guard let start = text.range(of: "//")?.upperBound else { return text }
    let authority = text[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return text }
    return "\(text[..<start])\(text[text.index(after: at)...])"
  }
}
