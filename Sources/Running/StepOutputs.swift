internal import Digests
internal import Files
internal import Notebook
internal import Problems
internal import Store
internal import SystemPackage

/// The check and the keeping of what a step wrote into `out/`.
enum StepOutputs {
  /// Keeps the declared outputs of a step.
  ///
  /// - Parameters:
  ///   - folder: the step's `out/`.
  ///   - store: takes the content; the files themselves become its plain copies.
  /// - Throws: a step problem where a declared output is missing or of the wrong kind, or where
  ///   something undeclared was written.
  static func keep(_ step: Step, in folder: FilePath, store: any Store) throws -> [String: Artifact]
  {
    try check(step, in: folder)
    var outputs: [String: Artifact] = [:]
    for output in step.outputs {
      let path = folder.pushing(FilePath(output.path))
      do {
        outputs[output.name] = output.isFolder ? try store.putFolder(path) : try store.putFile(path)
      } catch let problem as Problem where problem.tier == .user {
        // What cannot be kept is the step's doing, not the command's.
        throw Problem(
          .step, problem.code,
          "step `\(step.id)` wrote what cannot be kept as its output `\(output.name)`: "
            + problem.message, hint: problem.hint)
      }
    }
    return outputs
  }

  /// Turns the written files into the store's plain copies, so that the steps after this one need
  /// no second copy.
  static func adopt(
    _ outputs: [String: Artifact], of step: Step, in folder: FilePath, store: any Store
  ) throws {
    for output in step.outputs {
      guard let artifact = outputs[output.name] else { continue }
      try store.adopt(folder.pushing(FilePath(output.path)), as: artifact)
    }
  }

  private static func check(_ step: Step, in folder: FilePath) throws {
    for output in step.outputs {
      let kind = Files.kind(folder.pushing(FilePath(output.path)))
      switch (kind, output.isFolder) {
      case (.folder, true), (.file, false): continue
      case (nil, _):
        throw Problem(
          .step, "output-missing",
          "step `\(step.id)` succeeded but did not write its output `\(output.name)`: out/\(output.path)",
          hint: "write it, or change `out:`")
      default:
        throw Problem(
          .step, "output-kind",
          "step `\(step.id)` wrote out/\(output.path) as \(word(kind)), but it is declared as "
            + (output.isFolder ? "a folder" : "a file"),
          hint: output.isFolder
            ? "write a folder, or declare it without the trailing slash"
            : "write a file, or declare it with a trailing slash")
      }
    }
    var undeclared: [String] = []
    try findUndeclared(step, folder, prefix: "", into: &undeclared)
    if !undeclared.isEmpty {
      let shown = undeclared.prefix(5).map { "out/\($0)" }.joined(separator: ", ")
      let more = undeclared.count > 5 ? " and \(undeclared.count - 5) more" : ""
      throw Problem(
        .step, "output-undeclared",
        "step `\(step.id)` wrote what it does not declare: \(shown)\(more)",
        hint: "declare it in `out:`, or write temporary files to $TMPDIR")
    }
  }

  private static func findUndeclared(
    _ step: Step, _ folder: FilePath, prefix: String, into undeclared: inout [String]
  ) throws {
    for name in try Files.names(in: folder) {
      let path = prefix + name
      if step.outputs.contains(where: { $0.path == path }) { continue }
      if step.outputs.contains(where: { $0.path.hasPrefix(path + "/") }),
        Files.kind(folder.appending(name)) == .folder
      {
        try findUndeclared(step, folder.appending(name), prefix: path + "/", into: &undeclared)
      } else {
        undeclared.append(path)
      }
    }
  }

  private static func word(_ kind: Files.Kind?) -> String {
    switch kind {
    case .file: "a file"
    case .folder: "a folder"
    case .link: "a link"
    case .other: "a device, socket or pipe"
    case nil: "nothing"
    }
  }
}
