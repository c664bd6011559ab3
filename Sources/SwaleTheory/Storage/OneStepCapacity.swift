import Glibc
import SwaleCore

/// Capacity of spherical weights with one step of replica symmetry breaking, for devices with Gaussian output fields
/// and finite Q'(1) (perceptron, relu committee with K -> infinity):
///
///     alpha_c = min over c >= 0, 0 <= q0 <= 1 of
///         [ln(1 + c (1 - q0)) + c q0 / (1 + c (1 - q0))] / (-2 E ln E_1 exp(-(c / (2 Q'(1))) max(0, u)^2)),
///     u = kappa + sqrt(Q0) z0 + sqrt(1 - Q0) z1, Q0 = Q(q0)
///
/// (the limit q1 -> 1, m -> 0, c = m / (1 - q1)). The average over z1 is elementary. At q0 -> 1 or c -> 0 the
/// expression is the replica-symmetric capacity; the minimum sits there when symmetry holds (perceptron with kappa >=
/// 0). Source: Engel, Koehler, Tschepke, Vollmayr, Zippelius, Phys. Rev. A 45 (1992) 7590; relu: Baldassi, Malatesta,
/// Zecchina, PRL 123 (2019) 170602.
struct OneStepCapacity {
  let device: WideDevice
  var interruption = StopRequest.none

  struct Point {
    let alpha: Double
    let symmetric: Double
    /// Where the minimum is; NaN when symmetry holds.
    let c: Double
    let q0: Double

    /// `capacity`, `symmetric`, `c`, `q0`.
    func record(in report: Report, _ progress: ReplicaProgress) throws(Failure) {
      try report.record("capacity", alpha)
      try report.record("symmetric", symmetric)
      try report.record("c", c)
      try report.record("q0", q0)
      try report.record("solved", alpha.isFinite ? 1 : 0)
      try ReplicaOutcome(lost: alpha.isFinite ? 0 : 1).record(in: report, progress)
    }
  }

  func point() -> Point {
    let symmetric = 1 / device.stress
    // Coarse scan, so that the search starts in the right valley; then minimum over q0 of minima over c.
    func atOverlap(_ x: Double) -> (c: Double, value: Double) {
      let q0 = 1 / (1 + exp(-x))
      let ladder = stride(from: -5.0, through: 10, by: 1).map { ($0, bound(exp($0), q0)) }
      guard let best = ladder.min(by: { $0.1 < $1.1 }) else { return (.nan, .nan) }
      let found = Minimizer.minimum(best.0 - 1, best.0 + 1) { bound(exp($0), q0) }
      return (exp(found.x), found.value)
    }
    let ladder = stride(from: -12.0, through: 9, by: 1).map { ($0, atOverlap($0).value) }
    guard let best = ladder.min(by: { $0.1 < $1.1 }) else {
      return Point(alpha: symmetric, symmetric: symmetric, c: .nan, q0: .nan)
    }
    let found = Minimizer.minimum(best.0 - 1, best.0 + 1) { atOverlap($0).value }
    guard found.value.isFinite else { return Point(alpha: .nan, symmetric: symmetric, c: .nan, q0: .nan) }
    // Differences below 1e-7 are the approach to the symmetric limit.
    if !(found.value < symmetric * (1 - 1e-7)) {
      return Point(alpha: symmetric, symmetric: symmetric, c: .nan, q0: .nan)
    }
    return Point(
      alpha: found.value, symmetric: symmetric, c: atOverlap(found.x).c, q0: 1 / (1 + exp(-found.x)))
  }

  private func bound(_ c: Double, _ q0: Double) -> Double {
    if interruption() { return .nan }
    let open = 1 - q0
    let weights = log1p(c * open) + c * q0 / (1 + c * open)
    return weights / (-2 * patterns(c / (2 * device.overlap.slope(1)), device.overlap(q0)))
  }

  /// E_0 ln E_1 exp(-g max(0, a + b z1)^2), a = kappa + sqrt(Q0) z0, b^2 = 1 - Q0:
  /// E_1 = H(a / b) + H(-a / (b w)) exp(-g a^2 / w^2) / w, w^2 = 1 + 2 g b^2.
  private func patterns(_ g: Double, _ effective: Double) -> Double {
    let (root, b) = (effective.squareRoot(), (1 - effective).squareRoot())
    let w = (1 + 2 * g * b * b).squareRoot()
    let width = min(b / root, 1 / (root * (2 * g).squareRoot()))
    return GaussianGrid.resolving(at: -device.margin / root, width: width).mean { z in
      let a = device.margin + root * z
      // ln(A + B) from ln A and ln B: both may underflow.
      let first = GaussianTail.logH(a / b)
      let second = GaussianTail.logH(-a / (b * w)) - g * a * a / (w * w) - log(w)
      return max(first, second) + log1p(exp(-abs(first - second)))
    }
  }
}
