import CSwaleKernels
import SwaleCore

/// The trajectory of approximate message passing on independent inputs of unit variance as N grows: a recursion for the
/// overlap q of the estimate with itself, started at q = 0.
///
/// Labels of a teacher drawn from the prior (the estimate's overlap with the teacher is q too), v = sqrt(q / u) z with
/// u = 1 - q + noise, averages over z ~ N(0, 1):
///
///     r' = 2 alpha / u E[H(v) r(v)^2],  q' = E tanh(r' + sqrt(r') z)  (weights +-1),  q' = r' / (1 + r')  (normal)
///
/// Random labels, weights +-1, margin kappa: r' = alpha / u E r((kappa + sqrt(q) z) / sqrt u)^2, q' = E tanh^2(sqrt(r')
/// z). Source: spec 1.3 N and 2.3; Bayati, Montanari, IEEE Trans. Inf. Theory 57 (2011) 764.
struct AMPStateEvolution {
  enum Labels { case teacher, random }

  let load: Double
  let labels: Labels
  let binary: Bool
  let margin: Double
  let noise: Double
  // Trapezoid rule on [-10, 10], where the Gaussian weight is below 1e-21 at the ends.
  private let nodes: Buffer<Double>
  private let weights: Buffer<Double>
  private let tail: Buffer<Double>
  private let ratio: Buffer<Double>
  private static var count: Int { 1001 }

  init(load: Double, labels: Labels, binary: Bool, margin: Double, noise: Double) throws(Failure) {
    self.load = load
    self.labels = labels
    self.binary = binary
    self.margin = margin
    self.noise = noise
    let count = Self.count
    nodes = try Buffer(count, zeroed: false)
    weights = try Buffer(count, zeroed: false)
    tail = try Buffer(count, zeroed: false)
    ratio = try Buffer(count, zeroed: false)
    let step = 20 / Double(count - 1)
    for k in 0..<count {
      nodes.pointer[k] = -10 + step * Double(k)
      weights.pointer[k] = -0.5 * nodes.pointer[k] * nodes.pointer[k]
    }
    Double.vectorExp(count, weights.constant, weights.pointer)
    Double.scale(count, step / (2 * Double.pi).squareRoot(), weights.pointer)
  }

  /// q after one more iteration.
  func next(_ q: Double) -> Double {
    let r = signal(q)
    guard binary else { return r / (1 + r) }
    let count = Self.count
    let (mean, width) = (labels == .teacher ? r : 0, r.squareRoot())
    for k in 0..<count { tail.pointer[k] = mean + width * nodes.pointer[k] }
    swk_vtanh_f64(Int64(count), tail.constant, tail.pointer)
    if labels == .random { Double.multiply(count, tail.constant, tail.constant, tail.pointer) }
    return min(Double.dot(count, weights.constant, tail.constant), 1)
  }

  /// The conjugate order parameter r'.
  private func signal(_ q: Double) -> Double {
    let u = max(1 - q + noise, 1e-12)
    let count = Self.count
    for k in 0..<count { tail.pointer[k] = (margin + q.squareRoot() * nodes.pointer[k]) / u.squareRoot() }
    swk_vinverse_mills_f64(Int64(count), tail.constant, ratio.pointer)
    Double.multiply(count, ratio.constant, ratio.constant, ratio.pointer)
    if labels == .teacher {
      swk_vlog_ndtrc_f64(Int64(count), tail.constant, tail.pointer)
      Double.vectorExp(count, tail.constant, tail.pointer)
      Double.multiply(count, tail.constant, ratio.constant, ratio.pointer)
    }
    return (labels == .teacher ? 2 : 1) * load / u * Double.dot(count, weights.constant, ratio.constant)
  }
}
