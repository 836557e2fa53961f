internal import Foundation

/// Sizes and times in words.
enum Quantity {
  /// As in `512 bytes`, `1.5 MiB`, `2 GiB`.
  static func bytes(_ count: Int64) -> String {
    var value = Double(count)
    var unit = 0
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    return "\(short(value)) \(units[unit])"
  }

  /// As in `0.5 s`, `90 s`.
  static func seconds(_ value: Double) -> String { "\(short(value)) s" }

  /// One decimal place at most.
  private static func short(_ value: Double) -> String {
    let text = String(format: "%.1f", value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
