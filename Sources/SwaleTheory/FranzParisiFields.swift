import CSwaleKernels
import Glibc
import SwaleCore

/// Averages over the field b of a target configuration at a pattern, given its overlaps (of fields) q with another
/// target of the same reference, s with another reference, t with its own reference.
///
/// Given z, b has mean s z / sqrt Q and variance q - s^2/Q under the Gaussian measure, and is correlated with lambda of
/// the reference's own field, with coefficient rho = (t - s) / sqrt((1 - Q)(q - s^2/Q)). Integrating lambda out at
/// given b leaves the factor T(sqrt(Q) z + sqrt(1 - Q) rho y) / Z(z), variance (1 - Q)(1 - rho^2), with the
/// standardised field y: two integrals instead of three, and no square root of the small q - s^2/Q - (t - s)^2/(1 - Q).
///
/// For each z: composite Gauss-Legendre in y over the range of the tilted density, panels shrinking towards the edge
/// of T and towards a kink of the function of b.
struct FranzParisiFields {
  /// E f'^2, E_z <f'> g, E f for f(b) = ln H((margin - b) / sqrt(1 - q)).
  struct Averages {
    var square = 0.0
    var product = 0.0
    var logarithm = 0.0
  }

  private static let reach = 8.5
  private static let panel = QuadratureNodes.legendre(10)
  private let reference: FranzParisiReference

  init(_ reference: FranzParisiReference) { self.reference = reference }

  /// Averages of the message to a target with margin `margin` at field overlaps q < 1, s, t.
  /// - Parameter logarithm: whether E f is wanted.
  func averages(q: Double, s: Double, t: Double, margin: Double, logarithm: Bool) -> Averages {
    let noise = (1 - q).squareRoot()
    let nodes = Nodes(reference, square: q, reference: s, target: t, kink: margin, width: noise)
    let n = nodes.fields.count
    var arguments = nodes.fields.map { (margin - $0) / noise }
    var ratios = [Double](repeating: 0, count: n)
    arguments.withUnsafeBufferPointer { x in
      ratios.withUnsafeMutableBufferPointer { y in
        if let x = x.baseAddress, let y = y.baseAddress { swk_vinverse_mills_f64(Int64(n), x, y) }
      }
    }
    if logarithm {
      arguments.withUnsafeMutableBufferPointer { x in
        if let x = x.baseAddress { swk_vlog_ndtrc_f64(Int64(n), x, x) }
      }
    }
    var result = Averages()
    for (i, range) in nodes.ranges.enumerated() {
      var (mass, first, second, log) = (0.0, 0.0, 0.0, 0.0)
      for j in range {
        let w = nodes.weights[j]
        mass += w
        first += w * ratios[j]
        second += w * ratios[j] * ratios[j]
        log += w * arguments[j]
      }
      if mass == 0 { continue }
      let weight = reference.grid.weights[i] / mass
      result.square += weight * second / (1 - q)
      result.product += weight * first / noise * reference.scores[i]
      result.logarithm += weight * log
    }
    return result
  }

  /// E f(b) of any function with a kink or jump on the scale `width` at b = `kink`.
  func mean(
    square: Double, reference s: Double, target: Double, kink: Double, width: Double, _ f: (Double) -> Double
  ) -> Double {
    let nodes = Nodes(reference, square: square, reference: s, target: target, kink: kink, width: width)
    var sum = 0.0
    for (i, range) in nodes.ranges.enumerated() {
      var (mass, value) = (0.0, 0.0)
      for j in range {
        mass += nodes.weights[j]
        value += nodes.weights[j] * f(nodes.fields[j])
      }
      if mass > 0 { sum += reference.grid.weights[i] * value / mass }
    }
    return sum
  }

  /// The fields b and their weights; `ranges` has one entry for each z.
  private struct Nodes {
    var fields: [Double] = []
    var weights: [Double] = []
    var ranges: [Range<Int>] = []

