import CSwaleKernels
import Glibc
import SwaleCore

/// From which Gibbs measure over the weights the reference configuration of a Franz-Parisi curve is drawn.
public enum FranzParisiMeasure: Sendable, Equatable {
  /// Uniform over the configurations whose stabilities are all at least `margin`.
  case solutions(margin: Double)
  /// exp(-beta sum l(stability)) with l(x) = ln(1 + exp(-2 gamma x)) / (2 gamma).
  case crossEntropy(beta: Double, gamma: Double)

  /// beta > 0 and gamma > 0 up to 1e4, |margin| up to 100.
  var isValid: Bool {
    switch self {
    case .solutions(let margin): abs(margin) <= 100
    case .crossEntropy(let beta, let gamma): beta > 0 && beta <= 1e4 && gamma > 0 && gamma <= 1e4
    }
  }
}

/// The Gibbs factor of one pattern when its stability is known up to Gaussian noise,
/// T(x) = E_eta exp(-beta l(x + sqrt(v) eta)); for solutions T(x) = H((margin - x) / sqrt v).
struct FranzParisiLikelihood {
  let measure: FranzParisiMeasure
  /// v.
  let variance: Double
  /// Where T falls off, and on which scale: for the panels of the integrations.
  let edge: Double
  let width: Double
  private let table: Table?

  /// - Parameter tabulated: whether `logValues` will be asked for many points with |x| <= 14.
  init(_ measure: FranzParisiMeasure, variance: Double, tabulated: Bool) {
    self.measure = measure
    self.variance = variance
    let noise = variance.squareRoot()
    switch measure {
    case .solutions(let margin):
      (edge, width, table) = (margin, noise, nil)
    case .crossEntropy(let beta, let gamma):
      (edge, width) = (0, max(noise, min(1 / beta, 0.5 / gamma)))
      table =
        tabulated
        ? Table(core: max(noise, 0.5 / gamma)) { Self.softMoments($0, variance: variance, beta: beta, gamma: gamma) }
        : nil
    }
  }

  /// ln T(x) and its derivative.
  func moments(_ x: Double) -> (logValue: Double, slope: Double) {
    switch measure {
    case .solutions(let margin):
      let root = variance.squareRoot()
      let u = (margin - x) / root
      return (GaussianTail.logH(u), GaussianTail.r(u) / root)
    case .crossEntropy(let beta, let gamma):
      return Self.softMoments(x, variance: variance, beta: beta, gamma: gamma)
    }
  }

  /// ln T of n points; y may not be x. The soft factors come from the table.
  func logValues(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    switch measure {
    case .solutions(let margin):
      let scale = 1 / max(variance, 1e-300).squareRoot()
      for i in 0..<n { y[i] = max(min((margin - x[i]) * scale, 1e150), -1e150) }
      swk_vlog_ndtrc_f64(Int64(n), y, y)
    case .crossEntropy:
      table?.evaluate(n, x, y)
    }
  }

