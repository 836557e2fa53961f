import Documents
import Files
import Foundation
import Problems
import SystemPackage
import Testing

@testable import Recording

/// Archives made by Python's standard library, the bad ones by writing what it would not refuse.
@Suite struct ArchiveTests {
  private static let prelude = """
    import gzip, io, os, sys, tarfile, zipfile
    def tar(name, *entries, mode="w"):
        with tarfile.open(name, mode) as out:
            for path, kind, value in entries:
                info = tarfile.TarInfo(path)
                info.type = kind
                if kind == tarfile.REGTYPE:
                    info.size = len(value)
                    info.mode = 0o4755 if path.endswith(".sh") else 0o600
                    out.addfile(info, io.BytesIO(value))
                else:
                    info.linkname = value or ""
                    info.mode = 0o777
                    out.addfile(info)
    F, D, L, H, C, P = (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE,
        tarfile.CHRTYPE, tarfile.FIFOTYPE)
    def zipped(name, *entries):
        with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as out:
            for path, value, *mode in entries:
                info = zipfile.ZipInfo("x")
                info.filename = info.orig_filename = path
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3
                info.external_attr = (mode[0] if mode else 0o100644) << 16
                out.writestr(info, value)

    """

  private func unpack(
    _ program: String, name: String, select: [String]? = nil, _ kit: Kit
  ) throws -> (contents: Archive.Contents, listing: [String]) {
    try kit.python(Self.prelude + program)
    let format = try #require(Archive.Format.of(name)).format
    let archive = Archive(
      file: kit.folder.appending(name), format: format, title: name, context: kit.context)
    let out = kit.folder.appending("out")
    let contents = try archive.unpack(
      Selection(select.map { .array($0.map { .string($0) }) }), into: out)
    return (contents, try Kit.listing(out))
  }

  static let good = [
    "e.tar", "e.tar.gz", "e.tgz", "e.tar.bz2", "e.tar.xz", "e.tar.zst", "e.zip",
  ]

