import SwaleCore

/// A spectral quadrature seen as a curve: density phi(t) = mean over probes of sum_k weight_k N(t; node_k, sigma^2) and
/// cumulative mass C(t) = mean of sum_{node_k <= t} weight_k (not smoothed, so that masses stay exact), on a grid.
struct SpectralDensity {
  let grid: Buffer<Double>
  let density: Buffer<Double>
  let cumulative: Buffer<Double>
  let cumulativeError: Buffer<Double>
  let sigma: Double

  /// - Parameters:
  ///   - width: sigma; 0 for (highest - lowest) / steps.
  ///   - steps: Lanczos steps of the rule, for the automatic width.
  init(_ rule: SpectralQuadrature, points: Int, width: Double, steps: Int) throws(Failure) {
    let (low, high) = (rule.lowest, rule.highest)
    var sigma = width > 0 ? width : (high - low) / Double(max(steps, 1))
    // A single distinct eigenvalue has no range to scale with.
    if sigma == 0 { sigma = max(1e-3 * abs(high), 1e-12) }
    self.sigma = sigma
    grid = try Buffer(points)
    density = try Buffer(points)
    cumulative = try Buffer(points)
    cumulativeError = try Buffer(points)
    let (start, end) = (low - 4 * sigma, high + 4 * sigma)
    for i in 0..<points { grid.pointer[i] = start + (end - start) * Double(i) / Double(max(points - 1, 1)) }
    try smooth(rule)
    try accumulate(rule)
  }

  private func smooth(_ rule: SpectralQuadrature) throws(Failure) {
    let points = grid.count
    let shifted = try Buffer<Double>(points, zeroed: false)
    let scale = 1 / (sigma * (2 * Double.pi).squareRoot() * Double(max(rule.probes, 1)))
    for k in 0..<rule.nodes.count {
      try Interruption.check(work: 20 * Double(points))
      let node = rule.nodes.pointer[k]
      for i in 0..<points {
        let u = (grid.pointer[i] - node) / sigma
        shifted.pointer[i] = -0.5 * u * u
      }
      Double.vectorExp(points, shifted.constant, shifted.pointer)
      Double.axpy(points, scale * rule.weights.pointer[k], shifted.constant, density.pointer)
    }
  }

  private func accumulate(_ rule: SpectralQuadrature) throws(Failure) {
    let points = grid.count
    let squares = try Buffer<Double>(points)
    let n = Double(rule.probes)
    var first = 0
    for (probe, count) in rule.counts.enumerated() {
      try Interruption.check(work: 8 * Double(points))
      var (k, mass) = (first, 0.0)
      for i in 0..<points {
        while k < first + count, rule.nodes.pointer[k] <= grid.pointer[i] {
          mass += rule.weights.pointer[k]
          k += 1
        }
        let gap = mass - cumulative.pointer[i]
        cumulative.pointer[i] += gap / Double(probe + 1)
        squares.pointer[i] += gap * (mass - cumulative.pointer[i])
      }
      first += count
    }
    for i in 0..<points {
      cumulativeError.pointer[i] = n > 1 ? (squares.pointer[i] / (n - 1) / n).squareRoot() : .nan
    }
  }
}
