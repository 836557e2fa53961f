import Problems
import Running
import Testing

@Suite struct TargetTests {
  @Test(
    arguments: [
      ("hello:clean", "hello", "clean", nil, nil, nil),
      ("hello/short~2:clean.report", "hello/short~2", "clean", "report", nil, nil),
      ("@last:model/config.json", "@last", "model", nil, nil, "config.json"),
      ("abcdef:base.files/a/b.gguf", "abcdef", "base", "files", nil, "a/b.gguf"),
      ("submission/first:score", "submission/first", "score", nil, nil, nil),
      ("hello:clean@r=1", "hello", "clean", nil, "r=1", nil),
      ("a:b.c@r=0.1+e=%22x%22/d", "a", "b", "c", "r=0.1+e=%22x%22", "d"),
    ] as [(String, String, String, String?, String?, String?)])
  func theFormIsRead(
    text: String, reference: String, step: String, output: String?, label: String?, path: String?
  ) throws {
    let target = try Target(text)
    #expect(target.reference == reference)
    #expect(target.step == step)
    #expect(target.output == output)
    #expect(target.label == label)
    #expect(target.path == path)
  }

  @Test(arguments: [
    "hello", ":clean", "hello:", "hello:.x", "hello:clean.", "hello:clean/", "hello:clean/../x",
    "hello:clean/a//b", "hello:clean@", "hello:clean@r", "hello:clean@r=", "hello:clean@r=1+",
    "hello:clean@r=a b",
  ])
  func anythingElseIsRefused(text: String) {
    #expect(throws: Problem.self) { try Target(text) }
  }
}
