import SwaleCore

/// Which end of a spectrum is wanted.
public enum SpectrumEnd: String, CaseIterable, Sendable {
  case largest, smallest, both, magnitude

  /// Positions of the `k` wanted ones among ascending `values`, the most wanted first. `both` takes k / 2 from each
  /// end, one more from the upper end when k is odd, and lists the upper end first.
  func select(_ k: Int, of values: UnsafePointer<Double>, _ n: Int) -> [Int] {
    let k = min(k, n)
    switch self {
    case .largest: return (0..<k).map { n - 1 - $0 }
    case .smallest: return Array(0..<k)
    case .both:
      let upper = k - k / 2
      return (0..<upper).map { n - 1 - $0 } + (0..<(k - upper)).map { $0 }
    case .magnitude:
      var (low, high) = (0, n - 1)
      return (0..<k).map { _ in
        if abs(values[low]) > abs(values[high]) {
          low += 1
          return low - 1
        }
        high -= 1
        return high + 1
      }
    }
  }
}

/// Extreme eigenpairs of a symmetric operator by Lanczos with full re-orthogonalisation. Pair i has converged when
/// |A y_i - lambda_i y_i| <= tolerance |lambda_i| (or is down at rounding, for eigenvalues near zero).
///
/// Small residuals say that pairs are eigenpairs, not that no more wanted one is hidden. So the process goes on
/// - until the residuals are below 1e-5 of the distance from the mean of the spectrum: an eigenvector of which the
///   start has a share epsilon / sqrt(n) comes up when the Chebyshev growth of its eigenvalue reaches sqrt(n) /
///   epsilon, and residuals fall like sqrt(n) / growth. One that is more wanted than the last pair found, and so grows
///   faster, is skipped with a chance of about P(|N(0, 1)| < 1e-5);
/// - when the Krylov space closes, from a random vector across it: each such block holds one more copy of every
///   eigenvalue that has any left, so that nothing wanted is left where the end of a block is less wanted than what was
///   found. Multiple eigenvalues of closed spaces are complete for that reason.
///
/// While the space is open, one starting vector sees one copy of a multiple eigenvalue. With `copies`, and always for
/// matrices of up to `maxSteps` rows, further processes, orthogonal to what was found, look for others until none
/// belongs among the k wanted.
public struct TopEigenpairs<S: Scalar> {
  public let k: Int
  public let end: SpectrumEnd
  public let tolerance: Double
  public let maxSteps: Int
  public let copies: Bool

  public init(
    k: Int, end: SpectrumEnd = .largest, tolerance: Double = 1e-3, maxSteps: Int = 300, copies: Bool = false
  ) {
    self.k = k
    self.end = end
    self.tolerance = tolerance
    self.maxSteps = maxSteps
    self.copies = copies
  }

  /// Pairs in the order of `SpectrumEnd.select`.
  public struct Pairs {
    public let values: Buffer<Double>
    /// |A y - lambda y| of unit vectors y, from the last coefficient of the process.
    public let residuals: Buffer<Double>
    /// Residuals up to which a pair counts as converged: the tolerance, or rounding.
    public let bounds: Buffer<Double>
    /// 1 or 0.
    public let converged: Buffer<Int64>
    /// count x dimension.
    public let vectors: Buffer<S>
    /// Lower bound on |A|.
    public let scale: Double
    public let steps: Int
    /// The process went on until a more wanted eigenvalue that it has not seen was ruled out.
    public let isComplete: Bool

    public var count: Int { values.count }
    public var allConverged: Bool { isComplete && converged.elements.allSatisfy { $0 == 1 } }
  }

  /// - Parameters:
  ///   - random: draws the starting vectors.
  ///   - stopping: asked after each product; true ends with what there is, perhaps fewer than k pairs.
  public func solve(
    _ a: any LinearOperator<S>, _ random: inout RandomStream, stopping: () -> Bool = { false }
  ) throws(Failure) -> Pairs {
    var pairs = try run(a, k, nil, &random, stopping)
    while copies || a.dimension <= maxSteps, pairs.count == k, pairs.allConverged, k < a.dimension, !stopping() {
      let more = try run(a, end == .both ? 2 : 1, pairs, &random, stopping)
      guard more.count > 0, let merged = try merge(pairs, more, a.dimension) else { break }
      pairs = merged
    }
    return pairs
  }

