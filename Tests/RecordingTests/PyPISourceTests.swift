import Digests
import Documents
import Files
import Foundation
import Notebook
import Problems
import Store
import SystemPackage
import Testing

@testable import Recording

/// Real packages, through pip's configured index.
@Suite(.serialized) struct PyPISourceTests {
  private let source = PyPISource()
  private let six: [String: JSON] = ["package": "six", "version": "1.16.0"]

  @Test func countries() throws {
    try Kit.with { kit in
      let parameters: [String: JSON] = [
        "package": "CountryInfo", "version": "1.0.1", "select": "countryinfo/data/*.json",
      ]
      let recording = try source.resolve(parameters, in: kit.context)
      let pin = recording.pin
      #expect(
        pin.request.canonicalText
          == #"{"package":"countryinfo","uses":"fetch/pypi","version":"1.0.1"}"#)
      #expect(pin.revision == "countryinfo-1.0.1-py3-none-any.whl")
      #expect(pin.licence == "MIT")
      let record = try JSON(parsing: try #require(kit.store.bytes(recording.record)))
      #expect(record["revision"] == "countryinfo-1.0.1-py3-none-any.whl")
      #expect(!record.canonicalText.contains("http"))

      let file = kit.folder.appending("copy")
      #expect(try kit.store.materialise(recording.artifact, at: file))
      var listings: [[String]] = []
      for mask in [0o022, 0o077] as [mode_t] {
        let out = kit.folder.appending("out")
        try Files.makeFolder(out)
        let old = umask(mask)
        defer { umask(old) }
        let report = try source.unpack(file, pin: pin, parameters, into: out, in: kit.context)
        let count = try #require(report["files"]?.integer)
        #expect(count > 200)
        #expect(
          report["merged"]
            == ["countryinfo/data/curaçao.json": "countryinfo/data/Curaçao.json"])
        #expect(report["package"] == "countryinfo" && report["licence"] == "MIT")
        let names = try Files.names(in: out.appending("files/countryinfo/data"))
        #expect(names.count == Int(count) && names.contains("france.json"))
        listings.append(try Kit.listing(out.appending("files")))
        try Files.remove(out)
      }
      #expect(listings[0] == listings[1])
    }
  }

