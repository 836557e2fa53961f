internal import Digests
package import Documents
package import Notebook
package import Problems
package import SystemPackage
internal import Transfer

/// `fetch/http`: one file from the web, unpacked where it is an archive.
package struct HTTPSource: Source {
  package init() {}

  package var declaration: StepDeclaration {
    StepDeclaration(
      "fetch/http", version: 1, kind: .recorded,
      summary: "Fetches one file from the web, pinned by its SHA-256, and unpacks it",
      outputs: [
        Step.Output(name: "files", path: "files", isFolder: true),
        Step.Output(name: "report", path: "report.json", isFolder: false),
      ],
      parameters: [
        .init("url", .text, default: nil, "the address, http or https"),
        .init(
          "sha256", .text, default: .null,
          "the digest that the file must have from the first time on"),
        .init(
          "licence", .text, default: .null, "its licence as an SPDX expression, as in `CC-BY-4.0`"),
        .init(
          "filename", .text, default: .null, "its name; otherwise the last part of the address"),
        .init(
          "unpack", .choice(["auto", "none"]), default: "auto",
          "`auto` unpacks zip, tar, gz, bz2, xz and zst by the name's ending"),
        .init(
          "select", .either(.text, .list(.text)), default: .null,
          "patterns of the files to keep: `*` within a folder, `**` through all"),
      ])
  }

  package func request(_ parameters: [String: JSON]) throws(Problem) -> JSON {
    var members: [String: JSON] = [
      "uses": "fetch/http", "url": .string(try address(parameters).text),
    ]
    if let digest = try expected(parameters) { members["sha256"] = .digest(digest) }
    return .object(members)
  }

  package func title(_ parameters: [String: JSON]) -> String {
    (try? address(parameters).text) ?? parameters["url"]?.string ?? "an address"
  }

  package func fetch(
    _ parameters: [String: JSON], pin: Lock.Source?, into folder: FilePath,
    in context: SourceContext
  ) throws -> FetchedFile {
    let path = folder.appending("download")
    let download = Download(
      try address(parameters), to: path, digest: try pin?.sha256 ?? expected(parameters),
      size: pin?.size, policy: context.policy)
    let report = context.report
    let result = try download.run(
      report: { done, total in
        report(Progress(done: Double(done), total: total.map(Double.init), unit: "bytes", text: ""))
      }, checkCancelled: context.checkCancelled)
    let type = result.headers["content-type"]?.split(separator: ";").first
      .map { $0.filter { $0 != " " }.lowercased() }
    return FetchedFile(
      path: path, digest: result.digest, size: result.size, mediaType: type,
      headers: result.headers.fields)
  }

  package func licence(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> String? {
    try Licence.declared(parameters)
  }

  package func unpacking(
    _ parameters: [String: JSON], pin: Lock.Source
  ) throws(Problem) -> Unpacking {
    let name: String
    if let given = parameters["filename"]?.string {
      guard WebAddress.isFileName(given) else {
        throw Problem(
          .user, "filename", "cannot name a file `\(given)`",
          hint: "`filename` is one name without slashes")
      }
      name = given
    } else {
      name = try address(parameters).fileName ?? "download"
    }
    let selection = try Selection(parameters["select"])
    guard parameters["unpack"]?.string != "none", let (format, stem) = Archive.Format.of(name)
    else {
      return Unpacking(format: nil, fileName: name, selection: selection)
    }
    return Unpacking(
      format: format, fileName: format.isFolder ? name : stem, selection: selection)
  }

  package func facts(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> [String: JSON] {
    try Licence.declared(parameters).map { ["licence": .string($0)] } ?? [:]
  }

  private func address(_ parameters: [String: JSON]) throws(Problem) -> WebAddress {
    guard let text = parameters["url"]?.string else {
      throw Problem(.user, "parameter", "cannot fetch: `url` is missing")
    }
    return try WebAddress(text)
  }

  private func expected(_ parameters: [String: JSON]) throws(Problem) -> Digest? {
    guard let text = parameters["sha256"]?.string else { return nil }
    guard let digest = Digest(text.lowercased()) else {
      throw Problem(
        .user, "parameter", "cannot check against the sha256 `\(text)`: it is none",
        hint: "it has 64 hexadecimal digits")
    }
    return digest
  }
}
