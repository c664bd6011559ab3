import Glibc

/// Overlap of the fields at the output, Q(q), of two weight vectors with overlap q: the one place where the device
/// enters the replica calculations of wide machines.
///
/// Perceptron: Q = q. Committee of K -> infinity hidden units: the covariance of phi(u), phi(v) for unit normal u, v of
/// correlation q, normalised to Q(1) = 1: sign, Q = (2/pi) asin q; balanced relu (half of the output weights +1, half
/// -1), Q = (sqrt(1 - q^2) + q (pi - acos q) - 1) / (pi - 1).
/// Source: Baldassi, Malatesta, Zecchina, PRL 123 (2019) 170602, arXiv:1907.07578.
public enum EffectiveOverlap: String, Sendable, CaseIterable {
  case perceptron, sign, relu

  public func callAsFunction(_ q: Double) -> Double {
    switch self {
    case .perceptron: q
    case .sign: 2 / .pi * asin(q)
    case .relu: ((1 - q * q).squareRoot() + q * (.pi - acos(q)) - 1) / (.pi - 1)
    }
  }

  /// Q'(q); infinite at q = 1 for sign units.
  public func slope(_ q: Double) -> Double {
    switch self {
    case .perceptron: 1
    case .sign: q * q < 1 ? 2 / (.pi * (1 - q * q).squareRoot()) : .infinity
    case .relu: (.pi - acos(q)) / (.pi - 1)
    }
  }

  /// Q''(q); infinite at q = 1 but for the perceptron.
  public func bend(_ q: Double) -> Double {
    let open = (1 - q * q).squareRoot()
    return switch self {
    case .perceptron: 0
    case .sign: 2 / .pi * q / (open * open * open)
    case .relu: 1 / ((.pi - 1) * open)
    }
  }
}
