import Documents
import Foundation
import Testing

/// A step that asks a model's endpoint: recorded call by call, and replayed without it.
@Suite struct EndpointTests {
  /// The endpoint of the unit tests, on this machine.
  private final class Endpoint {
    static let key = "sk-test/0123456789+abc"
    let running: Running
    let port: Int

    init() throws {
      let program = TestKitchen.packageRoot.appending(path: "Tests/ModelsTests/Server/chat.py")
      running = try Running(["/usr/bin/python3", "-I", program.path])
      running.waitFor(".")
      port = try #require(Int(running.outputText.filter(\.isNumber)))
    }

    func variables(_ name: String = "ok") -> [String: String] {
      [
        "TEST_BASE_URL": "http://127.0.0.1:\(port)/\(name)", "TEST_API_KEY": Endpoint.key,
      ]
    }

    /// The last message of each request so far.
    func questions() throws -> [String] {
      let log = try shell(
        "python3 -c 'import sys, urllib.request as u; "
          + "print(u.urlopen(sys.argv[1]).read().decode())' http://127.0.0.1:\(port)/log")
      return try JSON(parsing: log.trimmingCharacters(in: .whitespacesAndNewlines)).array?
        .compactMap {
          $0["body"]?["messages"]?.array?.last?["content"]?.string
        } ?? []
    }

    func stop() {
      kill(running.id, SIGKILL)
      _ = running.wait()
    }
  }

  private func recipe(_ questions: [String] = ["one", "two", "three"], more: String = "") -> String
  {
    let rows = questions.enumerated().map { index, question in
      #"{"id":"q\#(index)","instruction":"\#(question)","response":"You said \#(question)"}"#
    }
    return """
      ```jsonl {#questions}
      \(rows.joined(separator: "\n"))
      ```

      ```yaml {#answers}
      uses: generate/endpoint
      in: { questions: questions }
      with: { provider: test, model: small, max_new_tokens: 32\(more) }
      ```

      ```bash {#count}
      #| in: { answers: answers.answers }
      #| out: n.txt
      wc -l < in/answers > out/n.txt
      ```
      """
  }

  /// The files below the kitchen in which a text stands as it is.
  private func holders(of text: String, in kitchen: TestKitchen) throws -> String {
    try shell("cd '\(kitchen.root.path)' && grep -rlaF -- '\(text)' .")
  }

  private func verdicts(_ result: TestKitchen.Result) -> [String: [String]] {
    var verdicts: [String: [String]] = [:]
    for line in result.lines where line["type"]?.string == "step" {
      verdicts[line["step"]?.string ?? ""] = [
        line["verdict"]?.string ?? "", line["how"]?.string ?? "",
      ]
    }
    return verdicts
  }

