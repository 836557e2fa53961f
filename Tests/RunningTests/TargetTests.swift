import Problems
import Running
import Testing

@Suite struct TargetTests {
  @Test(
    arguments: [
      ("hello:clean", "hello", "clean", nil, nil),
      ("hello/short~2:clean.report", "hello/short~2", "clean", "report", nil),
      ("@last:model/config.json", "@last", "model", nil, "config.json"),
      ("abcdef:base.files/a/b.gguf", "abcdef", "base", "files", "a/b.gguf"),
      ("submission/first:score", "submission/first", "score", nil, nil),
    ] as [(String, String, String, String?, String?)])
  func theFormIsRead(
    text: String, reference: String, step: String, output: String?, path: String?
  ) throws {
    let target = try Target(text)
    #expect(target.reference == reference)
    #expect(target.step == step)
    #expect(target.output == output)
    #expect(target.path == path)
  }

  @Test(arguments: [
    "hello", ":clean", "hello:", "hello:.x", "hello:clean.", "hello:clean/", "hello:clean/../x",
    "hello:clean/a//b", "hello:clean@r=1",
  ])
  func anythingElseIsRefused(text: String) {
    #expect(throws: Problem.self) { try Target(text) }
  }
}
