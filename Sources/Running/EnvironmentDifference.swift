internal import Digests
package import Documents

/// What differs between two Python environments, from the documents that runs keep of them.
package struct EnvironmentDifference: Hashable, Sendable {
  /// One package, or Python itself.
  package struct Change: Hashable, Sendable {
    /// As in `torch`; `Python` for Python itself.
    package var package: String
    /// The versions; nil where the environment has no such package.
    package var a: String?
    package var b: String?
    /// The beginnings of the files' digests where the versions are one.
    package var files: [String]?

    /// As in ``the package `torch` was 2.1, is 2.2``.
    package var text: String {
      let name = package == "Python" ? package : "the package `\(package)`"
      if let files, let a, files.count == 2 {
        return "the file of \(name) \(a) was \(files[0]), is \(files[1])"
      }
      switch (a, b) {
      case (let a?, let b?): return "\(name) was \(a), is \(b)"
      case (nil, let b?): return "\(name) \(b) is new"
      case (let a?, nil): return "\(name) \(a) is gone"
      case (nil, nil): return name
      }
    }
  }

  /// Python first, then packages by name.
  package let changes: [Change]

  /// - Parameters:
  ///   - a: the document of one environment, as in `record/environments/NAME.json`.
  ///   - b: that of the other.
  package init(_ a: JSON, _ b: JSON) {
    var changes: [Change] = []
    if a["python"] != b["python"] {
      changes.append(
        Change(package: "Python", a: a["python"]?.string, b: b["python"]?.string))
    }
    let was = EnvironmentDifference.files(a)
    let now = EnvironmentDifference.files(b)
    for name in Set(was.keys).union(now.keys).sorted() where was[name] != now[name] {
      var change = Change(package: name, a: was[name]?.version, b: now[name]?.version)
      if let one = was[name], let other = now[name], one.version == other.version {
        change.files = [one.digest, other.digest]
      }
      changes.append(change)
    }
    self.changes = changes
  }

  private struct File: Hashable {
    var version: String
    var digest: String
  }

  private static func files(_ document: JSON) -> [String: File] {
    Dictionary(
      (document["files"]?.array ?? []).compactMap { file in
        file["name"]?.string.map {
          (
            $0,
            File(
              version: file["version"]?.string ?? "",
              digest: file["sha256"]?.digest?.short ?? "")
          )
        }
      }, uniquingKeysWith: { first, _ in first })
  }
}