  /// One process, orthogonal to `found`.
  private func run(
    _ a: any LinearOperator<S>, _ k: Int, _ found: Pairs?, _ random: inout RandomStream, _ stopping: () -> Bool
  ) throws(Failure) -> Pairs {
    let n = a.dimension
    let basis = try OrthonormalRows<S>(n)
    let w = try Buffer<S>(n, zeroed: false)
    for i in 0..<(found?.count ?? 0) {
      guard let found else { break }
      w.pointer.update(from: found.vectors.constant + i * n, count: n)
      let norm = basis.orthogonalize(w.pointer)
      if norm > 0.5 { try basis.append(w.constant, norm: norm) }
    }
    let process = try Lanczos(basis, limit: min(maxSteps, n - basis.count))
    var open = process.limit > 0
    if open {
      random.normal(n, into: w.pointer)
      open = try process.start(w.pointer)
    }
    var converged = false
    while open, process.steps < process.limit, !converged, !stopping() {
      guard
        try Interruption.completes({ () throws(Failure) in try a.apply(1, process.current, w.pointer) })
      else { break }
      try process.absorb(w.pointer)
      if isDue(process, k) { converged = try hasConverged(process, k) }
      if process.closed, !converged {
        // Everything reachable from the start is known; what is left lies across.
        random.normal(n, into: w.pointer)
        open = process.steps < process.limit && !process.exhausted
        if open { open = try process.start(w.pointer) }
      }
    }
    return try extract(process, k, n, (found?.steps ?? 0) + process.steps, converged)
  }

  /// Checks cost steps^2 operations: at every step while that is nothing, then every tenth of the steps.
  private func isDue(_ process: Lanczos<S>, _ k: Int) -> Bool {
    let m = process.steps
    return m >= k && (m <= 40 || m % (m / 10) == 0 || process.closed || m == process.limit)
  }

  private func threshold(_ value: Double, _ scale: Double) -> Double {
    max(tolerance * abs(value), 8 * Double(S.ulpOfOne) * scale)
  }

  /// Residual, relative to the distance from the mean of the spectrum, at which an eigenvalue that grows as fast would
  /// have come up, but for one start in 1e5.
  private static var surety: Double { 1e-5 }

  private func isSettled(_ residual: Double, _ value: Double, _ process: Lanczos<S>) -> Bool {
    // The Rayleigh quotient of the random start is the mean of the spectrum but for sampling.
    let distance = abs(value - process.alpha.pointer[0])
    return residual <= threshold(value, process.scale)
      && residual <= max(Self.surety * distance, 8 * Double(S.ulpOfOne) * process.scale)
  }

  private func hasConverged(_ process: Lanczos<S>, _ k: Int) throws(Failure) -> Bool {
    let m = process.steps
    let (values, last) = try TridiagonalEigen.component(
      first: false, m, process.alpha.constant, process.beta.constant)
    let beta = process.beta.pointer[m - 1]
    let chosen = end.select(k, of: values.constant, m)
    let settled = chosen.allSatisfy {
      isSettled(beta * abs(last.pointer[$0]), values.pointer[$0], process)
    }
    if !settled { return false }
    return try isComplete(process, chosen.map { values.pointer[$0] })
  }

