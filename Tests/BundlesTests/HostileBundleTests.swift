import Bundles
import Digests
import Documents
import Files
import Problems
import SystemPackage
import Testing

/// Bundles that somebody made to do harm, or that were cut or changed on their way.
@Suite struct HostileBundleTests {
  /// What is done to the tar of a good bundle, and what is said of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let says: String
    let change: @Sendable (inout [UInt8]) throws -> Void
  }

  /// Where the header of the n-th member begins.
  private static func header(_ number: Int, in tar: [UInt8]) -> Int {
    var offset = 0
    for _ in 0..<number {
      let digits = String(decoding: tar[(offset + 124)..<(offset + 135)], as: UTF8.self)
      let size = Int(digits, radix: 8) ?? 0
      offset += 512 + (size + 511) / 512 * 512
    }
    return offset
  }

  private static func put(_ text: String, _ field: Int, _ number: Int, _ tar: inout [UInt8]) {
    let start = header(number, in: tar)
    tar.replaceSubrange((start + field)..<(start + field + text.utf8.count), with: text.utf8)
    // With a right sum, so that nothing but the field is wrong.
    tar.replaceSubrange((start + 148)..<(start + 156), with: "        ".utf8)
    let sum = tar[start..<(start + 512)].reduce(0) { $0 + Int($1) }
    let octal = String(sum, radix: 8)
    let digits = String(repeating: "0", count: 6 - octal.count) + octal + "\0 "
    tar.replaceSubrange((start + 148)..<(start + 156), with: digits.utf8)
  }

  private static func type(_ letter: String, _ says: String) -> Case {
    Case(testDescription: "type \(letter)", says: says) { put(letter, 156, 2, &$0) }
  }

  private static func name(_ name: String) -> Case {
    Case(testDescription: "name \(name)", says: "it has a member") {
      put(name + "\0", 0, 2, &$0)
    }
  }

  /// Changes the list and what states its size.
  private static func list(
    _ what: String, says: String, _ change: @escaping @Sendable (String) -> String
  ) -> Case {
    Case(testDescription: what, says: says) { tar in
      let digits = String(decoding: tar[124..<135], as: UTF8.self)
      let size = Int(digits, radix: 8) ?? 0
      let text = change(String(decoding: tar[512..<(512 + size)], as: UTF8.self))
      let padded =
        Array(text.utf8) + [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
      tar.replaceSubrange(512..<header(1, in: tar), with: padded)
      let octal = String(text.utf8.count, radix: 8)
      put(String(repeating: "0", count: 11 - octal.count) + octal, 124, 0, &tar)
    }
  }

  static let cases: [Case] = [
    type("1", "is a hard link"), type("2", "is a symbolic link"), type("3", "is a device"),
    type("5", "is a folder"), type("6", "is a device or pipe"), type("x", "renames members"),
    type("g", "renames members"), type("L", "renames members"), type("S", "not a regular file"),
    name("/etc/passwd"), name("../outside"), name("blobs/../../outside"), name("bundle.json"),
    Case(testDescription: "size", says: "the size that is listed") {
      put("00000000001", 124, 2, &$0)
    },
    Case(testDescription: "mode", says: "not as bundles have it") { put("0004755", 100, 2, &$0) },
    Case(testDescription: "content", says: "has not the SHA-256") { tar in
      tar[header(2, in: tar) + 512] ^= 1
    },
    Case(testDescription: "padding", says: "between its members") { tar in
      tar[header(2, in: tar) - 1] = 1
    },
    Case(testDescription: "cut in the middle", says: "ends too early") {
      $0.removeLast($0.count / 2)
    },
    Case(testDescription: "without its end", says: "ends too early") { $0.removeLast(512) },
    Case(testDescription: "more after the end", says: "goes on after its end") {
      $0 += [UInt8](repeating: 0, count: 512)
    },
    Case(testDescription: "one member more", says: "its list does not name") { tar in
      let first = header(2, in: tar)
      let copy = Array(tar[first..<header(3, in: tar)])
      tar.insert(contentsOf: copy, at: tar.count - 1024)
    },
    Case(testDescription: "a list of a GiB", says: "larger than 64 MiB") {
      put("10000000000", 124, 0, &$0)
    },
    list("a name outside in the list", says: "which no bundle has") {
      $0.replacing("\"blobs/sha256/", with: "\"../blobs/sha256/")
    },
    list("another format", says: "not of this format") {
      $0.replacing("bundle/1", with: "bundle/9")
    },
    list("white space", says: "not in the form") { $0 + "\n" },
    list("a branch that leaves refs", says: "lacks a part") {
      $0.replacing("\"branch\": \"sample/main\"", with: "\"branch\": \"sample/../../x\"")
    },
    list("a foreign reference", says: "its first reference") {
      $0.replacing("refs/heads/sample/main", with: "refs/heads/other/main")
    },
    list("not JSON", says: "not of this format") { "x" + $0 },
  ]

  @Test(arguments: cases)
  func aHarmfulTarIsRefusedAndLeavesNothing(harm: Case) async throws {
    let bench = try BundleBench()
    let (path, _) = try await bench.write(try bench.commit())
    var tar = try bench.tar(of: path)
    let before = tar
    try harm.change(&tar)
    #expect(tar != before)
    let made = try bench.file(of: tar)
    let folder = bench.folder.appending("kitchen")
    let problem = await #expect(throws: Problem.self) { try await Bundle.open(made, into: folder) }
    #expect(problem?.tier == .damage, "\(problem?.description ?? "")")
    #expect(problem?.message.contains(harm.says) == true, "\(problem?.message ?? "")")
    #expect(!Files.exists(folder))
    let empty = bench.folder.appending("empty")
    try Files.makeFolder(empty)
    await #expect(throws: Problem.self) { try await Bundle.open(made, into: empty) }
    #expect(try Files.names(in: empty).isEmpty)
  }

  /// A Git object under a right SHA-256 and a wrong name of its own.
  @Test func anObjectThatIsNotItsNameIsRefused() async throws {
    let bench = try BundleBench()
    let (path, written) = try await bench.write(try bench.commit())
    var tar = try bench.tar(of: path)
    let members = written.manifest.members
    let index = try #require(members.firstIndex { $0.path.hasPrefix("git/") })
    let start = HostileBundleTests.header(index + 1, in: tar) + 512
    let end = start + Int(members[index].size)
    tar[end - 1] ^= 1
    let old = members[index].sha256.hex
    let new = Digest(of: tar[start..<end]).hex
    let size = Int(String(decoding: tar[124..<135], as: UTF8.self), radix: 8) ?? 0
    let text = String(decoding: tar[512..<(512 + size)], as: UTF8.self)
    tar.replaceSubrange(512..<(512 + size), with: text.replacing(old, with: new).utf8)
    let made = try bench.file(of: tar)
    let folder = bench.folder.appending("kitchen")
    let problem = await #expect(throws: Problem.self) { try await Bundle.open(made, into: folder) }
    #expect(problem?.tier == .damage)
    #expect(problem?.message.contains("is damaged") == true, "\(problem?.message ?? "")")
    #expect(!Files.exists(folder))
  }

  @Test(arguments: [1, 100, 5000])
  func aCutFileIsRefused(missing: Int) async throws {
    let bench = try BundleBench()
    let (path, _) = try await bench.write(try bench.commit())
    let bytes = try Files.read(path)
    let cut = bench.folder.appending("cut.tar.zst")
    try Files.write(bytes.dropLast(missing), to: cut)
    let folder = bench.folder.appending("kitchen")
    let problem = await #expect(throws: Problem.self) { try await Bundle.open(cut, into: folder) }
    #expect(problem?.tier == .damage)
    #expect(problem?.message.contains("cut") == true, "\(problem?.message ?? "")")
    #expect(!Files.exists(folder))
  }

  @Test func whatFollowsTheFrameIsRefused() async throws {
    let bench = try BundleBench()
    let (path, _) = try await bench.write(try bench.commit())
    let longer = bench.folder.appending("longer.tar.zst")
    try Files.write(try Files.read(path) + [0], to: longer)
    let problem = await #expect(throws: Problem.self) {
      try await Bundle.open(longer, into: bench.folder.appending("kitchen"))
    }
    #expect(problem?.message.contains("something follows its end") == true)
  }

  @Test(arguments: ["", "PK\u{3}\u{4}", "plain text that is no bundle at all"])
  func whatIsNoBundleIsSaidToBeNone(text: String) async throws {
    let bench = try BundleBench()
    let file = bench.folder.appending("file")
    try Files.write(text.utf8, to: file)
    for path in [file, bench.folder, bench.folder.appending("nothing")] {
      let problem = await #expect(throws: Problem.self) {
        try await Bundle.open(path, into: bench.folder.appending("kitchen"))
      }
      #expect(problem?.tier == .user)
    }
    let other = try bench.file(of: Array("not a tar".utf8) + [UInt8](repeating: 0, count: 2000))
    let problem = await #expect(throws: Problem.self) {
      try await Bundle.open(other, into: bench.folder.appending("kitchen"))
    }
    #expect(problem?.tier == .user)
  }

  /// A window of 256 MiB, which would be held in memory.
  @Test func aHugeWindowIsRefused() async throws {
    let bench = try BundleBench()
    // RFC 8878: magic, a descriptor without single segment, window 2^28, one empty last block.
    let file = bench.folder.appending("wide.tar.zst")
    try Files.write([0x28, 0xB5, 0x2F, 0xFD, 0x00, 18 << 3, 0x01, 0x00, 0x00], to: file)
    let problem = await #expect(throws: Problem.self) {
      try await Bundle.open(file, into: bench.folder.appending("kitchen"))
    }
    #expect(problem?.tier == .damage)
    #expect(problem?.message.contains("zstd says") == true, "\(problem?.message ?? "")")
  }
}
