import Glibc
import SwaleCore

/// Large deviations and Franz-Parisi curves of binary weights, which the perceptron and the wide committees share:
/// everything follows from the effective overlap of the device.
///
/// Above the capacity there is nothing that these could describe, though their equations still have solutions there:
/// one level of replicas does not see that the number of regions, or of references, vanishes. Such loads have no
/// numbers.
struct ReplicaCurves {
  let overlap: EffectiveOverlap
  let margin: Double
  let progress: ReplicaProgress

  /// The load up to which there are solutions of a margin; infinite where that is not found (far below 0).
  private func capacity(_ margin: Double) -> Double {
    let device = WideDevice(overlap: overlap, margin: margin, interruption: progress.interruption)
    let branch = StorageBranch(weights: .binary, patterns: device, interruption: progress.interruption)
    return branch.capacity ?? .infinity
  }

  private var device: WideFlatMinima {
    var device = WideFlatMinima(overlap: overlap, margin: margin)
    device.interruption = progress.interruption
    return device
  }

  /// Arrays loads x q1: `entropy`, `normalized`, `distance`, `qh`, `delta`, `eps`, `residual`, `solved`, `satisfiable`;
  /// `q1`. No solution exists above the capacity, at overlaps below the typical one, and where the entropy is negative
  /// (the number of that branch stays).
  func wideFlat(_ loads: [Double], _ q1: [Double], _ report: Report) throws(Failure) {
    let table = try ReplicaTable(
      [loads.count, q1.count], ["entropy", "normalized", "distance", "qh", "delta", "eps", "residual"])
    let device = device
    let capacity = capacity(margin)
    let total = loads.count * q1.count
    for row in 0..<total where !progress.stopping(row, of: total) {
      let (alpha, overlap) = (loads[row / q1.count], q1[row % q1.count])
      if overlap == 0 || overlap == 1 {
        // One solution alone; or any configurations, where there are no patterns.
        let exists = overlap == 1 ? alpha <= capacity : alpha == 0
        let all = binaryEntropy(0.5 * (1 - overlap))
        if exists { table.set(row, [all, overlap == 1 ? .nan : 1, 0.5 * (1 - overlap), .nan, .nan, .nan, 0]) }
        if !exists { table.setNone(row) }
        continue
      }
      switch alpha > capacity ? .none : device.solve(alpha: alpha, q1: overlap) {
      case .found(let p):
        table.set(row, [p.entropy, p.normalized, p.distance, p.qh, p.delta, p.eps, p.residual])
        if p.entropy < 0 { table.setNone(row) }
      case .none: table.setNone(row)
      case .lost: break
      }
    }
    try report.record("q1", q1)
    table.record(in: report)
    try table.outcome.record(in: report, progress)
  }

  /// `alpha_u` with `bracket` (two loads), `solved`; NaN where none was found below the capacity.
  func uniqueness(_ report: Report) throws(Failure) {
    let found = device.uniquenessThreshold()
    let beyond = found.map { $0.alpha > capacity(margin) } ?? false
    let kept = beyond ? nil : found
    try report.record("alpha_u", kept?.alpha ?? .nan)
    try report.record("bracket", kept.map { [$0.bracket.lowerBound, $0.bracket.upperBound] } ?? [.nan, .nan])
    try report.record("solved", kept == nil ? 0 : 1)
    try ReplicaOutcome(none: beyond ? 1 : 0, lost: found == nil ? 1 : 0).record(in: report, progress)
  }

