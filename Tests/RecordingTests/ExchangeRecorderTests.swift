import Digests
import Documents
import Files
import Foundation
import Problems
import Recording
import Store
import Synchronization
import SystemPackage
import Testing

/// Requests to the outside: kept at once, never repeated, and replayed from the recording alone.
@Suite struct ExchangeRecorderTests: Sendable {
  /// Answers every request with its number among all, and remembers what it was asked.
  private final class Counting: Outside {
    struct Broken: Error {}

    let secrets: [Secret]
    let asked = Mutex<[JSON]>([])
    private let limit: Int
    private let adding: String

    init(limit: Int = .max, secrets: [Secret] = [], adding: String = "") {
      self.limit = limit
      self.secrets = secrets
      self.adding = adding
    }

    func ask(_ request: JSON, checkCancelled: @Sendable () throws -> Void) throws -> [UInt8] {
      let number = try asked.withLock { asked in
        guard asked.count < limit else { throw Broken() }
        asked.append(request)
        return asked.count
      }
      return Array("answer \(number)\(adding)".utf8)
    }
  }

  private final class Folder: Sendable {
    let path: FilePath
    init() throws {
      path = try Files.makeTemporaryFolder(
        in: FilePath(NSTemporaryDirectory()), prefix: "larder-recorder-")
    }
    deinit { try? Files.remove(path) }
  }

  private let folder: Folder

  init() throws { folder = try Folder() }

  /// A store opened anew, which knows nothing but what was committed.
  private func store() throws -> DiskStore { try DiskStore(at: folder.path) }

