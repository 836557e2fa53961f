internal import Files
internal import Glibc
internal import Problems
internal import SystemPackage

/// A control group (cgroup v2) that holds one step to its memory, where the system lets us make one.
///
/// It is made beside the group of this process: one below it could not limit memory, since a group
/// that has processes cannot hand controllers on (Documentation/admin-guide/cgroup-v2.rst, "No
/// Internal Process Constraint").
struct MemoryGroup {
  let folder: FilePath

  /// Makes a group with that limit, or returns nil where there is no delegated group.
  ///
  /// - Parameters:
  ///   - limit: in bytes.
  ///   - membership: the content of `/proc/self/cgroup`.
  ///   - root: where the hierarchy is mounted.
  init?(
    limit: Int64, membership: String? = MemoryGroup.text(FilePath("/proc/self/cgroup")),
    root: FilePath = FilePath("/sys/fs/cgroup")
  ) {
    guard let line = membership?.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }),
      case let own = line.dropFirst(4), !own.isEmpty
    else { return nil }
    let parent = root.appending(String(own)).removingLastComponent()
    guard let controllers = MemoryGroup.text(parent.appending("cgroup.subtree_control")),
      controllers.split(whereSeparator: \.isWhitespace).contains("memory")
    else { return nil }
    let name = "larder-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    folder = parent.appending(name)
    guard mkdir(folder.string, 0o755) == 0 else { return nil }
    guard write("\(limit)", to: "memory.max") else {
      rmdir(folder.string)
      return nil
    }
    // Without swap accounting there is no such file, and nothing to forbid.
    _ = write("0", to: "memory.swap.max")
    _ = write("1", to: "memory.oom.group")
  }

  /// Moves a process, and so whatever it starts from now on, into the group.
  func add(_ process: Int32) -> Bool { write("\(process)", to: "cgroup.procs") }

  /// The largest memory so far, in bytes; nil before Linux 5.19.
  var peak: Int64? {
    MemoryGroup.text(folder.appending("memory.peak")).flatMap {
      Int64($0.prefix { $0.isNumber })
    }
  }

  /// Whether the kernel ended a process because the group was full.
  var wasFull: Bool {
    let events = MemoryGroup.text(folder.appending("memory.events")) ?? ""
    return events.split(separator: "\n").contains {
      $0.hasPrefix("oom_kill ") && $0.dropFirst(9) != "0"
    }
  }

  /// Removes the group; its processes are gone by then.
  func remove() { rmdir(folder.string) }

  private func write(_ text: String, to file: String) -> Bool {
    do {
      let file = try FileDescriptor.open(
        folder.appending(file), .writeOnly, options: .closeOnExec)
      try file.closeAfter { _ = try file.writeAll(Array(text.utf8)) }
      return true
    } catch { return false }
  }

  private static func text(_ path: FilePath) -> String? {
    (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) }
  }
}
