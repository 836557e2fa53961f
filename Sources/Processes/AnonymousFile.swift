internal import CLinux
internal import Glibc
package import Problems
package import SystemPackage

/// A file without a name that holds the bytes, to be handed to a program: nobody else can read it,
/// and it is gone when it is closed.
///
/// - Returns: the descriptor, placed at the start; the caller closes it.
package func anonymousFile(_ bytes: [UInt8]) throws(Problem) -> FileDescriptor {
  let raw = memfd_create("larder", UInt32(larder_memfd_cloexec))
  guard raw >= 0 else { throw .system("cannot make a file in memory", errno) }
  let file = FileDescriptor(rawValue: raw)
  do {
    try file.writeAll(bytes)
    try file.seek(offset: 0, from: .start)
    return file
  } catch {
    try? file.close()
    throw Problem(.environment, "system", "cannot write a file in memory: \(error)")
  }
}
