import Glibc

/// Replica-symmetric volume of the weights that store random patterns: entropy per weight
/// s = extr over q of S(q) + alpha E ln Z(q), with S of `WeightPrior` and E ln Z of `PatternAverage`.
///
/// Everything is a function of q along the branch that starts at q = 0: qh(q) from the weights, the load
/// alpha(q) = qh / force(q), the entropy s(q). "Solve for alpha" is one root in ln(q / (1 - q)), found on a ladder from
/// q = 0 on, so that no starting point is needed and the end of the branch (no solution) is seen.
///
/// The symmetric state is stable against replicas that differ where the replicon eigenvalue
///
///     1 - alpha E (dm/dh)^2 E sum_ll' (d^2 ln Z / dx_l dx_l')^2
///
/// is not negative (de Almeida, Thouless 1978): the weights' response times that of the patterns, with x_l the fields
/// of the units. Where it is negative, entropies and capacities of the branch are above the true ones.
///
/// Source: Gardner, J. Phys. A 21 (1988) 257; Gardner, Derrida, J. Phys. A 21 (1988) 271 (stability); Krauth, Mezard,
/// J. Physique 50 (1989) 3057; committees: Barkai, Hansel, Sompolinsky, Phys. Rev. A 45 (1992) 4146.
struct StorageBranch<Patterns: PatternAverage> {
  let weights: WeightPrior
  let patterns: Patterns
  var interruption = StopRequest.none

  struct Point {
    let alpha: Double
    let q: Double
    let qh: Double
    /// Per weight, natural logarithm. Binary weights: negative above the capacity.
    let entropy: Double
    /// |q - image of q| of the saddle-point equations at the load asked for, relative to q.
    var residual = 0.0
    /// Error of the entropy from the quadrature.
    var error = 0.0
    /// Eigenvalue of replicons.
    var replicon = Double.nan
  }

  /// Ends of the ladder in ln(q / (1 - q)): q = 1e-17 and 1 - q = 1e-8.
  private static var ends: ClosedRange<Double> { -39...18 }

  private static func overlap(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// The branch at ln(q / (1 - q)) = x.
  private func at(_ x: Double, _ patterns: Patterns) -> Point {
    let q = Self.overlap(x)
    if interruption() { return Point(alpha: .nan, q: q, qh: .nan, entropy: .nan) }
    let (energy, force) = patterns.averages(q)
    guard let qh = weights.conjugate(q) else {
      return Point(alpha: .nan, q: q, qh: .nan, entropy: .nan)
    }
    let alpha = qh / force
    return Point(alpha: alpha, q: q, qh: qh, entropy: weights.entropy(q, qh) + alpha * energy)
  }

  /// The solution at load alpha > 0 (alpha = 0: q = 0 and all weights); nil where the branch does not reach it, and
  /// where the quadrature leaves an error above 1e-4 of 1 + |s| (finite committees at q -> 1).
  func point(_ alpha: Double) -> Point? {
    if alpha == 0 { return Point(alpha: 0, q: 0, qh: 0, entropy: weights.entropy(0, 0), replicon: 1) }
    guard alpha > 0, alpha.isFinite else { return nil }
    let start = max(Self.ends.lowerBound, log(min(alpha, 1)) - 3)
    guard let x = crossing(from: start, { log(at($0, $1).alpha / alpha) }) else { return nil }
    let q = Self.overlap(x)
    let (energy, force) = patterns.averages(q)
    let qh = alpha * force
    let entropy = weights.entropy(q, qh) + alpha * energy
    let residual = abs(weights.image(qh) - q) / q
    let error = alpha * patterns.error(q)
    guard residual < 1e-9, error < 1e-4 * (1 + abs(entropy)) else { return nil }
    return Point(
      alpha: alpha, q: q, qh: qh, entropy: entropy, residual: residual, error: error,
      replicon: replicon(alpha, q, qh))
  }

  private func replicon(_ alpha: Double, _ q: Double, _ qh: Double) -> Double {
    1 - alpha * weights.response(q, qh) * patterns.replicon(q)
  }

  /// Spherical weights at `fullOverlap`.
  var fullReplicon: Double { 1 - fullOverlap * patterns.fullReplicon }

  /// The largest load with solutions; nil when it is not found.
  var capacity: Double? { weights == .binary ? zeroEntropy()?.alpha : fullOverlap }

  /// Binary weights: the load where the entropy vanishes. (One step of replica symmetry breaking freezes there: the
  /// capacity.) nil if it never does, or the quadrature leaves a relative error above 1e-3 (31 hidden units).
  func zeroEntropy() -> Point? {
    guard let x = crossing(from: -6, { -at($0, $1).entropy }) else { return nil }
    var point = at(x, patterns)
    point.residual = abs(point.entropy)
    // ds/dalpha = E ln Z.
    let (energy, _) = patterns.averages(point.q)
    point.error = abs(point.alpha / energy) * patterns.error(point.q)
    point.replicon = replicon(point.alpha, point.q, point.qh)
    return point.error < 1e-3 * point.alpha ? point : nil
  }

  /// Spherical weights: the load where q -> 1, s -> -infinity; 1 / `stress`. Infinite if the stress vanishes.
  var fullOverlap: Double { patterns.stress == 0 ? .infinity : 1 / patterns.stress }

  /// The first x from `start` up where the increasing quantity `f` crosses 0, first with the coarse averages; nil
  /// when it never does. A maximum of f between two points of the ladder is looked at closely.
  private func crossing(from start: Double, _ f: (Double, Patterns) -> Double) -> Double? {
    let cheap = patterns.coarse ?? patterns
    var low = (x: start, f: f(start, cheap))
    while low.f >= 0, low.x > Self.ends.lowerBound {
      low.x = max(low.x - 4, Self.ends.lowerBound)
      low.f = f(low.x, cheap)
    }
    guard low.f < 0 else { return nil }
    var before = low.x
    while low.x < Self.ends.upperBound {
      let next = min(low.x + 1, Self.ends.upperBound)
      var high = (x: next, f: f(next, cheap))
      if high.f < low.f {
        let peak = Minimizer.minimum(before, next, tolerance: 1e-7) { -f($0, cheap) }
        if peak.value < 0 { high = (peak.x, -peak.value) }
      }
      if high.f.isNaN { return nil }
      if high.f >= 0 {
        let x = RootFinder.root(low, high) { f($0, cheap) }
        return patterns.coarse == nil ? x : x.flatMap { refined(near: $0, f) }
      }
      (before, low) = (low.x, high)
    }
    return nil
  }

  /// The crossing of the full averages next to that of the coarse ones.
  private func refined(near x: Double, _ f: (Double, Patterns) -> Double) -> Double? {
    var width = 1e-5
    while width < 2 {
      let low = (x: x - width, f: f(x - width, patterns))
      let high = (x: x + width, f: f(x + width, patterns))
      if low.f < 0, high.f >= 0 { return RootFinder.root(low, high) { f($0, patterns) } }
      width *= 20
    }
    return nil
  }
}
