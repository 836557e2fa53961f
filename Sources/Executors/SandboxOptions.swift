internal import Files
internal import Foundation
internal import Glibc
internal import Problems
internal import SystemPackage

/// The options that make bubblewrap give a job its view.
struct SandboxOptions {
  /// Where links to programs are that Debian lacks under their usual name.
  static let linkFolder = "/opt/larder/bin"

  let words: [String]

  /// - Parameters:
  ///   - step: the folder to be mounted at `/step`.
  ///   - etc: the folder to be mounted at `/etc`.
  ///   - gateDescriptor: bubblewrap reads a byte from it before it starts the command; nil for none.
  ///   - statusDescriptor: where bubblewrap tells of its child and the exit code; nil for nowhere.
  init(
    job: Job, step: FilePath, etc: FilePath, gateDescriptor: Int32?, statusDescriptor: Int32?
  ) {
    var words = SandboxOptions.isolation
    if job.network { words.append("--share-net") }
    if let statusDescriptor { words += ["--json-status-fd", "\(statusDescriptor)"] }
    if let gateDescriptor { words += ["--block-fd", "\(gateDescriptor)"] }

    words += SandboxOptions.system + ["--ro-bind", etc.string, "/etc"]
    if job.network, Files.exists("/etc/ssl") { words += ["--ro-bind", "/etc/ssl", "/etc/ssl"] }
    words += ["--proc", "/proc", "--dev", "/dev"]
    for device in job.devices { words += ["--dev-bind", device.string, device.string] }
    words += ["--symlink", "step/tmp", "/tmp"]
    words += ["--symlink", "/usr/bin/python3", "\(SandboxOptions.linkFolder)/python"]

    words += ["--bind", step.string, "/step"]
    // In memory: places to mount on are no files that would have to be made and removed on disk.
    words += ["--tmpfs", "/step/in"]
    for mount in job.mounts {
      let target = mount.target.hasPrefix("/") ? mount.target : "/step/\(mount.target)"
      words += SandboxOptions.binding(mount.source, at: target, order: job.conditions.entryOrder)
    }
    // What was made to mount on is no place to write.
    words += ["--remount-ro", "/step/in", "--remount-ro", "/", "--chdir", "/step", "--clearenv"]

    let folders = [job.environmentPath.map { "\($0)/bin" }, SandboxOptions.linkFolder]
    let variables = StepFolder.variables(
      of: job, step: "/step", path: folders.compactMap(\.self) + ["/usr/bin", "/bin"])
    for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
      words += ["--setenv", name, value]
    }
    self.words = words
  }

  /// The options that show a file or folder read-only.
  ///
  /// A folder whose entries are to come in a certain order is made in memory, where the one made last
  /// is listed first, and each of its files is shown by itself.
  private static func binding(
    _ source: FilePath, at target: String, order: Conditions.EntryOrder
  ) -> [String] {
    guard order != .natural, target.hasPrefix("/step/in/"), Files.kind(source) == .folder,
      let count = count(source, atMost: largestOrdered), count <= largestOrdered
    else { return ["--ro-bind", source.string, target] }
    var words = ["--dir", target]
    let names = ((try? Files.names(in: source)) ?? []).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    for name in order == .ascending ? names.reversed() : names {
      let path = source.appending(name)
      if Files.kind(path) == .link,
        let link = try? FileManager.default
          .destinationOfSymbolicLink(atPath: path.string)
      {
        words += ["--symlink", link, "\(target)/\(name)"]
      } else {
        words += binding(path, at: "\(target)/\(name)", order: order)
      }
    }
    return words
  }

  /// The most files of a folder that are shown one by one: each is a mount of its own.
  private static let largestOrdered = 2000

  private static func count(_ folder: FilePath, atMost limit: Int) -> Int? {
    guard let names = try? Files.names(in: folder) else { return nil }
    var count = names.count
    for name in names where count <= limit {
      let path = folder.appending(name)
      if Files.kind(path) == .folder { count += self.count(path, atMost: limit - count) ?? 0 }
    }
    return count
  }

  /// The form that `--args` reads: each word followed by a NUL.
  var bytes: [UInt8] { words.flatMap { Array($0.utf8) + [0] } }

  /// Namespaces, user and host of every sandbox.
  static let isolation = [
    "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session",
    "--uid", "1000", "--gid", "1000", "--hostname", "larder", "--cap-drop", "ALL",
  ]

  /// `/usr`, and beside it what the host has there: links into it, or on systems that keep them apart
  /// the folders themselves.
  static let system: [String] = {
    var words = ["--ro-bind", "/usr", "/usr"]
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
      switch Files.kind(FilePath("/\(name)")) {
      case .link:
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/\(name)", &target, target.count - 1)
        guard count > 0 else { continue }
        let text = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        words += ["--symlink", text, "/\(name)"]
      case .folder: words += ["--ro-bind", "/\(name)", "/\(name)"]
      default: continue
      }
    }
    return words
  }()
}
