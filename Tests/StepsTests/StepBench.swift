import Documents
import Files
import Foundation
import Notebook
import Problems
import Steps
import SystemPackage
import Testing

/// Runs one Swift step of the library in a temporary folder and shows what it left.
enum StepBench {
  /// The outputs of a step as texts, by their paths.
  struct Outcome {
    var files: [String: String]

    subscript(path: String) -> String { files[path] ?? "(no \(path))" }

    /// The lines of an output as values.
    func rows(_ path: String) throws -> [JSON] {
      try self[path].split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    /// The report of the step.
    func report() throws -> JSON { try JSON(parsing: self["report.json"]) }
  }

  /// - Parameters:
  ///   - parameters: what the recipe sets; the declared defaults are filled in.
  ///   - inputs: the content of each input file.
  ///   - folders: for inputs that are folders, their files.
  ///   - outputs: files that a program left in the output folder before.
  static func run(
    _ name: String, _ parameters: [String: JSON] = [:], inputs: [String: String] = [:],
    folders: [String: [String: String]] = [:], paths: [String: FilePath] = [:],
    outputs: [String: String] = [:]
  ) throws -> Outcome {
    let root = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-steps-")
    defer { try? Files.remove(root) }
    let out = root.appending("out")
    try Files.makeFolder(out)
    var given = paths
    for (input, content) in inputs {
      given[input] = root.appending("input-\(input)")
      try Files.write(Array(content.utf8), to: root.appending("input-\(input)"))
    }
    for (input, files) in folders {
      let folder = root.appending("input-\(input)")
      given[input] = folder
      for (path, content) in files {
        let file = folder.pushing(FilePath(path))
        try Files.makeFolder(file.removingLastComponent())
        try Files.write(Array(content.utf8), to: file)
      }
    }
    for (path, content) in outputs { try Files.write(Array(content.utf8), to: out.appending(path)) }

    let step = try StepLibrary.step(named: name)
    var all: [String: JSON] = [:]
    for parameter in step.declaration.parameters { all[parameter.name] = parameter.defaultValue }
    for (parameter, value) in parameters {
      try #require(step.declaration.parameters.contains { $0.name == parameter })
      all[parameter] = value
    }
    let context = StepContext(parameters: all, inputs: given, outputFolder: out)
    switch step.implementation(for: [:]) {
    case .swift(let work): try work(context)
    case .python(_, let completion): try completion?(context)
    case .source, .manual, .recorded: Issue.record("the step has no Swift work")
    }
    return try outcome(of: step.declaration, in: out)
  }

  /// Every declared output is there, and nothing else.
  private static func outcome(
    of declaration: StepDeclaration, in out: FilePath
  ) throws -> Outcome {
    #expect(try Files.names(in: out) == declaration.outputs.map(\.path).sorted())
    var files: [String: String] = [:]
    for name in try Files.names(in: out) { files[name] = try Files.readText(out.appending(name)) }
    return Outcome(files: files)
  }

  /// The message of the problem that some work ends with.
  static func message(_ work: () throws -> Void) -> String {
    do {
      try work()
      return "no problem"
    } catch { return Problem(error).message }
  }
}
