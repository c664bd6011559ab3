/// Constraint of a pattern for relu and quadratic units: the sum z = sum_k c_k phi(h_k), h_k normal and independent, is
/// taken as normal, with mean Z and variance V the sums of those of c_k phi(h_k). With t the threshold that the margin
/// sets and label sigma,
///
///     F = ln H(y),  y = (t - sigma Z) / sqrt V
///
/// as a function of the mean of one h_k, on which both Z and V depend. Errors are of order 1 / sqrt K.
final class ActivationFactor: PatternFactor {
  private let threshold: Double
  private var mean = 0.0
  private var variance = 0.0

  init(_ graph: PatternGraph, margin: Double) throws(Failure) {
    let n = Double(graph.fanIn)
    threshold = margin * Double(graph.hidden).squareRoot() * (graph.unit == .quadratic ? n : n.squareRoot())
    try super.init(graph)
  }

  /// Mean a and variance v of phi(h), h normal, and their derivatives with respect to the mean of h.
  private struct Activation {
    var a, v: Double
    var da, dv: Double
    var dda, ddv: Double
  }

  private func activation(_ mean: Double, _ variance: Double) -> Activation {
    if graph.unit == .quadratic {
      return Activation(
        a: mean * mean + variance, v: 2 * variance * variance + 4 * mean * mean * variance, da: 2 * mean,
        dv: 8 * mean * variance, dda: 2, ddv: 8 * variance)
    }
    // E max(0, h) = m P + s G and E max(0, h)^2 = (m^2 + s^2) P + m s G with P = H(-m / s), G = G(m / s).
    let s = max(variance, Self.leastVariance).squareRoot()
    let (above, density) = (GaussianTail.h(-mean / s), GaussianTail.density(mean / s))
    let a = mean * above + s * density
    let square = (mean * mean + variance) * above + mean * s * density
    return Activation(
      a: a, v: max(square - a * a, 0), da: above, dv: 2 * a * (1 - above), dda: density / s,
      ddv: 2 * above * (1 - above) - 2 * a * density / s)
  }

  override func update() {
    (mean, variance) = (0, 0)
    for k in 0..<units {
      let unit = activation(moments.pointer[k].mean, moments.pointer[k].variance)
      mean += Double(graph.outputSign(k)) * unit.a
      variance += unit.v
    }
    let spread = max(variance, Self.leastVariance)
    let root = spread.squareRoot()
    let y = (threshold - label * mean) / root
    logZ = GaussianTail.logH(y)
    let (r, rSlope) = (GaussianTail.r(y), GaussianTail.rSlope(y))
    for k in 0..<units {
      let field = moments.pointer[k]
      let unit = activation(field.mean, field.variance)
      let c = -label * Double(graph.outputSign(k))
      let ratio = unit.dv / spread
      let first = c * unit.da / root - 0.5 * y * ratio
      let second =
        c * (unit.dda - unit.da * ratio) / root - 0.5 * y * unit.ddv / spread + 0.75 * y * ratio * ratio
      let s = max(field.variance, Self.leastVariance).squareRoot()
      slope.pointer[k] = -s * r * first
      curvature.pointer[k] = -s * s * (rSlope * first * first + r * second)
    }
  }

  override func likelihood(_ k: Int, _ mean: Double, _ variance: Double) -> Double {
    let own = activation(moments.pointer[k].mean, moments.pointer[k].variance)
    let new = activation(mean, variance)
    let total = self.mean + Double(graph.outputSign(k)) * (new.a - own.a)
    let spread = max(self.variance + new.v - own.v, Self.leastVariance)
    return GaussianTail.logH((threshold - label * total) / spread.squareRoot())
  }
}
