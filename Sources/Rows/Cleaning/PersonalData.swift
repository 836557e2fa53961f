/// Addresses and numbers of people inside a text.
///
/// A sieve, not a proof: it knows e-mail addresses and telephone numbers by their form.
package enum PersonalData {
  /// The text with `[email]` and `[phone]` for what was found, and how often that was.
  package static func masked(_ text: String) -> (text: String, count: Int) {
    let (noMail, mails) = maskEmails(Array(text.utf8))
    let (clean, phones) = maskPhones(noMail)
    guard mails + phones > 0 else { return (text, 0) }
    return (String(decoding: clean, as: UTF8.self), mails + phones)
  }

  /// `local@domain.tld`: the common subset of RFC 5322.
  private static func maskEmails(_ bytes: [UInt8]) -> ([UInt8], Int) {
    guard bytes.contains(UInt8(ascii: "@")) else { return (bytes, 0) }
    var result: [UInt8] = []
    var count = 0
    var position = 0
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "@") else {
        result.append(bytes[position])
        position += 1
        continue
      }
      var local = 0
      while local < result.count, isLocal(result[result.count - 1 - local]) { local += 1 }
      var end = position + 1
      while end < bytes.count, isDomain(bytes[end]) { end += 1 }
      while end > position + 1, !isAlphanumeric(bytes[end - 1]) { end -= 1 }
      let domain = bytes[(position + 1)..<end].split(
        separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      let hasTop = domain.count >= 2 && domain.allSatisfy { !$0.isEmpty }
      if local > 0, hasTop, let top = domain.last, top.count >= 2, top.allSatisfy(isLetter) {
        result.removeLast(local)
        result.append(contentsOf: "[email]".utf8)
        count += 1
        position = end
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return (result, count)
  }

  private static func maskPhones(_ bytes: [UInt8]) -> ([UInt8], Int) {
    var result: [UInt8] = []
    var count = 0
    var position = 0
    while position < bytes.count {
      let startsNumber =
        isDigit(bytes[position]) || bytes[position] == UInt8(ascii: "+")
        || bytes[position] == UInt8(ascii: "(")
      let before = result.last
      let isFree = before.map { !isAlphanumeric($0) && !isJoiner($0) } ?? true
      if startsNumber, isFree, let end = phoneEnd(bytes, from: position) {
        result.append(contentsOf: "[phone]".utf8)
        count += 1
        position = end
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return (result, count)
  }

  /// Where a telephone number that begins here ends, or nil where none does.
  ///
  /// 8 to 15 digits (ITU-T E.164), in groups with single separators; with `+` before them, or at
  /// least three groups, or two of a parenthesised area code and a number. Dates (4-2-2 and 2-2-4)
  /// and dotted addresses of four groups are none.
  private static func phoneEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    var groups: [Int] = []
    var digits = 0
    var position = start
    var end = start
    var hasDotsOnly = true
    var hasParenthesis = false
    let hasPlus = bytes[start] == UInt8(ascii: "+")
    if hasPlus { position += 1 }
    while position < bytes.count {
      var group = 0
      while position < bytes.count, isDigit(bytes[position]) {
        group += 1
        position += 1
      }
      if group > 0 {
        groups.append(group)
        digits += group
        end = position
      }
      var separators = 0
      while position < bytes.count, separators < 2, let kind = separator(bytes[position]) {
        if kind != UInt8(ascii: ".") { hasDotsOnly = false }
        if kind == UInt8(ascii: "(") { hasParenthesis = true }
        separators += 1
        position += 1
      }
      let goesOn = position < bytes.count && isDigit(bytes[position])
      if !goesOn || (separators == 0 && group == 0) { break }
    }
    if end < bytes.count, isAlphanumeric(bytes[end]) { return nil }
    guard (8...15).contains(digits), !isDate(groups), !(groups.count == 4 && hasDotsOnly) else {
      return nil
    }
    let isMarked = hasPlus || groups.count >= 3 || (hasParenthesis && groups.count == 2)
    return isMarked ? end : nil
  }

  private static func isDate(_ groups: [Int]) -> Bool {
    groups.starts(with: [4, 2, 2]) || groups.starts(with: [2, 2, 4])
  }

  private static func separator(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("),
      UInt8(ascii: ")"):
      byte
    default: nil
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

  /// Joined to these, digits are part of a longer number.
  private static func isJoiner(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "-")
  }

  private static func isLocal(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
  }

  private static func isDomain(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }
}
