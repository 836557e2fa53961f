import Digests
import Documents
import Notebook
import Planning
import Store
import Testing

@Suite struct ActionTests {
  private let platform = Action.Platform(
    architecture: "x86_64", libc: "glibc 2.36", system: "debian-12")

  /// The bytes and the key of one whole document: a change of the format by accident fails here.
  @Test func theDocumentOfAScriptIsGolden() throws {
    let action = try script()
    #expect(
      String(decoding: action.bytes, as: UTF8.self)
        == #"{"action":{"code":"sha256:a17fcf0a2f50e2d495e4f90ce263410edc183add6c62699a2facbccf60410f74","interpreter":["bash"],"interpreter_version":"5.2","kind":"script"},"env":{"MODE":"x"},"inputs":{"rows":{"file":"sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0"}},"larder":1,"outputs":{"made":"made/","text":"text.txt"},"parameters":{"count":3},"platform":{"architecture":"x86_64","libc":"glibc 2.36","system":"debian-12"}}"#
    )
    #expect(action.key == Digest(of: action.bytes))
    #expect(action.key.hex == "21dd9eca5b16f513c9c2c06f9396b79343d9788b29d380821c72e5d4ff8aa601")
  }

  @Test func whatDecidesTheBytesDecidesTheKey() throws {
    let key = try script().key
    #expect(try script { $0.parameters["count"] = 4 }.key != key)
    #expect(try script { $0.parameters = [:] }.key != key)
    #expect(try script { $0.variables["MODE"] = "y" }.key != key)
    #expect(try script { $0.outputs.removeLast() }.key != key)
    #expect(try script { $0.network = true }.key != key)
    #expect(
      try script { $0.work = .script(language: "bash", interpreter: ["bash"], code: "echo\n") }.key
        != key)
    #expect(try script(inputs: ["rows": artifact("b")]).key != key)
    #expect(
      try script(inputs: ["rows": Artifact(kind: .folder, digest: Digest(of: "aaa"), size: 3)]).key
        != key)
    #expect(try script(version: "5.3").key != key)
  }

  @Test func whatDoesNotDecideTheBytesIsNoPartOfIt() throws {
    let key = try script().key
    #expect(try script(id: "renamed").key == key)
    #expect(try script { $0.line = 99 }.key == key)
    #expect(try script { $0.resources.memory = 1 << 30 }.key == key)
    #expect(try script { $0.resources.time = 9 }.key == key)
    #expect(try script { $0.secrets = ["TOKEN"] }.key == key)
  }

  @Test func swappedInputsGiveAnotherKey() throws {
    let one = try script(inputs: ["a": artifact("x"), "b": artifact("y")])
    let other = try script(inputs: ["a": artifact("y"), "b": artifact("x")])
    #expect(one.key != other.key)
  }

  @Test func anExplanationNamesWhatChanged() throws {
    let new = try script(inputs: ["rows": artifact("b")]) {
      $0.parameters["count"] = 4
      $0.parameters["extra"] = "yes"
      $0.variables = [:]
    }
    let explanation = Explanation(from: try script().document, to: new.document)
    #expect(
      explanation.text
        == "variable `MODE` is gone: it was \"x\"; input `rows` was 9834876d, is 3e23e816; "
        + "parameter `count` was 3, is 4; parameter `extra` is new: \"yes\"")
  }

  @Test func oneDocumentHasNothingToExplain() throws {
    #expect(Explanation(from: try script().document, to: try script().document).changes.isEmpty)
  }

  private func script(
    id: String = "step", inputs: [String: Artifact]? = nil, version: String = "5.2",
    change: (inout Step) -> Void = { _ in }
  ) throws -> Action {
    var step = Step(
      id: try #require(StepID(id)), line: 1,
      work: .script(language: "bash", interpreter: ["bash"], code: "true\n"))
    step.outputs = [
      Step.Output(name: "text", path: "text.txt", isFolder: false),
      Step.Output(name: "made", path: "made", isFolder: true),
    ]
    step.parameters = ["count": 3]
    step.variables = ["MODE": "x"]
    change(&step)
    return Action(
      step: step, implementation: .script(interpreterVersion: version),
      inputs: inputs ?? ["rows": artifact("aaa")], platform: platform)
  }

  private func artifact(_ text: String) -> Artifact {
    Artifact(kind: .file, digest: Digest(of: text), size: Int64(text.utf8.count))
  }
}
