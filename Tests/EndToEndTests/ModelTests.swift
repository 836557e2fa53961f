import Documents
import Foundation
import Testing

/// Conversion, training, generation and scoring with a tiny model that the recipe makes itself: the
/// whole path of the quickstart with real libraries, in a minute.
@Suite struct ModelTests {
  private static let recipe = #"""
    ---
    params: { epoch: 6 }
    environments: { torch: model.txt }
    ---

    ```python {#tiny}
    #| out: model/
    #| environment: torch
    #| numerics: portable
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, decoders
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<s>": 0, "</s>": 1} | {letter: n + 2 for n, letter in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>")
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
        bos_token_id=0, eos_token_id=1, tie_word_embeddings=True)
    LlamaForCausalLM(config).save_pretrained("out/model")
    fast.save_pretrained("out/model")
    ```

    ```python {#rows}
    #| out: rows.jsonl
    import json
    with open("out/rows.jsonl", "w") as file:
        for number in range(40):
            row = {"id": f"r{number}", "group": f"g{number // 2}", "instruction": f"Say {number % 7}", "response": f"It is {number % 7}."}
            file.write(json.dumps(row) + "\n")
    ```

    ```yaml {#model}
    uses: model/convert
    in: { model: tiny }
    ```

    ```yaml {#split}
    uses: split
    in: { rows: rows }
    with: { validation: 0.15, test: 0.2, seed: 3, group_by: group }
    ```

    ```yaml {#template}
    uses: template
    in: { rows: split.train }
    with: { style: plain }
    ```

    ```yaml {#adapter}
    uses: train/lora
    in: { model: model, rows: split.train, validation: split.validation, template: template }
    with:
      epoch: "${epoch}"
      learning_rate: 0.01
      lora_r: 4
      target_modules: q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj
      per_device_train_batch_size: 4
      per_device_eval_batch_size: 4
    ```

    ```yaml {#answers}
    uses: generate
    in: { model: model, adapter: adapter, questions: split.test, template: template }
    with: { max_new_tokens: 12, batch_size: 4 }
    ```

    ```yaml {#score}
    uses: score
    in: { answers: answers }
    ```
    """#

  private static let console = """
    ```yaml {#far}
    uses: train/lora
    in: { rows: "recipe:tiny/split.train" }
    with: { backend: console }
    ```

