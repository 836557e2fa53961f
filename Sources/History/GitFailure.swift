internal import CGit2
internal import Problems
internal import SystemPackage

/// What libgit2 answered to a call that failed.
struct GitFailure: Error {
  let code: Int32
  /// The part of libgit2 that failed, a `git_error_t`.
  let area: Int32
  let text: String

  /// Throws where a status is negative. The message is the calling thread's last one, so this is
  /// called in the same function as the call that it judges.
  static func check(_ status: Int32) throws(GitFailure) {
    guard status < 0 else { return }
    guard let last = git_error_last() else {
      throw GitFailure(code: status, area: 0, text: "libgit2 answered \(status)")
    }
    throw GitFailure(
      code: status, area: last.pointee.klass, text: String(cString: last.pointee.message))
  }

  var isMissing: Bool { code == GIT_ENOTFOUND.rawValue }
  /// Somebody else moved the reference, or is about to.
  var isRace: Bool {
    code == GIT_EMODIFIED.rawValue || code == GIT_EEXISTS.rawValue || isLocked
  }
  var isLocked: Bool { code == GIT_ELOCKED.rawValue }

  /// The failure in the words of the user.
  ///
  /// - Parameters:
  ///   - doing: what was being done, as in "cannot read the history".
  ///   - path: the repository.
  func problem(_ doing: String, _ path: FilePath) -> Problem {
    let message = "\(doing) \(path): \(text)"
    if isLocked {
      return Problem(
        .environment, "history-locked", message,
        hint: "another Git program holds the lock; run the command again when it is done, "
          + "or remove the .lock file if none runs")
    }
    if area == GIT_ERROR_CONFIG.rawValue {
      return Problem(
        .environment, "git-configuration", message, hint: "mend the Git configuration that it names"
      )
    }
    if area == GIT_ERROR_OS.rawValue || area == GIT_ERROR_FILESYSTEM.rawValue
      || area == GIT_ERROR_NOMEMORY.rawValue
    {
      let isFull = text.contains("No space left")
      return Problem(
        .environment, isFull ? "disk-full" : "history-unusable", message,
        hint: isFull
          ? "free some space on its file system, then run the command again"
          : "check who owns the folder and its access rights")
    }
    return Problem(
      .damage, "history-damaged", message,
      hint: "look at it with `git --git-dir=\(path) fsck`; restore the folder from a copy, or move "
        + "it away to begin a new history")
  }
}
