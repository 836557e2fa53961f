internal import BlockingWork
package import Documents
internal import Executors
internal import Files
package import Notebook
internal import Planning
internal import Problems
internal import Steps
package import Store
package import SystemPackage

/// A shell in the sandbox of a step, which finds there what the step itself would find.
package struct StepShell: Sendable {
  package let step: Step
  private let work: StepWork
  private let sandbox: Sandbox

  /// Where a file is shown that says what the shell begins with.
  private static let startFile = "/opt/larder/shell.rc"

  /// - Parameter report: told what is prepared, as the step's environment is.
  /// - Throws: a user problem where nothing of the step runs in a sandbox, or where other steps must
  ///   run first.
  package init(
    _ step: Step, of recipe: Recipe, kitchen: Kitchen, store: any Store, options: RunOptions,
    report: @escaping @Sendable (Progress) -> Void
  ) async throws {
    try StepShell.refuseWithoutCode(step, of: recipe)
    let ready = try await ReadyStep(
      step, of: recipe, kitchen: kitchen, store: store, options: options, to: "open a shell for")
    sandbox = Sandbox(folder: try store.makeWorkFolder())
    self.step = step
    work = StepWork(
      step: step, action: ready.action, inputs: ready.inputs, preparation: ready.preparation,
      preparer: ready.preparer, executor: sandbox,
      environments: EnvironmentShelf(of: ready.preparation, preparer: ready.preparer),
      folders: WorkFolderPool(store: store),
      report: { if case .progress(let progress) = $0 { report(progress) } })
  }

  private static func refuseWithoutCode(_ step: Step, of recipe: Recipe) throws(Problem) {
    let what: String
    switch (step.work, StepLibrary.implementation(of: step)) {
    case (.data, _): what = "a data cell: its text is all that there is"
    case (_, .source?): what = "a source: Larder itself unpacks what it fetched"
    case (_, .recorded?): what = "recorded: Larder itself asks a service for it"
    case (_, .manual?): what = "done by hand"
    default: return
    }
    throw Problem(
      .user, "no-shell", "cannot open a shell for step `\(step.id)`: it is \(what)",
      hint: "look at what it gave: larder show \(recipe.name):\(step.id)")
  }

  /// Opens the shell on the standard streams and waits for its end.
  ///
  /// - Parameters:
  ///   - terminal: what `TERM` is, where the standard input is a terminal; nil otherwise: then the
  ///     shell reads commands and shows no prompt.
  ///   - target: where `out/` goes afterwards; nil throws it away.
  ///   - introduce: told what runs the cell, before the shell opens; nil where Larder itself does.
  /// - Returns: the exit code of the shell.
  package func open(
    terminal: String?, keeping target: FilePath?, introduce: (String?) -> Void
  ) async throws -> Int32 {
    if let target, Files.exists(target) {
      throw Problem(
        .user, "exists", "cannot keep the shell's `out/` at \(target): something is there already",
        hint: "remove it, or choose another folder")
    }
    let store = work.store
    let folder = try await BlockingWork.run { try store.makeWorkFolder() }
    defer { try? Files.remove(folder) }
    let execution = try await work.execution(in: folder)
    let command = execution.map { $0.job.command.map(ShellWord.quoted).joined(separator: " ") }
    var job: Job
    if let execution {
      job = execution.job
    } else {
      job = try await work.job(in: folder, command: [])
    }
    let start = folder.appending("shell.rc")
    try Files.write(Array(startText(command, isShown: terminal != nil).utf8), to: start)
    job.mounts.append(Job.Mount(source: start, target: StepShell.startFile))
    job.limits = Job.Limits()
    if let terminal {
      job.variables["TERM"] = terminal
      job.command = Sandbox.withTerminal("exec bash --rcfile \(StepShell.startFile)")
    } else {
      // The start file removes the variable: programs that the shell starts must not see it.
      job.variables["BASH_ENV"] = StepShell.startFile
      job.command = ["bash"]
    }
    introduce(command)
    let code = try await sandbox.attach(job)
    if let target { try await keep(job.outputFolder, at: target) }
    return code
  }

  /// The beginning of the shell: the prompt, and `run` for the step's own command.
  private func startText(_ command: String?, isShown: Bool) -> String {
    var lines = ["unset BASH_ENV"]
    if isShown {
      lines.append(#"PS1='\[\e[1m\]\#(work.preparation.recipe.name):\#(step.id)\[\e[0m\] \w\$ '"#)
    }
    if let command { lines.append("run() { \(command) \"$@\"; }") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func keep(_ out: FilePath, at target: FilePath) async throws {
    let store = work.store
    try await BlockingWork.run {
      try Files.makeFolder(target.removingLastComponent())
      if (try? Files.rename(out, to: target)) != nil { return }
      // Another file system.
      guard try store.materialise(try store.putFolder(out), at: target) else {
        throw Problem(.fault, "missing-blob", "the store lacks what was just put into it")
      }
    }
  }
}
