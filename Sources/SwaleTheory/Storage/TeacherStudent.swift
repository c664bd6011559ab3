import Glibc
import SwaleCore

/// Bayes-optimal learning of a teacher perceptron with weights drawn from the student's prior, from alpha N random
/// patterns. On the Nishimori line everything is a function of the overlap q of student and teacher:
///
///     binary:    q = E tanh(rh + sqrt(rh) z),  S = ln 2 - rh/2 + E[ln 2cosh(rh + sqrt(rh) z) - ln 2]
///     gaussian:  q = rh / (1 + rh),            S = [rh - ln(1 + rh)]/2
///     alpha(q) = rh (1 - q) / (2 E[H(v) r(v)^2]),  v = sqrt(q / (1 - q)) z
///     s = S - rh q/2 + 2 alpha E[H(v) ln H(v)]
///
/// s is the entropy per weight of the students that agree with all patterns (gaussian: ln of their share of the prior).
/// The branch from q = 0 is the state of uninformed students; binary weights also have q = 1, s = 0 for every alpha:
/// perfect recovery, the equilibrium once the branch has s < 0 (first-order transition), and the only state above the
/// spinodal, the largest alpha(q) of the branch. A Gibbs student errs with probability acos(q)/pi, the Bayes-optimal
/// vote with acos(sqrt q)/pi.
/// Source: Gyorgyi, Phys. Rev. A 41 (1990) 7097; Seung, Sompolinsky, Tishby, Phys. Rev. A 45 (1992) 6056.
struct TeacherStudent {
  enum Prior: String, CaseIterable { case binary, gaussian }
  let prior: Prior
  var interruption = StopRequest.none

  struct Point {
    let alpha: Double
    let q: Double
    let qh: Double
    let entropy: Double
    var residual = 0.0
    /// Error of one student of this state, and of the vote of all of them.
    var gibbsError: Double { acos(q) / .pi }
    var voteError: Double { acos(q.squareRoot()) / .pi }
  }

  /// The teacher alone.
  static func recovery(_ alpha: Double) -> Point { Point(alpha: alpha, q: 1, qh: .infinity, entropy: 0) }

  /// The equilibrium, beside the state that students reach who start without knowledge.
  struct Learning {
    let equilibrium: Point
    let uninformed: Point
    /// Whether the two differ.
    var isTrapped: Bool { uninformed.q < equilibrium.q }
  }

  /// Both states at load alpha. A branch with fewer students than the teacher alone (entropy below 0) is not the
  /// equilibrium: that is the teacher.
  func learning(_ alpha: Double) -> Learning? {
    point(alpha).map { uninformed in
      let trapped = prior == .binary && uninformed.entropy < 0
      return Learning(equilibrium: trapped ? Self.recovery(alpha) : uninformed, uninformed: uninformed)
    }
  }

  /// The branch at ln(q / (1 - q)) = x.
  private func at(_ x: Double) -> Point {
    let q = 1 / (1 + exp(-x))
    let rest = 1 / (1 + exp(x))
    guard !interruption(), let field = field(q, rest) else { return Point(alpha: .nan, q: q, qh: .nan, entropy: .nan) }
    let (energy, square) = patterns(q, rest)
    let alpha = field * rest / (2 * square)
    return Point(alpha: alpha, q: q, qh: field, entropy: weights(field) - field * q / 2 + 2 * alpha * energy)
  }

  /// The state of uninformed students at load alpha >= 0; of binary weights above the spinodal, perfect recovery
  /// (q = 1, rh infinite). nil for loads that are no numbers, or that gaussian weights reach only at 1 - q < 1e-8.
  func point(_ alpha: Double) -> Point? {
    if alpha == 0 { return Point(alpha: 0, q: 0, qh: 0, entropy: prior == .binary ? log(2) : 0) }
    guard alpha > 0, alpha.isFinite else { return nil }
    let top = prior == .binary ? spinodal() : at(18)
    guard alpha <= top.alpha else {
      return prior == .binary ? Self.recovery(alpha) : nil
    }
    let end = log(top.q / (1 - top.q))
    // ln alpha(q) is close to ln q + const for small q.
    guard let x = RootFinder.root(min(log(alpha) - 4, end - 1), end, { log(at($0).alpha / alpha) }) else { return nil }
    let q = 1 / (1 + exp(-x))
    let rest = 1 / (1 + exp(x))
    let (energy, square) = patterns(q, rest)
    let field = 2 * alpha * square / rest
    let residual = abs(image(field) / q - 1)
    return Point(
      alpha: alpha, q: q, qh: field, entropy: weights(field) - field * q / 2 + 2 * alpha * energy, residual: residual)
  }

  /// Binary weights: where the branch ends, the maximum of alpha(q).
  func spinodal() -> Point {
    let peak = Minimizer.minimum(0, 4, tolerance: 1e-8) { -at($0).alpha }
    return at(peak.x)
  }

  /// Binary weights: where the entropy of the branch vanishes and perfect recovery becomes the equilibrium.
  func firstOrder() -> Point? {
    let end = spinodal()
    let x = RootFinder.root(-2, log(end.q / (1 - end.q))) { at($0).entropy }
    return x.map { x in
      var point = at(x)
      point.residual = abs(point.entropy)
      return point
    }
  }

  /// rh of q; `rest` = 1 - q.
  private func field(_ q: Double, _ rest: Double) -> Double? {
    switch prior {
    case .gaussian: return q / rest
    case .binary:
      // rh / (1 + rh) <= q <= rh (a Gaussian weight is harder to guess; tanh is below its slope), and
      // 1 - q <= exp(-rh / 2).
      let low = log(q) - 1e-9
      let high = log(min(q / rest, -2 * log(rest) + 1e-9)) + 1e-9
      return RootFinder.root(low, max(high, low + 1e-8)) { image(exp($0)) - q }.map { exp($0) }
    }
  }

  private func image(_ field: Double) -> Double {
    switch prior {
    case .gaussian: return field / (1 + field)
    case .binary:
      let root = field.squareRoot()
      return Self.grid(root).mean { tanh(field + root * $0) }
    }
  }

  private func weights(_ field: Double) -> Double {
    switch prior {
    case .gaussian: return 0.5 * (field - log1p(field))
    case .binary:
      let root = field.squareRoot()
      return -0.5 * field + Self.grid(root).mean { logTwoCosh(field + root * $0) }
    }
  }

  private static func grid(_ root: Double) -> GaussianGrid {
    root > 2 ? GaussianGrid.resolving(at: -root, width: 1 / root) : GaussianGrid.standard
  }

  /// E[H ln H] and E[H r^2] = E[G r].
  private func patterns(_ q: Double, _ rest: Double) -> (energy: Double, square: Double) {
    let scale = (q / rest).squareRoot()
    let grid = scale > 2 ? GaussianGrid.resolving(at: 0, width: 1 / scale) : GaussianGrid.standard
    return grid.means { z in
      let v = scale * z
      let logH = GaussianTail.logH(v)
      return (exp(logH) * logH, GaussianTail.density(v) * GaussianTail.r(v))
    }
  }
}
