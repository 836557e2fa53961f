internal import Files
internal import Processes
internal import SystemPackage

/// The state of the kitchen's own Git repository, where it has one and Git is installed.
struct KitchenState: Sendable {
  var commit: String
  /// What differs from the commit, or nil where nothing does; at most 1 MiB.
  var diff: [UInt8]?

  static func read(_ root: FilePath) async -> KitchenState? {
    guard hasRepository(root), let git = findTool("git") else { return nil }
    let surroundings = ["LANG": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0", "HOME": "/nonexistent"]
    func ask(_ arguments: [String]) async -> String? {
      // The owner of a mounted folder may be another user: reading is safe all the same.
      let safe = ["-c", "safe.directory=*", "-C", root.string]
      return try? await Command(git, safe + arguments, environment: surroundings).output()
    }
    guard let head = await ask(["rev-parse", "--verify", "-q", "HEAD"]) else { return nil }
    let commit = head.filter { !$0.isWhitespace }
    guard !commit.isEmpty else { return nil }
    let diff = await ask(["diff", "--no-ext-diff", "--no-textconv", "HEAD"]) ?? ""
    return KitchenState(commit: commit, diff: diff.isEmpty ? nil : Array(diff.utf8))
  }

  private static func hasRepository(_ root: FilePath) -> Bool {
    var folder = root
    while true {
      if Files.exists(folder.appending(".git")) { return true }
      let parent = folder.removingLastComponent()
      if parent == folder || parent.isEmpty { return false }
      folder = parent
    }
  }
}