  @Test(arguments: good)
  func goodArchives(name: String) throws {
    let program = """
      name = "\(name)"
      if name.endswith("zip"):
          zipped(name, ("a/", b"", 0o40755), ("a/one.txt", b"one"), ("a/run.sh", b"run", 0o100700),
              ("ü/two.txt", b"two"))
      else:
          kind = name.rpartition(".")[2]
          mode = {"tar": "w", "tgz": "w:gz", "zst": "w"}.get(kind, "w:" + kind)
          plain = "plain.tar" if kind == "zst" else name
          tar(plain, ("./", D, None), ("./a/", D, None), ("./a/one.txt", F, b"one"),
              ("a/run.sh", F, b"run"), ("ü/two.txt", F, b"two"), mode=mode)
          if kind == "zst":
              os.system("zstd -q plain.tar -o " + name)
      """
    try Kit.with { kit in
      let (contents, listing) = try unpack(program, name: name, kit)
      #expect(contents == Archive.Contents(files: 3, bytes: 9, filesInSource: 3))
      #expect(
        listing
          == [
            "a/ 755", "a/one.txt 644 7692c3ad", "a/run.sh 755 acba25512", "ü/ 755",
            "ü/two.txt 644 3fc4ccfe",
          ].map { $0.replacingOccurrences(of: "acba25512", with: "acba2551") })
    }
  }

  @Test func linksInsideAreKept() throws {
    let program = """
      tar("e.tar", ("a/one.txt", F, b"one"), ("b/near", L, "../a/one.txt"), ("folder", L, "a"),
          ("a/two.txt", H, "a/one.txt"))
      """
    try Kit.with { kit in
      let (contents, listing) = try unpack(program, name: "e.tar", kit)
      #expect(contents.files == 4)
      #expect(contents.bytes == 6)
      #expect(
        listing == [
          "a/ 755", "a/one.txt 644 7692c3ad", "a/two.txt 644 7692c3ad", "b/ 755",
          "b/near -> ../a/one.txt", "folder -> a",
        ])
    }
  }

  @Test func onlyWhatIsSelectedComesOut() throws {
    // What is not wanted may be odd, as long as its name is not.
    let program = """
      tar("e.tar.gz", ("data/a.json", F, b"{}"), ("data/deep/b.json", F, b"{}"), ("pipe", P, None),
          ("out", L, "/etc/passwd"), ("empty/", D, None), mode="w:gz")
      """
    try Kit.with { kit in
      let (contents, listing) = try unpack(program, name: "e.tar.gz", select: ["data/*.json"], kit)
      #expect(contents.files == 1)
      #expect(contents.filesInSource == 4)
      #expect(listing == ["data/ 755", "data/a.json 644 44136fa3"])
    }
  }

  @Test(arguments: [
    ("e.tar", #"tar("e.tar", ("../up.txt", F, b"x"))"#, "leads upward by `..`, `../up.txt`"),
    ("e.tar", #"tar("e.tar", ("a/../../up", F, b"x"))"#, "leads upward"),
    ("e.tar", #"tar("e.tar", ("/etc/x", F, b"x"))"#, "an absolute name, `/etc/x`"),
    ("e.tar", #"tar("e.tar", ("a\nb", F, b"x"))"#, "a control character, `a?b`"),
    ("e.tar", #"tar("e.tar", ("a\udcff", F, b"x"))"#, "not UTF-8"),
    ("e.tar", #"tar("e.tar", ("a", L, "/etc/passwd"))"#, "a link that leaves the archive"),
    ("e.tar", #"tar("e.tar", ("a", L, "../x"))"#, "a link that leaves the archive"),
    ("e.tar", #"tar("e.tar", ("a", L, "nothing"))"#, "leads to nothing wanted"),
    ("e.tar", #"tar("e.tar", ("a", L, "a"))"#, "leads to nothing wanted"),
    (
      "e.tar", #"tar("e.tar", ("d/x", F, b"x"), ("a", L, "d"), ("b", L, "a/../.."))"#,
      "a link that leaves"
    ),
    (
      "e.tar", #"tar("e.tar", ("d/x", F, b"x"), ("a", L, "d"), ("a/y", F, b"y"))"#,
      "a folder elsewhere"
    ),
    ("e.tar", #"tar("e.tar", ("a", L, "/tmp"), ("a/y", F, b"y"))"#, "a folder elsewhere, `a`"),
    ("e.tar", #"tar("e.tar", ("a", H, "/etc/passwd"))"#, "a hard link to something"),
    ("e.tar", #"tar("e.tar", ("l", L, "h"), ("h", H, "l"))"#, "a hard link to something"),
    ("e.tar", #"tar("e.tar", ("null", C, None))"#, "a device, pipe or socket, `null`"),
    ("e.tar", #"tar("e.tar", ("pipe", P, None))"#, "a device, pipe or socket"),
    ("e.tar", #"tar("e.tar", ("a", F, b"1"), ("./a", F, b"2"))"#, "the same name twice, `a`"),
    ("e.tar", #"tar("e.tar", ("a", F, b"1"), ("A", F, b"2"))"#, "differ by case only, `A` and `a`"),
    ("e.tar", #"tar("e.tar", ("d/a", F, b"1"), ("D/b", F, b"2"))"#, "differ by case"),
    ("e.tar", #"tar("e.tar", ("\u00e9", F, b"1"), ("e\u0301", F, b"2"))"#, "the same name twice"),
    ("e.tar", #"tar("e.tar", ("a", F, b"1"), ("a/b", F, b"2"))"#, "a folder elsewhere"),
    ("e.tar", #"open("e.tar", "wb").write(b"no archive at all" * 100)"#, "it is damaged"),
    ("e.tar.gz", #"open("e.tar.gz", "wb").write(b"no archive at all")"#, "it is damaged"),
    (
      "e.tar.gz",
      #"tar("x", ("a", F, os.urandom(9999)), mode="w:gz"); open("e.tar.gz", "wb").write(open("x", "rb").read()[:5000])"#,
      "it is damaged"
    ),
    ("e.tar.xz", #"open("e.tar.xz", "wb").write(b"no archive at all")"#, "it is damaged"),
    ("e.tar.bz2", #"open("e.tar.bz2", "wb").write(b"no archive at all")"#, "it is damaged"),
    ("e.tar.zst", #"open("e.tar.zst", "wb").write(b"no archive at all")"#, "it is damaged"),
    (
      "e.tar.gz", #"tar("e.tar.gz", ("zeros", F, bytes(80 << 20)), mode="w:gz")"#,
      "looks like a trap"
    ),
    ("e.zip", #"zipped("e.zip", ("../up.txt", b"x"))"#, "leads upward"),
    ("e.zip", #"zipped("e.zip", ("/etc/x", b"x"))"#, "an absolute name"),
    ("e.zip", #"zipped("e.zip", ("a\\..\\b", b"x"))"#, "a backslash"),
    ("e.zip", #"zipped("e.zip", ("a.txt\0.sh", b"x"))"#, "a NUL character"),
    ("e.zip", #"zipped("e.zip", ("", b"x"))"#, "an empty name"),
    ("e.zip", #"zipped("e.zip", ("a", b"/etc/passwd", 0o120777))"#, "a link that leaves"),
    ("e.zip", #"zipped("e.zip", ("a", b"", 0o020666))"#, "a device"),
    ("e.zip", #"zipped("e.zip", ("a", b"1"), ("a", b"2"))"#, "the same name twice"),
    ("e.zip", #"zipped("e.zip", ("a", b"1"), ("A", b"2"))"#, "differ by case"),
    ("e.zip", #"zipped("e.zip", ("a" * 300, b"1"))"#, "more than 255 bytes"),
    ("e.zip", #"zipped("e.zip", ("zeros", bytes(80 << 20)))"#, "looks like a trap"),
    ("e.zip", #"open("e.zip", "wb").write(b"no archive at all")"#, "it is damaged"),
    (
      "e.zip",
      #"zipped("x", ("a", b"abc" * 50)); b = bytearray(open("x", "rb").read()); b[35] ^= 255; open("e.zip", "wb").write(b)"#,
      "it is damaged"
    ),
    (
      "e.zip",
      #"zipped("x", ("a", b"abc")); b = open("x", "rb").read(); i = b.rindex(b"PK\1\2"); open("e.zip", "wb").write(b[:i+8] + b"\1" + b[i+9:])"#,
      "an encrypted file"
    ),
    ("e.zip", #"zipped("e.zip")"#, "it holds none"),
  ])
  func attacksAreRefused(name: String, program: String, words: String) throws {
    try Kit.with { kit in
      let problem = try #require(problem { try unpack(program, name: name, kit) })
      #expect(problem.tier == .user)
      #expect(problem.message.hasPrefix("cannot ") && problem.message.contains(words), "\(problem)")
      #expect(try Files.names(in: kit.context.workFolder).isEmpty)
      #expect(!Files.exists(kit.folder.appending("up.txt")))
    }
  }

  @Test func aSizeThatLiesIsFound() throws {
    // The directory of the zip says 3 bytes; there are 150.
    let program = """
      zipped("x", ("a", b"abc" * 50))
      b = bytearray(open("x", "rb").read())
      i = b.rindex(b"PK\\1\\2")
      b[i+24:i+28] = (3).to_bytes(4, "little")
      open("e.zip", "wb").write(b)
      """
    try Kit.with { kit in
      let problem = try #require(problem { try unpack(program, name: "e.zip", kit) })
      #expect(problem.code == "archive")
    }
  }

  @Test func likeNamesOfTheSameBytesBecomeOne() throws {
    let program = #"zipped("e.zip", ("a", b"1"), ("A", b"1"), ("b", b"2"))"#
    try Kit.with { kit in
      let (contents, listing) = try unpack(program, name: "e.zip", kit)
      #expect(
        contents
          == Archive.Contents(files: 2, bytes: 2, filesInSource: 3, merged: ["a": "A"]))
      #expect(listing == ["A 644 6b86b273", "b 644 d4735e3a"])
    }
  }

  @Test func nothingSelectedNamesWhatIsThere() throws {
    let program = #"tar("e.tar", *[(f"data/{i:02}.json", F, b"{}") for i in range(12)])"#
    try Kit.with { kit in
      let problem = try #require(
        problem { try unpack(program, name: "e.tar", select: ["*.json"], kit) })
      #expect(
        problem.message
          == "cannot select `*.json` from e.tar: no file matches; it holds `data/00.json`, "
          + "`data/01.json`, `data/02.json`, `data/03.json`, `data/04.json`, `data/05.json`, "
          + "`data/06.json`, `data/07.json` and 4 more")
    }
  }

  @Test func theSameTreeUnderAnotherUmask() throws {
    let program = #"tar("e.tar", ("a/one.txt", F, b"one"), ("a/run.sh", F, b"run"))"#
    try Kit.with { kit in
      let first = try unpack(program, name: "e.tar", kit).listing
      try Files.remove(kit.folder.appending("out"))
      let old = umask(0o077)
      defer { umask(old) }
      #expect(try unpack(program, name: "e.tar", kit).listing == first)
    }
  }

  @Test(arguments: [
    ("a.zip", "zip", "a"), ("a.b.TAR.GZ", "tar.gz", "a.b"), ("a.tgz", "tar.gz", "a"),
    ("a.json.gz", "gz", "a.json"), ("a.whl", "zip", "a"), ("a.zst", "zst", "a"),
    ("a.txt", nil, nil), (".zip", nil, nil), ("zip", nil, nil), ("a.docx", nil, nil),
  ])
  func formats(name: String, format: String?, stem: String?) {
    let found = Archive.Format.of(name)
    #expect(found?.format.rawValue == format)
    #expect(found?.stem == stem)
  }
}
