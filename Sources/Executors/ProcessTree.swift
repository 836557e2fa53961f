internal import Files
internal import Glibc
internal import SystemPackage

/// The processes of a running step, as `/proc` shows them.
enum ProcessTree {
  /// The process and everything that descends from it, as far as it is still alive.
  static func processes(from root: Int32) -> [Int32] {
    var found = [root]
    var next = 0
    while next < found.count {
      let tasks = FilePath("/proc/\(found[next])/task")
      next += 1
      guard let threads = try? Files.names(in: tasks) else { continue }
      for thread in threads {
        guard let text = read(tasks.appending(thread).appending("children")) else { continue }
        found += text.split(separator: " ").compactMap { Int32($0) }
      }
    }
    return found
  }

  /// Roughly what the processes occupy, in bytes, never less than in truth: memory that forked
  /// processes share counts for each of them, and mapped files once at their largest.
  static func roughMemory(of processes: [Int32]) -> Int64 {
    let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
    var anonymous: Int64 = 0
    var mapped: Int64 = 0
    for process in processes {
      // proc(5): total, resident and shared pages.
      guard let text = read(FilePath("/proc/\(process)/statm")) else { continue }
      let fields = text.split(separator: " ").compactMap { Int64($0) }
      guard fields.count > 2 else { continue }
      anonymous += fields[1] - fields[2]
      mapped = max(mapped, fields[2])
    }
    return (anonymous + mapped) * page
  }

  /// The sum of the processes' proportional shares (PSS), in bytes; slow for large processes.
  static func memory(of processes: [Int32]) -> Int64 {
    processes.reduce(0) { sum, process in
      guard let text = read(FilePath("/proc/\(process)/smaps_rollup")),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
      else { return sum }
      return sum + kilobytes * 1024
    }
  }

  private static func read(_ path: FilePath) -> String? {
    (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) }
  }
}
