package import Digests
internal import Documents
package import History

/// `bundle.json`, the first member of a bundle: what it is and what it holds.
package struct BundleManifest: Hashable, Sendable {
  static let format: JSON = "bundle/1"
  /// The largest `bundle.json` that is read, in bytes.
  static let sizeLimit: Int64 = 64 << 20

  /// Another member of the tar.
  package struct Member: Hashable, Sendable {
    package var path: String
    /// In bytes.
    package var size: Int64
    package var sha256: Digest
  }

  /// A file of a Python environment of the run.
  package struct Wheel: Hashable, Sendable {
    /// May be empty where the lock names no file and the bundle does not hold it.
    package var file: String
    package var name: String
    package var version: String
    package var sha256: Digest
    /// Whether the bundle holds it, as `wheels/sha256/HEX`.
    package var isIncluded: Bool
  }

  package var run: ObjectID
  package var branch: Branch
  /// The Larder release that made the run.
  package var release: String
  /// The Python versions, C libraries and platforms of the run's steps; usually one each.
  package var pythons: [String]
  package var libcs: [String]
  package var platforms: [String]
  /// The first is the branch of the run.
  package var references: [GitReference]
  package var wheels: [Wheel]
  /// In the order of the tar.
  package var members: [Member]

  /// The files of environments that a replay must get elsewhere.
  package var missing: [Wheel] { wheels.filter { !$0.isIncluded } }

  var bytes: [UInt8] { Array(document.indentedText.utf8) }

  private var document: JSON {
    func texts(_ list: [String]) -> JSON { .array(list.map { .string($0) }) }
    return [
      "larder": BundleManifest.format, "run": .string(run.hex), "recipe": .string(branch.recipe),
      "branch": .string(branch.description), "release": .string(release),
      "python": texts(pythons), "libc": texts(libcs), "platform": texts(platforms),
      "references": .array(
        references.map { ["name": .string($0.name), "object": .string($0.object.hex)] }),
      "wheels": .array(wheels.filter(\.isIncluded).map(BundleManifest.document)),
      "missing": .array(missing.map(BundleManifest.document)),
      "members": .array(
        members.map {
          ["path": .string($0.path), "size": .integer($0.size), "sha256": .digest($0.sha256)]
        }),
    ]
  }

  private static func document(_ wheel: Wheel) -> JSON {
    [
      "file": .string(wheel.file), "name": .string(wheel.name), "version": .string(wheel.version),
      "sha256": .digest(wheel.sha256),
    ]
  }
}

extension BundleManifest {
  /// Reads what somebody else may have written: exactly the form that `bytes` writes, with members
  /// of the known forms in their order.
  ///
  /// - Throws: a text that says what is wrong.
  init(parsing bytes: [UInt8]) throws(Refusal) {
    guard let document = try? JSON(parsing: bytes), document["larder"] == BundleManifest.format
    else { throw Refusal("its bundle.json is not of this format") }
    guard let run = document["run"]?.string.flatMap({ ObjectID($0) }),
      let branch = document["branch"]?.string.flatMap({ Branch($0) }),
      let release = document["release"]?.string, let references = document["references"]?.array,
      let included = document["wheels"]?.array, let missing = document["missing"]?.array,
      let members = document["members"]?.array
    else { throw Refusal("its bundle.json lacks a part") }
    func texts(_ name: String) -> [String] {
      document[name]?.array?.compactMap(\.string) ?? []
    }
    self.run = run
    self.branch = branch
    self.release = release
    pythons = texts("python")
    libcs = texts("libc")
    platforms = texts("platform")
    self.references = references.compactMap { entry in
      guard let name = entry["name"]?.string,
        let object = entry["object"]?.string.flatMap({ ObjectID($0) })
      else { return nil }
      return GitReference(name: name, object: object)
    }
    wheels =
      included.compactMap { BundleManifest.wheel($0, isIncluded: true) }
      + missing.compactMap { BundleManifest.wheel($0, isIncluded: false) }
    self.members = members.compactMap { entry in
      guard let path = entry["path"]?.string, let size = entry["size"]?.integer,
        let digest = entry["sha256"]?.digest
      else { return nil }
      return Member(path: path, size: size, sha256: digest)
    }
    guard self.bytes == bytes else {
      throw Refusal("its bundle.json is not in the form that Larder writes")
    }
    try check()
  }

