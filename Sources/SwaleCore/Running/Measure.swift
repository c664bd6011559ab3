/// Measures something of a landscape at k >= 0 points: none for a theory curve, one for a spectrum, two for a path,
/// many for overlaps. Adds arrays to `job.report`. A metric whose numbers may fail to come about records `converged` or
/// `solved`, 0 where one is missing (it is NaN then): the result says "not converged" and is no success.
public protocol Metric: Sendable {
  func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure)
}

extension Component where Self: Metric {
  public static var kind: Kind { .metric }
}

/// Runs a metric on `count` points (count x dimension doubles, row-major).
public func measure(
  _ metric: any Metric, name: String, needs: Capabilities, pointRange: ClosedRange<Int>,
  objective: any Objective, points: UnsafePointer<Double>?, count: Int, run: Run
) throws(Failure) -> Report {
  if objective is NoLandscape, !needs.isEmpty {
    throw Failure(.unsupported, "metric '\(name)' needs an objective with \(needs.words)")
  }
  try objective.capabilities.require(needs, by: "metric '\(name)'", objective: objective.name)
  guard pointRange.contains(count) else {
    let allowed =
      pointRange.lowerBound == pointRange.upperBound ? "exactly \(pointRange.lowerBound)"
      : pointRange.upperBound == Int.max ? "at least \(pointRange.lowerBound)"
      : "\(pointRange.lowerBound) to \(pointRange.upperBound)"
    throw Failure(.argument, "metric '\(name)' takes \(allowed) point(s), got \(count)")
  }
  return try run.exclusively { () throws(Failure) in
    switch objective.precision {
    case .f32: try perform(Float.self, metric, name, objective, points, count, run)
    case .f64: try perform(Double.self, metric, name, objective, points, count, run)
    }
  }
}

extension Report {
  /// Whether nothing is missing, by the convention of `Metric`.
  fileprivate var isComplete: Bool {
    ["converged", "solved"].allSatisfy { !(values($0) ?? []).contains(0) }
  }
}

private func perform<S: Scalar>(
  _ type: S.Type, _ metric: any Metric, _ name: String, _ objective: any Objective,
  _ points: UnsafePointer<Double>?, _ count: Int, _ run: Run
) throws(Failure) -> Report {
  let n = objective.dimension
  let report = Report()
  let job = try Job<S>(objective, run, report)
  let typed = try Buffer<S>(try checkedProduct([count, n], "block of points"), zeroed: false)
  if let points {
    try convert(count * n, points, typed.pointer) { "point \($0 / max(n, 1)): element \($0 % max(n, 1))" }
  }
  let claim = try MemoryClaim(count * MemoryLayout<UnsafePointer<S>>.stride)
  defer { withExtendedLifetime(claim) {} }
  // What an interrupted metric had recorded stays.
  _ = try job.unlessInterrupted { () throws(Failure) in
    try metric.measure(job, (0..<count).map { typed.constant + $0 * n })
  }
  var reason = job.stopReason ?? job.conclusion
  if reason == .converged, !report.isComplete { reason = .unconverged }
  try report.record("metric", text: name)
  try report.record("objective", text: objective.name)
  try report.record("precision", text: S.precision.text)
  try report.record("reason", Int(reason.rawValue))
  try report.record("message", text: job.message(reason))
  try report.record("success", reason == .converged ? 1 : 0)
  try report.record("evaluations", job.evaluations)
  try report.record("products", job.productCount)
  try report.record("seconds", job.seconds)
  try report.record("seed", run.settings.seed)
  if job.productCount > 0 { try report.record("product_method", text: job.oracle.productMethod) }
  job.finishProgress(reason)
  return report
}
