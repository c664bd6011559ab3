import Glibc
import SwaleCore

/// Entropy of the densest regions of solutions: y -> infinity solutions are constrained to the mutual overlap q1, and
/// phi(alpha, q1) is the logarithm, per weight and per replica, of their number. It is the local entropy at distance
/// d = (1 - sqrt q1)/2 around the centre of the replicas, to be compared with H2(d), all there is at that distance.
///
///     phi = extr over qh, delta, eps of  -qh (1 - q1)/2 - delta q1/2 - qh eps/2
///           + E_z max_x [-x^2/2 + ln 2cosh(sqrt(qh) z + sqrt(delta) x)]
///           + alpha E_z max_x [-x^2/2 + ln H((kappa + sqrt(Q1) z + sqrt(Q1' eps) x) / sqrt(1 - Q1))]
///
/// with Q1 = Q(q1), Q1' = Q'(q1) of the `EffectiveOverlap` and the margin kappa. Stationarity gives delta(qh) from
/// E tanh^2 = q1, eps(qh) = E[tanh z] / sqrt(qh) - (1 - q1), and one equation qh = alpha Q1' / (1 - Q1) E r^2, solved
/// for ln qh between the two ends where its sign is known: qh -> 0 (the constraints are free, phi -> H2) and the qh at
/// which delta and eps vanish (the replica-symmetric typical solutions). If the sign at that second end says that
/// typical solutions are already closer than q1, there is no solution: nil.
///
/// One level of replica symmetry among the groups of solutions: a small correction from further breaking is possible.
/// Source: Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161, arXiv:1905.07833; Baldassi, Malatesta, Zecchina, PRL
/// 123 (2019) 170602.
public struct WideFlatMinima: Sendable {
  public var overlap: EffectiveOverlap
  public var margin: Double
  public var interruption = StopRequest.none

  public init(overlap: EffectiveOverlap = .perceptron, margin: Double = 0) {
    self.overlap = overlap
    self.margin = margin
  }

  public struct Point: Sendable {
    public let q1: Double
    /// (1 - sqrt q1)/2, from each replica to the centre.
    public let distance: Double
    /// phi, natural logarithm per weight.
    public let entropy: Double
    /// phi / H2(distance).
    public let normalized: Double
    public let qh: Double
    public let delta: Double
    public let eps: Double
    /// Largest relative error of the three stationarity equations.
    public let residual: Double
  }

  /// Below exp(-60) the constraints change phi by less than 1e-12: qh is then reported as 0 and eps as infinite.
  private static let lowestLogarithm = -60.0

  /// phi at load `alpha` and mutual overlap `q1`; nil where there is no solution, or the arguments are not
  /// alpha >= 0, 0 < q1 < 1, |margin| <= 100.
  public func point(alpha: Double, q1: Double) -> Point? { solve(alpha: alpha, q1: q1).point }

  /// The same, with the reason why there is no point.
  public func solve(alpha: Double, q1: Double) -> ReplicaAnswer<Point> {
    guard alpha >= 0, alpha.isFinite, q1 > 0, q1 < 1, abs(margin) <= 100 else { return .lost }
    let saddle = Saddle(alpha: alpha, q1: q1, margin: margin, overlap: overlap, interruption: interruption)
    if alpha == 0 { return .found(free(saddle)) }
    guard
      let top = RootFinder.root(
        Self.lowestLogarithm, 40, tolerance: 1e-15,
        { WideFlatSpins(qh: exp($0), delta: 0).square - q1 })
    else { return .lost }
    var high = (x: top, f: saddle.gap(top, delta: 0, eps: 0))
    // Typical solutions are closer than q1 already.
    if high.f >= 0 { return .none }
    if high.f.isNaN { return .lost }
    var step = 0.5
    while true {
      let x = max(high.x - step, Self.lowestLogarithm)
      let f = saddle.gap(x)
      if f.isNaN { return .lost }
      if f >= 0 {
        let root = RootFinder.root((x, f), high, tolerance: 1e-14) { saddle.gap($0) }
        return root.flatMap { finished(saddle, logQh: $0) }.map { .found($0) } ?? .lost
      }
      if x == Self.lowestLogarithm { return .found(free(saddle)) }
      high = (x, f)
      step *= 2
    }
  }

  /// The points at several overlaps, nil where there is none.
  public func curve(alpha: Double, q1: [Double]) -> [Point?] { q1.map { point(alpha: alpha, q1: $0) } }

  private func finished(_ saddle: Saddle, logQh: Double) -> Point? {
    let qh = exp(logQh)
    let q1 = saddle.q1
    guard let delta = saddle.delta(qh: qh) else { return nil }
    let spins = WideFlatSpins(qh: qh, delta: delta)
    let eps = saddle.eps(qh: qh, spins)
    let constraints = saddle.constraints(eps: eps)
    let entropy = -0.5 * (qh * (1 - q1) + delta * q1 + qh * eps) + spins.value + saddle.alpha * constraints.value
    let distance = 0.5 * (1 - q1.squareRoot())
    let bound = binaryEntropy(distance)
    let residual = max(abs(saddle.gap(logQh, delta: delta, eps: eps)), abs(spins.square / q1 - 1))
    guard residual < 1e-8, entropy <= bound + 1e-9 else { return nil }
    return Point(
      q1: q1, distance: distance, entropy: entropy, normalized: entropy / bound, qh: qh, delta: delta, eps: eps,
      residual: residual)
  }