  private func request(_ text: String, temperature: Double = 0) -> JSON {
    ["type": "chat", "text": .string(text), "temperature": .number(temperature)]
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func theRecordIsGolden() throws {
    let store = MemoryStore()
    let outside = Counting()
    let recorder = ExchangeRecorder(asking: { outside }, store: store)
    _ = try recorder.response(to: request("b"))
    _ = try recorder.response(to: request("a"))
    let bytes = try #require(try store.bytes(try recorder.finish()))
    #expect(
      text(bytes) == #"""
        {"exchanges":[{"request":{"file":"sha256:21f038a67f527bb7a03105f3e9caf3606ffada954be1d9498d14566b288b32d7","size":42},"response":{"file":"sha256:6c94683a02bdda38721278e54660a42216fb0f28ea9c4677d0e6f03ebe37b1b5","size":8}},{"request":{"file":"sha256:2db875dd878312d253353a2427d000f9ee099eb636a068fa7f9dcd96670729dc","size":42},"response":{"file":"sha256:f05116872230f0b18715d85cbe21e607f6fc49a8e7de8f7b7eacef1ad7dd419a","size":8}}],"type":"exchanges","version":1}
        """#)
    let document = try JSON(parsing: bytes)
    let record = try #require(ExchangeRecord(document))
    #expect(record.document.canonicalBytes == bytes)
    #expect(RecordedArtifacts.all(in: document).count == 4)
    #expect(
      record.exchanges.map(\.request.digest) == record.exchanges.map(\.request.digest).sorted())
    for exchange in record.exchanges {
      #expect(try store.size(exchange.request.digest) == exchange.request.size)
      #expect(try store.size(exchange.response.digest) == exchange.response.size)
    }
  }

  @Test(arguments: [
    #"{}"#, #"{"type":"exchanges","version":2,"exchanges":[]}"#,
    #"{"type":"capture","version":1,"exchanges":[]}"#,
    #"{"type":"exchanges","version":1,"exchanges":[{"request":{}}]}"#,
    #"{"type":"exchanges","version":1}"#,
  ])
  func otherDocumentsAreNoRecord(text: String) throws {
    #expect(ExchangeRecord(try JSON(parsing: text)) == nil)
  }

  @Test(arguments: [false, true]) func aStoppedStepRepeatsNoCall(indexIsLost: Bool) throws {
    let first = Counting(limit: 2)
    do {
      let recorder = ExchangeRecorder(asking: { first }, store: try store())
      _ = try recorder.response(to: request("a"))
      _ = try recorder.response(to: request("b"))
      #expect(throws: Counting.Broken.self) { try recorder.response(to: request("c")) }
      // The step ends here, without `finish` and without a commit of its own.
    }
    if indexIsLost { try Files.remove(folder.path.appending("index.sqlite")) }
    let second = Counting(adding: " of the second")
    let recorder = ExchangeRecorder(asking: { second }, store: try store())
    let answers = try ["a", "b", "c"].map { text(try recorder.response(to: request($0))) }
    #expect(answers == ["answer 1", "answer 2", "answer 1 of the second"])
    #expect(second.asked.withLock { $0 } == [request("c")])
  }

  @Test func onlyWhatChangedIsAsked() throws {
    let store = MemoryStore()
    let outside = Counting()
    let before = ExchangeRecorder(asking: { outside }, store: store)
    for word in ["a", "b", "c"] { _ = try before.response(to: request(word)) }
    let after = ExchangeRecorder(asking: { outside }, store: store)
    for word in ["a", "x", "c"] { _ = try after.response(to: request(word)) }
    #expect(outside.asked.withLock { $0.count } == 4)
    let bytes = try #require(try store.bytes(try after.finish()))
    #expect(ExchangeRecord(try JSON(parsing: bytes))?.exchanges.count == 3, "what it used alone")
  }

  @Test func theSameRequestIsAskedOnceByManyThreads() throws {
    let store = try store()
    let outside = Counting()
    let recorder = ExchangeRecorder(asking: { outside }, store: store)
    let answers = Answers()
    DispatchQueue.concurrentPerform(iterations: 12) { index in
      let bytes = try? recorder.response(to: request("\(index % 3)"))
      answers.all.withLock { _ = $0[index % 3, default: []].insert(bytes.map(text) ?? "none") }
    }
    #expect(outside.asked.withLock { $0.count } == 3)
    for number in 0..<3 { #expect(answers.all.withLock { $0[number]?.count } == 1) }
  }

  private final class Answers: Sendable { let all = Mutex<[Int: Set<String>]>([:]) }

  @Test func whereNothingMayBeAskedTheStoreStillAnswers() throws {
    let store = MemoryStore()
    let outside = Counting()
    _ = try ExchangeRecorder(asking: { outside }, store: store).response(to: request("a"))
    let offline = ExchangeRecorder(
      asking: { throw Problem(.environment, "offline", "no") }, store: store)
    #expect(text(try offline.response(to: request("a"))) == "answer 1")
    let problem = #expect(throws: Problem.self) { try offline.response(to: request("b")) }
    #expect(problem?.code == "offline")
  }

  // MARK: Replay

  private func recorded(_ requests: [JSON], in store: any Store) throws -> ExchangeRecord {
    let outside = Counting()
    let recorder = ExchangeRecorder(asking: { outside }, store: store)
    for request in requests { _ = try recorder.response(to: request) }
    let bytes = try #require(try store.bytes(try recorder.finish()))
    return try #require(ExchangeRecord(try JSON(parsing: bytes)))
  }

  @Test func aReplayAnswersFromTheRecordingAlone() throws {
    let store = MemoryStore()
    let record = try recorded([request("a"), request("b")], in: store)
    // Known to the store, but not to the recording.
    let outside = Counting()
    _ = try ExchangeRecorder(asking: { outside }, store: store).response(to: request("c"))
    let replay = ExchangeRecorder(replaying: record, store: store)
    #expect(text(try replay.response(to: request("b"))) == "answer 2")
    #expect(text(try replay.response(to: request("a"))) == "answer 1")
    #expect(try store.bytes(replay.finish()) == record.document.canonicalBytes)
    let problem = #expect(throws: Problem.self) { try replay.response(to: request("c")) }
    #expect(problem?.code == "not-recorded" && problem?.tier == .environment)
  }

  @Test(arguments: [
    // The fewest fields first, then the least different text.
    (
      [("one two three", 0.0), ("one two thr", 1.0), ("nothing", 0.0)], ("one two thre", 0.0),
      #"text was "one two three", is "one two thre""#
    ),
    (
      [("one two three", 0.5), ("far away", 0.0)], ("one two three", 1),
      "temperature was 0.5, is 1"
    ),
    (
      [("abcd", 0.0), ("abxy", 0.0)], ("abcz", 0.0), #"text was "abcd", is "abcz""#
    ),
    ([("abcd", 0.0)], ("x", 1.0), #"temperature was 0, is 1; text was "abcd", is "x""#),
  ])
  func theNearestRequestIsShown(
    known: [(String, Double)], asked: (String, Double), difference: String
  ) throws {
    let store = MemoryStore()
    let record = try recorded(known.map { request($0.0, temperature: $0.1) }, in: store)
    let replay = ExchangeRecorder(replaying: record, store: store)
    let problem = #expect(throws: Problem.self) {
      try replay.response(to: request(asked.0, temperature: asked.1))
    }
    #expect(problem?.message.hasSuffix(difference) == true, "\(problem?.message ?? "")")
  }

  @Test func longDifferencesAreShortened() throws {
    let store = MemoryStore()
    let long = String(repeating: "word ", count: 5000)
    let record = try recorded([request(long + "a" + long)], in: store)
    let replay = ExchangeRecorder(replaying: record, store: store)
    let problem = #expect(throws: Problem.self) {
      try replay.response(to: request(long + "b" + long))
    }
    #expect((problem?.message.count ?? 0) < 500, "\(problem?.message ?? "")")
    let empty = ExchangeRecorder(replaying: ExchangeRecord([]), store: store)
    let nothing = #expect(throws: Problem.self) { try empty.response(to: request("a")) }
    #expect(nothing?.message.hasSuffix("the recording is empty") == true)
  }

  @Test func aMissingResponseIsSaid() throws {
    let record = try recorded([request("a")], in: MemoryStore())
    let replay = ExchangeRecorder(replaying: record, store: MemoryStore())
    let problem = #expect(throws: Problem.self) { try replay.response(to: request("a")) }
    #expect(problem?.code == "missing-blob")
  }

  // MARK: Keys

  private static let key = "sk-a/b+c~0123456789"

  @Test(arguments: [
    "sk-a/b+c~0123456789", "is sk-a/b+c~0123456789.", #"{"a":"sk-a\/b+c~0123456789"}"#,
    #"{"a":"\u0073k-a/b\u002bc~0123456789"}"#, "sk-a%2Fb%2Bc~0123456789",
    "sk-a%2fb%2bc%7e0123456789", "c2stYS9iK2N+MDEyMzQ1Njc4OQ==", "c2stYS9iK2N-MDEyMzQ1Njc4OQ",
    // After `Bearer ` and after `Basic u:`, where base64 looks different.
    "QmVhcmVyIHNrLWEvYitjfjAxMjM0NTY3ODk=", "dTpzay1hL2IrY34wMTIzNDU2Nzg5",
    "736b2d612f622b637e30313233343536373839", "736B2D612F622B637E30313233343536373839",
  ])
  func aResponseWithTheKeyIsNeverKept(response: String) throws {
    let secret = try Secret(name: "TEST_API_KEY", value: Self.key)
    let store = try store()
    let outside = Counting(secrets: [secret], adding: response)
    let recorder = ExchangeRecorder(asking: { outside }, store: store)
    let problem = #expect(throws: Problem.self) { try recorder.response(to: request("a")) }
    #expect(problem?.code == "secret-found" && problem?.tier == .step)
    #expect(!"\(problem as Any)".contains(Self.key))
    #expect(try store.size(Digest(of: Array("answer 1\(response)".utf8))) == nil)
    #expect(throws: Problem.self) { try recorder.response(to: request(Self.key)) }
    #expect(outside.asked.withLock { $0.count } == 1, "a request with the key is not sent")
  }

  @Test(arguments: ["sk-a/b+c~012345678", "sk-a-b+c~0123456789", "%", "\\", "%2", #"\u00"#, ""])
  func otherTextsAreKept(response: String) throws {
    let secret = try Secret(name: "TEST_API_KEY", value: Self.key)
    #expect(!secret.isIn(Array(response.utf8)))
    #expect("\(secret) \(String(reflecting: secret))" == "<hidden> <hidden>")
  }
}
