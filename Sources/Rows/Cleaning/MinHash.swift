/// Signatures from which the similarity of two sets can be estimated (Broder 1997).
///
/// The i-th number of a signature is the least of `(a·x + b) mod 2⁶⁴ div 2³²` over the set's
/// hashes x, with coefficients of its own (multiply-shift, Dietzfelbinger et al. 1997). The share of
/// numbers that two signatures have in common estimates the sets' Jaccard similarity with a
/// standard error of √(s(1−s)/count).
package struct MinHash: Sendable {
  /// The numbers in a signature.
  package let count: Int
  private let factors: [UInt64]
  private let terms: [UInt64]

  /// - Parameters:
  ///   - count: the numbers in a signature.
  ///   - bits: a source of 64 random bits each, which decides all coefficients.
  package init(count: Int, bits: () -> UInt64) {
    self.count = count
    var factors: [UInt64] = []
    var terms: [UInt64] = []
    for _ in 0..<count {
      factors.append(bits() | 1)
      terms.append(bits())
    }
    self.factors = factors
    self.terms = terms
  }

  /// The signature of a set; of an empty one every number is the greatest there is.
  package func signature(of hashes: [UInt64]) -> [UInt32] {
    var signature = [UInt32](repeating: .max, count: count)
    signature.withUnsafeMutableBufferPointer { own in
      factors.withUnsafeBufferPointer { factors in
        terms.withUnsafeBufferPointer { terms in
          for hash in hashes {
            for index in 0..<count {
              let value = factors[index] &* hash &+ terms[index]
              let high = UInt32(truncatingIfNeeded: value >> 32)
              if high < own[index] { own[index] = high }
            }
          }
        }
      }
    }
    return signature
  }
}
