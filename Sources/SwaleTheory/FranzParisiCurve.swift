import Glibc
import SwaleCore

/// Entropy phi(d) per weight of the solutions with margin `margin` at Hamming distance d from a configuration drawn
/// from `reference`. phi < 0: the reference is isolated at that distance. Upper bound: H2(d).
///
///     phi = extr over q, qh, s, sh, th of  q qh/2 - qh/2 + s sh - t th + G_S(qh, sh, th) + alpha G_E(q, s, t),
///
/// t = 1 - 2 d, with the weights' part G_S of `FranzParisiSpins` and the patterns' part G_E of `FranzParisiFields`.
/// With f(b) = ln H((margin - b) / sqrt(1 - Q(q))) and the reference's score g, integration by parts gives
/// qh = alpha Q'(q) E f'^2 and sh = alpha Q'(s) E_z <f'> g, so that every update respects
/// q >= s^2/Q + (t - s)^2/(1 - Q) by itself. Two unknowns (q, s / sqrt Q), solved by the mixed fixed point iteration;
/// they stay of order 1 as the reference becomes random (beta -> 0, Q -> 0).
///
/// Too close to a reference that violates patterns there is no solution: q reaches 1. Random reference, margin 0: at
/// 8 G(x)^2 = alpha with t = 1 - 2 H(x), G the normal density; d = 0.1410 at alpha = 0.4.
///
/// Wide committees: Q(.) of the reference's device stands for the overlaps of fields (sign and relu: K -> infinity).
/// Source: Franz, Parisi, J. Physique I 5 (1995) 1401; Huang, Kabashima, PRE 90 (2014) 052813; for cross-entropy
/// references Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161.
public struct FranzParisiCurve: Sendable {
  public let reference: FranzParisiReference
  /// Margin of the solutions that are counted.
  public let margin: Double
  private let spins: FranzParisiSpins

  public init(_ reference: FranzParisiReference, margin: Double = 0) {
    self.reference = reference
    self.margin = margin
    spins = FranzParisiSpins(qh: reference.qh)
  }

  public struct Point: Sendable {
    public let distance: Double
    /// phi, natural logarithm per weight.
    public let entropy: Double
    /// H2(distance), the entropy of all configurations at this distance.
    public let bound: Double
    /// Overlap of two solutions counted, and of a solution with a reference that is not its own.
    public let q: Double
    public let s: Double
    /// Their conjugates, and that of t.
    public let qh: Double
    public let sh: Double
    public let th: Double
    /// Largest error of the equations of q and s / sqrt Q, relative to 1 + |value|.
    public let residual: Double
  }

  /// The point at distance 0 < d < 1; nil where no solution of the equations is found, or |margin| > 100.
  public func point(distance: Double) -> Point? { point(distance: distance, near: nil) }

  /// The points at several distances, nil where there is none. Each starts from the solution before it.
  public func points(distances: [Double]) -> [Point?] { follow(distances: distances).map(\.point) }

  /// The same, with the reason why there is no point.
  public func follow(distances: [Double]) -> [ReplicaAnswer<Point>] {
    var last: Point?
    return distances.map { distance in
      if let found = point(distance: distance, near: last) {
        last = found
        return .found(found)
      }
      // The reference itself, where it is no solution, and its mirror image, which keeps no pattern.
      let isEnd = distance == 0 ? !reference.isSolution(margin: margin) : distance == 1
      return isEnd || isEmpty(distance) ? .none : .lost
    }
  }

  /// Whether there is nothing at a distance where no point was found: the entropy, followed there from the distance
  /// (1 - Q)/2 of most solutions, falls below 0 on the way. (Its equations end soon after, at q = 1.)
  private func isEmpty(_ distance: Double) -> Bool {
    let most = 0.5 * (1 - reference.q)
    guard distance > 0, distance < 1, var last = point(distance: most), last.entropy > 0 else { return false }
    /// Towards 0 or 1.
    func place(_ x: Double) -> Double { distance < most ? x : 1 - x }
    let goal = place(distance)
    var (reached, step) = (place(most), 0.75)
    while reached > goal, step < 0.995, !reference.interruption() {
      let next = max(goal, step * reached)
      guard let here = point(distance: place(next), near: last) else {
        step = step.squareRoot()
        continue
      }
      if here.entropy < 0 { return true }
      (last, reached) = (here, next)
    }
    return false
  }