  @Test func pinnedBytesComeAgain() throws {
    try Kit.with { kit in
      let first = try source.resolve(six, in: kit.context)
      #expect(
        first.pin.sha256.hex == "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254")
      kit.store.forget(first.pin.sha256)
      let again = try source.obtain(first.pin, six, in: kit.context)
      #expect(again.artifact == first.artifact)
      #expect(kit.store.bytes(again.record) != nil)
    }
  }

  @Test func aWrongPinIsToldWithBothDigests() throws {
    try Kit.with { kit in
      let wrong = Digest(of: "other bytes")
      let pin = Lock.Source(
        request: try source.request(six), revision: "six-1.16.0-py2.py3-none-any.whl",
        sha256: wrong, size: 5, mediaType: nil, licence: "MIT")
      let problem = try #require(problem { try source.obtain(pin, six, in: kit.context) })
      #expect(problem.code == "wrong-bytes" && problem.tier == .environment)
      #expect(problem.message.contains(wrong.hex))
      #expect(problem.message.contains("8abb2f1d86890a2d"))
      #expect(kit.store.blobCount == 0)
      #expect(try Files.names(in: kit.context.workFolder).isEmpty)
    }
  }

  @Test func missingVersion() throws {
    try Kit.with { kit in
      let parameters: [String: JSON] = ["package": "six", "version": "99.99"]
      let problem = try #require(problem { try source.resolve(parameters, in: kit.context) })
      #expect(problem.code == "not-found" && problem.tier == .environment)
      #expect(problem.message.contains("1.16.0"))
      #expect(!problem.description.contains("://"))
    }
  }

  @Test func missingPackage() throws {
    try Kit.with { kit in
      let parameters: [String: JSON] = [
        "package": "larder-test-there-is-no-such-package", "version": "1.0",
      ]
      let problem = try #require(problem { try source.resolve(parameters, in: kit.context) })
      #expect(problem.code == "not-found" && problem.tier == .environment)
      #expect(problem.message.contains("no wheel of larder-test-there-is-no-such-package"))
    }
  }

  @Test func aSourceArchiveAlone() throws {
    try Kit.with { kit in
      let parameters: [String: JSON] = ["package": "docopt", "version": "0.6.2"]
      let problem = try #require(problem { try source.resolve(parameters, in: kit.context) })
      #expect(problem.code == "not-found" && problem.tier == .environment)
      #expect(problem.message.contains("as a source archive only"), "\(problem)")
    }
  }

  @Test func noNetwork() throws {
    try Kit.with { kit in
      kit.context.variables = [
        "PATH": "/usr/bin:/bin", "HOME": kit.folder.string,
        "PIP_INDEX_URL": "http://user:word@127.0.0.1:1/simple", "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": "/dev/null",
      ]
      let problem = try #require(problem { try source.resolve(six, in: kit.context) })
      #expect(problem.code == "network" && problem.tier == .environment)
      #expect(!problem.description.contains("word"))
    }
  }

  @Test func noPython() throws {
    try Kit.with { kit in
      kit.context.python = "/nowhere/python3"
      let problem = try #require(problem { try source.resolve(six, in: kit.context) })
      #expect(problem.code == "tool-missing" && problem.tier == .environment)
      #expect(problem.hint?.contains("apt install python3") == true)
    }
  }

  @Test func stopping() throws {
    try Kit.with { kit in
      kit.context.checkCancelled = { throw CancellationError() }
      let stopped = problem { try source.resolve(six, in: kit.context) }
      #expect(stopped?.tier == .interrupted)
      let left = try Files.names(in: kit.context.workFolder)
      #expect(left.isEmpty)
    }
  }

  @Test(
    arguments: [
      ["package": "six"], ["version": "1"], ["package": "--help", "version": "1"],
      ["package": "six[all]", "version": "1"], ["package": "six @ http://x", "version": "1"],
      ["package": "six", "version": ">=1"], ["package": "six", "version": "1.*"],
      ["package": "six", "version": "1 --index-url x"], ["package": "", "version": "1"],
    ] as [[String: JSON]])
  func wrongRequests(parameters: [String: JSON]) {
    let problem = #expect(throws: Problem.self) { try source.request(parameters) }
    #expect(problem?.tier == .user)
  }

  @Test(arguments: [
    ("Foo_Bar.baz", "foo-bar-baz"), ("six", "six"), ("a--b", "a-b"),
  ])
  func namesAreNormalised(name: String, normal: String) throws {
    #expect(
      try source.request(["package": .string(name), "version": "1"])["package"]
        == .string(normal))
  }

  @Test(arguments: [
    ("six-1.16.0-py2.py3-none-any.whl", [String]?.some([])),
    (
      "orjson-3.11.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
      [
        "--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64", "--abi",
        "cp311", "--implementation", "cp", "--python-version", "311",
      ]
    ),
    (
      "tool-1.0-2-py3-none-win_amd64.whl",
      [
        "--platform", "win_amd64", "--abi", "none", "--implementation", "py", "--python-version",
        "3",
      ]
    ),
    ("six-1.16.0.tar.gz", nil), ("six.whl", nil),
  ])
  func wheelNames(name: String, options: [String]?) {
    #expect(WheelName(name)?.pipOptions == options)
  }

  @Test func onlyWhatPipNeedsIsPassedOn() {
    let passed = PipDownload.passedOn([
      "PIP_INDEX_URL": "x", "https_proxy": "y", "HOME": "/h", "AWS_SECRET_ACCESS_KEY": "z",
      "LARDER_KEY": "k", "PYTHONPATH": "/p",
    ])
    #expect(passed == ["PIP_INDEX_URL": "x", "https_proxy": "y", "HOME": "/h"])
  }
}
