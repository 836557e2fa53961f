import Digests
import Documents
import Notebook
import Problems
import Testing

@Suite struct LockTests {
  static func digest(_ text: String) -> Digest { Digest(of: text) }

  static let lock: Lock = {
    let requests: [JSON] = [
      [
        "kind": "fetch/pypi", "package": "countryinfo", "version": "1.0.1",
        "file": "countryinfo-1.0.1.tar.gz",
      ],
      [
        "kind": "fetch/http", "url": "https://example.org/\"é\"\u{85}\u{2028}\n",
        "headers": ["Accept": "NO", "null": .null, "a b": [1, [.number(1e-8), true], ["x": []]]],
        "large": .integer(9_223_372_036_854_775_807), "empty": [:], "none": [],
      ],
    ]
    let sources = requests.enumerated().map { index, request in
      (
        Digest(of: request),
        Lock.Source(
          request: request, revision: index == 0 ? nil : "2", sha256: digest("source \(index)"),
          size: Int64(1234 + index), mediaType: index == 0 ? "application/gzip" : nil,
          licence: index == 0 ? "MIT" : nil)
      )
    }
    let environment = Lock.Environment(
      name: "data", requirements: ["orjson==3.11.4"], python: "3.11",
      files: [
        Lock.Environment.File(
          name: "orjson", version: "3.11.4", file: "orjson-3.11.4-cp311-cp311-linux.whl",
          sha256: digest("orjson"))
      ])
    let empty = Lock.Environment(name: "none", requirements: [], python: "3.10", files: [])
    return Lock(
      sources: Dictionary(uniqueKeysWithValues: sources),
      environments: [digest("data"): environment, digest("none"): empty],
      runs: [
        "quickstart:clean.rows": Lock.Run(
          run: "20adfe8300000000000000000000000000000000", isFolder: false, digest: digest("rows"),
          size: 12),
        "notes/\"é\"~2:base/a.txt": Lock.Run(
          run: "30adfe8300000000000000000000000000000000", isFolder: true, digest: digest("base"),
          size: 34),
      ])
  }()

  @Test func textIsStable() throws {
    try Snapshots.expect(Self.lock.text, is: "lock.golden")
  }

  @Test(arguments: [lock, Lock()])
  func roundTrips(_ lock: Lock) throws {
    let read = try Lock(parsing: lock.text, displayPath: "recipes/a.lock")
    #expect(read == lock)
    #expect(read.text == lock.text)
  }

  @Test func orderDoesNotMatter() throws {
    let text = Self.lock.text
    let begin = try #require(text.firstRange(of: "environments:\n"))
    let middle = try #require(text.firstRange(of: "sources:\n"))
    #expect(text.contains("\nruns:\n"))
    let turned =
      text[..<begin.lowerBound] + text[middle.lowerBound...]
      + text[begin.lowerBound..<middle.lowerBound]
    #expect(try Lock(parsing: String(turned), displayPath: "a.lock") == Self.lock)
  }

  /// Wrong locks by name.
  static let wrong: [(String, String)] = [
    ("empty", ""),
    ("no-mapping", "- a\n"),
    ("no-version", "sources:\n"),
    ("other-version", "larder-lock: 2\nsources:\n"),
    ("conflict", "larder-lock: 1\nsources:\n<<<<<<< HEAD\n  a: 1\n=======\n>>>>>>> other\n"),
    ("bad-key", "larder-lock: 1\nsources:\n  abc:\n    size: 1\nsorces: {}\n"),
    (
      "fields",
      """
      larder-lock: 1
      sources:
        sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a:
          request: {}
          sha256: "sha256:12"
          size: many
          licence: [MIT]
          color: red
      environments:
        sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a:
          name: data
          requirements: [a]
          files:
            - name: orjson
              version: "1"
            - x

      """
    ),
    (
      "runs",
      """
      larder-lock: 1
      runs:
        "a:b":
          run: [x]
          file: 12
          size: -1
        "a:c":
          run: abc
          digest: 1

      """
    ),
    (
      "other-digest",
      """
      larder-lock: 1
      sources:
        sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a:
          request: { a: 1 }
          sha256: sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
          size: 1

      """
    ),
  ]

  @Test func mistakesHavePlaces() throws {
    var said = ""
    for (name, text) in Self.wrong {
      let problems = #expect(throws: Problems.self) {
        try Lock(parsing: text, displayPath: "recipes/\(name).lock")
      }
      said += (problems?.description ?? "none") + "\n\n"
    }
    try Snapshots.expect(said, is: "wrong-locks.golden")
  }
}
