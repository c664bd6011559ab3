import Glibc
import SwaleCore

/// log det(A + delta) = sum log(lambda_i + delta) and the effective dimension tr A (A + delta)^-1 = sum lambda_i /
/// (lambda_i + delta) (MacKay, Neural Computation 4 (1992) 415) from spectral quadrature: n times the mean over the
/// probes of the sums over the nodes (Ubaru, Chen and Saad 2017).
///
/// Errors add the standard error over the probes and what the last quarter of the steps changed. Both sums exist for
/// eigenvalues above -delta only, and say nothing where one is nearer to it than the products resolve.
struct SpectralSums {
  private let dimension: Int
  private let damping: Double
  private let relativePrecision: Double
  /// What products can tell from zero.
  private var precision = 0.0
  private var logDet = SampleMean()
  private var effective = SampleMean()
  private var changes = (logDet: SampleMean(), effective: SampleMean())
  private var lowest = Double.infinity

  /// - Parameter relativePrecision: error of products of the operator, of its norm.
  init(dimension: Int, damping: Double, relativePrecision: Double) {
    self.dimension = dimension
    self.relativePrecision = relativePrecision
    self.damping = damping
  }

  /// - Parameter unit: of the rules, in those of the damping.
  mutating func add(_ rules: [SpectralRule], unit: Double) throws(Failure) {
    let delta = damping / unit
    let n = Double(dimension)
    let shift = log(unit)
    for rule in rules {
      let (nodes, _) = try TridiagonalEigen.component(
        first: true, rule.steps, rule.alpha.constant, rule.beta.constant)
      lowest = min(lowest, unit * nodes.pointer[0])
      let resolution = relativePrecision * max(abs(nodes.pointer[0]), abs(nodes.pointer[rule.steps - 1]))
      precision = max(precision, unit * resolution)
      // NaN for nodes that have no logarithm.
      let logarithm = try rule.sum { $0 + delta > resolution ? shift + log($0 + delta) : .nan }
      let share = try rule.sum { $0 + delta > resolution ? $0 / ($0 + delta) : .nan }
      logDet.add(n * logarithm.value)
      changes.logDet.add(n * logarithm.change)
      effective.add(n * share.value)
      changes.effective.add(n * share.change)
    }
  }

  private func error(_ sum: SampleMean, _ change: SampleMean) -> Double {
    sum.estimate.standardError + change.estimate.value
  }

  /// The steps still to come matter less than the sampling, or than a hundredth per eigenvalue.
  private func hasConverged(_ sum: SampleMean, _ change: SampleMean) -> Bool {
    change.estimate.value <= max(sum.estimate.standardError, 0.01 * Double(dimension))
      && error(sum, change).isFinite
  }

  func record(_ report: Report) throws(Failure) {
    for (name, sum, change) in [
      ("log_det", logDet, changes.logDet), ("effective_dimension", effective, changes.effective),
    ] {
      try report.record(name, sum.estimate.value)
      try report.record(name + "_error", error(sum, change))
      try report.record(name + "_converged", hasConverged(sum, change) ? 1 : 0)
    }
  }

  var defect: String? {
    if lowest <= -damping {
      return "log det needs eigenvalues above -damping = \(-damping), there is one at or below \(lowest); choose a "
        + "larger damping"
    }
    if lowest <= precision - damping {
      return "the products do not tell the eigenvalue near \(lowest) from -damping = \(-damping); choose a larger damping"
    }
    if hasConverged(logDet, changes.logDet), hasConverged(effective, changes.effective) { return nil }
    return "the last steps still change log det or the effective dimension by \(changes.logDet.estimate.value) and "
      + "\(changes.effective.estimate.value); use more steps or damping"
  }
}
