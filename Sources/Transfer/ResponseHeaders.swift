/// The headers of one answer that may be kept: an allow-list, so that no cookie, key or address of
/// a proxy ever reaches a recording.
package struct ResponseHeaders: Hashable, Sendable {
  /// The names that are kept, in lower case.
  package static let allowed: Set<String> = [
    "accept-ranges", "content-disposition", "content-encoding", "content-language",
    "content-length", "content-location", "content-md5", "content-range", "content-type", "digest",
    "etag", "last-modified", "link", "repr-digest", "retry-after",
  ]

  /// By name in lower case; a header sent several times is joined by `, ` (RFC 9110, 5.3).
  package private(set) var fields: [String: String] = [:]
  /// The status of the answer, or 0 before its first line.
  package private(set) var status = 0

  package init() {}

  package subscript(name: String) -> String? { fields[name] }

  /// Takes one line as it came. A status line begins a new answer (after a redirect or a `100`),
  /// which forgets the one before.
  mutating func take(line bytes: UnsafeRawBufferPointer) {
    // Headers of this length are no use to anybody and would grow the record without bound.
    guard bytes.count <= 8192 else { return }
    let line =
      String(decoding: bytes, as: UTF8.self)
      .trimmingPrefix { $0 == " " }.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    if line.hasPrefix("HTTP/") {
      fields = [:]
      status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let name = line[..<colon].lowercased()
    guard ResponseHeaders.allowed.contains(name) else { return }
    let value = String(
      line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        .reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    guard value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else { return }
    fields[name] = fields[name].map { $0 + ", " + value } ?? value
  }

  /// Where the body begins in the whole file, and how long that is, as `Content-Range` says:
  /// `bytes 10-19/100` or `bytes */100`.
  var contentRange: (start: Int64?, total: Int64?)? {
    guard let text = fields["content-range"], text.lowercased().hasPrefix("bytes ") else {
      return nil
    }
    let parts = text.dropFirst(6).split(separator: "/", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let start = parts[0].split(separator: "-").first.flatMap { Int64($0) }
    return (start, Int64(parts[1]))
  }

  /// How long the server asks to wait, in seconds; a date is not read.
  var retryAfter: Double? {
    fields["retry-after"].flatMap { Int($0) }.map { Double(max(0, $0)) }
  }

  /// What makes a later answer recognisable as the same bytes, fit for `If-Range` (RFC 9110,
  /// 13.1.5): a strong entity tag, otherwise the time of the last change.
  var validator: String? {
    if let tag = fields["etag"], tag.hasPrefix("\"") { return tag }
    return fields["last-modified"]
  }
}
