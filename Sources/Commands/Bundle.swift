internal import ArgumentParser
internal import Bundles
internal import Digests
internal import Documents
internal import Files
internal import History
internal import Problems
internal import Reporting
internal import SystemPackage

struct BundleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle",
    abstract: "Write a past run as one file, from which it can be replayed elsewhere.",
    discussion: """
      The file holds the run's commit, its inputs and its recordings, never its
      outputs beyond the small ones that the commit holds itself. Two bundles of one
      run are byte-identical.

      EXAMPLES
        larder bundle quickstart -o quickstart.tar.zst
        larder bundle submission/first -o first.tar.zst --wheels --sign ~/.ssh/id_ed25519
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF") var reference: String
  @Option(
    name: .shortAndLong, help: "The file to write; its name ends in .tar.zst.", completion: .file())
  var output: String
  @Flag(help: "Include the files of the Python environments.") var wheels = false
  @Flag(help: "Include the submissions of this run and all scores and remarks.")
  var withScores = false
  @Option(
    help: ArgumentHelp("Sign with this SSH key; the signature goes to FILE.sig.", valueName: "key"),
    completion: .file())
  var sign: String?
  @Option(
    help: ArgumentHelp("A folder with files of packages, looked into first.", valueName: "dir"),
    completion: .directory)
  var distdir: [String] = []

  func run() async throws {
    for folder in distdir where Files.kind(Files.resolved(FilePath(folder)) ?? "") != .folder {
      throw Problem(
        .user, "no-folder", "--distdir names \(folder), which is no folder", hint: "check the path")
    }
    let (repository, store) = try await options.openPast()
    let run = try repository.resolve(reference)
    let target = FilePath(output)
    let references = withScores ? try repository.scores(of: run.id) : []
    let reporter = BundleProgress()
    let writer = BundleWriter(history: repository, store: store) { reporter.take($0) }
    let (wheels, folders, key) = (wheels, distdir.map { FilePath($0) }, sign.map { FilePath($0) })
    let written = try await Interruption.cancelling {
      try await writer.write(
        run, to: target, references: references, wheels: wheels, distdirs: folders, key: key)
    }
    let missing = written.manifest.missing
    if options.json {
      Console.out([
        "bundle": .string(output), "run": .string(run.id.hex), "size": .integer(written.size),
        "tar": .digest(written.tarDigest), "file": .digest(written.fileDigest),
        "signature": written.signature.map { .string($0.string) } ?? .null,
        "missing": .array(
          missing.map { ["file": .string($0.file), "sha256": .digest($0.sha256)] }),
      ])
    } else {
      Console.out("tar   \(written.tarDigest)\nfile  \(written.fileDigest)\n")
    }
    Console.note("wrote \(output): run \(run.id.short), \(Words.bytes(written.size))\n")
    if let signature = written.signature { Console.note("signed: \(signature)\n") }
    if !missing.isEmpty {
      Console.note(
        "not in it: \(Words.count(missing.count, "file")) of Python environments, which a replay "
          + "gets from the package index (--wheels includes them)\n")
    }
  }
}
