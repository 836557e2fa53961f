internal import CCurl
internal import Foundation
internal import Problems

/// One request for the rest of a file, from its first byte to the end of the connection.
///
/// The callbacks run on the thread that calls `perform`, so nothing here is shared.
final class Attempt {
  enum Outcome {
    /// The whole body arrived.
    case complete
    /// Nothing more will come; asking again may help.
    case broken(Problem, retryAfter: Double?)
    /// Asking again will not help.
    case failed(any Error)
  }

  private let address: WebAddress
  private let policy: Download.Policy
  private let part: PartFile
  private let limit: Int64
  private let report: (Int64, Int64?) -> Void
  private let checkCancelled: () throws -> Void

  private(set) var headers = ResponseHeaders()
  /// The length of the whole file as the server gave it.
  private(set) var total: Int64?
  private var bodyStarted = false
  private var stop: (any Error)?

  init(
    _ address: WebAddress, policy: Download.Policy, into part: PartFile, limit: Int64,
    report: @escaping (Int64, Int64?) -> Void, checkCancelled: @escaping () throws -> Void
  ) {
    self.address = address
    self.policy = policy
    self.part = part
    self.limit = limit
    self.report = report
    self.checkCancelled = checkCancelled
  }

  func perform() -> Outcome {
    guard Attempt.isReady, let handle = curl_easy_init() else {
      return .failed(Problem(.fault, "curl", "libcurl could not be started"))
    }
    defer { curl_easy_cleanup(handle) }
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    for line in requestHeaders { list = curl_slist_append(list, line) }
    let box = Unmanaged.passUnretained(self).toOpaque()
    var text = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    // SAFETY: self, the list and the error text outlive the call to curl_easy_perform below, and
    // the handle is cleaned up before this function returns.
    return text.withUnsafeMutableBufferPointer { text in
      let ready = prepare(handle, box: box, list: list, errorText: text.baseAddress)
      guard ready == CURLE_OK else {
        return .failed(
          Problem(
            .fault, "curl",
            "libcurl refused an option: \(String(cString: curl_easy_strerror(ready)))"))
      }
      let code = curl_easy_perform(handle)
      return outcome(code, text: Attempt.string(text))
    }
  }

  private var requestHeaders: [String] {
    // The bytes are wanted as they are: a body compressed on the way would have another digest.
    var lines = ["Accept: */*", "Accept-Encoding: identity"]
    if part.size > 0 {
      lines.append("Range: bytes=\(part.size)-")
      if let validator = part.validator { lines.append("If-Range: \(validator)") }
    }
    return lines
  }