  /// The point without constraints: all configurations, phi = H2.
  private func free(_ saddle: Saddle) -> Point {
    let distance = 0.5 * (1 - saddle.q1.squareRoot())
    return Point(
      q1: saddle.q1, distance: distance, entropy: binaryEntropy(distance), normalized: 1, qh: 0,
      delta: saddle.freeDelta, eps: .infinity, residual: 0)
  }
}

extension WideFlatMinima {
  public struct UniquenessThreshold: Sendable {
    /// Middle of the bracket.
    public let alpha: Double
    /// phi decreases along the whole scan at the lower end, and does not at the upper end.
    public let bracket: ClosedRange<Double>
  }

  /// q1 = 0.76, 0.77, ..., 0.97.
  public static let standardScan = (76...97).map { Double($0) / 100 }

  /// alpha_U: the load above which phi no longer decreases with q1 along `scan`, that is, where the dense regions break
  /// up. Bisected to `tolerance`; nil when phi decreases up to alpha = 100.
  public func uniquenessThreshold(
    scan: [Double] = WideFlatMinima.standardScan, tolerance: Double = 1e-4
  ) -> UniquenessThreshold? {
    var (low, high) = (0.0, 0.05)
    while isDecreasing(alpha: high, along: scan), !interruption() {
      (low, high) = (high, 1.5 * high)
      if high > 100 { return nil }
    }
    if interruption() { return nil }
    while high - low > max(tolerance, 1e-9) {
      let middle = 0.5 * (low + high)
      if isDecreasing(alpha: middle, along: scan) { low = middle } else { high = middle }
      if interruption() { return nil }
    }
    return UniquenessThreshold(alpha: 0.5 * (low + high), bracket: low...high)
  }

  /// Whether phi falls from each overlap of the scan to the next. Overlaps below the typical one, at the start of the
  /// scan, have no solution and do not count; none at all is not decreasing.
  public func isDecreasing(alpha: Double, along scan: [Double]) -> Bool {
    var last: Double?
    for q1 in scan {
      let entropy = point(alpha: alpha, q1: q1)?.entropy
      guard let entropy else {
        if last == nil { continue }
        return false
      }
      if let last, entropy >= last { return false }
      last = entropy
    }
    return last != nil
  }
}

/// The equations at fixed alpha and q1.
private struct Saddle {
  let alpha: Double
  let q1: Double
  let margin: Double
  let interruption: StopRequest
  let effective: Double
  let slope: Double
  /// delta at qh = 0: tanh^2 = q1 with tanh = tanh(delta tanh).
  let freeDelta: Double

  init(alpha: Double, q1: Double, margin: Double, overlap: EffectiveOverlap, interruption: StopRequest) {
    self.interruption = interruption
    self.alpha = alpha
    self.q1 = q1
    self.margin = margin
    effective = overlap(q1)
    slope = overlap.slope(q1)
    freeDelta = atanh(q1.squareRoot()) / q1.squareRoot()
  }

  /// ln(alpha Q1' / (1 - Q1) E r^2) - ln qh, 0 at the solution.
  func gap(_ logQh: Double) -> Double {
    let qh = exp(logQh)
    guard let delta = delta(qh: qh) else { return .nan }
    return gap(logQh, delta: delta, eps: eps(qh: qh, WideFlatSpins(qh: qh, delta: delta)))
  }

  func gap(_ logQh: Double, delta: Double, eps: Double) -> Double {
    log(alpha * slope / (1 - effective) * constraints(eps: eps).square) - logQh
  }

  /// The delta with E tanh^2 = q1, between 0 and its value at qh = 0.
  func delta(qh: Double) -> Double? {
    if interruption() { return nil }
    let low = (x: 0.0, f: WideFlatSpins(qh: qh, delta: 0).square - q1)
    if low.f >= 0 { return low.f < 1e-9 ? 0 : nil }
    let high = (x: freeDelta, f: WideFlatSpins(qh: qh, delta: freeDelta).square - q1)
    // At tiny qh rounding may hide the small excess at this end.
    if high.f <= 0 { return high.f > -1e-12 ? freeDelta : nil }
    return RootFinder.root(low, high, tolerance: 1e-15) { WideFlatSpins(qh: qh, delta: $0).square - q1 }
  }

  func eps(qh: Double, _ spins: WideFlatSpins) -> Double {
    max(spins.product / qh.squareRoot() - (1 - q1), 0)
  }

  func constraints(eps: Double) -> WideFlatConstraints {
    WideFlatConstraints(margin: margin, overlap: effective, stretch: slope * eps)
  }
}
