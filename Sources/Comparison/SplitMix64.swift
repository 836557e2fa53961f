internal import Glibc

/// Larder's one generator of pseudo-random numbers: SplitMix64 (Steele, Lea and Flood, *Fast
/// splittable pseudorandom number generators*, 2014), as Vigna's public-domain `splitmix64.c`.
///
/// It is deliberately no `RandomNumberGenerator`: what the standard library makes of one may change
/// between releases, and every draw here decides bytes that are compared years later.
package struct SplitMix64: Hashable, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A recipe's seed; negative ones are taken by their two's complement.
  package init(seed: Int64) { self.init(seed: UInt64(bitPattern: seed)) }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }

  /// A number of [0, 1) with 53 random bits.
  package mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number of the standard normal distribution (Box and Muller 1958). Its last bits are the C
  /// library's, so nothing that is kept may depend on it.
  package mutating func normal() -> Double {
    let radius = (-2 * log(1 - fraction())).squareRoot()
    return radius * cos(2 * .pi * fraction())
  }

  /// A whole number of 0..<bound, each equally likely (Lemire, *Fast random integer generation in
  /// an interval*, 2019).
  ///
  /// - Precondition: the bound is above 0.
  package mutating func below(_ bound: Int) -> Int {
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let least = (0 &- bound) % bound
      while product.low < least { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Puts a list into random order (Fisher and Yates, in Durstenfeld's form).
  package mutating func shuffle<Element>(_ values: inout [Element]) {
    guard values.count > 1 else { return }
    for last in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(last, below(last + 1))
    }
  }
}
