internal import CCurl
internal import Foundation
internal import Problems

/// One JSON document to a web service and the answer in memory: tried again where that helps, never
/// redirected, since the headers may carry a key. Blocks its thread.
package struct Post: Sendable {
  /// What the service answered.
  package struct Answer: Hashable, Sendable {
    package var status: Int
    package var body: [UInt8]
    package var headers: ResponseHeaders
  }

  package var address: WebAddress
  /// As in `Authorization: Bearer …`; never shown.
  package var headers: [String]
  package var body: [UInt8]
  /// The longest answer, in bytes.
  package var limit: Int
  /// For one attempt, in seconds.
  package var timeLimit: Double
  package var policy: Download.Policy

  package init(
    _ address: WebAddress, headers: [String] = [], body: [UInt8], limit: Int = 16 << 20,
    timeLimit: Double = 600, policy: Download.Policy = Download.Policy()
  ) {
    self.address = address
    self.headers = headers
    self.body = body
    self.limit = limit
    self.timeLimit = timeLimit
    self.policy = policy
  }

  /// The statuses after which asking again may help.
  private static let passing: Set<Int> = [408, 409, 425, 429, 500, 502, 503, 504, 529]

  /// Sends the document until there is an answer that stays.
  ///
  /// - Returns: an answer of any status that is not worth another attempt, and after the last
  ///   attempt of any status at all.
  /// - Throws: an environment problem where no answer came or one was too long, or what
  ///   `checkCancelled` throws.
  package func run(checkCancelled: @Sendable () throws -> Void = {}) throws -> Answer {
    var wait = policy.firstWait
    var attempt = 1
    while true {
      try checkCancelled()
      let exchange = withoutActuallyEscaping(checkCancelled) { PostAttempt(self, $0).perform() }
      var asked: Double?
      switch exchange {
      case .success(let answer):
        guard Post.passing.contains(answer.status), attempt < policy.attempts else { return answer }
        asked = answer.headers.retryAfter
        if let asked, asked > policy.longestWait { return answer }
      case .failure(let failure):
        guard failure.isPassing, attempt < policy.attempts else { throw failure.error }
      }
      try policy.wait(max(asked ?? 0, wait), checkCancelled)
      wait = min(wait * 2, 30)
      attempt += 1
    }
  }
}

/// One attempt of a `Post`. The callbacks run on the thread that calls `perform`.
private final class PostAttempt {
  struct Failure: Error {
    let error: any Error
    let isPassing: Bool
  }

  private let post: Post
  private let checkCancelled: () throws -> Void
  private var headers = ResponseHeaders()
  private var body: [UInt8] = []
  private var stop: (any Error)?

  init(_ post: Post, _ checkCancelled: @escaping () throws -> Void) {
    self.post = post
    self.checkCancelled = checkCancelled
  }

  func perform() -> Result<Post.Answer, Failure> {
    guard PostAttempt.isReady, let handle = curl_easy_init() else {
      return .failure(failed(Problem(.fault, "curl", "libcurl could not be started")))
    }
    defer { curl_easy_cleanup(handle) }
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    // Without `Expect:`, libcurl waits a second for a `100 Continue` that many servers never send.
    for line in ["Content-Type: application/json", "Accept: application/json", "Expect:"]
      + post.headers
    {
      list = curl_slist_append(list, line)
    }
    let box = Unmanaged.passUnretained(self).toOpaque()
    // SAFETY: self, the list and the body outlive curl_easy_perform, and the handle is cleaned up
    // before this function returns.
    return post.body.withUnsafeBufferPointer { body in
      let ready = prepare(handle, box: box, list: list, body: body)
      guard ready == CURLE_OK else {
        return .failure(
          failed(
            Problem(
              .fault, "curl",
              "libcurl refused an option: \(String(cString: curl_easy_strerror(ready)))")))
      }
      return result(curl_easy_perform(handle))
    }
  }

