import Glibc
import SwaleCore

/// What the weights contribute to a replica-symmetric free entropy.
///
///     binary, w = +-1:       S = -qh (1 - q)/2 + E ln 2cosh(sqrt(qh) z), stationary at q = E tanh^2(sqrt(qh) z)
///     spherical, |w|^2 = N:  S = [ln(1 - q) + q / (1 - q)]/2, qh = q / (1 - q)^2 (ln of the share of the sphere)
enum WeightPrior: String, Sendable, CaseIterable {
  case binary, spherical

  /// The conjugate overlap qh that belongs to 0 < q < 1.
  func conjugate(_ q: Double) -> Double? {
    switch self {
    case .spherical: return q / ((1 - q) * (1 - q))
    case .binary:
      // q <= k^2, since |tanh x| <= |x|, and 1 - q <= sqrt(2 / pi) / k, k = sqrt(qh).
      let low = log(q.squareRoot()) - 1e-9
      let high = log((2 / Double.pi).squareRoot() / (1 - q)) + 1e-9
      let k = RootFinder.root(low, high) { self.image(exp(2 * $0)) - q }
      return k.map { exp(2 * $0) }
    }
  }

  /// The overlap q that belongs to qh >= 0.
  func image(_ qh: Double) -> Double {
    switch self {
    case .spherical:
      // The smaller root of qh (1 - q)^2 = q.
      return 2 * qh / (1 + 2 * qh + (1 + 4 * qh).squareRoot())
    case .binary:
      let k = qh.squareRoot()
      return Self.grid(k).mean { z in
        let t = tanh(k * z)
        return t * t
      }
    }
  }

  /// What the weights contribute to the eigenvalue of replicons, E (dm/dh)^2 of the mean m of a weight with field h:
  /// binary E (1 - tanh^2(sqrt(qh) z))^2, spherical (1 - q)^2.
  func response(_ q: Double, _ qh: Double) -> Double {
    switch self {
    case .spherical: return (1 - q) * (1 - q)
    case .binary:
      let k = qh.squareRoot()
      return Self.grid(k).mean { z in
        let t = tanh(k * z)
        return (1 - t * t) * (1 - t * t)
      }
    }
  }

  /// S at q and the qh that belongs to it.
  func entropy(_ q: Double, _ qh: Double) -> Double {
    switch self {
    case .spherical: return 0.5 * (log1p(-q) + q / (1 - q))
    case .binary:
      let k = qh.squareRoot()
      return -0.5 * qh * (1 - q) + Self.grid(k).mean { logTwoCosh(k * $0) }
    }
  }

  private static func grid(_ k: Double) -> GaussianGrid {
    k > 2 ? GaussianGrid.resolving(at: 0, width: 1 / k) : GaussianGrid.standard
  }
}
