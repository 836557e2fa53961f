internal import Glibc

/// A point in time, to the second, in UTC; written as ISO 8601: `2026-11-24T14:05:00Z`.
package struct Moment: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Since 1970.
  package let seconds: Int64

  package init(seconds: Int64) { self.seconds = seconds }

  /// Reads `YYYY-MM-DDThh:mm[:ss[.f…]]` with `Z` or an offset as in `+02:00`, or `YYYY-MM-DD` for
  /// its beginning in UTC. Fractions of a second are dropped.
  ///
  /// - Returns: nil for anything else, a day that no calendar has included.
  package init?(_ text: some StringProtocol) {
    let form =
      /(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:(Z)|([+-])(\d\d):?(\d\d)))?/
      .asciiOnlyDigits()
    guard let match = try? form.wholeMatch(in: String(text)) else { return nil }
    func number(_ part: Substring?) -> Int32 { part.flatMap { Int32($0) } ?? 0 }
    let (year, month, day) = (number(match.1), number(match.2), number(match.3))
    let (hour, minute, second) = (number(match.4), number(match.5), number(match.6))
    let (zoneHours, zoneMinutes) = (number(match.9), number(match.10))
    guard hour < 24, minute < 60, second < 60, zoneHours < 24, zoneMinutes < 60 else { return nil }
    var parts = tm()
    parts.tm_year = year - 1900
    parts.tm_mon = month - 1
    parts.tm_mday = day
    parts.tm_hour = hour
    parts.tm_min = minute
    parts.tm_sec = second
    let time = timegm(&parts)
    // The C library takes the 30th of February for the 2nd of March.
    guard parts.tm_mday == day, parts.tm_mon == month - 1 else { return nil }
    let offset = Int64(zoneHours * 3600 + zoneMinutes * 60)
    self.init(seconds: Int64(time) - (match.8 == "-" ? -offset : offset))
  }

  package var description: String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    func padded(_ value: Int32, _ width: Int = 2) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
      + "T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
  }

  package static func < (a: Moment, b: Moment) -> Bool { a.seconds < b.seconds }
}