  /// The exponent -beta l(x + sqrt(v) eta) - eta^2/2 is concave in eta; the integral runs 8.5 to each side of its
  /// maximum, where the integrand is 1e-16 of it. A loss that bends sharply has panels that shrink towards the bend.
  private static func softMoments(
    _ x: Double, variance: Double, beta: Double, gamma: Double
  ) -> (logValue: Double, slope: Double) {
    let noise = variance.squareRoot()
    func loss(_ h: Double) -> Double { (max(-2 * gamma * h, 0) + log1p(exp(-2 * gamma * abs(h)))) / (2 * gamma) }
    /// -l'(h).
    func pull(_ h: Double) -> Double { 1 / (1 + exp(min(2 * gamma * h, 700))) }
    if noise < 1e-9 { return (-beta * loss(x), beta * pull(x)) }
    let furthest = beta * noise
    let peak = RootFinder.root(0, furthest, tolerance: 1e-3) { $0 - furthest * pull(x + noise * $0) } ?? 0
    let height = -beta * loss(x + noise * peak) - 0.5 * peak * peak
    var (total, slope) = (0.0, 0.0)
    func add(_ eta: Double, _ weight: Double) {
      let h = x + noise * eta
      let mass = weight * exp(-beta * loss(h) - 0.5 * eta * eta - height)
      total += mass
      slope += mass * pull(h)
    }
    let bend = 0.5 / (gamma * noise)
    if bend > 0.1 {
      for i in softGrid.nodes.indices { add(peak + softGrid.nodes[i], softGrid.weights[i]) }
    } else {
      // Where exp(-beta l) turns from 0 to 1: at h = 0, or where beta l is 1 if it is large at 0.
      let center = (max(log(0.5 * beta / gamma), 0) * 0.5 / gamma - x) / noise
      var breaks = softBreaks.map { peak + $0 }
      let (low, high) = (peak - 8.5, peak + 8.5)
      if center > low, center < high { breaks.append(center) }
      var distance = bend
      while distance < 4 {
        for end in [center - distance, center + distance] where end > low && end < high { breaks.append(end) }
        distance *= 2
      }
      breaks.sort()
      for (a, b) in zip(breaks, breaks.dropFirst()) where b > a {
        for (node, weight) in zip(softRule.nodes, softRule.weights) {
          add(0.5 * (a + b) + 0.5 * (b - a) * node, 0.5 * (b - a) * weight)
        }
      }
    }
    return (height + log(total) - GaussianTail.logRootTwoPi, beta * slope / total)
  }

  private static let softRule = QuadratureNodes.legendre(8)
  private static let softBreaks = [-8.5, -6, -4, -2.5, -1.5, -0.8, -0.3, 0, 0.3, 0.8, 1.5, 2.5, 4, 6, 8.5]

  /// Composite Gauss-Legendre on [-8.5, 8.5], weight 1, finer in the middle where beta l may bend sharply.
  private static let softGrid: (nodes: [Double], weights: [Double]) = {
    var nodes: [Double] = []
    var weights: [Double] = []
    for (a, b) in zip(softBreaks, softBreaks.dropFirst()) {
      for (x, w) in zip(softRule.nodes, softRule.weights) {
        nodes.append(0.5 * (a + b) + 0.5 * (b - a) * x)
        weights.append(0.5 * (b - a) * w)
      }
    }
    return (nodes, weights)
  }()

  /// A function known with its derivative at x = core sinh(0.025 k), between by cubic Hermite pieces in
  /// asinh(x / core); the error is of the order of 1e-9 times the fourth derivative on the scale `core`.
  private struct Table {
    private static let spacing = 0.025
    private let core: Double
    private let half: Int
    private var values: [Double] = []
    private var slopes: [Double] = []

    init(core: Double, _ f: (Double) -> (logValue: Double, slope: Double)) {
      self.core = core
      half = Int(saturating: min(asinh(14 / core) / Self.spacing, 1e5)) + 2
      for k in -half...half {
        let s = Double(k) * Self.spacing
        let (value, slope) = f(core * sinh(s))
        values.append(value)
        slopes.append(slope * core * cosh(s) * Self.spacing)
      }
    }

    func evaluate(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
      for i in 0..<n {
        let u = abs(x[i]) / core
        y[i] = u + (u * u + 1).squareRoot()
      }
      swk_vlog_f64(Int64(n), y, y)
      let last = Double(2 * half) - 1e-9
      for i in 0..<n {
        let place = min(max((x[i] < 0 ? -y[i] : y[i]) / Self.spacing + Double(half), 0), last)
        // The place of a field that is no number is 0.
        let k = Int(saturating: place)
        let t = place - Double(k)
        let (a, b) = (values[k], values[k + 1])
        let (da, db) = (slopes[k], slopes[k + 1])
        let gap = b - a
        y[i] = a + t * (da + t * (3 * gap - 2 * da - db + t * (da + db - 2 * gap)))
      }
    }
  }
}