    init(
      _ reference: FranzParisiReference, square q: Double, reference s: Double, target t: Double, kink: Double,
      width: Double
    ) {
      let overlap = reference.effective
      let own = (t - s) / (1 - overlap).squareRoot()
      let spread = max(q - s * s / overlap, own * own)
      let deviation = spread.squareRoot()
      let rho = deviation > 1e-9 ? own / deviation : 0
      let likelihood = FranzParisiLikelihood(
        reference.measure, variance: (1 - overlap) * max(1 - rho * rho, 0), tabulated: true)
      let lever = (1 - overlap).squareRoot() * rho

      var positions: [Double] = []
      var breaks: [Double] = []
      for (z, score) in zip(reference.grid.nodes, reference.scores) {
        // The tilted density is narrower than the normal one, around its mean E y = rho E lambda.
        let centre = lever * score
        var (low, high) = (centre - reach, centre + reach)
        breaks.removeAll(keepingCapacity: true)
        if abs(lever) > 1e-9 {
          let edge = (likelihood.edge - overlap.squareRoot() * z) / lever
          let scale = likelihood.width / abs(lever)
          if case .solutions = reference.measure {
            // Beyond the edge of a hard constraint nothing is left.
            if lever > 0 { low = max(low, edge - 9 * scale) } else { high = min(high, edge + 9 * scale) }
          }
          Self.add(center: edge, width: scale, low, high, to: &breaks)
        }
        if deviation > 1e-9 {
          let center = (kink - s / overlap.squareRoot() * z) / deviation
          Self.add(center: center, width: width / deviation, low, high, to: &breaks)
        }
        if low < high {
          breaks += [low, high]
          var mark = ceil(low)
          while mark < high {
            breaks.append(mark)
            mark += 1.5
          }
          breaks.sort()
        }
        let start = positions.count
        for (a, b) in zip(breaks, breaks.dropFirst()) where b > a {
          for (x, w) in zip(panel.nodes, panel.weights) {
            positions.append(0.5 * (a + b) + 0.5 * (b - a) * x)
            weights.append(0.5 * (b - a) * w)
          }
        }
        ranges.append(start..<positions.count)
      }

      let n = positions.count
      fields = [Double](repeating: 0, count: n)
      var exponents = [Double](repeating: 0, count: n)
      for (i, range) in ranges.enumerated() {
        let x = overlap.squareRoot() * reference.grid.nodes[i]
        for j in range { fields[j] = x + lever * positions[j] }
      }
      fields.withUnsafeBufferPointer { x in
        exponents.withUnsafeMutableBufferPointer { y in
          if let x = x.baseAddress, let y = y.baseAddress { likelihood.logValues(n, x, y) }
        }
      }
      for (i, range) in ranges.enumerated() {
        let mean = s / overlap.squareRoot() * reference.grid.nodes[i]
        let offset = reference.logNorms[i] + GaussianTail.logRootTwoPi
        for j in range {
          exponents[j] -= 0.5 * positions[j] * positions[j] + offset
          fields[j] = mean + deviation * positions[j]
        }
      }
      exponents.withUnsafeMutableBufferPointer { x in
        if let x = x.baseAddress { swk_vexp_f64(Int64(n), x, x) }
      }
      for j in 0..<n { weights[j] *= exponents[j] }
    }

    /// The centre of a feature and points at distances 2, 5, 12.5, ... times its width, within (low, high).
    private static func add(
      center: Double, width: Double, _ low: Double, _ high: Double, to breaks: inout [Double]
    ) {
      if center > low, center < high { breaks.append(center) }
      var distance = 2 * max(width, 1e-8)
      // Panels of length 1.5 resolve wider features.
      while distance < 2 {
        if center - distance > low, center - distance < high { breaks.append(center - distance) }
        if center + distance > low, center + distance < high { breaks.append(center + distance) }
        distance *= 2.5
      }
    }
  }
}
