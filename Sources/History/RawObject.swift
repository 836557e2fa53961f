/// A Git object as it is hashed: `TYPE SIZE\0` and its content.
package struct RawObject: Hashable, Sendable {
  package let id: ObjectID
  /// With the header before the content.
  package let bytes: [UInt8]

  package init(id: ObjectID, bytes: [UInt8]) {
    self.id = id
    self.bytes = bytes
  }

  /// The type and the content; nil where the header is not exactly what Git hashes.
  var parts: (kind: PackWriter.Kind, content: ArraySlice<UInt8>)? {
    guard let end = bytes.prefix(32).firstIndex(of: 0) else { return nil }
    let words = String(decoding: bytes[..<end], as: UTF8.self).split(
      separator: " ", omittingEmptySubsequences: false)
    let content = bytes[(end + 1)...]
    guard words.count == 2, let kind = PackWriter.Kind(rawValue: String(words[0])),
      words[1] == String(content.count)
    else { return nil }
    return (kind, content)
  }
}

/// A name of the history and the object that it leads to.
package struct GitReference: Hashable, Sendable {
  /// The full name, as in `refs/tags/submission/first`.
  package let name: String
  package let object: ObjectID

  package init(name: String, object: ObjectID) {
    self.name = name
    self.object = object
  }
}
