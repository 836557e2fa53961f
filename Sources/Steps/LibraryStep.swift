package import Documents
package import Notebook
package import SystemPackage

/// One kind of step of the library: its declaration and how it is carried out.
package struct LibraryStep: Sendable {
  /// A Python program that Larder ships and runs in the sandbox.
  package struct Program: Sendable {
    /// The file that is started, and the files that it imports, by their names in `Programs/`.
    package var main: String
    package var files: [String]
    /// The name of the shipped environment in `Environments/`, as in `model`.
    package var environment: String

    package init(main: String, files: [String] = [], environment: String) {
      self.main = main
      self.files = files
      self.environment = environment
    }
  }

  package enum Implementation: Sendable {
    /// Swift code inside Larder's process: reads only its inputs, writes only its outputs.
    case swift(@Sendable (StepContext) throws -> Void)
    /// A program in the sandbox, and Swift code that completes its output folder afterwards.
    case python(Program, completion: (@Sendable (StepContext) throws -> Void)?)
    /// A person does it: see `ManualTask`.
    case manual(any ManualTask)
    /// Swift code that asks the outside through the recorder: see `RecordedStep`.
    case recorded(any RecordedStep)
    /// A source: resolved and pinned before its key is known, then unpacked from its recording.
    case source
  }

  package var declaration: StepDeclaration
  private let choose: @Sendable ([String: JSON]) -> Implementation

  package init(_ declaration: StepDeclaration, _ implementation: Implementation) {
    self.init(declaration) { _ in implementation }
  }

  /// A step that is carried out in one way or another, as its parameters say.
  package init(
    _ declaration: StepDeclaration,
    choosing choose: @escaping @Sendable ([String: JSON]) -> Implementation
  ) {
    self.declaration = declaration
    self.choose = choose
  }

  /// How a step with these resolved parameters is carried out.
  package func implementation(for parameters: [String: JSON]) -> Implementation {
    choose(parameters)
  }
}

/// What a Swift step is given: its parameters, its inputs as plain paths, and a folder to write to.
package struct StepContext: Sendable {
  package var parameters: [String: JSON]
  /// Read-only files and folders by input name; optional inputs that were not given are absent.
  package var inputs: [String: FilePath]
  /// The step's `out/`: each declared output goes to its declared path inside.
  package var outputFolder: FilePath
  package var report: @Sendable (Progress) -> Void
  /// Throws where the user stopped the run; to be called now and then in long loops.
  package var checkCancelled: @Sendable () throws -> Void

  package init(
    parameters: [String: JSON], inputs: [String: FilePath], outputFolder: FilePath,
    report: @escaping @Sendable (Progress) -> Void = { _ in },
    checkCancelled: @escaping @Sendable () throws -> Void = {}
  ) {
    self.parameters = parameters
    self.inputs = inputs
    self.outputFolder = outputFolder
    self.report = report
    self.checkCancelled = checkCancelled
  }
}
