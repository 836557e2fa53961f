/// The address of a page of a server: parts of a path and what stands after `?`, with percent signs
/// for everything but the unreserved characters (RFC 3986, 2.3).
package enum Address {
  package static func of(
    _ path: [String], _ query: [(name: String, value: String)] = [], fragment: String? = nil
  ) -> String {
    "/" + path.map(encoded).joined(separator: "/")
      + (query.isEmpty
        ? ""
        : "?" + query.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&"))
      + (fragment.map { "#\(encoded($0))" } ?? "")
  }

  static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }
}