  /// What is wrong with a bundle's list.
  struct Refusal: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  private static func wheel(_ entry: JSON, isIncluded: Bool) -> Wheel? {
    guard let file = entry["file"]?.string, let name = entry["name"]?.string,
      let version = entry["version"]?.string, let digest = entry["sha256"]?.digest
    else { return nil }
    return Wheel(
      file: file, name: name, version: version, sha256: digest, isIncluded: isIncluded)
  }

  private func check() throws(Refusal) {
    guard members.first?.path == "provenance.json" else {
      throw Refusal("its second member is not provenance.json")
    }
    var total: Int64 = 0
    var last = ""
    for member in members {
      let name = member.path.debugDescription
      guard let kind = MemberKind(member.path) else {
        throw Refusal("its list has a member named \(name), which no bundle has")
      }
      guard member.size >= 0, member.size <= kind.limit else {
        throw Refusal("its list gives \(name) an impossible size")
      }
      if kind != .provenance {
        guard last.utf8.lexicographicallyPrecedes(member.path.utf8) else {
          throw Refusal("its list has \(name) twice or not in its place")
        }
        last = member.path
      }
      if let digest = kind.digest, digest != member.sha256 {
        throw Refusal("its list gives \(name) another SHA-256 than its name")
      }
      let (sum, isTooLarge) = total.addingReportingOverflow(member.size)
      guard !isTooLarge else { throw Refusal("its list gives impossible sizes") }
      total = sum
    }
    try checkReferences()
    try checkWheels()
  }

  private func checkReferences() throws(Refusal) {
    guard references.first?.name == "refs/heads/\(branch)", references.first?.object == run else {
      throw Refusal("its first reference is not the branch of its run")
    }
    for reference in references.dropFirst()
    where reference.name != "refs/notes/larder"
      && !BundleManifest.isSubmission(reference.name)
    {
      throw Refusal("it has a reference \(reference.name.debugDescription)")
    }
    guard Set(references.map(\.name)).count == references.count else {
      throw Refusal("it has a reference twice")
    }
  }

  private static func isSubmission(_ name: String) -> Bool {
    let prefix = "refs/tags/submission/"
    return name.hasPrefix(prefix) && Branch.isExperimentName(String(name.dropFirst(prefix.count)))
  }

  private func checkWheels() throws(Refusal) {
    let included = wheels.filter(\.isIncluded)
    let listed = members.compactMap { member -> Digest? in
      if case .wheel(let digest)? = MemberKind(member.path) { digest } else { nil }
    }
    guard Set(included.map(\.sha256)) == Set(listed), included.count == listed.count else {
      throw Refusal("its list of wheels is not that of its members")
    }
    var names: Set<String> = []
    for wheel in included {
      guard BundleManifest.isFileName(wheel.file), names.insert(wheel.file.lowercased()).inserted
      else { throw Refusal("it has a wheel named \(wheel.file.debugDescription)") }
    }
  }

  /// Whether a file of a package can have this name.
  static func isFileName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-"),
      name.utf8.count <= 250,
      [".whl", ".tar.gz", ".zip"].contains(where: { name.hasSuffix($0) })
    else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "._+!-".utf8.contains(byte)
      }
    }
  }
}

/// What a member of a bundle is, by its name.
enum MemberKind: Hashable {
  case provenance, shallow
  case blob(Digest)
  case wheel(Digest)
  case object(ObjectID)

  /// Nil for a name that no bundle has.
  init?(_ path: String) {
    if path == "provenance.json" {
      self = .provenance
    } else if path == "shallow" {
      self = .shallow
    } else if path.hasPrefix("git/"), let id = ObjectID(path.dropFirst(4)) {
      self = .object(id)
    } else if path.hasPrefix("blobs/sha256/"), path.utf8.count == 13 + 64,
      let digest = Digest(path.dropFirst(13))
    {
      self = .blob(digest)
    } else if path.hasPrefix("wheels/sha256/"), path.utf8.count == 14 + 64,
      let digest = Digest(path.dropFirst(14))
    {
      self = .wheel(digest)
    } else {
      return nil
    }
  }

  /// The digest that the name states.
  var digest: Digest? {
    switch self {
    case .blob(let digest), .wheel(let digest): digest
    case .provenance, .shallow, .object: nil
    }
  }

  /// The most bytes of a member of this kind: what is held in memory is small.
  var limit: Int64 {
    switch self {
    case .provenance, .shallow: 64 << 20
    case .object: 256 << 20
    case .blob, .wheel: 1 << 50
    }
  }
}
