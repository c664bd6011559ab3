import Glibc
import SwaleCore

/// Franz-Parisi entropy of the parity machine with K hidden units, binary weights and disjoint inputs, around a typical
/// solution. Exact, because different solutions are uncorrelated (q = 0):
///
///     phi(d) = H2(d) + alpha ln{ [1 + (1 - (2 / pi) acos(1 - 2 d))^K] / 2 }
///
/// The brace is the probability that a configuration at distance d gives the same output: each unit agrees with
/// probability 1 - acos(1 - 2 d) / pi.
public struct FranzParisiParity: Sendable {
  /// K.
  public let hidden: Int
  public let alpha: Double

  /// nil unless hidden >= 1 and alpha >= 0.
  public init?(hidden: Int, alpha: Double) {
    guard hidden >= 1, alpha >= 0, alpha.isFinite else { return nil }
    self.hidden = hidden
    self.alpha = alpha
  }

  /// phi at distance 0 <= d <= 1; NaN elsewhere.
  public func entropy(distance: Double) -> Double {
    guard distance >= 0, distance <= 1 else { return .nan }
    // At distance 1 no odd unit agrees, which no pattern is there to mind.
    if alpha == 0 { return binaryEntropy(distance) }
    let agreement = pow(1 - 2 / .pi * acos(1 - 2 * distance), Double(hidden))
    return binaryEntropy(distance) + alpha * log(0.5 * (1 + agreement))
  }

  /// The distance below which phi < 0; nil when phi > 0 down to d = 1e-9 or phi(1/2) <= 0.
  public func signChange() -> Double? {
    var high = 0.5
    if entropy(distance: high) <= 0 { return nil }
    while high > 1e-9 {
      let low = 0.8 * high
      if entropy(distance: low) <= 0 { return RootFinder.root(low, high) { entropy(distance: $0) } }
      high = low
    }
    return nil
  }
}
