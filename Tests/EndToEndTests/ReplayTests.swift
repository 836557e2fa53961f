import Documents
import Foundation
import Testing

/// Past runs made again from nothing: what is equal, what is not, and why.
@Suite struct ReplayTests {
  /// Steps that are reproducible, and of every kind that needs no network.
  private static let sound = """
    ---
    params: { word: plain }
    ---

    ```jsonl {#rows}
    {"id":"a","instruction":"Say one","response":"This is the first answer of them all."}
    {"id":"b","instruction":"Say two","response":"This is the second answer of them all."}
    ```

    ```yaml {#clean}
    uses: clean
    in: { rows: rows }
    ```

    ```python {#count}
    #| in: { rows: clean.rows, lib.py: "file:lib.py", data: "file:data" }
    #| out: count.json
    #| with: { word: "${word}" }
    import json, pathlib, sys
    sys.path.insert(0, "in")
    import lib
    rows = len(open("in/rows").readlines())
    files = sorted(path.name for path in pathlib.Path("in/data").iterdir())
    word = json.load(open("params.json"))["word"]
    json.dump({"rows": lib.double(rows), "files": files, "word": word}, open("out/count.json", "w"))
    ```

    ```bash {#last}
    #| in: { count: count }
    #| out: last.txt
    wc -c < in/count > out/last.txt
    ```
    """

  private func kitchen(_ recipe: String = sound, name: String = "sound") throws -> TestKitchen {
    let kitchen = try TestKitchen([name: recipe])
    try kitchen.write("def double(n): return 2 * n\n", to: "recipes/lib.py")
    for number in 1...6 { try kitchen.write("\(number)\n", to: "recipes/data/f\(number).txt") }
    return kitchen
  }

  private func verdicts(_ result: TestKitchen.Result) -> [String: String] {
    var verdicts: [String: String] = [:]
    for line in result.lines where line["type"]?.string == "step" {
      verdicts[line["step"]?.string ?? ""] = line["verdict"]?.string
    }
    return verdicts
  }

  private func why(_ step: String, _ result: TestKitchen.Result) -> String {
    result.lines.first { $0["step"]?.string == step }?["why"]?.string ?? ""
  }

  @Test func aRunIsIdentical() throws {
    let kitchen = try kitchen()
    let run = try kitchen.larder("run", "sound", "--json", "--set", "word=other")
    #expect(run.exitCode == 0, "\(run.errors)")
    let id = try #require(run.end?["run"]?.string)
    let before = try kitchen.larder("runs", "--json").output
    let replay = try kitchen.larder("replay", id, "--json")
    #expect(replay.exitCode == 0, "\(replay.output)\(replay.errors)")
    #expect(Set(verdicts(replay).values) == ["identical"])
    #expect(verdicts(replay).count == 4)
    #expect(replay.end?["result"] == run.end?["result"])
    #expect(replay.end?["expected"] == run.end?["result"])
    // The kitchen's history is as it was.
    #expect(try kitchen.larder("runs", "--json").output == before)

    let text = try kitchen.larder("replay", id)
    #expect(text.output.contains("identical: 4 steps of run"))
  }

