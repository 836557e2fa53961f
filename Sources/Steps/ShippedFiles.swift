package import Digests
internal import Documents
package import Problems

/// The Python programs and environment lists that are part of Larder's executable.
package enum ShippedFiles {
  /// The programs by file name, as they stand in `Programs/`.
  package static let programs: [String: [UInt8]] = [
    "convert.py": PackageResources.convert_py,
    "generate.py": PackageResources.generate_py,
    "model.py": PackageResources.model_py,
    "reading.py": PackageResources.reading_py,
    "schedule.py": PackageResources.schedule_py,
    "score.py": PackageResources.score_py,
    "step.py": PackageResources.step_py,
    "template.py": PackageResources.template_py,
    "train.py": PackageResources.train_py,
    "words.py": PackageResources.words_py,
  ]

  /// The text of each environment list by its name, as `Environments/NAME.txt` holds it.
  package static let environments: [String: String] = [
    "metrics": String(decoding: PackageResources.metrics_txt, as: UTF8.self),
    "model": String(decoding: PackageResources.model_txt, as: UTF8.self),
  ]

  /// The requirements of a shipped environment, sorted: a line each, without comments; nil where
  /// there is none of that name.
  package static func requirements(of environment: String) -> [String]? {
    environments[environment].map { text in
      text.split(whereSeparator: \.isNewline).map(String.init)
        .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  /// The files of a program with their bytes, in the order of their names: the one that is started
  /// and those that it imports.
  ///
  /// - Throws: a fault where one of them is not shipped.
  package static func files(
    of program: LibraryStep.Program
  ) throws(Problem) -> [(name: String, bytes: [UInt8])] {
    var files: [(name: String, bytes: [UInt8])] = []
    for name in Set(program.files + [program.main]).sorted() {
      guard let bytes = programs[name] else {
        throw Problem(.fault, "program", "the program file `\(name)` is not part of Larder")
      }
      files.append((name, bytes))
    }
    return files
  }

  /// What stands for a program in a key: the SHA-256 of `{"files":{NAME:DIGEST,…},"main":NAME}`.
  package static func digest(of program: LibraryStep.Program) throws(Problem) -> Digest {
    var digests: [String: JSON] = [:]
    for (name, bytes) in try files(of: program) { digests[name] = .digest(Digest(of: bytes)) }
    return Digest(of: JSON.object(["main": .string(program.main), "files": .object(digests)]))
  }
}
