import Documents
import Foundation
import Testing

/// `larder bundle`: a run as one file.
@Suite struct BundleTests {
  private static let recipe = """
    # Two steps

    ```text {#words}
    one
    two
    ```

    ```bash {#count}
    #| in: { words: words, list: file:../list.txt, all: file:../things }
    #| out: { number: number.txt }
    cat in/words in/list | wc -l > out/number.txt
    ls in/all >> out/number.txt
    ```
    """

  private func kitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen(["two": BundleTests.recipe])
    try kitchen.write("three\n", to: "list.txt")
    try kitchen.write("a\n", to: "things/a.txt")
    try kitchen.write("b\n", to: "things/deep/b.txt")
    let run = try kitchen.larder("run", "two")
    #expect(run.exitCode == 0, "\(run.errors)")
    return kitchen
  }

  @Test func aRunBecomesOneFile() throws {
    let kitchen = try kitchen()
    let bundle = try kitchen.larder("bundle", "two", "-o", "two.tar.zst", "--json")
    #expect(bundle.exitCode == 0, "\(bundle.errors)")
    let document = try JSON(parsing: bundle.output)
    let sum = try shell("zstd -dc '\(kitchen.root.path)/two.tar.zst' | sha256sum").prefix(64)
    #expect(document["tar"]?.string == "sha256:\(sum)")
    let file = try shell("sha256sum < '\(kitchen.root.path)/two.tar.zst'").prefix(64)
    #expect(document["file"]?.string == "sha256:\(file)")
    let names = try shell("zstd -dc '\(kitchen.root.path)/two.tar.zst' | tar -tf -")
    for bytes in ["three\n", "a\n", "b\n"] {
      let digest = try shell("printf '\(bytes)' | sha256sum").prefix(64)
      #expect(names.contains("blobs/sha256/\(digest)\n"))
    }
    #expect(names.hasPrefix("bundle.json\nprovenance.json\n"))
    let again = try kitchen.larder(
      "bundle", "two", "-o", "again.tar.zst", environment: ["TZ": "Asia/Tokyo"])
    #expect(again.exitCode == 0)
    #expect(again.output.contains("tar   sha256:\(sum)\n"))
    try shell("cmp '\(kitchen.root.path)/two.tar.zst' '\(kitchen.root.path)/again.tar.zst'")
    let there = try kitchen.larder("bundle", "two", "-o", "two.tar.zst")
    #expect(there.exitCode == 2)
    #expect(there.errors.contains("something stands there already"))
  }

  @Test func aBundleIsSigned() throws {
    let kitchen = try kitchen()
    let root = kitchen.root.path
    try shell("ssh-keygen -q -t ed25519 -N '' -f '\(root)/key'")
    let bundle = try kitchen.larder("bundle", "two", "-o", "two.tar.zst", "--sign", "key")
    #expect(bundle.exitCode == 0, "\(bundle.errors)")
    try kitchen.write("ada " + (try kitchen.read("key.pub")), to: "allowed")
    let said = try shell(
      "zstd -dc '\(root)/two.tar.zst' | ssh-keygen -Y verify -f '\(root)/allowed' -I ada "
        + "-n larder-bundle -s '\(root)/two.tar.zst.sig'; echo $?")
    #expect(said.hasSuffix("\n0\n"), "\(said)")
  }

  @Test(arguments: [
    ["nope", "-o", "x.tar.zst"], ["two"], ["two", "-o", "missing/x.tar.zst"],
    ["two", "-o", "x.tar.zst", "--sign", "none"],
    ["two", "-o", "x.tar.zst", "--distdir", "/nonexistent"],
  ])
  func aWrongCommandWritesNothing(arguments: [String]) throws {
    let kitchen = try kitchen()
    let result = try kitchen.start(["bundle"] + arguments).wait()
    #expect(result.exitCode == 2, "\(result.errors)")
    #expect(!kitchen.exists("x.tar.zst"))
  }

  /// The PyPI package `in-toto-attestation` takes the provenance.
  @Test func theProvenanceIsTakenByAStandardVerifier() throws {
    let kitchen = try kitchen()
    let root = kitchen.root.path
    let pip = try shell(
      "python3 -m venv '\(root)/venv' && '\(root)/venv/bin/pip' install -q in-toto-attestation "
        + "2>&1; echo $?")
    guard pip.hasSuffix("0\n") else {
      // Only a machine without network may go without this check.
      #expect(
        pip.contains("connection") || pip.contains("name resolution")
          || pip.contains("No matching distribution"), "\(pip)")
      print("skipped: pip cannot install in-toto-attestation here: \(pip)")
      return
    }
    #expect(try kitchen.larder("bundle", "two", "-o", "two.tar.zst").exitCode == 0)
    try shell("zstd -dc '\(root)/two.tar.zst' | tar -xOf - provenance.json > '\(root)/p.json'")
    let program = """
      import json, sys
      from google.protobuf.json_format import Parse
      import in_toto_attestation.v1.statement_pb2 as statements
      import in_toto_attestation.predicates.provenance.v1.provenance_pb2 as provenances
      from in_toto_attestation.v1.statement import Statement
      text = open(sys.argv[1]).read()
      Statement.copy_from_pb(Parse(text, statements.Statement())).validate()
      provenance = Parse(json.dumps(json.loads(text)["predicate"]), provenances.Provenance())
      assert provenance.build_definition.build_type.startswith("urn:larder:")
      assert provenance.run_details.metadata.started_on.seconds > 0
      names = [entry.name for entry in provenance.build_definition.resolved_dependencies]
      assert any(name.startswith("inputs/") for name in names), names
      print("accepted")
      """
    try kitchen.write(program, to: "check.py")
    #expect(
      try shell("'\(root)/venv/bin/python' '\(root)/check.py' '\(root)/p.json' 2>&1")
        == "accepted\n")
  }
}
