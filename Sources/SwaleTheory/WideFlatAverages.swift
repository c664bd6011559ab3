import Glibc
import SwaleCore

/// Averages over z of the two inner maximisations of `WideFlatMinima`. Neither is ever searched for: the place of the
/// maximum is a monotone function of z with an explicit inverse, so that the integration runs over that place, with
/// dz = z'(u) du. Composite Gauss-Legendre, panels short in u and in z; |z| <= 9.
private enum WideFlatRule {
  static let panel = QuadratureNodes.legendre(16)
  static let reach = 9.0

  /// Sum of `f(node, weight)` over the panel [a, a + length].
  @inline(__always)
  static func sum(from a: Double, length: Double, _ f: (Double, Double) -> Void) {
    for (x, w) in zip(panel.nodes, panel.weights) { f(a + 0.5 * length * (1 + x), 0.5 * length * w) }
  }
}

/// E over z of max_x [-x^2/2 + ln 2cosh(sqrt(qh) z + sqrt(delta) x)], for qh > 0 and delta >= 0.
///
/// With the field u = sqrt(qh) z + delta t and t = tanh u, x = sqrt(delta) t. For delta > 1 there are two maxima near
/// z = 0; the higher one has the sign of z, and its field jumps at z = 0 to the root u0 of u0 = delta tanh u0. Hence
/// the half line z > 0, counted twice, is u > u0. Written in w = u - u0,
/// sqrt(qh) z = w - delta (1 - t0^2) tanh w / (1 + t0 tanh w), nothing cancels however small qh is.
struct WideFlatSpins {
  /// E t^2.
  private(set) var square = 0.0
  /// E[t z].
  private(set) var product = 0.0
  /// E max.
  private(set) var value = 0.0

  init(qh: Double, delta: Double) {
    let k = qh.squareRoot()
    let u0 = Self.spontaneousField(delta)
    let t0 = tanh(u0)
    let pull = delta * (1 - t0 * t0)
    func z(_ w: Double) -> Double {
      let t = tanh(w)
      return (w - pull * t / (1 + t0 * t)) / k
    }
    func slope(_ w: Double) -> Double {
      let t = tanh(u0 + w)
      return (1 - delta * (1 - t * t)) / k
    }
    var w = 0.0
    while z(w) < WideFlatRule.reach {
      // Short for tanh (until it is 1) and for the density of z; the slope increases with w.
      var length = w < 20 ? 2 : .infinity
      length = min(length, max(k, 1 / slope(w)))
      while length > k, length * slope(w + length) > 1 { length *= 0.5 }
      WideFlatRule.sum(from: w, length: length) { w, weight in
        let tw = tanh(w)
        let t = (t0 + tw) / (1 + t0 * tw)
        let z = (w - pull * tw / (1 + t0 * tw)) / k
        let mass = 2 * weight * GaussianTail.density(z) * (1 - delta * (1 - t * t)) / k
        square += mass * t * t
        product += mass * t * z
        value += mass * (logTwoCosh(u0 + w) - 0.5 * delta * t * t)
      }
      w += length
    }
  }

  /// The positive root of u = delta tanh u, 0 for delta <= 1: Newton's iteration falls monotonically from u = delta.
  private static func spontaneousField(_ delta: Double) -> Double {
    if delta <= 1 { return 0 }
    var u = delta
    for _ in 0..<200 {
      let t = tanh(u)
      let next = u - (u - delta * t) / (1 - delta * (1 - t * t))
      if !(next < u) || next <= 0 { break }
      u = next
    }
    return u
  }
}

/// E over z of max_x [-x^2/2 + ln H((kappa + sqrt(Q) z + sqrt(c) x) / sqrt(1 - Q))], c = `stretch` >= 0, concave in x.
///
/// With the argument v of H and r = r(v) the maximum is at x = -r sqrt(c / (1 - Q)), hence
/// kappa + sqrt(Q) z = sqrt(1 - Q) v + c r / sqrt(1 - Q).
struct WideFlatConstraints {
  /// E r^2.
  private(set) var square = 0.0
  /// E max.
  private(set) var value = 0.0

  init(margin: Double, overlap: Double, stretch: Double) {
    let root = (1 - overlap).squareRoot()
    let scale = 1 / overlap.squareRoot()
    let c = stretch / root
    func z(_ v: Double) -> Double { (root * v + c * GaussianTail.r(v) - margin) * scale }
    func slope(_ v: Double) -> Double { (root + c * GaussianTail.rSlope(v)) * scale }
    // Left of -13 constraints hold with probability 1 - 1e-38: nothing to integrate.
    var v = -13.0
    if z(v) < -WideFlatRule.reach {
      let right = (margin + WideFlatRule.reach / scale) / root + 1
      guard let start = RootFinder.root(v, max(right, 0), tolerance: 1e-6, { z($0) + WideFlatRule.reach }) else {
        (square, value) = (.nan, .nan)
        return
      }
      v = start
    }
    var length = 1.0
    while z(v) < WideFlatRule.reach {
      // Short for r (which is smooth on the scale of v far out) and for the density of z.
      length = min(max(1, 0.25 * v), 2 * length)
      while length * slope(v + length) > 0.75 { length *= 0.5 }
      WideFlatRule.sum(from: v, length: length) { v, weight in
        let r = GaussianTail.r(v)
        let mass = weight * GaussianTail.density((root * v + c * r - margin) * scale)
          * (root + c * r * (r - v)) * scale
        square += mass * r * r
        value += mass * (GaussianTail.logH(v) - 0.5 * c / root * r * r)
      }
      v += length
    }
  }
}