  /// Arrays loads x distances: `entropy`, `bound`, `q`, `s`, `qh`, `sh`, `th`, `residual`, `local_error` of the
  /// reference, `solved`, `satisfiable`; per load `training_error`, `reference_overlap`, `reference_entropy` and
  /// `sign_change` (distance below which the entropy is negative; NaN: none). A negative entropy says that no solution
  /// exists at that distance of a typical reference.
  func franzParisi(
    _ loads: [Double], _ distances: [Double], _ measure: FranzParisiMeasure, _ report: Report
  ) throws(Failure) {
    let shape = [loads.count, distances.count]
    let table = try ReplicaTable(shape, ["entropy", "bound", "q", "s", "qh", "sh", "th", "residual"])
    let local = try ReplicaTable(shape, ["local_error"])
    let origins = try ReplicaTable(
      [loads.count], ["training_error", "reference_overlap", "reference_entropy", "sign_change"])
    // A reference of larger margin is itself a solution.
    var capacity = capacity(margin)
    if case .solutions(let own) = measure, own > margin { capacity = self.capacity(own) }
    for (i, alpha) in loads.enumerated() where !progress.stopping(i, of: loads.count) {
      let rows = i * distances.count..<(i + 1) * distances.count
      guard alpha <= capacity else {
        for row in rows { table.setNone(row) }
        continue
      }
      if alpha == 0 {
        free(rows, distances, table)
        continue
      }
      let made = FranzParisiReference(measure, alpha: alpha, overlap: overlap, interruption: progress.interruption)
      guard let origin = made else { continue }
      if case .solutions = measure, origin.freeEntropy < 0 {
        for row in rows { table.setNone(row) }
        continue
      }
      let curve = FranzParisiCurve(origin, margin: margin)
      let states = curve.follow(distances: distances)
      for (row, state) in zip(rows, states) {
        let distance = distances[row - rows.lowerBound]
        if distance == 0, origin.isSolution(margin: margin) {
          // The reference itself.
          table.set(row, [0, 0, 1, origin.q, .nan, .nan, .nan, 0])
          local.set(row, [origin.localError(distance: 0)])
          continue
        }
        switch state {
        case .found(let p):
          table.set(row, [p.entropy, p.bound, p.q, p.s, p.qh, p.sh, p.th, p.residual])
          if p.entropy < 0 { table.setNone(row) }
        case .none: table.setNone(row)
        case .lost: break
        }
        local.set(row, [origin.localError(distance: distance)])
      }
      origins.set(i, [origin.trainingError, origin.q, origin.entropy, curve.signChange() ?? .nan])
    }
    try report.record("distances", distances)
    origins.record(in: report, existence: false)
    local.record(in: report, existence: false)
    table.record(in: report)
    try table.outcome.record(in: report, progress)
  }

  /// Without patterns every configuration counts, and references are independent: phi = H2, q = t^2, s = 0.
  private func free(_ rows: Range<Int>, _ distances: [Double], _ table: ReplicaTable) {
    for (row, d) in zip(rows, distances) {
      let t = 1 - 2 * d
      table.set(row, [binaryEntropy(d), binaryEntropy(d), t * t, 0, 0, 0, atanh(t), 0])
    }
  }

  /// The same for the parity machine, whose capacity is 1: `entropy`, `bound`, `solved`, `satisfiable`, `sign_change`.
  static func parity(
    hidden: Int, _ loads: [Double], _ distances: [Double], _ progress: ReplicaProgress, _ report: Report
  ) throws(Failure) {
    let table = try ReplicaTable([loads.count, distances.count], ["entropy", "bound"])
    let changes = try ReplicaTable([loads.count], ["sign_change"])
    for (i, alpha) in loads.enumerated() where !progress.stopping(i, of: loads.count) {
      guard let curve = FranzParisiParity(hidden: hidden, alpha: alpha) else { continue }
      for (j, d) in distances.enumerated() {
        let row = i * distances.count + j
        if alpha > 1 {
          table.setNone(row)
        } else {
          let entropy = curve.entropy(distance: d)
          table.set(row, [entropy, binaryEntropy(d)])
          if entropy < 0 { table.setNone(row) }
        }
      }
      if alpha <= 1 { changes.set(i, [curve.signChange() ?? .nan]) }
    }
    try report.record("distances", distances)
    changes.record(in: report, existence: false)
    table.record(in: report)
    try table.outcome.record(in: report, progress)
  }
}

/// An answer of a theory at one point.
public enum ReplicaAnswer<Point: Sendable>: Sendable {
  case found(Point)
  /// No solution exists.
  case none
  /// The equations were not solved: they are too hard there, or the run was stopped.
  case lost

  public var point: Point? {
    if case .found(let point) = self { point } else { nil }
  }
}
