internal import BlockingWork
package import Digests
internal import Files
internal import Foundation
internal import Glibc
internal import Problems
internal import Processes
internal import Synchronization
package import SystemPackage

/// Signatures of `ssh-keygen -Y` over the uncompressed tar (OpenSSH's PROTOCOL.sshsig).
extension Bundle {
  /// Checks that a signature is one of an allowed signer over a bundle.
  ///
  /// - Parameter allowedSigners: as ssh-keygen(1) describes it under ALLOWED SIGNERS.
  /// - Returns: who signed, and the digest of the tar that was checked.
  /// - Throws: a user problem where the signature or the list is missing; a damage problem where the
  ///   signature does not match or is nobody's on the list; an environment problem without
  ///   ssh-keygen.
  @discardableResult
  package static func verify(
    _ path: FilePath, signature: FilePath, allowedSigners: FilePath
  ) async throws -> (name: String, tar: Digest) {
    let (signature, allowedSigners) = (Files.absolute(signature), Files.absolute(allowedSigners))
    for (what, file) in [("signature", signature), ("list of allowed signers", allowedSigners)] {
      guard Files.exists(file) else {
        throw Problem(
          .user, "no-signature",
          "cannot check the signature of \(path): there is no \(what) \(file)",
          hint: "get it from whoever made the bundle")
      }
    }
    let found = try await keygen([
      "-Y", "find-principals", "-s", signature.string, "-f", allowedSigners.string,
    ])
    let name = found.said.split(separator: "\n").first.map(String.init) ?? ""
    guard found.succeeded, !name.isEmpty else { throw unsigned(path, signature) }
    let checked = try await keygen(
      [
        "-Y", "verify", "-f", allowedSigners.string, "-I", name, "-n", signatureNamespace, "-s",
        signature.string,
      ], reading: path)
    guard checked.succeeded, let tar = checked.tar else { throw unsigned(path, signature) }
    return (name, tar)
  }

  private static func unsigned(_ path: FilePath, _ signature: FilePath) -> Problem {
    Problem(
      .damage, "bad-signature",
      "the signature \(signature) is not one of an allowed signer over the bundle \(path)",
      hint: "get bundle and signature again, or see who is on the list of allowed signers")
  }

  static func checkKey(_ key: FilePath) throws {
    guard Files.exists(key) else {
      throw Problem(
        .user, "no-key", "cannot sign: there is no key \(key)",
        hint: "make one: ssh-keygen -t ed25519 -f \(key)")
    }
    _ = try keygenTool()
  }

  private static func keygenTool() throws -> FilePath {
    guard let tool = findTool("ssh-keygen") else {
      throw Problem(
        .environment, "tool-missing", "signatures need the tool `ssh-keygen`, which is missing",
        hint: "install it: apt-get install openssh-client")
    }
    return tool
  }

  /// Writes the signature of a bundle to a file.
  static func sign(_ path: FilePath, key: FilePath, to signature: FilePath) async throws {
    let end = try await keygen(
      ["-Y", "sign", "-f", Files.absolute(key).string, "-n", signatureNamespace], reading: path)
    let mark = "-----BEGIN SSH SIGNATURE-----"
    guard end.succeeded, let start = end.said.firstRange(of: mark) else {
      let last = end.said.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
      throw Problem(
        .environment, "signing", "cannot sign with the key \(key)\(last)",
        hint: "use a key without passphrase, or add it to the agent and name its .pub file")
    }
    let finish = "-----END SSH SIGNATURE-----"
    let text = end.said[start.lowerBound...]
    guard let last = text.firstRange(of: finish) else {
      throw Problem(
        .environment, "signing", "cannot sign with the key \(key): ssh-keygen wrote no signature")
    }
    try Files.write(Array((text[..<last.upperBound] + "\n").utf8), to: signature)
  }

  private struct End {
    var succeeded: Bool
    var said: String
    var tar: Digest?
  }

  /// Runs ssh-keygen, with the tar of a bundle as its standard input where one is given.
  private static func keygen(_ arguments: [String], reading path: FilePath? = nil) async throws
    -> End
  {
    let tool = try keygenTool()
    var supervision = Supervision()
    let shared = Shared()
    supervision.output = { piece in
      shared.said.withLock { if $0.count < 1 << 20 { $0.append(contentsOf: piece) } }
    }
    guard let path else {
      let end = try await Command(
        tool, arguments, environment: inheritedEnvironment(), workingFolder: "/"
      ).run(supervision)
      return End(succeeded: end.ending == .exited(0), said: shared.text, tar: nil)
    }
    // A socket rather than a pipe: writing after ssh-keygen ended gives an error and no signal.
    var ends: [Int32] = [-1, -1]
    guard
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0
    else { throw Problem.file("cannot read", path, Errno(rawValue: errno)) }
    let (here, there) = (ends[0], ends[1])
    let feed = Task {
      try await BlockingWork.run {
        defer { close(here) }
        return try Bundle.read(path) { piece in
          var rest = piece[...]
          while !rest.isEmpty {
            let count = send(
              here, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count,
              Int32(MSG_NOSIGNAL))
            // A tool that reads no further has its reasons, which its exit code tells.
            if count < 0 { if errno == EINTR { continue } else { break } }
            rest = rest.dropFirst(count)
          }
        }.tarDigest
      }
    }
    supervision.inherited = [FileDescriptor(rawValue: there)]
    // The child's standard input is /dev/null: the shell puts the socket in its place.
    let command = Command(
      "/bin/sh", ["-c", "exec \"$0\" \"$@\" <&3 3<&-", tool.string] + arguments,
      environment: inheritedEnvironment(), workingFolder: "/")
    let result: Result<ProcessEnd, any Error>
    do { result = .success(try await command.run(supervision)) } catch { result = .failure(error) }
    close(there)
    let tar = try await feed.value
    return End(succeeded: try result.get().ending == .exited(0), said: shared.text, tar: tar)
  }

  private final class Shared: Sendable {
    let said = Mutex<[UInt8]>([])
    var text: String { said.withLock { String(decoding: $0, as: UTF8.self) } }
  }
}
