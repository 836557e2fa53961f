import Documents
import Foundation
import Testing

/// `larder shell`: a shell where a step would run.
@Suite struct ShellTests {
  private static let recipe = """
    ---
    params: { n: 3 }
    ---
    ```text {#words}
    one
    two
    ```

    ```bash {#sorted}
    #| in: { words: words }
    #| out: sorted.txt
    sort in/words > out/sorted.txt
    ```

    ```bash {#count}
    #| in: { sorted: sorted }
    #| matrix: { k: [1, 2] }
    #| with: { n: "${n}", k: "${k}" }
    #| env: { GREETING: hello }
    #| out: n.txt
    echo counting
    wc -l < in/sorted > out/n.txt
    ```

    ```yaml {#clean}
    uses: clean
    in: { rows: sorted }
    ```
    """

  private func kitchen(run: Bool = true) throws -> TestKitchen {
    let kitchen = try TestKitchen(["r": ShellTests.recipe])
    if run {
      let result = try kitchen.larder("run", "r", "--until", "sorted")
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    return kitchen
  }

  /// Gives commands to a shell by a pipe.
  private func pipe(
    _ commands: String, _ arguments: [String], in kitchen: TestKitchen
  ) throws -> TestKitchen.Result {
    try kitchen.write(commands, to: "commands")
    let words = ([TestKitchen.binary.path, "shell"] + arguments).map { "'\($0)'" }
    return try Running(
      ["/bin/sh", "-c", "\(words.joined(separator: " ")) < commands"], folder: kitchen.root
    ).wait()
  }

  @Test func itSeesWhatTheStepSees() throws {
    let kitchen = try kitchen()
    let result = try pipe(
      """
      pwd; ls; cat in/sorted params.json; echo; echo "$GREETING ${BASH_ENV-none} $HOME $(id -un)"
      run && cat out/n.txt
      touch in/new 2>/dev/null || echo read-only
      (exec 3<>/dev/tcp/1.1.1.1/80) 2>/dev/null || echo no network
      exit 7
      """, ["r", "count@k=2"], in: kitchen)
    #expect(result.exitCode == 7, "\(result.errors)")
    #expect(
      result.output == """
        /step
        cell.sh
        home
        in
        out
        params.json
        tmp
        one
        two
        {"k":2,"n":3}
        hello none /step/home larder
        counting
        2
        read-only
        no network

        """)
    // Nothing of it is a result.
    #expect(try kitchen.larder("plan", "r", "--json").output.contains(#""state":"run""#))
    #expect(try shell("ls '\(kitchen.root.path)/cache/work'") == "CACHEDIR.TAG\n")
  }

  @Test func whatItWroteIsKeptWhereAsked() throws {
    let kitchen = try kitchen()
    let result = try pipe(
      "run; echo more > out/x", ["r", "count@k=1", "--keep", "tried"], in: kitchen)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try kitchen.read("tried/n.txt") == "2\n")
    #expect(try kitchen.read("tried/x") == "more\n")
    let again = try pipe("true", ["r", "count@k=1", "--keep", "tried"], in: kitchen)
    #expect(again.exitCode == 2)
    #expect(again.errors.contains("something is there already"))
  }

  @Test func aStepOfLarderItselfHasItsInputs() throws {
    let kitchen = try kitchen()
    let result = try pipe("cat in/rows; run 2>/dev/null || echo none", ["r", "clean"], in: kitchen)
    #expect(result.output == "one\ntwo\nnone\n", "\(result.errors)")
  }

  @Test(arguments: [
    (["words"], false, "it is a data cell"), (["count@k=1"], false, "step"),
    (["count"], true, "means 2 instances"), (["coutn"], true, "did you mean `count`?"),
    (["count@k=1", "--set", "n=x"], true, "takes a whole number"),
  ])
  func mistakes(arguments: [String], isRun: Bool, text: String) throws {
    let kitchen = try kitchen(run: isRun)
    let result = try pipe("true", ["r"] + arguments, in: kitchen)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains(text), "\(result.errors)")
    if text == "step" { #expect(result.errors.contains("larder run r --until")) }
  }

  /// On a terminal: a prompt, job control, and the terminal as it was afterwards.
  @Test func itHasATerminal() throws {
    let kitchen = try kitchen()
    try kitchen.write(
      """
      import os, pty, select, sys, time
      pid, master = pty.fork()
      if pid == 0:
          os.environ["TERM"] = "dumb"
          os.execv(sys.argv[1], [sys.argv[1], "shell", "r", "count@k=1"])
      seen = b""
      def wait(text, limit=60):
          global seen
          end = time.time() + limit
          while text not in seen and time.time() < end:
              if select.select([master], [], [], 0.1)[0]:
                  try: seen += os.read(master, 4096)
                  except OSError: break
          assert text in seen, (text, seen)
          seen = seen[seen.index(text) + len(text):]
      wait(b"$ ")
      os.write(master, b"run; tty > /dev/null && echo is-$((40+2))-tty\\n")
      wait(b"counting"); wait(b"is-42-tty"); wait(b"$ ")
      os.write(master, b"sleep 100\\n"); time.sleep(1); os.write(master, b"\\x1a")
      wait(b"Stopped"); wait(b"$ ")
      os.write(master, b"fg\\n"); time.sleep(1); os.write(master, b"\\x03"); wait(b"$ ")
      os.write(master, b"exit 9\\n")
      while True:
          try:
              if not os.read(master, 4096): break
          except OSError: break
      print("exit", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
      """, to: "terminal.py")
    let result = try Running(
      ["/usr/bin/python3", "terminal.py", TestKitchen.binary.path], folder: kitchen.root
    ).wait(seconds: 300)
    #expect(result.output == "exit 9\n", "\(result.errors)")
  }
}
