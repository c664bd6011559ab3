import Glibc
import SwaleCore

/// What the patterns contribute to a replica-symmetric free entropy: averages over the fields of one random pattern
/// when two solutions have overlap q.
protocol PatternAverage: Sendable {
  /// `energy` = E ln Z(q), ln of the fraction of weights that fit a pattern within a state of overlap q, and
  /// `force` = -2 d energy / dq >= 0, both for 0 <= q < 1.
  func averages(_ q: Double) -> (energy: Double, force: Double)

  /// A cheaper version to bracket solutions with; nil when this one is cheap.
  var coarse: Self? { get }
  /// Estimated error of `energy` at q that comes from the quadrature.
  func error(_ q: Double) -> Double
  /// lim of -2 (1 - q) `energy` for q -> 1: mean square distance of the fields from the nearest fit. 0 for devices
  /// whose spherical capacity is infinite.
  var stress: Double { get }
  /// What the patterns contribute to the eigenvalue of replicons at q: E of the sum of the squared second derivatives
  /// of ln Z with respect to the fields of the units. NaN where it is not known.
  func replicon(_ q: Double) -> Double
  /// lim of (1 - q)^2 `replicon` for q -> 1.
  var fullReplicon: Double { get }
}

/// Devices whose output field is Gaussian: perceptron, and tree committees with K -> infinity.
///
///     energy = E ln H(v),  force = Q'(q) / (1 - Q) E r(v)^2,  v = (kappa + sqrt(Q) z) / sqrt(1 - Q),  Q = Q(q)
///     replicon = Q'(q)^2 / (1 - Q)^2 E r'(v)^2 + Q''(q) / (1 - Q) E r(v)^2
///
/// The margin kappa is measured in standard deviations of the output field.
struct WideDevice: PatternAverage {
  let overlap: EffectiveOverlap
  let margin: Double
  var interruption = StopRequest.none

  var coarse: WideDevice? { nil }
  /// The grids of `averages` leave nothing above rounding.
  func error(_ q: Double) -> Double { 0 }

  private func grid(_ root: Double, _ noise: Double) -> GaussianGrid {
    root > 0 ? GaussianGrid.resolving(at: -margin / root, width: noise / root) : GaussianGrid.standard
  }

  func averages(_ q: Double) -> (energy: Double, force: Double) {
    if interruption() { return (.nan, .nan) }
    let effective = overlap(q)
    let (root, noise) = (effective.squareRoot(), (1 - effective).squareRoot())
    let grid = grid(root, noise)
    let (energy, square) = grid.means { z in
      let v = (margin + root * z) / noise
      let r = GaussianTail.r(v)
      return (GaussianTail.logH(v), r * r)
    }
    return (energy, overlap.slope(q) / (1 - effective) * square)
  }

  /// E max(0, z + kappa)^2 / Q'(1) = [(1 + kappa^2) H(-kappa) + kappa G(kappa)] / Q'(1); 0 for sign units.
  var stress: Double {
    let square = (1 + margin * margin) * GaussianTail.h(-margin) + margin * GaussianTail.density(margin)
    return square / overlap.slope(1)
  }

  func replicon(_ q: Double) -> Double {
    if interruption() { return .nan }
    let effective = overlap(q)
    let (root, noise) = (effective.squareRoot(), (1 - effective).squareRoot())
    let (bends, squares) = grid(root, noise).means { z in
      let v = (margin + root * z) / noise
      let (r, slope) = (GaussianTail.r(v), GaussianTail.rSlope(v))
      return (slope * slope, r * r)
    }
    let rate = overlap.slope(q) / (1 - effective)
    return rate * rate * bends + overlap.bend(q) / (1 - effective) * squares
  }

  /// The share of the patterns that push, H(-kappa). Q''(1) is infinite for committees.
  var fullReplicon: Double { overlap == .perceptron ? GaussianTail.h(-margin) : .infinity }
}
