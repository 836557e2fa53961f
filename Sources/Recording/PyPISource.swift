package import Documents
internal import Foundation
package import Notebook
package import Problems
package import SystemPackage

/// `fetch/pypi`: files inside a Python package, brought by pip from the index that it is set up
/// with. Wheels only: a source archive would have to run its own code to say what it is.
package struct PyPISource: Source {
  package init() {}

  package var declaration: StepDeclaration {
    StepDeclaration(
      "fetch/pypi", version: 1, kind: .recorded,
      summary: "Takes files out of a Python package, through pip's configured index",
      outputs: [
        Step.Output(name: "files", path: "files", isFolder: true),
        Step.Output(name: "report", path: "report.json", isFolder: false),
      ],
      parameters: [
        .init("package", .text, default: nil, "the package's name"),
        .init("version", .text, default: nil, "the exact version"),
        .init(
          "select", .either(.text, .list(.text)), default: .null,
          "patterns of the files to keep: `*` within a folder, `**` through all"),
        .init(
          "licence", .text, default: .null,
          "its licence as an SPDX expression, where the package does not say or is wrong"),
      ])
  }

  package func request(_ parameters: [String: JSON]) throws(Problem) -> JSON {
    let asked = try asked(parameters)
    return .object([
      "uses": "fetch/pypi", "package": .string(asked.package), "version": .string(asked.version),
    ])
  }

  package func title(_ parameters: [String: JSON]) -> String {
    guard let asked = try? asked(parameters) else { return "a package" }
    return "\(asked.package) \(asked.version)"
  }

  package func fetch(
    _ parameters: [String: JSON], pin: Lock.Source?, into folder: FilePath,
    in context: SourceContext
  ) throws -> FetchedFile {
    let asked = try asked(parameters)
    return try PipDownload(
      package: asked.package, version: asked.version, pinned: pin?.revision.flatMap(WheelName.init),
      context: context
    ).run(into: folder)
  }

  package func licence(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> String? {
    if let declared = try Licence.declared(parameters) { return declared }
    return try metadata(file, parameters, in: context).licence
  }

  package func unpacking(
    _ parameters: [String: JSON], pin: Lock.Source
  ) throws(Problem) -> Unpacking {
    Unpacking(
      format: .zip, fileName: pin.revision ?? "package.whl",
      selection: try Selection(parameters["select"]))
  }

  package func facts(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> [String: JSON] {
    let metadata = try metadata(file, parameters, in: context)
    var facts: [String: JSON] = [:]
    if let name = metadata["name"] { facts["package"] = .string(name) }
    if let version = metadata["version"] { facts["version"] = .string(version) }
    if let licence = try Licence.declared(parameters) ?? metadata.licence {
      facts["licence"] = .string(licence)
    }
    return facts
  }

  private func metadata(
    _ file: FilePath, _ parameters: [String: JSON], in context: SourceContext
  ) throws -> WheelMetadata {
    let archive = Archive(file: file, format: .zip, title: title(parameters), context: context)
    return WheelMetadata(try archive.wheelMetadata())
  }

  /// Package (PEP 503: lower case, `-` between words) and version, checked: both end up on pip's
  /// command line.
  private func asked(
    _ parameters: [String: JSON]
  ) throws(Problem) -> (package: String, version: String) {
    guard let name = parameters["package"]?.string else {
      throw Problem(.user, "parameter", "cannot fetch a package: `package` is missing")
    }
    let isName =
      name.first.map(PyPISource.isAlphanumeric) == true
      && name.last.map(PyPISource.isAlphanumeric) == true
      && name.allSatisfy { PyPISource.isAlphanumeric($0) || "-_.".contains($0) }
    guard isName else {
      throw Problem(
        .user, "parameter", "cannot fetch the package `\(name)`: that is no package's name",
        hint: "`package` is a name alone; the version has a parameter of its own")
    }
    guard let version = parameters["version"]?.string else {
      throw Problem(
        .user, "parameter", "cannot fetch the package `\(name)`: `version` is missing",
        hint: "name an exact version, as in `version: 1.0.1`")
    }
    let isVersion =
      version.first.map(PyPISource.isAlphanumeric) == true
      && version.allSatisfy { PyPISource.isAlphanumeric($0) || "-_.!+".contains($0) }
    guard isVersion else {
      throw Problem(
        .user, "parameter",
        "cannot fetch version `\(version)` of the package `\(name)`: that is no exact version",
        hint: "a source is pinned: name one version, as in `version: 1.0.1`")
    }
    let words = name.lowercased().split(whereSeparator: { "-_.".contains($0) })
    return (words.joined(separator: "-"), version)
  }

  private static func isAlphanumeric(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber)
  }
}
