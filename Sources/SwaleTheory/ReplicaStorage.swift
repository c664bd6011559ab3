import SwaleCore

/// Storage at given loads, and capacities, for any device: what the quantities `storage`, `capacity` and `max_margin`
/// of the theory report.
struct ReplicaStorage<Patterns: PatternAverage> {
  let branch: StorageBranch<Patterns>
  let progress: ReplicaProgress

  init(_ weights: WeightPrior, _ patterns: Patterns, _ progress: ReplicaProgress) {
    branch = StorageBranch(weights: weights, patterns: patterns)
    self.progress = progress
  }

  /// Arrays over the loads: `q`, `qh`, `entropy`, `satisfiable` (0 where the entropy of binary weights is negative:
  /// above the capacity), `residual`, `quadrature_error`, `solved`.
  func points(_ loads: [Double], _ report: Report) throws(Failure) {
    let table = try ReplicaTable(
      [loads.count], ["q", "qh", "entropy", "satisfiable", "residual", "quadrature_error"])
    for (i, alpha) in loads.enumerated() where !progress.stopping(i, of: loads.count) {
      let satisfiable = { (s: Double) in branch.weights == .spherical || s >= 0 ? 1.0 : 0 }
      table.set(
        i, branch.point(alpha).map { [$0.q, $0.qh, $0.entropy, satisfiable($0.entropy), $0.residual, $0.error] })
    }
    table.record(in: report)
  }

  /// `capacity`: the load of zero entropy (binary weights), or where q reaches 1 (spherical weights, replica-symmetric;
  /// infinite for sign units with K -> infinity); `q` there, `quadrature_error`, `solved`.
  func capacity(_ report: Report) throws(Failure) {
    var (load, q, error) = (branch.fullOverlap, 1.0, 0.0)
    if branch.weights == .binary {
      let end = branch.zeroEntropy()
      (load, q, error) = (end?.alpha ?? .nan, end?.q ?? .nan, end?.error ?? .nan)
    }
    try report.record("capacity", load)
    try report.record("q", q)
    try report.record("quadrature_error", error)
    try report.record("solved", load.isNaN ? 0 : 1)
  }
}

extension ReplicaStorage where Patterns == WideDevice {
  /// `max_margin` at each load: the margin at which the load is the capacity.
  static func maxMargin(
    _ weights: WeightPrior, _ overlap: EffectiveOverlap, _ loads: [Double], _ progress: ReplicaProgress,
    _ report: Report
  ) throws(Failure) {
    let table = try ReplicaTable([loads.count], ["max_margin"])
    for (i, alpha) in loads.enumerated() where alpha > 0 && !progress.stopping(i, of: loads.count) {
      // Capacities fall with the margin, roughly like exp(-margin) ... margin^-2.
      let margin = RootFinder.firstRoot(from: -4, by: 0.5, through: 12, tolerance: 1e-12) { margin in
        let branch = StorageBranch(weights: weights, patterns: WideDevice(overlap: overlap, margin: margin))
        let capacity = weights == .binary ? branch.zeroEntropy()?.alpha ?? .nan : branch.fullOverlap
        return (capacity / alpha).isFinite ? capacity - alpha : .nan
      }
      table.set(i, margin.map { [$0] })
    }
    table.record(in: report)
  }
}
