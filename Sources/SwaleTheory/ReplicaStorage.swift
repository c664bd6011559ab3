import SwaleCore

/// Storage at given loads, and capacities, for any device: what the quantities `storage`, `capacity` and `max_margin`
/// of the theory report. All are replica-symmetric, and say whether that is stable.
struct ReplicaStorage<Patterns: PatternAverage> {
  let branch: StorageBranch<Patterns>
  let progress: ReplicaProgress

  init(_ weights: WeightPrior, _ patterns: Patterns, _ progress: ReplicaProgress) {
    branch = StorageBranch(weights: weights, patterns: patterns, interruption: progress.interruption)
    self.progress = progress
  }

  /// The perceptron at margin 0 has exactly 0 at its capacity.
  private static var rounding: Double { -1e-7 }

  /// NaN, where the eigenvalue is not known, is not called unstable.
  private static func isUnstable(_ replicon: Double) -> Bool { replicon < rounding }

  /// Arrays over the loads: `q`, `qh`, `entropy`, `residual`, `quadrature_error`, `replicon` (negative: unstable),
  /// `solved`, `satisfiable` (0 above the capacity: no solutions, at negative entropy of binary weights).
  func points(_ loads: [Double], _ report: Report) throws(Failure) {
    let table = try ReplicaTable([loads.count], ["q", "qh", "entropy", "residual", "quadrature_error", "replicon"])
    var unstable = 0
    for (i, alpha) in loads.enumerated() where !progress.stopping(i, of: loads.count) {
      guard let p = branch.point(alpha) else {
        // Beyond the end of the branch.
        if let capacity = branch.capacity, alpha >= capacity { table.setNone(i) }
        continue
      }
      table.set(i, [p.q, p.qh, p.entropy, p.residual, p.error, p.replicon])
      if branch.weights == .binary, p.entropy < 0 { table.setNone(i) }
      if Self.isUnstable(p.replicon) { unstable += 1 }
    }
    table.record(in: report)
    var outcome = table.outcome
    outcome.unstable = unstable
    try outcome.record(in: report, progress)
  }

  /// `capacity`: the load of zero entropy (binary weights), or where q reaches 1 (spherical weights; infinite for sign
  /// units with K -> infinity); `q` there, `quadrature_error`, `replicon`, `capacity_converged` (0: not solved, or
  /// unstable), `solved`.
  func capacity(_ report: Report) throws(Failure) {
    var (load, q, error, replicon) = (branch.fullOverlap, 1.0, 0.0, branch.fullReplicon)
    if branch.weights == .binary {
      let end = branch.zeroEntropy()
      (load, q, error) = (end?.alpha ?? .nan, end?.q ?? .nan, end?.error ?? .nan)
      replicon = end?.replicon ?? .nan
    }
    let unstable = Self.isUnstable(replicon)
    try report.record("capacity", load)
    try report.record("q", q)
    try report.record("quadrature_error", error)
    try report.record("replicon", replicon)
    try report.record("capacity_converged", load.isNaN || unstable ? 0 : 1)
    try report.record("solved", load.isNaN ? 0 : 1)
    try ReplicaOutcome(lost: load.isNaN ? 1 : 0, unstable: unstable ? 1 : 0).record(in: report, progress)
  }
}

extension ReplicaStorage where Patterns == WideDevice {
  /// `max_margin` at each load, the margin at which the load is the capacity, with `replicon` there.
  static func maxMargin(
    _ weights: WeightPrior, _ overlap: EffectiveOverlap, _ loads: [Double], _ progress: ReplicaProgress,
    _ report: Report
  ) throws(Failure) {
    let table = try ReplicaTable([loads.count], ["max_margin", "replicon"])
    var unstable = 0
    func branch(_ margin: Double) -> StorageBranch<WideDevice> {
      StorageBranch(
        weights: weights, patterns: WideDevice(overlap: overlap, margin: margin, interruption: progress.interruption),
        interruption: progress.interruption)
    }
    for (i, alpha) in loads.enumerated() where !progress.stopping(i, of: loads.count) {
      if alpha == 0 {
        table.set(i, [.infinity, 1])
        continue
      }
      // Capacities fall with the margin, roughly like exp(-margin) ... margin^-2.
      let margin = RootFinder.firstRoot(from: -4, by: 0.5, through: 12, tolerance: 1e-12) { margin in
        let capacity = branch(margin).capacity ?? .nan
        return (capacity / alpha).isFinite ? capacity - alpha : .nan
      }
      guard let margin else { continue }
      let end = branch(margin)
      let replicon = weights == .binary ? end.zeroEntropy()?.replicon ?? .nan : end.fullReplicon
      table.set(i, [margin, replicon])
      if isUnstable(replicon) { unstable += 1 }
    }
    table.record(in: report, existence: false)
    var outcome = table.outcome
    outcome.unstable = unstable
    try outcome.record(in: report, progress)
  }
}