  /// Whether what lies across the basis can hold nothing more wanted than the values `found`: nothing is left, the
  /// first block is open (and so has a share of every eigenvector, but for copies), or the ends of the present block
  /// have settled and are no more wanted than the last value found.
  private func isComplete(_ process: Lanczos<S>, _ found: [Double]) throws(Failure) -> Bool {
    if process.exhausted { return true }
    let start = process.blockStart
    if start == 0 { return process.isOpen }
    let m = process.steps
    let (values, last) = try TridiagonalEigen.component(
      first: false, m - start, process.alpha.constant + start, process.beta.constant + start)
    let beta = process.beta.pointer[m - 1]
    let margin = max(64 * Double(S.ulpOfOne) * process.scale, process.noise)
    let (low, high) = (values.pointer[0], values.pointer[m - start - 1])
    let lowSettled = isSettled(beta * abs(last.pointer[0]), low, process)
    let highSettled = isSettled(beta * abs(last.pointer[m - start - 1]), high, process)
    let worst = found.last ?? 0
    switch end {
    case .largest: return highSettled && high <= worst + margin
    case .smallest: return lowSettled && low >= worst - margin
    case .magnitude: return lowSettled && highSettled && max(abs(low), abs(high)) <= abs(worst) + margin
    case .both:
      let upper = found[(found.count + 1) / 2 - 1]
      return highSettled && high <= upper + margin
        && (found.count == 1 || lowSettled && low >= worst - margin)
    }
  }

  private func extract(
    _ process: Lanczos<S>, _ k: Int, _ n: Int, _ steps: Int, _ isComplete: Bool
  ) throws(Failure) -> Pairs {
    let m = process.steps
    let (values, vectors) = try TridiagonalEigen.vectors(m, process.alpha.constant, process.beta.constant)
    let chosen = end.select(k, of: values.constant, m)
    let weights = try Buffer<Double>(chosen.count * m, zeroed: false)
    let pairs = Pairs(
      values: try Buffer(chosen.map { values.pointer[$0] }), residuals: try Buffer(chosen.count),
      bounds: try Buffer(chosen.map { max(threshold(values.pointer[$0], process.scale), process.noise) }),
      converged: try Buffer(chosen.count),
      vectors: try Buffer(try checkedProduct([chosen.count, n], "the eigenvectors"), zeroed: false),
      scale: process.scale, steps: steps, isComplete: isComplete)
    for (i, index) in chosen.enumerated() {
      (weights.pointer + i * m).update(from: vectors.constant + index * m, count: m)
      let residual = process.beta.pointer[m - 1] * abs(vectors.pointer[index * m + m - 1])
      pairs.residuals.pointer[i] = residual
      pairs.converged.pointer[i] = residual <= pairs.bounds.pointer[i] ? 1 : 0
    }
    try process.basis.combine(chosen.count, m, first: process.locked, weights, into: pairs.vectors.pointer)
    return pairs
  }

  /// The k most wanted of both; nil when none of `more` is among them.
  private func merge(_ pairs: Pairs, _ more: Pairs, _ n: Int) throws(Failure) -> Pairs? {
    let all = pairs.values.array + more.values.array
    let order = all.indices.sorted { all[$0] < all[$1] }
    let sorted = try Buffer(order.map { all[$0] })
    // A copy that ties with the last one kept changes nothing; values are known to their residuals.
    let residual = max(pairs.residuals.elements.max() ?? 0, more.residuals.elements.max() ?? 0)
    let margin = max(2 * residual, 64 * Double(S.ulpOfOne) * max(pairs.scale, more.scale))
    let chosen = end.select(k, of: sorted.constant, all.count).map { order[$0] }
    let dropped = Set(0..<pairs.count).subtracting(chosen).map { all[$0] }
    let fresh = chosen.filter { $0 >= pairs.count }.map { all[$0] }
    let gained = fresh.contains { value in dropped.contains { abs(value - $0) > margin } }
    if !gained { return nil }
    let merged = Pairs(
      values: try Buffer(chosen.map { all[$0] }), residuals: try Buffer(k), bounds: try Buffer(k),
      converged: try Buffer(k), vectors: try Buffer(k * n, zeroed: false), scale: max(pairs.scale, more.scale),
      steps: more.steps, isComplete: pairs.isComplete && more.isComplete)
    for (i, index) in chosen.enumerated() {
      let (source, position) = index < pairs.count ? (pairs, index) : (more, index - pairs.count)
      merged.residuals.pointer[i] = source.residuals.pointer[position]
      merged.bounds.pointer[i] = source.bounds.pointer[position]
      merged.converged.pointer[i] = source.converged.pointer[position]
      (merged.vectors.pointer + i * n).update(from: source.vectors.constant + position * n, count: n)
    }
    return merged
  }
}