    ```yaml {#answers}
    uses: generate
    in: { model: "recipe:tiny/model", adapter: far, questions: "recipe:tiny/split.test" }
    ```
    """

  @Test func aTinyModelIsTrainedAndScoredTheSameEachTime() throws {
    let kitchen = try TestKitchen(["tiny": ModelTests.recipe])
    let list = TestKitchen.packageRoot.appending(path: "Sources/Steps/Environments/model.txt")
    try kitchen.write(try String(contentsOf: list, encoding: .utf8), to: "recipes/model.txt")
    let first = try kitchen.larder("run", "tiny", "--json")
    #expect(first.exitCode == 0, "\(first.errors)")
    guard first.exitCode == 0 else { return }
    #expect(first.errors.contains("score over "))

    let metrics = try JSON(parsing: try kitchen.larder("cat", "tiny:score").output)
    let loss = metrics["difference"]?["loss"]
    #expect(try #require(loss?["high"]?.number) < 0, "\(metrics.canonicalText)")
    #expect(metrics["base"]?["f1"] != nil)

    let report = try JSON(parsing: try kitchen.larder("cat", "tiny:adapter.report").output)
    #expect(report["overfit"]?["reading"] != nil)
    let log = try kitchen.larder("cat", "tiny:adapter.log").output
    #expect(log.split(separator: "\n").count > 10)

    // Forced to run again, training and generation give the same bytes, or the run fails.
    let again = try kitchen.larder(
      "run", "tiny", "--json", "--force", "adapter", "--force", "answers")
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(again.ran == ["adapter", "answers"])
    #expect(again.end?["result"] == first.end?["result"])

    let changed = try kitchen.larder("run", "tiny", "--json", "--set", "epoch=2")
    #expect(changed.exitCode == 0, "\(changed.errors)")
    #expect(changed.ran.isSubset(of: ["adapter", "answers", "score"]))
    #expect(changed.steps["adapter"] == "ran")

    try theDifferenceIsOneParameter(kitchen)
    if ProcessInfo.processInfo.environment["LARDER_LONG_TESTS"] != nil {
      try aBundleWithWheelsNeedsNoNetwork(kitchen)
    }
    try anAdapterWithoutWeightsIsRefused(kitchen)
    try theSameOnAnEmulatedProcessor(kitchen)
  }

  /// Two trainings that differ in one parameter: `diff` says so, and what it did to metrics, answers,
  /// weights and losses, the same in text, JSON and page.
  private func theDifferenceIsOneParameter(_ kitchen: TestKitchen) throws {
    let result = try kitchen.larder("diff", "tiny", "tiny/epoch=2", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let found = try JSON(parsing: result.output)
    #expect(found["parameters"] == [["name": "epoch", "a": 6, "b": 2]])
    #expect(found["recipe"] == ["cells": [], "prose": []])
    #expect(found["rows"] == [] && found["sources"] == [])
    let steps = found["steps"]?.array ?? []
    #expect(steps.first?["because"] == ["parameter `epoch` was 6, is 2"])
    #expect(
      steps.dropFirst().allSatisfy {
        $0["because"]?.array?.first?.string?.hasPrefix("follows") == true
      })
    let loss = try #require((found["metrics"]?.array ?? []).first { $0["name"] == "loss" })
    #expect(loss["pairs"] == 8)
    #expect(loss["reading"] == "worse", "\(loss.canonicalText)")
    let weights = try #require(found["weights"]?.array?.first)
    #expect(try #require(weights["overall"]?["change"]?.number) > 0)
    #expect(weights["product"]?["cosine"]?.number ?? 2 < 1)
    #expect(found["losses"]?.array?.first?["b"]?.array?.isEmpty == false)

    let text = try kitchen.larder("diff", "tiny", "tiny/epoch=2").output
    _ = try kitchen.larder("diff", "tiny", "tiny/epoch=2", "--html", "diff.html")
    let page = try kitchen.read("diff.html")
    let sentence = try #require(found["sentence"]?.string)
    #expect(sentence.hasPrefix("1 parameter changed; "))
    #expect(text.contains(sentence) && page.contains(sentence))
    for metric in found["metrics"]?.array ?? [] {
      let numbers = [metric["a"], metric["b"]].compactMap { $0?.number }.map {
        String(format: "%.3f", $0)
      }
      let name = metric["name"]?.string ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") } ?? ""
      #expect(line.split(separator: " ").dropFirst().prefix(2).map(String.init) == numbers)
      #expect(
        page.contains(
          "<th scope=\"row\">\(name)</th><td class=\"number\">\(numbers[0])</td><td class=\"number\">"
            + "\(numbers[1])</td>"))
    }
  }

  /// Two bundles have one digest, and one of them is all that another user without a network needs.
  private func aBundleWithWheelsNeedsNoNetwork(_ kitchen: TestKitchen) throws {
    let (one, other) = (try TestKitchen(), try TestKitchen())
    var bundles: [String] = []
    for folder in [one, other] {
      let path = folder.root.appending(path: "tiny.tar.zst").path
      let bundle = try kitchen.larder("bundle", "tiny", "-o", path, "--wheels")
      #expect(bundle.exitCode == 0, "\(bundle.errors)")
      bundles.append(try shell("sha256sum < '\(path)'"))
    }
    #expect(bundles[0] == bundles[1] && bundles[0].count > 64)
    let replay = try Running(
      [
        "/usr/bin/bwrap", "--dev-bind", "/", "/", "--unshare-net", "--unshare-user", "--uid",
        "4321", TestKitchen.binary.path, "replay", "tiny.tar.zst", "--json",
      ], folder: one.root
    ).wait()
    #expect(replay.exitCode == 0, "\(replay.output)\(replay.errors)")
    #expect(replay.end?["verdict"] == "identical")
  }

  /// What was trained in a console has no weights to generate with.
  private func anAdapterWithoutWeightsIsRefused(_ kitchen: TestKitchen) throws {
    try kitchen.write(ModelTests.console, to: "recipes/console.md")
    try kitchen.write("{'loss': 1.5, 'epoch': 1.0}\n", to: "train.log")
    #expect(try kitchen.larder("run", "console").exitCode == 75)
    let supply = try kitchen.larder("supply", "console", "far", "artifact=a-7", "log=train.log")
    #expect(supply.exitCode == 0, "\(supply.errors)")
    let run = try kitchen.larder("run", "console", "--json")
    #expect(run.exitCode == 1)
    #expect(run.steps["answers"] == "failed")
    #expect(
      run.errors.contains(
        "the adapter was trained with backend console, and its weights are not here, only the name "
          + "of its artifact, a-7"), "\(run.errors)")
  }

  /// With the profile `portable` training gives the same bytes on an emulated Intel Haswell; with
  /// `native` it does not, and the replay says why.
  private func theSameOnAnEmulatedProcessor(_ kitchen: TestKitchen) throws {
    guard FileManager.default.fileExists(atPath: "/usr/bin/qemu-x86_64") else {
      Issue.record("qemu-x86_64 is missing: apt-get install qemu-user")
      return
    }
    func training(_ result: TestKitchen.Result) -> JSON? {
      result.lines.first { $0["type"]?.string == "step" && $0["step"]?.string == "adapter" }
    }
    let portable = try kitchen.larder(
      "verify", "tiny", "--set", "epoch=2", "--step", "adapter", "--processor", "Haswell",
      "--json")
    #expect(portable.exitCode == 0, "\(portable.output)\(portable.errors)")
    #expect(training(portable)?["verdict"] == "identical")

    // The model is made as before, so that only the training is native.
    try kitchen.write(
      ModelTests.recipe.replacingOccurrences(
        of: "uses: train/lora", with: "uses: train/lora\nnumerics: native"),
      to: "recipes/native.md")
    let native = try kitchen.larder(
      "verify", "native", "--set", "epoch=2", "--step", "adapter", "--processor", "Haswell",
      "--json")
    #expect(native.exitCode == 4, "\(native.output)\(native.errors)")
    #expect(training(native)?["verdict"] == "differs")
    let why = training(native)?["why"]?.string ?? ""
    #expect(why.contains("`native` is exact only on the same processor"), "\(why)")
    #expect(training(native)?["where"]?.string?.hasPrefix("optimizer step") == true)
  }
}