  @Test func onlyOneStepIsReplayed() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("run", "sound").exitCode == 0)
    let replay = try kitchen.larder("replay", "sound", "--json", "--step", "clean")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(verdicts(replay) == ["rows": "identical", "clean": "identical"])
    let wrong = try kitchen.larder("replay", "sound", "--step", "claen")
    #expect(wrong.exitCode == 2)
    #expect(wrong.errors.contains("did you mean `clean`"), "\(wrong.errors)")
  }

  @Test func outputsOfThePastAreNotRead() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("run", "sound").exitCode == 0)
    // A result that somebody put into the store is not what the replay makes.
    let folder = kitchen.root.appending(path: "again").path
    let replay = try kitchen.larder("replay", "sound", "--folder", folder, "--json")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(replay.lines.allSatisfy { $0["how"] == nil || $0["how"]?.string == "executed" })
    #expect(kitchen.exists("again/artifacts/history.git/HEAD"))
    let full = try kitchen.larder("replay", "sound", "--folder", folder)
    #expect(full.exitCode == 2)
    #expect(full.errors.contains("it is not an empty folder"))
  }

  @Test(arguments: [
    ("import time\nopen('out/o', 'w').write(repr(time.time()))", "clock"),
    ("import random\nopen('out/o', 'w').write(repr(random.random()))", "random"),
    (
      "open('out/o', 'w').write(' '.join(set('one two three four five six seven'.split())))",
      "order of a set"
    ),
    ("import uuid\nopen('out/o', 'w').write(str(uuid.uuid4()))", "random"),
  ])
  func whatVariesIsNamed(code: String, cause: String) throws {
    let recipe = """
      ```python {#odd}
      #| out: o
      \(code)
      ```

      ```bash {#after}
      #| in: { o: odd }
      #| out: n
      cat in/o > out/n
      ```

      ```bash {#fine}
      #| out: f
      echo fine > out/f
      ```
      """
    let kitchen = try TestKitchen(["odd": recipe])
    #expect(try kitchen.larder("run", "odd").exitCode == 0)
    let replay = try kitchen.larder("replay", "odd", "--json")
    #expect(replay.exitCode == 4, "\(replay.output)\(replay.errors)")
    #expect(
      verdicts(replay) == ["odd": "differs", "after": "follows", "fine": "identical"])
    #expect(why("odd", replay).contains(cause), "\(why("odd", replay))")
    #expect(replay.end?["verdict"] == "differs")
  }

  @Test func verifyFindsWhatStaysHiddenOnOneMachine() throws {
    let recipe = """
      ```python {#order}
      #| in: { data: "file:data" }
      #| out: o
      import os
      open("out/o", "w").write(" ".join(os.listdir("in/data")))
      ```

      ```python {#cores}
      #| out: o
      #| numerics: native
      import os
      open("out/o", "w").write(str(len(os.sched_getaffinity(0))))
      ```

      ```python {#day}
      #| out: o
      import datetime
      open("out/o", "w").write(str(datetime.date.today()))
      ```

      ```python {#sorted}
      #| in: { data: "file:data" }
      #| out: o
      import os
      open("out/o", "w").write(" ".join(sorted(os.listdir("in/data"))))
      ```

      ```jsonl {#rows}
      {"id":"a","instruction":"I","response":"IIii, an answer that is long enough."}
      ```

      ```yaml {#clean}
      uses: clean
      in: { rows: rows }
      ```
      """
    let kitchen = try kitchen(recipe, name: "hidden")
    let verify = try kitchen.larder("verify", "hidden", "--json")
    #expect(verify.exitCode == 4, "\(verify.output)\(verify.errors)")
    let found = verdicts(verify)
    #expect(found["order"] == "differs")
    #expect(why("order", verify).contains("order in which the file system lists a folder"))
    #expect(found["sorted"] == "identical")
    #expect(found["clean"] == "identical")
    if ProcessInfo.processInfo.activeProcessorCount > 1 {
      #expect(found["cores"] == "differs")
      #expect(why("cores", verify).contains("number of processors"))
    }
    if verify.errors.contains("clock (400 days ahead)") {
      #expect(found["day"] == "differs")
      #expect(why("day", verify).contains("date"))
    } else {
      #expect(verify.errors.contains("not varied: clock: libfaketime is missing"))
    }
    // What was measured is known of the step from then on.
    #expect(try kitchen.larder("show", "hidden:order").output.contains("not reproducible"))
    #expect(try kitchen.larder("show", "hidden:clean").output.contains("bit-exact"))
  }

  @Test func aDeclaredToleranceIsKept() throws {
    let recipe = """
      ```python {#noisy}
      #| out: { m: m.json }
      #| tolerance: 0.01
      import json, random
      json.dump({"loss": 2.5 + random.random() / 1000, "n": 3}, open("out/m.json", "w"))
      ```
      """
    let kitchen = try TestKitchen(["noisy": recipe])
    #expect(try kitchen.larder("run", "noisy").exitCode == 0)
    let close = try kitchen.larder("replay", "noisy", "--json")
    #expect(close.exitCode == 0, "\(close.output)\(close.errors)")
    #expect(verdicts(close) == ["noisy": "within-tolerance"])
    #expect(close.lines.first?["where"]?.string?.contains("the recipe allows 0.01") == true)
    #expect(close.end?["verdict"] == "within-tolerance")

    // A tolerance is no part of the key: another one re-runs nothing.
    try kitchen.write(
      recipe.replacingOccurrences(of: "0.01", with: "0.0000001"), to: "recipes/noisy.md")
    let again = try kitchen.larder("run", "noisy", "--json")
    #expect(again.ran.isEmpty)
    let far = try kitchen.larder("replay", "noisy", "--json")
    #expect(far.exitCode == 4)
    #expect(verdicts(far) == ["noisy": "differs"])
  }

  @Test func anotherProcessorCountIsNamed() throws {
    guard ProcessInfo.processInfo.activeProcessorCount > 1 else { return }
    let recipe = """
      ```python {#cores}
      #| out: o
      #| numerics: native
      import os
      open("out/o", "w").write(str(len(os.sched_getaffinity(0))))
      ```
      """
    let kitchen = try TestKitchen(["cores": recipe])
    #expect(try kitchen.larder("run", "cores").exitCode == 0)
    let replay = try Running(
      ["/usr/bin/taskset", "-c", "0", TestKitchen.binary.path, "replay", "cores", "--json"],
      folder: kitchen.root
    ).wait()
    #expect(replay.exitCode == 4, "\(replay.output)\(replay.errors)")
    #expect(why("cores", replay).contains("processors, has 1"), "\(why("cores", replay))")
  }

  @Test func aMissingInputIsNamed() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("run", "sound").exitCode == 0)
    // A history without its store: what Git holds is not enough for the inputs.
    try shell("mv '\(kitchen.root.path)/cache' '\(kitchen.root.path)/elsewhere'")
    let replay = try kitchen.larder("replay", "sound", "--json")
    #expect(replay.exitCode == 3, "\(replay.output)\(replay.errors)")
    #expect(replay.end?["verdict"] == "not-executed", "\(replay.output)\(replay.errors)")
    #expect(verdicts(replay)["clean"] == "identical")
    #expect(verdicts(replay)["count"] == "not-executed")
    #expect(why("count", replay).contains("lib.py"), "\(why("count", replay))")
    #expect(verdicts(replay)["last"] == "not-executed")
    #expect(why("last", replay).contains("count"))

    // A folder with the files under any name is enough.
    let found = try kitchen.larder("replay", "sound", "--json", "--distdir", "recipes")
    #expect(why("count", found).contains("data"), "\(found.output)")
  }

  @Test func aDamagedInputIsNamed() throws {
    let recipe = """
      ```bash {#sum}
      #| in: { noise: "file:noise.bin" }
      #| out: sum.txt
      cksum < in/noise > out/sum.txt
      ```

      ```bash {#other}
      #| out: o.txt
      echo other > out/o.txt
      ```
      """
    let kitchen = try TestKitchen(["noise": recipe])
    var generator = SystemRandomNumberGenerator()
    let noise = Data((0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) })
    try noise.write(to: kitchen.root.appending(path: "recipes/noise.bin"))
    #expect(try kitchen.larder("run", "noise").exitCode == 0)

    // One bit of the input's only copy.
    let packs = kitchen.root.appending(path: "cache/packs")
    var changed = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: packs.path) {
      let file = packs.appending(path: name)
      var bytes = try Data(contentsOf: file)
      guard let range = bytes.range(of: noise[100..<200]) else { continue }
      bytes[range.lowerBound] ^= 1
      try bytes.write(to: file)
      changed += 1
    }
    #expect(changed == 1)
    try shell(
      "chmod -R u+w '\(kitchen.root.path)/cache/plain'; rm -rf '\(kitchen.root.path)/cache/plain'/*"
    )
    let replay = try kitchen.larder("replay", "noise", "--json")
    #expect(replay.exitCode == 3, "\(replay.output)\(replay.errors)")
    #expect(verdicts(replay) == ["sum": "not-executed", "other": "identical"])
    #expect(why("sum", replay).contains("noise.bin"), "\(why("sum", replay))")
    #expect(why("sum", replay).contains("damaged"), "\(why("sum", replay))")
  }

  @Test func withoutPythonTheOtherStepsAreReplayed() throws {
    let recipe = """
      ```python {#snake}
      #| out: o.txt
      open("out/o.txt", "w").write("snake")
      ```

      ```bash {#shell}
      #| out: o.txt
      echo shell > out/o.txt
      ```
      """
    let kitchen = try TestKitchen(["both": recipe])
    #expect(try kitchen.larder("run", "both").exitCode == 0)
    // A machine that has bubblewrap and bash, and no Python.
    let tools = ["bwrap", "bash"].flatMap { ["--ro-bind", "/usr/bin/\($0)", "/usr/bin/\($0)"] }
    let replay = try Running(
      ["/usr/bin/bwrap", "--dev-bind", "/", "/", "--tmpfs", "/usr/bin"] + tools
        + [TestKitchen.binary.path, "replay", "both", "--json"], folder: kitchen.root
    ).wait()
    #expect(replay.exitCode == 3, "\(replay.output)\(replay.errors)")
    #expect(verdicts(replay) == ["snake": "not-executed", "shell": "identical"])
    #expect(why("snake", replay).contains("python"), "\(why("snake", replay))")
  }

  @Test func anEnvironmentForAnotherPythonIsNotBuilt() throws {
    let recipe = """
      ---
      environments: { data: ["six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"] }
      ---

      ```python {#version}
      #| out: v.txt
      #| environment: data
      import six
      open("out/v.txt", "w").write(six.__version__)
      ```
      """
    let kitchen = try TestKitchen(["package": recipe, "other": recipe])
    let run = try kitchen.larder("run", "package")
    #expect(run.exitCode == 0, "\(run.errors)")
    let lock = try kitchen.read("recipes/package.lock")
    let other = lock.replacingOccurrences(
      of: #"python: "3\.[0-9]+""#, with: "python: \"3.7\"", options: .regularExpression)
    #expect(other != lock)
    try kitchen.write(other, to: "recipes/other.lock")
    let replay = try kitchen.larder("replay", "package", "--with", "other", "--json")
    #expect(replay.exitCode == 3, "\(replay.output)\(replay.errors)")
    #expect(why("version", replay).contains("it was locked for Python 3.7"))
  }

  @Test func theHistoryReadsWithPlainGitAndACloneOfItReplays() throws {
    let recipe = """
      ```python {#one}
      #| out: one.json
      import json
      json.dump({"one": 1}, open("out/one.json", "w"))
      ```
      """
    let kitchen = try TestKitchen(["plain": recipe])
    #expect(try kitchen.larder("run", "plain", "--note", "the first").exitCode == 0)
    #expect(try kitchen.larder("submit", "plain", "--name", "first").exitCode == 0)
    try kitchen.write(
      recipe.replacingOccurrences(of: "\"one\": 1", with: "\"one\": 2"), to: "recipes/plain.md")
    #expect(try kitchen.larder("run", "plain").exitCode == 0)

    let git = "git --git-dir='\(kitchen.root.path)/artifacts/history.git'"
    #expect(try shell("\(git) log --format=%s plain/main").contains("plain: succeeded"))
    #expect(try shell("\(git) show submission/first:result/one/one.json") == "{\"one\": 1}")
    let diff = try shell("\(git) diff plain/main~1 plain/main -- result")
    #expect(diff.contains("-{\"one\": 1}") && diff.contains("+{\"one\": 2}"), "\(diff)")

    let clone = try TestKitchen()
    try shell(
      "mkdir '\(clone.root.path)/artifacts' && git clone -q --mirror "
        + "'\(kitchen.root.path)/artifacts/history.git' '\(clone.root.path)/artifacts/history.git'")
    let replay = try clone.larder("replay", "submission/first", "--json")
    #expect(replay.exitCode == 0, "\(replay.output)\(replay.errors)")
    #expect(verdicts(replay) == ["one": "identical"])
  }

  @Test func gitLFSAcceptsThePointers() throws {
    let recipe = """
      ```python {#large}
      #| out: large.bin
      open("out/large.bin", "wb").write(bytes(range(256)) * 1000)
      ```
      """
    let kitchen = try TestKitchen(["large": recipe])
    #expect(try kitchen.larder("run", "large").exitCode == 0)
    let git = "git --git-dir='\(kitchen.root.path)/artifacts/history.git'"
    let pointer = try shell("\(git) show large/main:result/large/large.bin")
    #expect(pointer.hasPrefix("version https://git-lfs.github.com/spec/v1\noid sha256:"))
    // Reading needs no Git LFS; where it is there, it takes the pointers for its own.
    let check =
      "\(git) show large/main:result/large/large.bin | git lfs pointer --check --strict --stdin"
    #expect(try Running(["/bin/sh", "-c", check]).wait().exitCode == 0)
    let clone = kitchen.root.appending(path: "clone").path
    try shell(
      "GIT_LFS_SKIP_SMUDGE=1 git clone -q '\(kitchen.root.path)/artifacts/history.git' '\(clone)'")
    let fsck = try Running(
      ["/bin/sh", "-c", "cd '\(clone)' && git lfs fsck --pointers HEAD 2>&1"]
    ).wait()
    #expect(fsck.exitCode == 0, "\(fsck.output)")
  }

  @Test func artifactsAreBroughtBack() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("run", "sound").exitCode == 0)
    let back = try kitchen.larder("replay", "sound", "--from-cache", "-o", "past")
    #expect(back.exitCode == 0, "\(back.errors)")
    #expect(try kitchen.read("past/last/last.txt") == kitchen.read("artifacts/sound/last/last.txt"))
    #expect(try kitchen.larder("replay", "sound", "--from-cache", "-o", "past").exitCode == 2)
    #expect(try kitchen.larder("replay", "sound", "--from-cache").exitCode == 2)
  }

  @Test func aBundleReplaysWithNoKitchenAndNoNetwork() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("run", "sound").exitCode == 0)
    #expect(try kitchen.larder("bundle", "sound", "-o", "b.tar.zst").exitCode == 0)
    let bundle = kitchen.root.appending(path: "b.tar.zst").path
    let elsewhere = FileManager.default.temporaryDirectory
    let replay = try Running(
      [
        "/usr/bin/bwrap", "--dev-bind", "/", "/", "--unshare-net", TestKitchen.binary.path,
        "replay", bundle, "--json",
      ], folder: elsewhere
    ).wait()
    #expect(replay.exitCode == 0, "\(replay.output)\(replay.errors)")
    #expect(Set(verdicts(replay).values) == ["identical"])
    let refused = try kitchen.larder("replay", bundle, "--no-sandbox")
    #expect(refused.exitCode == 2)
    #expect(refused.errors.contains("without the sandbox"))
  }

  /// What another recipe changes is named, against a run of the first.
  @Test(arguments: [
    ("double(rows)", "double(rows) + 1", "count", "the code of the cell"),
    ("the second answer", "the third answer", "rows", "content"),
    ("seed: 7", "seed: 8", "split", "parameter `seed` was 7, is 8"),
    ("word: plain", "word: other", "count", "parameter `word` was \"plain\", is \"other\""),
  ])
  func whatAnotherRecipeChangesIsNamed(
    old: String, new: String, step: String, cause: String
  ) throws {
    let recipe =
      ReplayTests.sound + """


        ```yaml {#split}
        uses: split
        in: { rows: clean.rows }
        with: { validation: 0.5, test: 0, seed: 7 }
        ```
        """
    let kitchen = try kitchen(recipe)
    #expect(try kitchen.larder("run", "sound").exitCode == 0)
    let changed = recipe.replacingOccurrences(of: old, with: new)
    #expect(changed != recipe)
    try kitchen.write(changed, to: "recipes/other.md")
    let replay = try kitchen.larder("replay", "sound", "--with", "other", "--json")
    // Another seed may draw the same rows: then nothing differs but the action.
    guard step != "split" || replay.exitCode != 0 else { return }
    #expect(replay.exitCode == 4, "\(replay.output)\(replay.errors)")
    #expect(verdicts(replay)[step] == "differs", "\(replay.output)")
    #expect(why(step, replay).contains(cause), "\(why(step, replay))")
    let same = try kitchen.larder("replay", "sound", "--with", "sound", "--json")
    #expect(same.exitCode == 0, "\(same.output)\(same.errors)")
  }

  @Test func anotherPackageVersionIsNamed() throws {
    let recipe = """
      ---
      environments: { data: [six==1.16.0] }
      ---

      ```python {#version}
      #| out: v.txt
      #| environment: data
      import six
      open("out/v.txt", "w").write(six.__version__)
      ```
      """
    let kitchen = try TestKitchen(["package": recipe])
    let run = try kitchen.larder("run", "package")
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try kitchen.larder("replay", "package").exitCode == 0)
    try kitchen.write(
      recipe.replacingOccurrences(of: "1.16.0", with: "1.17.0"), to: "recipes/newer.md")
    #expect(try kitchen.larder("lock", "newer").exitCode == 0)
    let replay = try kitchen.larder("replay", "package", "--with", "newer", "--json")
    #expect(replay.exitCode == 4, "\(replay.output)\(replay.errors)")
    #expect(
      why("version", replay).contains("the package `six` was 1.16.0, is 1.17.0"),
      "\(why("version", replay))")

    // A bundle with the wheels needs no network for its environment either.
    #expect(try kitchen.larder("bundle", "package", "-o", "w.tar.zst", "--wheels").exitCode == 0)
    let offline = try kitchen.larder("replay", "w.tar.zst", "--offline", "--json")
    #expect(offline.exitCode == 0, "\(offline.output)\(offline.errors)")
    #expect(try kitchen.larder("bundle", "package", "-o", "p.tar.zst").exitCode == 0)
    let without = try kitchen.larder(
      "replay", "p.tar.zst", "--offline", "--json",
      environment: ["PIP_CACHE_DIR": kitchen.root.appending(path: "empty").path])
    #expect(without.exitCode == 3, "\(without.output)\(without.errors)")
    #expect(verdicts(without) == ["version": "not-executed"])
    #expect(why("version", without).contains("six"), "\(why("version", without))")
  }

  @Test(arguments: ["submission/none", "fffffff", "sound~7", "none.tar.zst"])
  func aReferenceThatNamesNoRunIsRefused(reference: String) throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("run", "sound").exitCode == 0)
    let replay = try kitchen.larder("replay", reference)
    #expect(replay.exitCode == 2, "\(replay.errors)")
    #expect(replay.errors.contains("error: "))
  }
}
