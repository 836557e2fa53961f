/// Numbers and times in words.
package enum Words {
  /// As in `0.31 s`, `12 s`, `3 min 05 s`, `2 h 07 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds < 1e12 else { return "\(number(seconds)) s" }
    if seconds < 10 { return "\(fixed(seconds, seconds < 1 ? 2 : 1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
  }

  /// As in `417 B`, `64 KiB`, `98.4 MiB`.
  package static func bytes(_ count: Int64) -> String {
    if count < 1024 { return "\(count) B" }
    var value = Double(count)
    for unit in ["KiB", "MiB", "GiB", "TiB"] {
      value /= 1024
      if value < 1024 || unit == "TiB" { return "\(fixed(value, value < 10 ? 1 : 0)) \(unit)" }
    }
    return "\(count) B"
  }

  /// As in `1 step`, `3 steps`.
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// A number with this many digits after the point, independent of the locale.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "n/a" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    // Beyond what a double holds digit by digit, its own form is the honest one.
    guard scaled < 9e15 else { return "\(value)" }
    let whole = Int64(scaled / scale)
    let rest = Int64(scaled) - whole * Int64(scale)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(whole)" }
    let fraction = String(rest)
    return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// A difference with this many digits after the point and its sign, as in `+0.021`.
  package static func signed(_ value: Double, _ digits: Int = 3) -> String {
    let text = fixed(value, digits)
    return value > 0 && text != fixed(0, digits) ? "+\(text)" : text
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