  /// The distance below which the reference is isolated: phi changes sign there, the largest such distance between
  /// `smallest` and 0.3. nil when phi > 0 on the whole range, or is negative from the start, or has a gap.
  public func signChange(smallest: Double = 1e-3) -> Double? {
    var last: Point?
    var distance = 0.3
    while distance >= smallest {
      guard let here = point(distance: distance, near: last) else {
        // The curve may end (q = 1) soon after its change of sign: a shorter step.
        guard let last, distance < 0.95 * last.distance else { return nil }
        distance = 0.5 * (distance + last.distance)
        continue
      }
      if here.entropy < 0 {
        guard let last else { return nil }
        let ends = ((x: here.distance, f: here.entropy), (x: last.distance, f: last.entropy))
        return RootFinder.root(ends.0, ends.1, tolerance: 1e-7) {
          point(distance: $0, near: here)?.entropy ?? .nan
        }
      }
      last = here
      distance *= 0.75
    }
    return nil
  }

  private func point(distance: Double, near old: Point?) -> Point? {
    guard distance > 0, distance < 1, abs(margin) <= 100, !reference.interruption() else { return nil }
    let t = 1 - 2 * distance
    let scale = reference.q.squareRoot()
    let guess = [t * t + 0.05 * (1 - t * t), t * scale]
    var starts = [(x: guess, damping: 0.4), (x: guess, damping: 0.8)]
    if let old, abs(old.distance - distance) < 0.5 * min(distance, 1 - distance) {
      // The old deviation from the guess, scaled to the new distance.
      let was = 1 - 2 * old.distance
      let q = 1 - (1 - old.q) * (1 - t * t) / (1 - was * was)
      starts.insert((x: [q, old.s / scale + (t - was) * scale], damping: 0.4), at: 0)
    }
    for start in starts {
      let outcome = FixedPoint(damping: start.damping, memory: 4, tolerance: 1e-10, maxSteps: 100)
        .solve(from: start.x, iteration(t))
      if outcome.residual < 1e-7,
        let found = finished(distance, outcome.x[0], scale * outcome.x[1], outcome.residual)
      {
        return found
      }
    }
    return nil
  }

  /// (q, s / sqrt Q) -> (q, s / sqrt Q) at overlap t. Each call starts theta where the last one ended.
  private func iteration(_ t: Double) -> ([Double]) -> [Double]? {
    var theta = atanh(t)
    let scale = reference.q.squareRoot()
    return { x in
      guard let (qh, sh, _) = messages(x[0], scale * x[1], t, logarithm: false),
        let state = spins.state(qh: qh, sh: sh, t: t, theta: theta, value: false)
      else { return nil }
      theta = state.theta
      return [state.square, state.product / scale]
    }
  }

  /// qh, sh and G_E at overlaps (q, s, t); nil where they are no overlaps. q is raised to its bound if it is below.
  private func messages(
    _ q: Double, _ s: Double, _ t: Double, logarithm: Bool
  ) -> (qh: Double, sh: Double, energetic: Double)? {
    let device = reference.overlap
    guard abs(s) < 1, q < 1, q.isFinite, !reference.interruption() else { return nil }
    let raised = max(q, s * s / reference.q + (t - s) * (t - s) / (1 - reference.q))
    guard raised < 1 else { return nil }
    let averages = FranzParisiFields(reference).averages(
      q: device(raised), s: device(s), t: device(t), margin: margin, logarithm: logarithm)
    let alpha = reference.alpha
    return (
      alpha * device.slope(raised) * averages.square, alpha * device.slope(s) * averages.product, averages.logarithm
    )
  }

  private func finished(_ distance: Double, _ q: Double, _ s: Double, _ residual: Double) -> Point? {
    let t = 1 - 2 * distance
    guard let (qh, sh, energetic) = messages(q, s, t, logarithm: true),
      let state = spins.state(qh: qh, sh: sh, t: t, theta: atanh(t), value: true)
    else { return nil }
    let th = state.theta + sh
    let entropy = 0.5 * qh * (q - 1) + s * sh - t * th + state.value + reference.alpha * energetic
    let bound = binaryEntropy(distance)
    guard entropy.isFinite, entropy <= bound + 1e-7 else { return nil }
    return Point(
      distance: distance, entropy: entropy, bound: bound, q: q, s: s, qh: qh, sh: sh, th: th, residual: residual)
  }
}
