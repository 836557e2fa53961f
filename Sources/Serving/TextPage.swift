internal import Files
internal import Problems
internal import Reporting
internal import SystemPackage
internal import WebPage

/// A file that is no set of rows: as text, piece by piece, or what it is where it is none.
struct TextPage {
  private static let pieceSize = 64 << 10

  private let origin: Origin
  private let address: String
  private let download: String
  private let size: Int64
  private let from: Int64
  private let bytes: [UInt8]

  /// - Parameter from: the first byte that is shown.
  init(
    _ origin: Origin, _ file: FilePath, from: Int64, address: String, download: String
  ) throws {
    self.origin = origin
    self.address = address
    self.download = download
    size = FileStamp(file)?.size ?? 0
    self.from = min(max(0, from), max(0, size - 1))
    let descriptor = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
    defer { try? descriptor.close() }
    let start = self.from
    bytes = try [UInt8](unsafeUninitializedCapacity: TextPage.pieceSize) { buffer, initialized in
      initialized = try descriptor.read(
        fromAbsoluteOffset: start, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  var page: Page {
    Page(
      title: origin.target, navigation: Navigation.html(.runs),
      body: """
        <h1>Text</h1>
        \(origin.html)\(HTML.download(download))
        \(HTML.facts([("size", HTML(text: Words.bytes(size)))]))
        \(content)
        """)
  }

  private var content: HTML {
    if size == 0 { return HTML.empty("It is empty") }
    guard !bytes.contains(0) else { return HTML.notice("It is binary, and not shown.") }
    let text = String(decoding: bytes, as: UTF8.self)
    let end = from + Int64(bytes.count)
    var links: [HTML] = []
    if from > 0 {
      links.append(
        "<a rel=\"prev\" href=\"\(address)?from=\(Int(max(0, from - Int64(TextPage.pieceSize))))\">← before</a>"
      )
    }
    if from > 0 || end < size {
      links.append(HTML(text: "bytes \(from + 1) to \(end) of \(size)"))
    }
    if end < size {
      links.append("<a rel=\"next\" href=\"\(address)?from=\(Int(end))\">after →</a>")
    }
    return """
      <pre tabindex="0">\(text)</pre>
      <nav class="pages" aria-label="More of it">\(links.joined(" "))</nav>
      """
  }
}
