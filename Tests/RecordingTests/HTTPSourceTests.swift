import Digests
import Documents
import Files
import Foundation
import Notebook
import Problems
import Store
import Synchronization
import SystemPackage
import Testing

@testable import Recording

@Suite struct HTTPSourceTests {
  private let source = HTTPSource()

  /// A kit with a served folder `web` that holds `rows.csv`.
  private func withServer(_ work: (inout Kit, FilePath, FolderServer) throws -> Void) throws {
    try Kit.with { kit in
      let web = kit.folder.appending("web")
      try Files.makeFolder(web)
      try Files.write("a,b\n1,2\n".utf8, to: web.appending("rows.csv"))
      try work(&kit, web, FolderServer(web))
    }
  }

  private func unpack(
    _ recording: SourceRecording, _ parameters: [String: JSON], _ kit: Kit
  ) throws -> [String] {
    let file = kit.folder.appending("copy")
    #expect(try kit.store.materialise(recording.artifact, at: file))
    let out = kit.folder.appending("out")
    try Files.makeFolder(out)
    try source.unpack(file, pin: recording.pin, parameters, into: out, in: kit.context)
    try Files.remove(file)
    return try Kit.listing(out)
  }

  @Test func resolvesKeepsRecordsAndUnpacks() throws {
    try withServer { kit, _, server in
      let parameters: [String: JSON] = [
        "url": .string(server.address("rows.csv#top")), "licence": "CC0-1.0",
      ]
      let recording = try source.resolve(parameters, in: kit.context)
      #expect(recording.pin.sha256 == Digest(of: "a,b\n1,2\n"))
      #expect(recording.pin.size == 8)
      #expect(recording.pin.licence == "CC0-1.0")
      #expect(recording.pin.mediaType == "text/csv")
      #expect(kit.store.commits == 1)
      #expect(
        recording.pin.request
          == .object(["uses": "fetch/http", "url": .string(server.address("rows.csv"))]))
      let record = try JSON(parsing: try #require(kit.store.bytes(recording.record)))
      #expect(record["bytes"]?.digest == recording.pin.sha256)
      #expect(record["type"] == "download" && record["version"] == 1)
      #expect(
        record["headers"]?.object?.keys.sorted() == [
          "content-length", "content-type", "last-modified",
        ])
      #expect(try unpack(recording, parameters, kit).first == "files/ 755")
      #expect(try Files.readText(kit.folder.appending("out/files/rows.csv")) == "a,b\n1,2\n")
      #expect(
        try Files.readText(kit.folder.appending("out/report.json")) == """
          {
            "bytes": 8,
            "files": 1,
            "licence": "CC0-1.0",
            "sha256": "\(recording.pin.sha256)",
            "size": 8,
            "unpack": "none"
          }

          """)
      #expect(try Files.names(in: kit.context.workFolder).isEmpty)
    }
  }

  @Test func whatIsInTheStoreIsNotAskedForAgain() throws {
    try withServer { kit, web, server in
      let parameters: [String: JSON] = ["url": .string(server.address("rows.csv"))]
      let first = try source.resolve(parameters, in: kit.context)
      try Files.remove(web.appending("rows.csv"))
      kit.context.offline = true
      let again = try source.obtain(first.pin, parameters, in: kit.context)
      #expect(again == first)
    }
  }

  @Test func manyAtOnceGetTheSame() throws {
    try withServer { kit, _, server in
      let parameters: [String: JSON] = ["url": .string(server.address("rows.csv"))]
      let pin = try source.resolve(parameters, in: kit.context).pin
      kit.store.forget(pin.sha256)
      let context = kit.context
      let source = source
      let failures = Mutex(0)
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        let recording = try? source.obtain(pin, parameters, in: context)
        if recording?.artifact.digest != pin.sha256 { failures.withLock { $0 += 1 } }
      }
      #expect(failures.withLock { $0 } == 0)
      #expect(try Files.names(in: kit.context.workFolder).isEmpty)
    }
  }

  @Test func changedBytesUpstreamAreRefused() throws {
    try withServer { kit, web, server in
      let parameters: [String: JSON] = ["url": .string(server.address("rows.csv"))]
      let pin = try source.resolve(parameters, in: kit.context).pin
      kit.store.forget(pin.sha256)
      for text in ["a,b\n1,3\n", "a,b\n1,2\n3,4\n"] {
        try Files.write(text.utf8, to: web.appending("rows.csv"))
        let count = kit.store.blobCount
        let problem = try #require(problem { try source.obtain(pin, parameters, in: kit.context) })
        #expect(problem.tier == .environment)
        if text.utf8.count == 8 {
          #expect(problem.code == "wrong-bytes")
          #expect(problem.message.contains(pin.sha256.hex))
          #expect(problem.message.contains(Digest(of: text).hex))
          #expect(problem.hint?.contains("--update") == true)
        } else {
          #expect(problem.code == "too-large")
        }
        #expect(kit.store.blobCount == count)
      }
    }
  }

  @Test func aDistdirIsSearchedByDigestBeforeTheNetwork() throws {
    try withServer { kit, web, server in
      let parameters: [String: JSON] = ["url": .string(server.address("rows.csv"))]
      let pin = try source.resolve(parameters, in: kit.context).pin
      kit.store.forget(pin.sha256)
      let folder = kit.folder.appending("dist")
      try Files.makeFolder(folder.appending("folder"))
      try Files.write("12345678".utf8, to: folder.appending("rows.csv"))
      try Files.rename(web.appending("rows.csv"), to: folder.appending("zzz.bin"))
      kit.context.offline = true
      let missing = try #require(problem { try source.obtain(pin, parameters, in: kit.context) })
      #expect(missing.code == "offline" && missing.tier == .environment)
      #expect(missing.message.contains(pin.sha256.hex))
      kit.context.distdirs = [folder]
      let found = try source.obtain(pin, parameters, in: kit.context)
      #expect(found.artifact.digest == pin.sha256)
      #expect(kit.store.bytes(found.record) != nil)
      kit.store.forget(pin.sha256)
      kit.context.distdirs = [kit.folder.appending("nowhere")]
      let missingFolder = problem { try source.obtain(pin, parameters, in: kit.context) }
      #expect(missingFolder?.code == "distdir")
    }
  }

  @Test func offlineAndUnpinned() throws {
    try Kit.with { kit in
      kit.context.offline = true
      let problem = try #require(
        problem {
          try source.resolve(["url": "http://127.0.0.1:1/x"], in: kit.context)
        })
      #expect(problem.code == "offline")
      #expect(problem.message.contains("not in the lock"))
    }
  }

  @Test func anExpectedDigestIsChecked() throws {
    try withServer { kit, _, server in
      var parameters: [String: JSON] = [
        "url": .string(server.address("rows.csv")), "sha256": .string(Digest(of: "other").hex),
      ]
      let refused = problem { try source.resolve(parameters, in: kit.context) }
      #expect(refused?.code == "wrong-bytes")
      #expect(kit.store.blobCount == 0)
      parameters["sha256"] = .digest(Digest(of: "a,b\n1,2\n"))
      let recording = try source.resolve(parameters, in: kit.context)
      #expect(recording.pin.size == 8)
    }
  }

  @Test func archivesAndCompressedFiles() throws {
    try withServer { kit, web, server in
      try kit.python(
        """
        import gzip, zipfile
        with zipfile.ZipFile("web/data.zip", "w") as out:
            out.writestr("d/a.json", "{}")
            out.writestr("d/b.txt", "b")
        with gzip.open("web/rows.jsonl.gz", "wb") as out:
            out.write(b"{}\\n")
        """)
      let cases: [(String, [String: JSON], [String])] = [
        ("data.zip", [:], ["d/", "d/a.json", "d/b.txt"]),
        ("data.zip", ["select": "d/*.json"], ["d/", "d/a.json"]),
        ("data.zip", ["unpack": "none"], ["data.zip"]),
        ("data.zip", ["filename": "data.bin"], ["data.bin"]),
        ("rows.jsonl.gz", [:], ["rows.jsonl"]),
        ("rows.jsonl.gz", ["unpack": "none", "filename": "x.gz"], ["x.gz"]),
        ("rows.csv", ["filename": "x.csv", "select": ["x.*"]], ["x.csv"]),
      ]
      for (name, extra, expected) in cases {
        var parameters = extra
        parameters["url"] = .string(server.address(name))
        let recording = try source.resolve(parameters, in: kit.context)
        let listing = try unpack(recording, parameters, kit)
        let names = listing.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names == ["files/"] + expected.map { "files/\($0)" } + ["report.json"])
        try Files.remove(kit.folder.appending("out"))
      }
    }
  }

  @Test func identityTellsWhatMakesTheOutput() throws {
    let pin = Lock.Source(
      request: .object([:]), revision: nil, sha256: Digest(of: "x"), size: 1, mediaType: nil,
      licence: nil)
    func identity(_ parameters: [String: JSON]) throws -> String {
      var parameters = parameters
      parameters["url"] = parameters["url"] ?? "https://example.org/a.csv"
      return try source.identity(parameters, pin: pin).canonicalText
    }
    let hex = Digest(of: "x").hex
    #expect(try identity([:]) == #"{"file":"a.csv","sha256":"sha256:\#(hex)","unpack":"none"}"#)
    #expect(try identity([:]) == identity(["url": "http://other.example/else/a.csv"]))
    #expect(try identity([:]) != identity(["filename": "b.csv"]))
    #expect(try identity([:]) != identity(["licence": "MIT"]))
    #expect(try identity([:]) != identity(["select": "*"]))
    let zip = ["url": JSON.string("https://example.org/a.zip")]
    #expect(try identity(zip) == #"{"sha256":"sha256:\#(hex)","unpack":"zip"}"#)
    #expect(try identity(zip) != identity(zip.merging(["unpack": "none"]) { $1 }))
  }

  @Test(
    arguments: [
      ["url": "ftp://example.org/a"], [:], ["url": "https://example.org/a", "sha256": "abc"],
      ["url": "https://user:key@example.org/a"],
    ] as [[String: JSON]])
  func wrongRequests(parameters: [String: JSON]) {
    let problem = #expect(throws: Problem.self) { try source.request(parameters) }
    #expect(problem?.tier == .user)
  }

  @Test(arguments: ["..", "a/b", "", "a\u{0}b"])
  func wrongFileNames(name: String) {
    let pin = Lock.Source(
      request: .object([:]), revision: nil, sha256: Digest(of: "x"), size: 1, mediaType: nil,
      licence: nil)
    #expect(throws: Problem.self) {
      try source.identity(
        ["url": "https://example.org/a", "filename": .string(name)], pin: pin)
    }
  }
}
