import Glibc

/// The tail of the standard normal distribution for one argument, in double precision.
///
/// H(x) = erfc(x / sqrt 2) / 2, G(x) = exp(-x^2 / 2) / sqrt(2 pi), r(x) = G(x) / H(x) = -d/dx ln H(x).
/// Below x = 5 from erfc; above from Laplace's continued fraction r(x) = x + 1/(x + 2/(x + 3/(x + ...))), whose first
/// 20 terms are exact to double precision there. Relative errors stay below 1e-14. (Arrays: `swk_vlog_ndtrc_f64`,
/// `swk_vinverse_mills_f64`.)
public enum GaussianTail {
  /// ln sqrt(2 pi).
  public static let logRootTwoPi = 0.918938533204672741780329736405617640

  /// G(x), the normal density.
  public static func density(_ x: Double) -> Double { exp(-0.5 * x * x - logRootTwoPi) }

  /// H(x), the probability of a normal variable above x; underflows to 0 above x = 38.5.
  public static func h(_ x: Double) -> Double { 0.5 * erfc(x * 0.5.squareRoot()) }

  /// ln H(x), for any x.
  public static func logH(_ x: Double) -> Double {
    if x > 5 { return -0.5 * x * x - logRootTwoPi - log(continuedFraction(x)) }
    // Near H = 1 the logarithm of the complement keeps the digits.
    if x < -1 { return log1p(-0.5 * erfc(-x * 0.5.squareRoot())) }
    return log(h(x))
  }

  /// r(x) = G(x) / H(x), the inverse Mills ratio, for any x.
  public static func r(_ x: Double) -> Double {
    x > 5 ? continuedFraction(x) : density(x) / h(x)
  }

  /// r'(x) = r (r - x), between 0 and 1.
  public static func rSlope(_ x: Double) -> Double {
    let value = r(x)
    // r - x without cancellation: 1/(x + 2/(x + ...)).
    return value * (x > 5 ? 1 / continuedFraction(x, from: 2) : value - x)
  }

  /// atanh(erf(x)) = (ln H(-sqrt2 x) - ln H(sqrt2 x)) / 2, finite for any x.
  public static func atanhErf(_ x: Double) -> Double {
    let y = 2.0.squareRoot() * x
    return 0.5 * (logH(-y) - logH(y))
  }

  private static func continuedFraction(_ x: Double, from first: Int = 1) -> Double {
    var value = x
    for k in stride(from: first + 19, through: first, by: -1) { value = x + Double(k) / value }
    return value
  }
}

/// ln(2 cosh x), for any x.
public func logTwoCosh(_ x: Double) -> Double { abs(x) + log1p(exp(-2 * abs(x))) }

/// The entropy -d ln d - (1 - d) ln(1 - d) of a fraction d in [0, 1].
public func binaryEntropy(_ d: Double) -> Double {
  func part(_ p: Double) -> Double { p > 0 ? -p * log(p) : 0 }
  return part(d) + part(1 - d)
}