  @Test func recordedOnceAndReplayedWithoutTheEndpoint() throws {
    let endpoint = try Endpoint()
    let kitchen = try TestKitchen(["ask": recipe()])
    let variables = endpoint.variables()
    let run = try kitchen.larder("run", "ask", "--json", environment: variables)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try endpoint.questions().sorted() == ["one", "three", "two"])
    #expect(
      try kitchen.read("artifacts/ask/answers/answers.jsonl") == """
        {"base":{"answer":"You said one"},"id":"q0","instruction":"one","response":"You said one"}
        {"base":{"answer":"You said two"},"id":"q1","instruction":"two","response":"You said two"}
        {"base":{"answer":"You said three"},"id":"q2","instruction":"three","response":"You said three"}

        """)
    let report = try JSON(parsing: try kitchen.read("artifacts/ask/answers/report.json"))
    #expect(report["tokens"]?["prompt"] == 21 && report["tokens"]?["completion"] == 9)
    #expect(!run.output.contains(Endpoint.key) && !run.errors.contains(Endpoint.key))
    #expect(try holders(of: Endpoint.key, in: kitchen) == "")
    #expect(try holders(of: "127.0.0.1:\(endpoint.port)", in: kitchen) == "")

    // One question more costs one call.
    try kitchen.write(recipe(["one", "two", "tree"]), to: "recipes/ask.md")
    let edited = try kitchen.larder("run", "ask", "--json", environment: variables)
    #expect(edited.exitCode == 0, "\(edited.errors)")
    #expect(try endpoint.questions().count == 4)
    #expect(try endpoint.questions().last == "tree")

    endpoint.stop()
    let again = try kitchen.larder("run", "ask", "--json")
    #expect(again.exitCode == 0 && again.ran.isEmpty, "\(again.errors)")

    // Both runs, the edited one whole and the first one by step.
    let replay = try kitchen.larder("replay", "ask", "--json")
    #expect(replay.exitCode == 0, "\(replay.output)\(replay.errors)")
    #expect(verdicts(replay)["answers"] == ["identical", "recorded"])
    #expect(verdicts(replay)["count"] == ["identical", "executed"])
    let first = try #require(run.end?["run"]?.string)
    let step = try kitchen.larder("replay", first, "--json", "--step", "answers")
    #expect(step.exitCode == 0, "\(step.output)\(step.errors)")
    #expect(verdicts(step)["answers"] == ["identical", "recorded"])

    // And from a bundle, in another kitchen.
    let bundle = kitchen.root.appending(path: "ask.tar.zst").path
    let bundled = try kitchen.larder("bundle", "ask", "-o", bundle)
    #expect(bundled.exitCode == 0, "\(bundled.errors)")
    // Its blobs are not compressed one by one, so that nothing can hide in them.
    for hidden in [Endpoint.key, "127.0.0.1", "TEST_BASE_URL"] {
      #expect(try shell("zstd -dc '\(bundle)' | grep -c -aF -- '\(hidden)'") == "0\n")
    }
    #expect(try shell("zstd -dc '\(bundle)' | grep -c -aF 'You said one'") != "0\n")
    let other = try TestKitchen()
    let elsewhere = try other.larder("replay", bundle, "--json")
    #expect(elsewhere.exitCode == 0, "\(elsewhere.output)\(elsewhere.errors)")
    #expect(verdicts(elsewhere)["answers"] == ["identical", "recorded"])
  }

  @Test func aStoppedStepGoesOn() throws {
    let endpoint = try Endpoint()
    let kitchen = try TestKitchen([
      "ask": recipe(["one", "two", "gone"], more: ", calls_in_flight: 1")
    ])
    // The endpoint fails at the third question: what was answered before is kept.
    let failed = try kitchen.larder("run", "ask", environment: endpoint.variables("until-gone"))
    #expect(failed.exitCode == 3, "\(failed.errors)")
    #expect(failed.errors.contains("the endpoint of `test` answered 404"), "\(failed.errors)")
    #expect(try endpoint.questions() == ["one", "two", "gone"])
    let run = try kitchen.larder("run", "ask", environment: endpoint.variables())
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try endpoint.questions() == ["one", "two", "gone", "gone"])
    endpoint.stop()
  }

  @Test func anInterruptedStepGoesOn() throws {
    let endpoint = try Endpoint()
    let kitchen = try TestKitchen([
      "ask": recipe(["one", "two", "gone"], more: ", calls_in_flight: 1")
    ])
    let running = try kitchen.start(
      ["run", "ask", "--json"], environment: endpoint.variables("hang-at-gone"))
    endpoint.running.waitFor("hanging")
    kill(running.id, SIGINT)
    #expect(running.wait().exitCode == 130)
    let run = try kitchen.larder("run", "ask", environment: endpoint.variables())
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try endpoint.questions() == ["one", "two", "gone", "gone"])
    endpoint.stop()
  }

  @Test func aKeyThatComesBackFailsTheStep() throws {
    let endpoint = try Endpoint()
    let kitchen = try TestKitchen(["ask": recipe()])
    let run = try kitchen.larder("run", "ask", "--json", environment: endpoint.variables("leak"))
    #expect(run.exitCode == 1, "\(run.errors)")
    #expect(run.errors.contains("TEST_API_KEY"), "\(run.errors)")
    #expect(!run.output.contains(Endpoint.key) && !run.errors.contains(Endpoint.key))
    let encoded = Data("Bearer \(Endpoint.key)".utf8).base64EncodedString()
    #expect(try holders(of: encoded, in: kitchen) == "")
    endpoint.stop()
  }

  @Test func whatIsMissingIsSaid() throws {
    let kitchen = try TestKitchen(["ask": recipe()])
    let unset = try kitchen.larder("run", "ask")
    #expect(unset.exitCode == 3)
    #expect(unset.errors.contains("TEST_BASE_URL"), "\(unset.errors)")
    let plain = try kitchen.larder(
      "run", "ask", environment: ["TEST_BASE_URL": "http://example.org/v1"])
    #expect(plain.exitCode == 2)
    #expect(plain.errors.contains("plain http"), "\(plain.errors)")
    let offline = try kitchen.larder("run", "ask", "--offline")
    #expect(offline.exitCode == 3)
    #expect(offline.errors.contains("--offline forbids"), "\(offline.errors)")
  }
}
