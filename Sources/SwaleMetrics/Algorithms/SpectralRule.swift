import SwaleCore

/// The spectral measure of one starting vector as far as a Lanczos run knows it: the tridiagonal matrix T (Jacobi
/// matrix of the measure), and with it all moments up to degree 2 steps.
public struct SpectralRule {
  public let steps: Int
  /// Diagonal; and couplings, the last one to what T leaves out.
  let alpha: Buffer<Double>
  let beta: Buffer<Double>
  /// T holds all of the measure: the space has closed.
  public let isComplete: Bool

  /// The first block of a process that has made a step.
  init<S: Scalar>(_ process: Lanczos<S>) {
    steps = process.blockStart > 0 ? process.blockStart : process.steps
    alpha = process.alpha
    beta = process.beta
    isComplete = process.closed || process.blockStart > 0
  }

  /// Extreme Ritz values with the residuals of their vectors.
  func ends() throws(Failure) -> (lowest: Estimate, highest: Estimate) {
    let (values, last) = try TridiagonalEigen.component(first: false, steps, alpha.constant, beta.constant)
    let coupling = isComplete ? 0 : beta.pointer[steps - 1]
    func pair(_ k: Int) -> Estimate { Estimate(values.pointer[k], error: coupling * abs(last.pointer[k])) }
    return (pair(0), pair(steps - 1))
  }

  /// The largest mass that a measure with these moments can have at the point t: 1 / sum_{k <= steps} p_k(t)^2 with the
  /// orthonormal polynomials p_k (Christoffel function). It is also the width of `massBelow`.
  public func largestMass(at t: Double) -> Double {
    var (before, value, coupling, sum) = (0.0, 1.0, 0.0, 1.0)
    for k in 0..<steps {
      let next = ((t - alpha.pointer[k]) * value - coupling * before) / beta.pointer[k]
      (before, value, coupling) = (value, next, beta.pointer[k])
      sum += value * value
      // Beyond any mass that counts; also where T is complete and t is none of its eigenvalues.
      if !(sum < 1e40) { return 0 }
    }
    return 1 / sum
  }

  /// Bounds on the mass below t that hold for every measure with these moments: in the Gauss-Radau rule that has t
  /// among its steps + 1 nodes, the weights below t, and those with the weight at t (Chebyshev, Markov, Stieltjes;
  /// Krein and Nudelman 1977, ch. II; Golub and Meurant 1994 for the rule).
  public func massBelow(_ t: Double) throws(Failure) -> (low: Double, high: Double) {
    let m = steps
    if isComplete {
      let (nodes, first) = try TridiagonalEigen.component(first: true, m, alpha.constant, beta.constant)
      let mass = (0..<m).reduce(0) { nodes.pointer[$1] < t ? $0 + first.pointer[$1] * first.pointer[$1] : $0 }
      return (mass, mass)
    }
    let diagonal = try Buffer<Double>(m + 1)
    let off = try Buffer<Double>(m + 1)
    diagonal.pointer.update(from: alpha.constant, count: m)
    off.pointer.update(from: beta.constant, count: m)
    // The last pivot of T - t decides which last element makes t an eigenvalue.
    let scale = max(Double.maxAbs(m, alpha.constant), Double.maxAbs(m, beta.constant), abs(t))
    let least = Double.ulpOfOne * scale
    var pivot = 0.0
    for k in 0..<m {
      let coupling = k > 0 ? beta.pointer[k - 1] : 0
      pivot = alpha.pointer[k] - t - (k > 0 ? coupling * (coupling / pivot) : 0)
      if abs(pivot) < least { pivot = pivot < 0 ? -least : least }
    }
    diagonal.pointer[m] = t + beta.pointer[m - 1] * (beta.pointer[m - 1] / pivot)
    let (nodes, first) = try TridiagonalEigen.component(first: true, m + 1, diagonal.constant, off.constant)
    let own = (0...m).min { abs(nodes.pointer[$0] - t) < abs(nodes.pointer[$1] - t) } ?? 0
    var low = 0.0
    for k in 0..<own { low += first.pointer[k] * first.pointer[k] }
    return (low, min(1, low + first.pointer[own] * first.pointer[own]))
  }

  /// sum_k weight_k f(node_k), and how much the last quarter of the steps changed it: more than they have left to
  /// change where the sum converges. The change is 0 for a complete rule and NaN for a single step.
  func sum(_ f: (Double) -> Double) throws(Failure) -> (value: Double, change: Double) {
    let value = try sum(f, rows: steps)
    if isComplete { return (value, 0) }
    if steps == 1 { return (value, .nan) }
    return (value, abs(value - (try sum(f, rows: steps - max(1, steps / 4)))))
  }

  private func sum(_ f: (Double) -> Double, rows: Int) throws(Failure) -> Double {
    let (nodes, first) = try TridiagonalEigen.component(first: true, rows, alpha.constant, beta.constant)
    return (0..<rows).reduce(0) { $0 + first.pointer[$1] * first.pointer[$1] * f(nodes.pointer[$1]) }
  }
}
