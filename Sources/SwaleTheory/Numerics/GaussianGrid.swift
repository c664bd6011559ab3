import Glibc
import SwaleCore

/// Averages E f(z) over a standard normal z as finite sums over nodes: `weights` contain the normal density and sum
/// to 1 (up to the mass 1e-15 beyond the ends).
///
/// `standard`, 160 Gauss-Legendre nodes on [-8, 8], is exact to about 1e-13 for functions that are smooth on the scale
/// of 1/2. Functions with a kink smoothed on a scale w << 1, such as ln H(z / w), need `resolving(at:width:)`.
struct GaussianGrid: Sendable {
  let nodes: [Double]
  let weights: [Double]

  /// 160 Gauss-Legendre nodes on [-8, 8].
  static let standard = GaussianGrid(breaks: [-8, 8], order: 160)

  /// Composite Gauss-Legendre: `order` nodes between each two neighbouring `breaks` (ascending).
  init(breaks: [Double], order: Int) {
    self.init(breaks: breaks, rule: QuadratureNodes.legendre(order))
  }

  private init(breaks: [Double], rule: (nodes: [Double], weights: [Double])) {
    var nodes: [Double] = []
    var weights: [Double] = []
    for (low, high) in zip(breaks, breaks.dropFirst()) {
      let (middle, half) = ((low + high) / 2, (high - low) / 2)
      for (x, w) in zip(rule.nodes, rule.weights) {
        let z = middle + half * x
        nodes.append(z)
        weights.append(w * half * GaussianTail.density(z))
      }
    }
    self.nodes = nodes
    self.weights = weights
  }

  /// Gauss-Hermite with n nodes: the fewest nodes for smooth functions, for products over several variables.
  init(hermite n: Int) { (nodes, weights) = QuadratureNodes.hermite(n) }

  private static let panel = QuadratureNodes.legendre(24)

  /// A composite grid whose panels shrink towards `center` down to the length 2 `width`: for functions that change on
  /// the scale `width` near `center` and on the scale of their distance to it elsewhere. `standard` where that is
  /// enough.
  static func resolving(at center: Double, width: Double) -> GaussianGrid {
    // The nodes of `standard` are 0.1 apart.
    if width > 0.5 || abs(center) > 8 + 4 * width { return standard }
    var breaks: Set<Double> = [-8, 8, min(max(center, -8), 8)]
    var distance = 2 * max(width, 1e-14)
    while distance < 16 {
      for end in [center - distance, center + distance] where abs(end) < 8 { breaks.insert(end) }
      distance *= distance < 0.5 ? 3 : 2
    }
    return GaussianGrid(breaks: breaks.sorted(), rule: panel)
  }

  /// E f(z).
  @inline(__always)
  func mean(_ f: (Double) -> Double) -> Double {
    var sum = 0.0
    for i in nodes.indices { sum += weights[i] * f(nodes[i]) }
    return sum
  }

  /// (E f(z), E g(z)) of a function that returns both.
  @inline(__always)
  func means(_ f: (Double) -> (Double, Double)) -> (Double, Double) {
    var (first, second) = (0.0, 0.0)
    for i in nodes.indices {
      let (a, b) = f(nodes[i])
      first += weights[i] * a
      second += weights[i] * b
    }
    return (first, second)
  }

  /// E f(z), component by component, for a function with up to eight results.
  @inline(__always)
  func mean<V: SIMD>(_ f: (Double) -> V) -> V where V.Scalar == Double {
    var sum = V.zero
    for i in nodes.indices { sum += weights[i] * f(nodes[i]) }
    return sum
  }

  /// E f(z1, z2) over two independent normal variables; the second one on `inner` (this grid when nil). Pairs whose
  /// weight is below 1e-20 are left out.
  @inline(__always)
  func mean(inner: GaussianGrid? = nil, _ f: (Double, Double) -> Double) -> Double {
    let inner = inner ?? self
    var sum = 0.0
    for i in nodes.indices {
      var line = 0.0
      for j in inner.nodes.indices where weights[i] * inner.weights[j] > 1e-20 {
        line += inner.weights[j] * f(nodes[i], inner.nodes[j])
      }
      sum += weights[i] * line
    }
    return sum
  }
}