  private func prepare(
    _ handle: UnsafeMutableRawPointer, box: UnsafeMutableRawPointer,
    list: UnsafeMutablePointer<curl_slist>?, body: UnsafeBufferPointer<UInt8>
  ) -> CURLcode {
    var first = CURLE_OK
    func set(_ status: CURLcode) { if first == CURLE_OK { first = status } }
    set(larder_curl_set_string(handle, CURLOPT_URL, post.address.text))
    set(larder_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"))
    set(larder_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0))
    set(larder_curl_set_long(handle, CURLOPT_NOSIGNAL, 1))
    set(
      larder_curl_set_long(
        handle, CURLOPT_CONNECTTIMEOUT_MS, Int(post.policy.connectTimeout * 1000)))
    set(larder_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(post.timeLimit * 1000)))
    set(larder_curl_set_string(handle, CURLOPT_USERAGENT, "larder"))
    set(larder_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list))
    set(larder_curl_set_long(handle, CURLOPT_POST, 1))
    set(
      larder_curl_set_pointer(
        handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress)))
    set(larder_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, Int(body.count)))
    // Plain http is for this machine: a proxy would read the key.
    if post.address.scheme == "http" { set(larder_curl_set_string(handle, CURLOPT_PROXY, "")) }
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
        let attempt = Unmanaged<PostAttempt>.fromOpaque(box).takeUnretainedValue()
        attempt.headers.take(line: UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
      })
    set(larder_curl_set_pointer(handle, CURLOPT_HEADERDATA, box))
    set(
      larder_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, box in
        guard let bytes, let box else { return 0 }
        let attempt = Unmanaged<PostAttempt>.fromOpaque(box).takeUnretainedValue()
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return attempt.take(piece) ? size * count : 0
      })
    set(larder_curl_set_pointer(handle, CURLOPT_WRITEDATA, box))
    set(larder_curl_set_long(handle, CURLOPT_NOPROGRESS, 0))
    set(
      larder_curl_set_progress_callback(handle) { box, _, _, _, _ in
        guard let box else { return 1 }
        return Unmanaged<PostAttempt>.fromOpaque(box).takeUnretainedValue().isCancelled ? 1 : 0
      })
    set(larder_curl_set_pointer(handle, CURLOPT_XFERINFODATA, box))
    return first
  }

  private var isCancelled: Bool {
    do {
      try checkCancelled()
      return false
    } catch {
      stop = error
      return true
    }
  }

  private func take(_ piece: UnsafeRawBufferPointer) -> Bool {
    guard body.count + piece.count <= post.limit else {
      stop = problem("too-large", "its answer has more than \(post.limit) bytes")
      return false
    }
    body.append(contentsOf: piece)
    return true
  }

  private func problem(_ code: Problem.Code, _ found: String, hint: String? = nil) -> Problem {
    Problem(.environment, code, "cannot ask \(post.address.host): \(found)", hint: hint)
  }

  private func failed(_ error: any Error) -> Failure { Failure(error: error, isPassing: false) }

  private func result(_ code: CURLcode) -> Result<Post.Answer, Failure> {
    if let stop { return .failure(failed(stop)) }
    let reason = String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_OK:
      return .success(Post.Answer(status: headers.status, body: body, headers: headers))
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
      let found = problem(
        "network", "no connection (\(reason))",
        hint: "check that the service runs, its address, and the network")
      return .failure(Failure(error: found, isPassing: true))
    case CURLE_OPERATION_TIMEDOUT:
      let found = problem("timeout", "no answer within \(Int(post.timeLimit)) s")
      return .failure(Failure(error: found, isPassing: true))
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CACERT_BADFILE:
      let found = problem(
        "tls", "its certificate was not accepted (\(reason))",
        hint: "if your network puts a certificate of its own in between, name its file in "
          + "SSL_CERT_FILE or CURL_CA_BUNDLE")
      return .failure(failed(found))
    default:
      return .failure(
        Failure(error: problem("broken", "the connection broke (\(reason))"), isPassing: true))
    }
  }

  // CURL_GLOBAL_DEFAULT; a macro that Swift does not import.
  private static let isReady = curl_global_init(3) == CURLE_OK
}
