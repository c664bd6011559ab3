import SwaleCore

/// Large deviations and Franz-Parisi curves of binary weights, which the perceptron and the wide committees share:
/// everything follows from the effective overlap of the device.
struct ReplicaCurves {
  let overlap: EffectiveOverlap
  let margin: Double
  let progress: ReplicaProgress

  /// Arrays loads x q1: `entropy`, `normalized`, `distance`, `qh`, `delta`, `eps`, `residual`, `solved`; `q1`.
  func wideFlat(_ loads: [Double], _ q1: [Double], _ report: Report) throws(Failure) {
    let table = try ReplicaTable(
      [loads.count, q1.count], ["entropy", "normalized", "distance", "qh", "delta", "eps", "residual"])
    let device = WideFlatMinima(overlap: overlap, margin: margin)
    let total = loads.count * q1.count
    for row in 0..<total where !progress.stopping(row, of: total) {
      let p = device.point(alpha: loads[row / q1.count], q1: q1[row % q1.count])
      table.set(row, p.map { [$0.entropy, $0.normalized, $0.distance, $0.qh, $0.delta, $0.eps, $0.residual] })
    }
    try report.record("q1", q1)
    table.record(in: report)
  }

  /// `alpha_u` with `bracket` (two loads), `solved`; NaN where none was found.
  func uniqueness(_ report: Report) throws(Failure) {
    let found = WideFlatMinima(overlap: overlap, margin: margin).uniquenessThreshold()
    try report.record("alpha_u", found?.alpha ?? .nan)
    try report.record("bracket", found.map { [$0.bracket.lowerBound, $0.bracket.upperBound] } ?? [.nan, .nan])
    try report.record("solved", found == nil ? 0 : 1)
  }

  /// Arrays loads x distances: `entropy`, `bound`, `q`, `s`, `qh`, `sh`, `th`, `residual`, `solved`, and
  /// `local_error` of the reference; per load `training_error`, `reference_overlap` and `sign_change` (distance below
  /// which the entropy is negative; NaN: none).
  func franzParisi(
    _ loads: [Double], _ distances: [Double], _ reference: FranzParisiMeasure, _ report: Report
  ) throws(Failure) {
    let shape = [loads.count, distances.count]
    let table = try ReplicaTable(shape, ["entropy", "bound", "q", "s", "qh", "sh", "th", "residual"])
    let local = try Buffer<Double>(loads.count * distances.count)
    Double.fill(local.count, .nan, local.pointer)
    var errors = [Double](repeating: .nan, count: loads.count)
    var (overlaps, changes) = (errors, errors)
    for (i, alpha) in loads.enumerated() where !progress.stopping(i, of: loads.count) {
      guard let origin = FranzParisiReference(reference, alpha: alpha, overlap: overlap) else { continue }
      let curve = FranzParisiCurve(origin, margin: margin)
      errors[i] = origin.trainingError
      overlaps[i] = origin.q
      for (j, p) in curve.points(distances: distances).enumerated() {
        let row = i * distances.count + j
        table.set(row, p.map { [$0.entropy, $0.bound, $0.q, $0.s, $0.qh, $0.sh, $0.th, $0.residual] })
        local.pointer[row] = origin.localError(distance: distances[j])
      }
      changes[i] = curve.signChange() ?? .nan
    }
    try report.record("distances", distances)
    try report.record("training_error", errors)
    try report.record("reference_overlap", overlaps)
    try report.record("sign_change", changes)
    report.record("local_error", local, shape: shape)
    table.record(in: report)
  }

  /// The same for the parity machine: `entropy`, `bound`, `solved`, `sign_change`.
  static func parity(
    hidden: Int, _ loads: [Double], _ distances: [Double], _ report: Report
  ) throws(Failure) {
    let table = try ReplicaTable([loads.count, distances.count], ["entropy", "bound"])
    var changes = [Double](repeating: .nan, count: loads.count)
    for (i, alpha) in loads.enumerated() {
      guard let curve = FranzParisiParity(hidden: hidden, alpha: alpha) else { continue }
      for (j, d) in distances.enumerated() {
        table.set(i * distances.count + j, [curve.entropy(distance: d), binaryEntropy(d)])
      }
      changes[i] = curve.signChange() ?? .nan
    }
    try report.record("distances", distances)
    try report.record("sign_change", changes)
    table.record(in: report)
  }
}
