internal import CGit2
internal import Files
internal import SystemPackage

/// Repositories that lack the parents of some commits, as `git clone --depth` and bundles make them.
/// libgit2 walks through them since its version 1.7 only.
extension GitRepository {
  /// The commits whose parents are not here: the lines of the file `shallow` (gitformat-shallow).
  var shallowCommits: Set<ObjectID> {
    guard let folder = git_repository_path(pointer),
      let text = try? Files.readText(FilePath(String(cString: folder)).appending("shallow"))
    else { return [] }
    return Set(text.split(separator: "\n").compactMap { ObjectID($0) })
  }

  /// Visits the commits that some references lead to, newest first, a parent after its children.
  func walk(
    _ references: [String], cutAt cut: Set<ObjectID>, visit: (ObjectID) throws -> Bool
  ) throws {
    var seen: Set<ObjectID> = []
    var waiting: [(id: ObjectID, commit: Commit)] = []
    func add(_ id: ObjectID) throws(GitFailure) {
      guard seen.insert(id).inserted else { return }
      guard let commit = try commit(id) else {
        throw GitFailure(code: -1, area: 0, text: "the commit \(id) is missing")
      }
      waiting.append((id, commit))
    }
    for reference in references {
      if let id = try target(of: reference) { try add(id) }
    }
    while let next = waiting.indices.max(by: { waiting[$0].commit.time < waiting[$1].commit.time })
    {
      let (id, commit) = waiting.remove(at: next)
      guard try visit(id) else { return }
      if let parent = commit.parent, !cut.contains(id) { try add(parent) }
    }
  }
}
