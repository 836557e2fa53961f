import Documents
import Foundation
import Models
import Problems
import Recording
import Synchronization
import Testing
import Transfer

/// The client against a server on this machine.
@Suite struct ChatEndpointTests {
  private let server: ChatServer

  init() throws { server = try ChatServer() }

  private func request(_ question: String = "hello") -> JSON {
    ChatRequest(
      provider: "test", model: "small", messages: [.init(role: "user", content: question)],
      parameters: ["temperature": 0]
    ).document
  }

  private func problem(_ name: String) throws -> Problem {
    let endpoint = try server.endpoint(name)
    let problem = #expect(throws: Problem.self) { try endpoint.ask(request()) {} }
    return try #require(problem)
  }

  @Test func aQuestionIsAnswered() throws {
    let reply = ChatReply(try server.endpoint("ok").ask(request()) {})
    #expect(reply.text == " You said hello\n")
    #expect(!reply.isCut)
    #expect(reply.promptTokens == 7 && reply.completionTokens == 3)
    let asked = try server.asked()
    #expect(asked.count == 1)
    #expect(asked[0]["key"]?.string == "Bearer \(ChatServer.key)")
    #expect(
      asked[0]["body"]?.canonicalText
        == #"{"messages":[{"content":"hello","role":"user"}],"model":"small","temperature":0}"#)
  }

  @Test(arguments: [("busy", 2, [7.0]), ("failing", 3, [1.0, 2.0]), ("broken", 2, [1.0])])
  func whatPassesIsTriedAgain(name: String, requests: Int, expected: [Double]) throws {
    let waits = Waits()
    let endpoint = try server.endpoint(
      name, policy: ChatServer.patient { seconds in waits.list.withLock { $0.append(seconds) } })
    #expect(ChatReply(try endpoint.ask(request()) {}).text == " You said hello\n")
    #expect(try server.asked().count == requests)
    #expect(waits.list.withLock { $0 } == expected)
  }

  @Test func afterSomeAttemptsItGivesUp() throws {
    let problem = try problem("down")
    #expect(problem.tier == .environment && problem.code == "endpoint-status")
    #expect(problem.message == "the endpoint of `test` answered 503")
    #expect(try server.asked().count == 5)
  }

  @Test(arguments: [
    ("page", "bad-reply", "no chat completion"),
    ("moved", "endpoint-status", "answered 302"),
    ("unknown", "endpoint-status", "answered 404: no such model"),
    ("refused", "endpoint-status", "answered 401"),
  ])
  func whatStaysIsSaidAtOnce(name: String, code: String, text: String) throws {
    let problem = try problem(name)
    #expect(problem.code.text == code)
    #expect(problem.message.contains(text))
    #expect(problem.hint != nil)
    #expect(!"\(problem)".contains(ChatServer.key), "the server said it: \(problem)")
    #expect(try server.asked().count == 1, "and a redirect is not followed")
  }

  @Test func aQuestionTooLongIsAnAnswer() throws {
    let reply = ChatReply(try server.endpoint("ok").ask(request("too long")) {})
    #expect(reply.text == nil)
    #expect(reply.reason == "the endpoint refused the question: too many tokens")
  }

  @Test func longAnswersAndLongWaitsEnd() throws {
    var policy = ChatServer.patient()
    policy.attempts = 1
    func code(_ name: String, limit: Int, timeLimit: Double) throws -> String? {
      let post = Post(
        try WebAddress("http://127.0.0.1:\(server.port)/\(name)/chat/completions"),
        body: Array(#"{"messages":[{"content":"x"}]}"#.utf8), limit: limit, timeLimit: timeLimit,
        policy: policy)
      return #expect(throws: Problem.self) { try post.run() }?.code.text
    }
    #expect(try code("big", limit: 1000, timeLimit: 60) == "too-large")
    #expect(try code("hang", limit: 1000, timeLimit: 0.2) == "timeout")
  }

  @Test func nobodyThere() throws {
    var policy = ChatServer.patient()
    policy.attempts = 2
    let endpoint = try ChatEndpoint(
      provider: "test", variables: ["TEST_BASE_URL": "http://127.0.0.1:1/"], policy: policy)
    let problem = #expect(throws: Problem.self) { try endpoint.ask(request()) {} }
    #expect(problem?.code == "network" && problem?.tier == .environment)
  }

  @Test(arguments: [
    ([:], "no-endpoint"),
    (["A_B_BASE_URL": "http://example.org/v1"], "plain-http"),
    (["A_B_BASE_URL": "http://127.0.0.1.example.org/v1"], "plain-http"),
    (["A_B_BASE_URL": "http://localhost.example.org/v1"], "plain-http"),
    (["A_B_BASE_URL": "ftp://example.org/v1"], "address"),
    (["A_B_BASE_URL": "https://me:word@example.org/v1"], "address"),
    (["A_B_BASE_URL": "https://example.org/v1", "A_B_API_KEY": "short"], "short-secret"),
    (["A_B_BASE_URL": "https://example.org/v1", "A_B_API_KEY": "long enough\n"], "bad-secret"),
  ])
  func wrongVariables(variables: [String: String], code: String) {
    let problem = #expect(throws: Problem.self) {
      try ChatEndpoint(provider: "a-b", variables: variables)
    }
    #expect(problem?.code.text == code)
  }

  @Test(arguments: [
    "https://example.org/v1", "https://example.org/v1/", "http://localhost:8080/v1",
    "http://[::1]:8080/v1", "http://127.9.9.9/v1",
  ])
  func rightAddresses(base: String) throws {
    let endpoint = try ChatEndpoint(provider: "a-b", variables: ["A_B_BASE_URL": base])
    #expect(endpoint.address.text.hasSuffix("/v1/chat/completions"))
  }

  @Test(arguments: [
    (#"{"choices":[]}"#, "the reply has no choice"), ("nothing", "the reply has no choice"),
    (#"{"choices":[{"message":{"content":null}}]}"#, "the reply has no text"),
    (
      #"{"choices":[{"message":{"content":"a"},"finish_reason":"content_filter"}]}"#,
      "the endpoint's content filter stopped the answer"
    ),
    (
      #"{"choices":[{"message":{"content":"","refusal":"No"}}]}"#, "the model refused: No"
    ),
  ])
  func repliesWithoutText(reply: String, reason: String) {
    let reply = ChatReply(Array(reply.utf8))
    #expect(reply.text == nil)
    #expect(reply.reason == reason)
  }

  @Test func callsInFlightAreBounded() throws {
    struct Stop: Error {}
    let counter = Counter()
    try CallsInFlight.perform(50, width: 3) { index in
      counter.state.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      sched_yield()
      counter.state.withLock {
        $0.now -= 1
        $0.done.insert(index)
      }
    }
    #expect(counter.state.withLock { $0.done } == Set(0..<50))
    #expect(counter.state.withLock { $0.most } <= 3)
    #expect(throws: Stop.self) {
      try CallsInFlight.perform(50, width: 1) { index in
        counter.state.withLock { _ = $0.done.insert(100 + index) }
        if index == 2 { throw Stop() }
      }
    }
    #expect(counter.state.withLock { $0.done.filter { $0 >= 100 } } == Set(100...102))
  }

  private final class Waits: Sendable { let list = Mutex<[Double]>([]) }

  private final class Counter: Sendable {
    let state = Mutex((now: 0, most: 0, done: Set<Int>()))
  }
}
