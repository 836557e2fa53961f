internal import Documents
internal import Notebook

/// The steps that bring data in: resolved and pinned by the lock, then unpacked from the recording.
///
/// Every source leaves the folder `files/`, a single file as well, so that a recipe need not know
/// how many there are; steps that take rows accept a folder with exactly one file in it.
enum SourceSteps {
  static let all = [http, pypi]

  static let http = LibraryStep(
    StepDeclaration(
      "fetch/http", version: 1, kind: .recorded,
      summary: "Downloads a file by its address, and unpacks it where it is an archive",
      outputs: [.folder("files", "files"), .report],
      parameters: [
        .init("url", .text, default: nil, "the address, http or https"),
        .init(
          "sha256", .text, default: .null,
          "the SHA-256 that the file must have, 64 hexadecimal digits; the lock pins it anyway"),
        .init(
          "licence", .text, default: .null,
          "the licence of the data as an SPDX identifier, as in CC0-1.0"),
        .init(
          "filename", .text, default: .null,
          "the file's name in files/; by default the last part of the address"),
        .init(
          "unpack", .choice(["auto", "none"]), default: "auto",
          "auto unpacks zip, tar, gz and zst by the file's name"),
        .init(
          "select", .list(.text), default: .null,
          "patterns of the unpacked files to keep, as in `data/*.json`; by default all"),
        .init(
          "media_type", .text, default: .null,
          "the media type that the server must answer with, as in application/json"),
        .init(
          "max_bytes", .integer(1...Int64.max), default: 21_474_836_480,
          "the largest download, in bytes"),
      ]),
    .source)

  static let pypi = LibraryStep(
    StepDeclaration(
      "fetch/pypi", version: 1, kind: .recorded,
      summary: "Takes files out of a Python package, through pip's configured index",
      outputs: [.folder("files", "files"), .report],
      parameters: [
        .init("package", .text, default: nil, "the package's name"),
        .init("version", .text, default: nil, "its exact version"),
        .init(
          "select", .list(.text), default: .null,
          "patterns of the files to keep, as in `countryinfo/data/*.json`; by default all"),
        .init(
          "licence", .text, default: .null,
          "the licence as an SPDX identifier; by default what the package says"),
      ]),
    .source)
}