  private func prepare(
    _ handle: UnsafeMutableRawPointer, box: UnsafeMutableRawPointer,
    list: UnsafeMutablePointer<curl_slist>?, errorText: UnsafeMutablePointer<CChar>?
  ) -> CURLcode {
    var first = CURLE_OK
    func set(_ status: CURLcode) { if first == CURLE_OK { first = status } }
    set(larder_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
    set(larder_curl_set_string(handle, CURLOPT_URL, address.text))
    set(larder_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"))
    set(larder_curl_set_string(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https"))
    set(larder_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 1))
    set(larder_curl_set_long(handle, CURLOPT_MAXREDIRS, policy.redirects))
    set(larder_curl_set_long(handle, CURLOPT_NOSIGNAL, 1))
    set(larder_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(policy.connectTimeout * 1000)))
    set(larder_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1))
    set(larder_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, policy.stallTimeout))
    set(larder_curl_set_string(handle, CURLOPT_USERAGENT, "larder"))
    set(larder_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list))
    // libcurl reads the proxy's variables itself, but those of the certificates only its tool does.
    let environment = ProcessInfo.processInfo.environment
    if let file = environment["CURL_CA_BUNDLE"] ?? environment["SSL_CERT_FILE"], !file.isEmpty {
      set(larder_curl_set_string(handle, CURLOPT_CAINFO, file))
    }
    if let folder = environment["SSL_CERT_DIR"], !folder.isEmpty {
      set(larder_curl_set_string(handle, CURLOPT_CAPATH, folder))
    }
    set(
      larder_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, box in
        guard let bytes, let box else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let attempt = Unmanaged<Attempt>.fromOpaque(box).takeUnretainedValue()
        return attempt.stops { try attempt.takeHeader(line) } ? 0 : size * count
      })
    set(larder_curl_set_pointer(handle, CURLOPT_HEADERDATA, box))
    set(
      larder_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, box in
        guard let bytes, let box else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let attempt = Unmanaged<Attempt>.fromOpaque(box).takeUnretainedValue()
        return attempt.stops { try attempt.take(piece) } ? 0 : size * count
      })
    set(larder_curl_set_pointer(handle, CURLOPT_WRITEDATA, box))
    set(larder_curl_set_long(handle, CURLOPT_NOPROGRESS, 0))
    set(
      larder_curl_set_progress_callback(handle) { box, _, _, _, _ in
        guard let box else { return 1 }
        let attempt = Unmanaged<Attempt>.fromOpaque(box).takeUnretainedValue()
        return attempt.stops { try attempt.checkCancelled() } ? 1 : 0
      })
    set(larder_curl_set_pointer(handle, CURLOPT_XFERINFODATA, box))
    return first
  }

  /// Whether the work threw; the error is kept for the outcome.
  private func stops(_ work: () throws -> Void) -> Bool {
    do {
      try work()
      return stop != nil
    } catch {
      stop = stop ?? error
      return true
    }
  }

  private func takeHeader(_ line: UnsafeRawBufferPointer) throws {
    headers.take(line: line)
    let isLast = line.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    // After the body the trailers come the same way, with an empty line at their end.
    if isLast, !bodyStarted, headers.status == 200 || headers.status == 206 { try startBody() }
  }

  private func take(_ piece: UnsafeRawBufferPointer) throws {
    // The page that comes with an error or a redirect is not the file.
    guard bodyStarted else { return }
    guard part.size + Int64(piece.count) <= limit else { throw tooLarge(nil) }
    try part.append(piece)
    report(part.size, total)
  }

  /// Decides, once the headers are there, whether the body continues the part or replaces it.
  private func startBody() throws {
    bodyStarted = true
    if headers.status == 206 {
      guard let range = headers.contentRange, range.start == part.size else {
        try part.begin(validator: nil)
        throw Broken(
          problem: failure("range", "the server answered with another range than was asked for"))
      }
      total = range.total
    } else {
      try part.begin(validator: headers.validator)
      total = headers["content-length"].flatMap { Int64($0) }
    }
    if let total, total > limit { throw tooLarge(total) }
  }

  /// What is wrong with this answer, though another may be right.
  private struct Broken: Error { var problem: Problem }

  private func tooLarge(_ total: Int64?) -> Problem {
    failure(
      "too-large",
      total.map { "it has \($0) bytes, where at most \(limit) are expected" }
        ?? "it has more than the \(limit) bytes that are expected")
  }

  private func failure(_ code: Problem.Code, _ found: String, hint: String? = nil) -> Problem {
    Problem(.environment, code, "cannot download \(address): \(found)", hint: hint)
  }

  private func outcome(_ code: CURLcode, text: String) -> Outcome {
    if let broken = stop as? Broken { return .broken(broken.problem, retryAfter: nil) }
    if let stop { return .failed(stop) }
    guard code == CURLE_OK else { return transport(code, text: text) }
    switch headers.status {
    case 200, 206:
      if let total, total != part.size {
        return .broken(
          failure("broken", "\(part.size) of \(total) bytes arrived"), retryAfter: nil)
      }
      return .complete
    case 416:
      if let total = headers.contentRange?.total, total == part.size, total > 0 { return .complete }
      do { try part.begin(validator: nil) } catch { return .failed(error) }
      return .broken(
        failure("range", "the server has no bytes after those that are here"), retryAfter: 0)
    case 408, 425, 429, 500, 502, 503, 504:
      return .broken(
        failure(
          "http-status", "the server answered \(Attempt.meaning(headers.status))",
          hint: "try again later"), retryAfter: headers.retryAfter)
    case 404, 410:
      return .failed(
        failure(
          "not-found", "the server answered \(Attempt.meaning(headers.status))",
          hint: "check the address; the file may have moved"))
    case 401, 403, 407:
      return .failed(
        failure(
          "refused", "the server answered \(Attempt.meaning(headers.status))",
          hint: "it wants a right that Larder does not have; look for an open address"))
    default:
      return .failed(
        failure("http-status", "the server answered \(Attempt.meaning(headers.status))"))
    }
  }

  /// A failure below HTTP.
  private func transport(_ code: CURLcode, text: String) -> Outcome {
    let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      let name = code == CURLE_COULDNT_RESOLVE_PROXY ? "the proxy's" : "its host's"
      return .broken(
        failure(
          "network", "\(name) name is not known (\(reason))",
          hint: "check the network connection and the name of the host"), retryAfter: nil)
    case CURLE_COULDNT_CONNECT:
      return .broken(
        failure(
          "network", "no connection (\(reason))",
          hint: "check the network connection and the proxy variables"), retryAfter: nil)
    case CURLE_OPERATION_TIMEDOUT:
      return .broken(
        failure(
          "timeout", "nothing came for too long (\(reason))",
          hint: "run again: it goes on where it stopped"), retryAfter: nil)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CACERT_BADFILE:
      return .failed(
        failure(
          "tls", "the server's certificate was not accepted (\(reason))",
          hint: "if your network puts a certificate of its own in between, name its file in "
            + "SSL_CERT_FILE or CURL_CA_BUNDLE"))
    case CURLE_TOO_MANY_REDIRECTS:
      return .failed(
        failure("redirect", "it is redirected more than \(policy.redirects) times"))
    case CURLE_UNSUPPORTED_PROTOCOL:
      return .failed(
        failure("redirect", "it is redirected to something else than http or https"))
    default:
      return .broken(
        failure(
          "broken", "the transfer broke off (\(reason))",
          hint: "run again: it goes on where it stopped"), retryAfter: nil)
    }
  }

  private static func meaning(_ status: Int) -> String {
    let words: [Int: String] = [
      400: "bad request", 401: "unauthorized", 403: "forbidden", 404: "not found",
      408: "request timeout", 410: "gone", 429: "too many requests", 500: "internal server error",
      502: "bad gateway", 503: "service unavailable", 504: "gateway timeout",
    ]
    return words[status].map { "\(status) (\($0))" } ?? "\(status)"
  }

  private static func string(_ text: UnsafeMutableBufferPointer<CChar>) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // CURL_GLOBAL_DEFAULT; a macro that Swift does not import.
  private static let isReady = curl_global_init(3) == CURLE_OK
}
