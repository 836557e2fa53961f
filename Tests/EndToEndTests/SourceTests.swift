import Documents
import Foundation
import Testing

/// Sources and environments: pins, wrong bytes, no network, licences.
@Suite struct SourceTests {
  /// A file server on this machine.
  private final class Server {
    let running: Running
    let folder: URL
    let port: Int

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(
        path: "larder-served-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let program = """
        import functools, http.server, sys
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        print(f"port {server.server_port}.", flush=True)
        server.serve_forever()
        """
      running = try Running(["/usr/bin/python3", "-u", "-c", program, folder.path])
      running.waitFor(".")
      port = try #require(Int(running.outputText.filter(\.isNumber)))
    }

    func stop() {
      kill(running.id, SIGKILL)
      _ = running.wait()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String) throws {
      try Data(text.utf8).write(to: folder.appending(path: "rows.jsonl"))
    }
  }

  private func recipe(_ port: Int, more: String = "", front: String = "") -> String {
    """
    \(front)

    ```yaml {#data}
    uses: fetch/http
    with: { url: "http://127.0.0.1:\(port)/rows.jsonl"\(more) }
    ```

    ```yaml {#rows}
    uses: ingest
    in: { files: data }
    ```
    """
  }

  @Test func aStepThatJoinsHasTheLockAndLicencesOfItsOwnRecipe() throws {
    let server = try Server()
    try server.write("{\"a\":1}\n")
    let top = """
      ---
      licences: [MIT]
      ---
      ```bash {#count}
      #| in: { rows: "recipe:web/rows" }
      #| out: n.txt
      wc -l < in/rows > out/n.txt
      ```
      """
    let kitchen = try TestKitchen(["web": recipe(server.port), "top": top])
    let locked = try kitchen.larder("run", "top", "--locked")
    #expect(locked.exitCode == 2)
    #expect(locked.errors.contains("has no pin in web.lock"), "\(locked.errors)")
    let run = try kitchen.larder("run", "top", "--json")
    #expect(run.exitCode == 0, "the licences of `top` are for its own sources: \(run.errors)")
    #expect(run.ran == ["web/data", "web/rows", "count"])
    #expect(!kitchen.exists("recipes/top.lock"))
    let lock = try kitchen.read("recipes/web.lock")
    #expect(try kitchen.larder("run", "web", "--locked", "--json").ran.isEmpty)

    // Its pins are renewed by name, never along with those of the other recipe.
    try server.write("{\"a\":2}\n{\"a\":3}\n")
    try kitchen.larder("lock", "top", "--update")
    #expect(try kitchen.read("recipes/web.lock") == lock)
    try kitchen.larder("lock", "top", "--update", "web/data")
    #expect(try kitchen.read("recipes/web.lock") != lock)
    #expect(try kitchen.larder("run", "top", "--json").ran == ["web/data", "web/rows", "count"])
    #expect(try kitchen.read("artifacts/top/count/n.txt") == "2\n")

    try kitchen.write(
      recipe(server.port, front: "---\nlicences: [MIT]\n---"), to: "recipes/web.md")
    let refused = try kitchen.larder("run", "top")
    #expect(refused.exitCode == 2)
    #expect(refused.errors.contains("`web/data`"), "\(refused.errors)")
    server.stop()
  }

  @Test func aDownloadIsPinnedAndLaterBytesAreRefused() throws {
    let server = try Server()
    try server.write("{\"a\":1}\n")
    let kitchen = try TestKitchen(["web": recipe(server.port)])
    let locked = try kitchen.larder("run", "web", "--locked")
    #expect(locked.exitCode == 2, "\(locked.errors)")
    #expect(!kitchen.exists("recipes/web.lock"))
    let first = try kitchen.larder("run", "web", "--json")
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(try kitchen.read("recipes/web.lock").contains("larder-lock: 1"))

    try server.write("{\"a\":2}\n")
    #expect(try kitchen.larder("run", "web", "--json").ran.isEmpty)
    // Another kitchen with the same lock must get the pinned bytes or fail.
    let other = try TestKitchen(["web": recipe(server.port)])
    try other.write(try kitchen.read("recipes/web.lock"), to: "recipes/web.lock")
    let wrong = try other.larder("run", "web")
    #expect(wrong.exitCode == 3, "\(wrong.errors)")
    #expect(wrong.errors.contains("is expected"))
    #expect(wrong.errors.contains("larder lock RECIPE --update STEP"))
    #expect(try other.read("recipes/web.lock") == kitchen.read("recipes/web.lock"))

    // A folder with the pinned bytes, under any name, stands in for the network.
    try other.write("{\"a\":1}\n", to: "disk/anything")
    let fromDisk = try other.larder("run", "web", "--json", "--distdir", "disk", "--offline")
    #expect(fromDisk.exitCode == 0, "\(fromDisk.errors)")
    #expect(fromDisk.end?["result"] == first.end?["result"])

    let renewed = try kitchen.larder("lock", "web", "--update", "data")
    #expect(renewed.exitCode == 0, "\(renewed.errors)")
    #expect(try kitchen.larder("run", "web", "--json").ran == ["data", "rows"])
  }

  @Test func withoutTheServerTheErrorSaysWhatToDo() throws {
    let server = try Server()
    try server.write("{}\n")
    let kitchen = try TestKitchen(["web": recipe(server.port)])
    server.stop()
    let result = try kitchen.larder("run", "web", "--json")
    #expect(result.exitCode == 3, "\(result.errors)")
    #expect(result.errors.contains("hint:"))
    #expect(result.end?["status"] == "refused")
    #expect(!kitchen.exists("recipes/web.lock"))
    let offline = try kitchen.larder("run", "web", "--offline")
    #expect(offline.exitCode == 3)
    #expect(offline.errors.contains("--offline"))
  }

  @Test func aLicenceOutsideTheListIsRefused() throws {
    let server = try Server()
    try server.write("{\"a\":1}\n")
    let front = "---\nlicences: [MIT]\n---"
    let kitchen = try TestKitchen([
      "none": recipe(server.port, front: front),
      "other": recipe(server.port, more: ", licence: GPL-3.0-only", front: front),
      "good": recipe(server.port, more: ", licence: MIT", front: front),
    ])
    #expect(try kitchen.larder("run", "none").errors.contains("its licence is not known"))
    let other = try kitchen.larder("run", "other")
    #expect(other.exitCode == 2)
    #expect(other.errors.contains("its licence is GPL-3.0-only"))
    #expect(try kitchen.larder("run", "good").exitCode == 0)
  }

  @Test func aMissingPackageIsNamed() throws {
    let kitchen = try TestKitchen([
      "gone":
        "```yaml {#data}\nuses: fetch/pypi\nwith: { package: larder-no-such-package, version: 1.0 }\n```\n",
      "environment":
        "---\nenvironments: { data: [larder-no-such-package==1.0] }\n---\n\n```python {#x}\n#| out: a.txt\n#| environment: data\nopen('out/a.txt','w').write('a')\n```\n",
    ])
    for name in ["gone", "environment"] {
      let result = try kitchen.larder("run", name)
      #expect(result.exitCode == 3, "\(result.errors)")
      #expect(result.errors.contains("larder-no-such-package"), "\(result.errors)")
      #expect(!kitchen.exists("recipes/\(name).lock"))
    }
  }

  @Test func anEnvironmentIsLockedBuiltAndSeen() throws {
    let kitchen = try TestKitchen([
      "six":
        "---\nenvironments: { data: [six==1.16.0] }\n---\n\n```python {#x}\n#| out: a.txt\n#| environment: data\nimport six\nopen('out/a.txt','w').write(six.__version__ + ' ' + six.__file__)\n```\n"
    ])
    let result = try kitchen.larder("run", "six", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(
      try kitchen.read("artifacts/six/x/a.txt")
        == "1.16.0 /env/data/lib/python3.11/site-packages/six.py")
    #expect(try kitchen.read("recipes/six.lock").contains("name: \"six\""))
    #expect(try kitchen.larder("run", "six", "--json", "--offline").ran.isEmpty)
  }

  @Test func aFileIsReadByContent() throws {
    let kitchen = try TestKitchen([
      "local":
        "```bash {#x}\n#| in: { a: \"file:../data/a.txt\" }\n#| out: b.txt\ncp in/a out/b.txt\n```\n"
    ])
    try kitchen.write("one\n", to: "data/a.txt")
    #expect(try kitchen.larder("run", "local").exitCode == 0)
    try shell("touch -d '2001-01-01' \(kitchen.root.path)/data/a.txt")
    #expect(try kitchen.larder("run", "local", "--json").ran.isEmpty)
    try kitchen.write("two\n", to: "data/a.txt")
    #expect(try kitchen.larder("run", "local", "--json").ran == ["x"])
    #expect(try kitchen.larder("cat", "local:x").output == "two\n")
    // The same size and modification time, but other content: only the change time tells.
    try shell(
      "f=\(kitchen.root.path)/data/a.txt; touch -r $f /tmp/larder-stamp-$$; printf 'six\\n' > $f; touch -r /tmp/larder-stamp-$$ $f; rm /tmp/larder-stamp-$$"
    )
    #expect(try kitchen.larder("run", "local", "--json").ran == ["x"])
    #expect(try kitchen.larder("cat", "local:x").output == "six\n")
  }
}
