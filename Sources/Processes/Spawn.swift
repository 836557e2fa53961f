internal import CLinux
internal import Glibc
internal import Problems
internal import SystemPackage

extension Command {
  /// Starts the program: as the leader of a new session, or on the standard streams and the terminal
  /// of this process.
  ///
  /// - Parameters:
  ///   - output: becomes standard output and error; nil lets it have the streams of this process.
  ///   - inherited: become descriptors 3, 4, …; everything else is closed.
  /// - Returns: the process id.
  func spawn(output: Int32?, inherited: [Int32]) throws(Problem) -> pid_t {
    // The umask belongs to the thread from here on; what is started takes it along (unshare(2)).
    if unshare(Int32(larder_clone_fs)) == 0 { umask(0o022) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Out of the way of the numbers that they get in the program.
    var moved: [Int32] = []
    defer { for descriptor in moved { close(descriptor) } }
    for descriptor in (output.map { [$0] } ?? []) + inherited {
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 64)
      guard copy >= 0 else { throw .system("cannot start \(executable)", errno) }
      moved.append(copy)
    }
    if output != nil {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, moved[0], 1)
      posix_spawn_file_actions_adddup2(&actions, moved[0], 2)
    }
    for (index, descriptor) in moved.dropFirst(output == nil ? 0 : 1).enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, 3 + Int32(index))
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3 + Int32(inherited.count))
    if let workingFolder {
      posix_spawn_file_actions_addchdir_np(&actions, workingFolder.string)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    var none = sigset_t()
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    let newSession = output == nil ? 0 : Int32(larder_posix_spawn_setsid)
    posix_spawnattr_setflags(
      &attributes, Int16(newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var process = pid_t()
    let words = [executable.string] + arguments
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let code = withCStrings(words) { words in
      withCStrings(variables) { variables in
        posix_spawn(&process, executable.string, &actions, &attributes, words, variables)
      }
    }
    guard code == 0 else {
      let isMissing = code == ENOENT || code == ENOTDIR
      throw Problem(
        .environment, isMissing ? "tool-missing" : "tool",
        "cannot start \(executable): \(Errno(rawValue: code))",
        hint: isMissing ? "install it, or check its path" : nil)
    }
    return process
  }
}

/// The texts as a null-terminated array of C strings, valid during the call.
private func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { preconditionFailure("the array is never empty") }
    return body(base)
  }
}
