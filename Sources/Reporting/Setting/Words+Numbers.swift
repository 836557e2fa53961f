extension Words {
  /// A number with this many digits that say something, as in `0.1283`, `1.745`, `44`, `1.2e+09`.
  package static func number(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return "n/a" }
    let size = abs(value)
    if size == 0 { return "0" }
    if value == value.rounded(), size < 1e7 { return String(Int64(value)) }
    var exponent = 0
    var scaled = size
    while scaled >= 10 {
      scaled /= 10
      exponent += 1
    }
    while scaled < 1 {
      scaled *= 10
      exponent -= 1
    }
    if exponent >= 7 || exponent < -4 {
      let sign = value < 0 ? "-" : ""
      return
        "\(sign)\(fixed(scaled, min(2, digits - 1)))e\(exponent < 0 ? "-" : "+")\(abs(exponent))"
    }
    return fixed(value, max(0, digits - 1 - exponent))
  }
}
