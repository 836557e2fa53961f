import Notebook
import Problems
import Testing

/// Every `NAME.md` under `Snapshots` is a wrong recipe, and `NAME.txt` what is said about it.
@Suite struct WrongRecipeTests {
  /// What the command line adds to some of the recipes.
  static let overrides: [String: Overrides] = [
    "set-mistakes": Overrides(
      assignments: [
        "learning_rat=1", "least=2.5", "adapter.lora_rank=4", "adaptor.epoch=1", "adapter.epoch=0",
        "adapter.target_modules=[q_proj, x_proj]", "flags=[1, no]", "nothing", "adapter.seed=[1",
        "script.keep=maybe", "script.missing=1", "prompt.words=1",
      ]),
    "matrix-set": Overrides(
      assignments: ["good.k=4", "good@k=1.other=2", "k=3"]),
    "matrix-set-values": Overrides(assignments: ["ranks=[1, 2, 1]"]),
    "params-file-mistakes": Overrides(
      files: [
        Overrides.ParameterFile(
          text: "least: many\nadapter.epoch: 2000\nleast_: 1\nadapter.lora_r: [1]\n",
          displayPath: "sweep.yaml")
      ]),
    "params-file-broken": Overrides(
      files: [Overrides.ParameterFile(text: "{\"least\": 1,\n \"x\" 2}", displayPath: "sweep.json")]
    ),
  ]

  /// The file name of some of the recipes, where that is the mistake.
  static let names = [
    "name-submission": "submission", "name-hexadecimal": "cafe", "name-capital": "My-Recipe",
  ]

  @Test(arguments: Snapshots.names(endingIn: ".md"))
  func isRefused(_ name: String) throws {
    let text = try Snapshots.text("\(name).md")
    var said = "no mistake was found\n"
    do {
      _ = try TestKitchen.read(
        text, name: Self.names[name] ?? name, overrides: Self.overrides[name] ?? Overrides())
      Issue.record("\(name).md is accepted")
    } catch let problems as Problems {
      #expect(problems.all.allSatisfy { $0.tier == .user })
      said = problems.description + "\n"
    }
    try Snapshots.expect(said, is: "\(name).txt")
  }

  @Test func tableIsLong() {
    #expect(Snapshots.names(endingIn: ".md").count >= 45)
  }
}
