import SwaleCore

/// Columns of numbers over the loads (and second coordinates) of a theory measurement: NaN where there is no solution.
struct ReplicaTable {
  private let shape: [Int]
  private var columns: [(name: String, values: Buffer<Double>)] = []
  private let solved: Buffer<Double>

  init(_ shape: [Int]) throws(Failure) {
    self.shape = shape
    solved = try Buffer(try checkedProduct(shape, "the table of the theory"))
  }

  /// Adds a row's numbers; `values` nil: no solution, all columns NaN.
  mutating func set(_ row: Int, _ names: [String], _ values: [Double]?) throws(Failure) {
    if columns.isEmpty {
      for name in names {
        let column = try Buffer<Double>(solved.count, zeroed: false)
        Double.fill(column.count, .nan, column.pointer)
        columns.append((name, column))
      }
    }
    guard let values else { return }
    solved.pointer[row] = 1
    for (column, value) in zip(columns, values) { column.values.pointer[row] = value }
  }

  /// Writes the columns and `solved` (0 or 1).
  func record(in report: Report) {
    for column in columns { report.record(column.name, column.values, shape: shape) }
    report.record("solved", solved, shape: shape)
  }
}

/// Large deviations and Franz-Parisi curves, which the perceptron and the wide committees share: everything follows from
/// the effective overlap of the device.
struct ReplicaCurves {
  let overlap: EffectiveOverlap
  let margin: Double
  let job: Progressing

  /// Tells progress and asks whether to stop.
  struct Progressing {
    let stopping: (_ done: Int, _ of: Int) -> Bool
  }

  /// Arrays loads x q1: `entropy`, `normalized`, `distance`, `qh`, `delta`, `eps`, `residual`, `solved`; `q1`.
  func wideFlat(_ loads: [Double], _ q1: [Double], _ report: Report) throws(Failure) {
    let names = ["entropy", "normalized", "distance", "qh", "delta", "eps", "residual"]
    var table = try ReplicaTable([loads.count, q1.count])
    let device = WideFlatMinima(overlap: overlap, margin: margin)
    for (i, alpha) in loads.enumerated() {
      for (j, q) in q1.enumerated() where !job.stopping(i * q1.count + j, loads.count * q1.count) {
        let p = device.point(alpha: alpha, q1: q)
        try table.set(
          i * q1.count + j, names,
          p.map { [$0.entropy, $0.normalized, $0.distance, $0.qh, $0.delta, $0.eps, $0.residual] })
      }
    }
    try report.record("q1", q1)
    table.record(in: report)
  }

  /// `alpha_u` with `bracket` (two numbers); NaN where none was found.
  func uniqueness(_ report: Report) throws(Failure) {
    let found = WideFlatMinima(overlap: overlap, margin: margin).uniquenessThreshold()
    try report.record("alpha_u", found?.alpha ?? .nan)
    try report.record("bracket", found.map { [$0.bracket.lowerBound, $0.bracket.upperBound] } ?? [.nan, .nan])
    try report.record("solved", found == nil ? 0 : 1)
  }

  /// Arrays loads x distances: `entropy`, `bound`, `q`, `s`, `qh`, `sh`, `th`, `residual`, `local_error`, `solved`; per
  /// load `training_error`, `reference_overlap` and `sign_change` (distance below which the entropy is negative).
  func franzParisi(
    _ loads: [Double], _ distances: [Double], _ reference: FranzParisiMeasure, _ report: Report
  ) throws(Failure) {
    let names = ["entropy", "bound", "q", "s", "qh", "sh", "th", "residual"]
    var table = try ReplicaTable([loads.count, distances.count])
    var errors: [Double] = []
    var overlaps: [Double] = []
    var changes: [Double] = []
    let local = try Buffer<Double>(loads.count * distances.count)
    Double.fill(local.count, .nan, local.pointer)
    for (i, alpha) in loads.enumerated() {
      let row = i * distances.count
      guard !job.stopping(row, loads.count * distances.count),
        let origin = FranzParisiReference(reference, alpha: alpha, overlap: overlap)
      else {
        try table.set(row, names, nil)
        errors.append(.nan)
        overlaps.append(.nan)
        changes.append(.nan)
        continue
      }
      let curve = FranzParisiCurve(origin, margin: margin)
      errors.append(origin.trainingError)
      overlaps.append(origin.q)
      for (j, p) in curve.points(distances: distances).enumerated() {
        try table.set(row + j, names, p.map { [$0.entropy, $0.bound, $0.q, $0.s, $0.qh, $0.sh, $0.th, $0.residual] })
        local.pointer[row + j] = origin.localError(distance: distances[j])
      }
      changes.append(curve.signChange() ?? .nan)
    }
    try report.record("distances", distances)
    try report.record("training_error", errors)
    try report.record("reference_overlap", overlaps)
    try report.record("sign_change", changes)
    report.record("local_error", local, shape: [loads.count, distances.count])
    table.record(in: report)
  }
}

extension ReplicaCurves {
  init<S: Scalar>(_ overlap: EffectiveOverlap, _ margin: Double, _ job: Job<S>) {
    self.overlap = overlap
    self.margin = margin
    self.job = Progressing { done, total in
      (job.step, job.totalSteps) = (done, total)
      return job.stopping()
    }
  }
}

/// Storage at given loads and capacities, for any device.
struct ReplicaStorage<Patterns: PatternAverage> {
  let branch: StorageBranch<Patterns>

  /// Arrays over the loads: `q`, `qh`, `entropy`, `residual`, `quadrature_error`, `solved`.
  func points(_ loads: [Double], _ report: Report) throws(Failure) {
    var table = try ReplicaTable([loads.count])
    for (i, alpha) in loads.enumerated() {
      let p = branch.point(alpha)
      try table.set(
        i, ["q", "qh", "entropy", "residual", "quadrature_error"],
        p.map { [$0.q, $0.qh, $0.entropy, $0.residual, $0.error] })
    }
    table.record(in: report)
  }

  /// `capacity`: the load of zero entropy (binary), or where q reaches 1 (spherical, replica-symmetric), with `q` there.
  func capacity(_ report: Report) throws(Failure) {
    switch branch.weights {
    case .binary:
      let end = branch.zeroEntropy()
      try report.record("capacity", end?.alpha ?? .nan)
      try report.record("q", end?.q ?? .nan)
      try report.record("quadrature_error", end?.error ?? .nan)
      try report.record("solved", end == nil ? 0 : 1)
    case .spherical:
      try report.record("capacity", branch.fullOverlap)
      try report.record("q", 1.0)
      try report.record("solved", branch.fullOverlap.isFinite ? 1 : 0)
    }
  }
}
