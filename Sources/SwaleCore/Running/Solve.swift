/// Runs a solver from `x` (dimension doubles, changed in place when the run has ended) and reports. The only loop.
///
/// Report: x, fun, gradient_norm (over all samples), steps, evaluations, gradients, products, seconds, reason,
/// message, success, seed, histories `loss` and `gradient_norms` per step, `trajectory` on request.
public func solve(
  _ solver: any Solver, name: String, needs: Capabilities, objective: any Objective,
  x: UnsafeMutablePointer<Double>, run: Run
) throws(Failure) -> Report {
  try objective.capabilities.require(needs, by: "solver '\(name)'", objective: objective.name)
  return try run.exclusively { () throws(Failure) in
    switch objective.precision {
    case .f32: try drive(Float.self, solver, name, objective, x, run)
    case .f64: try drive(Double.self, solver, name, objective, x, run)
    }
  }
}

/// Steps between snapshots of the parameters, from which a diverged run returns.
private let snapshotInterval = 64

private func drive<S: Scalar>(
  _ type: S.Type, _ solver: any Solver, _ name: String, _ objective: any Objective,
  _ border: UnsafeMutablePointer<Double>, _ run: Run
) throws(Failure) -> Report {
  let n = objective.dimension
  let job = try Job<S>(objective, run, Report())
  let x = try Buffer<S>(n, zeroed: false)
  try convert(n, border, x.pointer) { "starting point: element \($0)" }
  let ended = try advance(job, solver, name, x)
  try job.report.record("x", vector: x.constant, shape: [n])
  S.toDouble(n, x.constant, border)
  job.finishProgress(ended)
  return job.report
}

/// Moves x until something ends the run, and reports. A step that is interrupted counts for nothing: x is where the
/// step before left it.
private func advance<S: Scalar>(
  _ job: Job<S>, _ solver: any Solver, _ name: String, _ x: Buffer<S>
) throws(Failure) -> Reason {
  let n = job.dimension
  let (report, settings) = (job.report, job.settings)
  let snapshot = try Buffer(copying: x.constant, count: n)
  let stepper = try job.unlessInterrupted { () throws(Failure) in try solver.start(job, x.constant) }
  let limit = settings.maxSteps > 0 ? settings.maxSteps : (stepper?.totalSteps ?? Int.max)
  job.totalSteps = limit == Int.max ? -1 : limit
  var losses = try Series()
  var norms = try Series()
  var path = try Series(capacity: settings.trajectoryEvery > 0 ? max(8 * n, 8) : 8)
  var pathSteps = try Series(capacity: 8)

  func keepPoint() throws(Failure) {
    try pathSteps.append(Double(job.step))
    for i in 0..<n { try path.append(Double(x.pointer[i])) }
  }

  var reason = stepper == nil ? job.stopReason : nil
  if settings.trajectoryEvery > 0 { try keepPoint() }
  while reason == nil, let stepper {
    if job.stopping() {
      reason = job.stopReason
      break
    }
    if job.step >= limit {
      reason = .maxSteps
      break
    }
    guard let outcome = try job.unlessInterrupted({ () throws(Failure) in try stepper.step(x.pointer) }) else {
      reason = job.stopReason
      break
    }
    reason = outcome
    job.step += 1
    if settings.history {
      try losses.append(job.lastValue)
      try norms.append(job.lastGradientNorm)
    }
    let value = job.lastValue
    // NaN means "not observed" only before the first observation; a solver that reports NaN has diverged.
    if value.isInfinite || (value.isNaN && job.hasObserved) {
      reason = .diverged
    } else if value <= settings.targetValue {
      reason = reason ?? .target
    }
    if settings.trajectoryEvery > 0, job.step % settings.trajectoryEvery == 0 { try keepPoint() }
    if job.step % snapshotInterval == 0, reason == nil, S.firstNonfinite(n, x.constant) < 0 {
      snapshot.pointer.update(from: x.constant, count: n)
    }
  }
  var ended = reason ?? .stalled
  job.beginClosing()
  let finished = try job.unlessInterrupted { () throws(Failure) in
    try stepper?.finish(x.pointer)
    return true
  }
  if S.firstNonfinite(n, x.constant) >= 0 {
    // Hand back the last finite point instead of garbage; it is at most `snapshotInterval` steps old.
    x.pointer.update(from: snapshot.constant, count: n)
    ended = .diverged
  }
  let complete = settings.finalEvaluation ? try evaluateEnd(job, x) : true
  var success = stepper?.succeeded ?? isSuccess(ended, ofSchedule: stepper?.totalSteps != nil)
  if ended == .diverged || stepper == nil || finished == nil { success = false }
  let words = job.message(ended) + (complete ? "" : "; there was no time for the final evaluation")
  try record(job, name, ended, words, success: success)
  if settings.history {
    report.record("loss", try losses.trimmed())
    report.record("gradient_norms", try norms.trimmed())
  }
  if settings.trajectoryEvery > 0 {
    report.record("trajectory", try path.trimmed(), shape: [pathSteps.count, n])
    report.record("trajectory_steps", try pathSteps.trimmed())
  }
  return ended
}

