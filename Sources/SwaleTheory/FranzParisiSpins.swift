import CSwaleKernels
import Glibc
import SwaleCore

/// One weight of a target configuration near a reference: magnetisation m = tanh B in the direction of the reference's
/// weight, B = (sh / k) u + sqrt(qh - sh^2 / Qh) eta + theta, k = sqrt(Qh), eta normal, u with the density
/// G(u) 2 / (1 + exp(-2 k u)): the field of the reference's weight, seen from that weight.
///
/// theta (the field th - sh of the coupling to the reference) is chosen such that E m = t.
struct FranzParisiSpins {
  struct State {
    var theta = 0.0
    /// E m^2.
    var square = 0.0
    /// E[m tanh(k u)]: overlap with another reference (-dG_S/dsh, after integration by parts).
    var product = 0.0
    /// E ln 2cosh B.
    var value = 0.0
  }

  /// Wider fields freeze nearly every weight; only iterations that run away come here.
  private static let largestDeviation = 30.0
  private let nodes: [Double]
  private let weights: [Double]
  private let signals: [Double]
  private let k: Double

  init(qh: Double) {
    let k = qh.squareRoot()
    let grid = GaussianGrid.resolving(at: 0, width: 1 / k)
    self.k = k
    nodes = grid.nodes
    weights = zip(grid.nodes, grid.weights).map { u, w in w * 2 / (1 + exp(-2 * k * u)) }
    signals = grid.nodes.map { tanh(k * $0) }
  }

  /// - Parameters:
  ///   - qh, sh: conjugate overlaps; qh < sh^2 / Qh counts as equal.
  ///   - t: E m, between -1 and 1.
  ///   - theta: where to start.
  ///   - value: whether E ln 2cosh is wanted.
  /// - Returns: nil when theta cannot be found.
  func state(qh: Double, sh: Double, t: Double, theta start: Double, value: Bool) -> State? {
    guard qh.isFinite, sh.isFinite, qh >= 0 else { return nil }
    let tilt = sh / k
    let deviation = max(qh - tilt * tilt, 0).squareRoot()
    guard deviation <= Self.largestDeviation else { return nil }
    let count = max(14, Int(saturating: 4 * deviation))
    let eta = GaussianGrid(breaks: (0...count).map { -8.4 + 16.8 * Double($0) / Double(count) }, order: 8)
    let width = eta.nodes.count
    let n = nodes.count * width
    var fields = [Double](repeating: 0, count: n)
    var magnetisations = fields
    let shifts = eta.nodes.map { deviation * $0 }

    func evaluate(_ theta: Double) -> (state: State, slope: Double) {
      var state = State(theta: theta)
      var mean = 0.0
      fields.withUnsafeMutableBufferPointer { b in
        magnetisations.withUnsafeMutableBufferPointer { m in
          guard let b = b.baseAddress, let m = m.baseAddress else { return }
          for i in nodes.indices {
            let base = tilt * nodes[i] + theta
            for j in 0..<width { b[i * width + j] = base + shifts[j] }
          }
          swk_vtanh_f64(Int64(n), b, m)
          for i in nodes.indices {
            var (first, second) = (0.0, 0.0)
            for j in 0..<width {
              let t = m[i * width + j]
              first += eta.weights[j] * t
              second += eta.weights[j] * t * t
            }
            mean += weights[i] * first
            state.square += weights[i] * second
            state.product += weights[i] * signals[i] * first
          }
        }
      }
      state.value = mean
      return (state, 1 - state.square)
    }

    // E m grows with theta: Newton's method within a bracket, steps of at most 2.
    var (theta, low, high) = (start, -Double.infinity, Double.infinity)
    for _ in 0..<200 {
      var (state, slope) = evaluate(theta)
      let miss = state.value - t
      if miss > 0 { high = min(high, theta) } else { low = max(low, theta) }
      if abs(miss) < 1e-13 || high - low < 1e-14 * max(1, abs(theta)) {
        if value { state.value = meanLogCosh(fields, eta.weights) }
        return state
      }
      var next = theta - max(-2, min(2, miss / max(slope, 1e-12)))
      if next <= low || next >= high { next = 0.5 * (low + high) }
      if next == theta || !next.isFinite {
        if abs(miss) > 1e-11 { return nil }
        if value { state.value = meanLogCosh(fields, eta.weights) }
        return state
      }
      theta = next
    }
    return nil
  }

  private func meanLogCosh(_ fields: [Double], _ inner: [Double]) -> Double {
    var sum = 0.0
    for i in nodes.indices {
      var line = 0.0
      for j in inner.indices { line += inner[j] * logTwoCosh(fields[i * inner.count + j]) }
      sum += weights[i] * line
    }
    return sum
  }
}
