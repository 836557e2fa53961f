internal import Files
internal import Glibc
internal import Problems
internal import Synchronization
internal import SystemPackage

/// The `/etc` that steps see: the same on every machine, but for what the dynamic linker and Debian's
/// alternatives need. Made once, on first use, and removed with this object.
final class SandboxEtc: Sendable {
  private struct Made {
    var folder: FilePath?
    var plain: FilePath?
    var network: FilePath?
  }

  private let parent: FilePath
  private let made = Mutex(Made())

  /// - Parameter parent: where to make it; missing folders are made.
  init(in parent: FilePath) { self.parent = parent }

  deinit {
    if let folder = made.withLock({ $0.folder }) { try? Files.remove(folder) }
  }

  /// The folder to be mounted at `/etc`.
  ///
  /// - Parameter network: whether names of hosts and certificates can be looked up.
  func folder(network: Bool) throws(Problem) -> FilePath {
    // Two first steps at once: the second waits for a few milliseconds of small files.
    let result = made.withLock { made -> Result<FilePath, Problem> in
      Result { () throws(Problem) -> FilePath in
        if let known = network ? made.network : made.plain { return known }
        let folder: FilePath
        if let known = made.folder {
          folder = known
        } else {
          folder = try Files.makeTemporaryFolder(in: parent, prefix: "sandbox-")
        }
        chmod(folder.string, 0o755)
        made.folder = folder
        let etc = folder.appending(network ? "etc-network" : "etc")
        try SandboxEtc.write(to: etc, network: network)
        if network { made.network = etc } else { made.plain = etc }
        return etc
      }
    }
    return try result.get()
  }

  private static let files = [
    "passwd": """
    root:x:0:0:root:/root:/usr/sbin/nologin
    larder:x:1000:1000:larder:/step/home:/bin/bash
    nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

    """,
    "group": "root:x:0:\nlarder:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost larder\n::1 localhost\n",
    "hostname": "larder\n",
    "nsswitch.conf":
      "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
  ]

  private static let links = [
    "localtime": "/usr/share/zoneinfo/Etc/UTC", "mtab": "/proc/self/mounts",
    "os-release": "/usr/lib/os-release",
  ]

  private static func write(to etc: FilePath, network: Bool) throws(Problem) {
    try Files.makeFolder(etc)
    for (name, text) in files {
      try Files.write(Array(text.utf8), to: etc.appending(name))
    }
    for (name, target) in links { symlink(target, etc.appending(name).string) }
    copyIfPresent("ld.so.cache", to: etc)
    copyLinks("alternatives", to: etc)
    if network {
      for name in ["resolv.conf", "services", "protocols"] { copyIfPresent(name, to: etc) }
      try Files.makeFolder(etc.appending("ssl"))
    }
  }

  private static func copyIfPresent(_ name: String, to etc: FilePath) {
    let host = FilePath("/etc").appending(name)
    // What the host lacks or hides, the step lacks as well.
    if Files.resolved(host) != nil { try? Files.copy(host, to: etc.appending(name)) }
  }

  private static func copyLinks(_ name: String, to etc: FilePath) {
    let host = FilePath("/etc").appending(name)
    guard let names = try? Files.names(in: host), mkdir(etc.appending(name).string, 0o755) == 0
    else {
      return
    }
    for entry in names {
      var target = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(host.appending(entry).string, &target, target.count - 1)
      if count > 0 { symlink(target, etc.appending(name).appending(entry).string) }
    }
  }
}