/// Value, error and gradient norm over all samples, so that the fields mean the same after every solver. NaN where
/// they were broken off, because the run was cancelled or is out of time and they take longer than `Job.grace`. Returns
/// whether none was.
private func evaluateEnd<S: Scalar>(_ job: Job<S>, _ x: Buffer<S>) throws(Failure) -> Bool {
  let capabilities = job.objective.capabilities
  let (oracle, report) = (job.oracle, job.report)
  if capabilities.contains(.batches) { try oracle.select(nil) }
  var value: Double? = .nan
  if capabilities.contains(.gradient) {
    let g = try Buffer<S>(job.dimension, zeroed: false)
    value = try job.unlessInterrupted { () throws(Failure) in try oracle.gradient(x.constant, g.pointer) }
    let norm = value == nil ? Double.nan : S.norm(job.dimension, g.constant)
    try report.record("gradient_norm", norm)
  } else if capabilities.contains(.value) {
    value = try job.unlessInterrupted { () throws(Failure) in try oracle.value(x.constant) }
  }
  try report.record("fun", value ?? .nan)
  guard capabilities.contains(.errors) else { return value != nil }
  let evaluation = try job.unlessInterrupted { () throws(Failure) in try oracle.evaluate(x.constant) }
  try report.record("error", evaluation?.error ?? .nan)
  return value != nil && evaluation != nil
}

/// Whether a run ended as wished, where the solver does not know better: a schedule of steps is meant to end, while a
/// search that was cut short has not found what it looks for.
private func isSuccess(_ reason: Reason, ofSchedule: Bool) -> Bool {
  switch reason {
  case .converged, .target: true
  case .maxSteps, .maxTime, .maxEvaluations: ofSchedule
  case .running, .stalled, .diverged, .cancelled, .unconverged, .noSolution: false
  }
}

private func record<S: Scalar>(
  _ job: Job<S>, _ name: String, _ reason: Reason, _ message: String, success: Bool
) throws(Failure) {
  let report = job.report
  try report.record("solver", text: name)
  try report.record("objective", text: job.objective.name)
  try report.record("precision", text: S.precision.text)
  try report.record("reason", Int(reason.rawValue))
  try report.record("message", text: message)
  try report.record("success", success ? 1 : 0)
  try report.record("steps", job.step)
  try report.record("evaluations", job.evaluations)
  try report.record("values", job.valueCount)
  try report.record("gradients", job.gradientCount)
  try report.record("products", job.productCount)
  try report.record("seconds", job.seconds)
  try report.record("seed", job.settings.seed)
  if job.productCount > 0 { try report.record("product_method", text: job.oracle.productMethod) }
}
