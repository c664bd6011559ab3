/// Runs a solver from `x` (dimension doubles, changed in place when the run has ended) and reports. The only loop.
///
/// Report: x, fun, gradient_norm (over all samples), steps, evaluations, gradients, products, seconds, reason,
/// message, success, seed, histories `loss` and `gradient_norms` per step, `trajectory` on request; `fun_start`, the
/// value over all samples at the start, of schedules that came to their end.
///
/// `success` is 1 when the run ended as it was meant to:
/// - solvers of constraints and all training of binary weights: a strict recount at the end found no error, whatever
///   ended the run;
/// - all others: reason `converged`; or `target`, unless the value over all samples ends above target_value (a batch
///   alone met it); or `maxSteps` after all steps of the solver's own schedule, unless the value over all samples is
///   above that at the start.
///
/// Above means by more than rounding, and for objectives with samples by more than twice the standard error of the
/// value at the start as a mean over samples, so that the noise of mini-batches around a minimum is no failure.
/// Sampling at a temperature (`Stepper.samples`) may raise the value; it fails by `unconverged`, when its averages mix
/// too slowly. A run that max_steps, max_seconds, max_evaluations or a cancel ended before its schedule was done, or
/// that stalled or diverged, is no success. Without `final_evaluation` no values are compared.
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
  if let bad = firstNonfinite(border, n) {
    throw Failure(.nonfinite, "starting point: element \(bad) is \(border[bad])")
  }
  let report = Report()
  let job = try Job<S>(objective, run, report)
  let x = try Buffer<S>(n, zeroed: false)
  S.fromDouble(n, border, x.pointer)
  let snapshot = try Buffer(copying: x.constant, count: n)

  let stepper = try solver.start(job, x.constant)
  let settings = run.settings
  let limit = settings.maxSteps > 0 ? settings.maxSteps : (stepper.totalSteps ?? Int.max)
  job.totalSteps = limit == Int.max ? -1 : limit
  var losses = try Series()
  var norms = try Series()
  var path = try Series(capacity: settings.trajectoryEvery > 0 ? max(8 * n, 8) : 8)
  var pathSteps = try Series(capacity: 8)

  func keepPoint() throws(Failure) {
    try pathSteps.append(Double(job.step))
    for i in 0..<n { try path.append(Double(x.pointer[i])) }
  }

  var reason: Reason?
  if settings.trajectoryEvery > 0 { try keepPoint() }
  while reason == nil {
    // A schedule that is done has ended by itself, even when the time has run out meanwhile.
    if job.stopReason == nil, job.step >= limit {
      reason = .maxSteps
      break
    }
    if job.stopping() {
      reason = job.stopReason
      break
    }
    reason = try stepper.step(x.pointer)
    job.step += 1
    if settings.history {
      try losses.append(job.lastValue)
      try norms.append(job.lastGradientNorm)
    }
    let value = job.lastValue
    // NaN means "not observed" only before the first observation; a solver that reports NaN has diverged.
    if value.isInfinite || (value.isNaN && job.evaluations > 0) {
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
  try stepper.finish(x.pointer)
  if S.firstNonfinite(n, x.constant) >= 0 {
    // Hand back the last finite point instead of garbage; it is at most `snapshotInterval` steps old.
    x.pointer.update(from: snapshot.constant, count: n)
    ended = .diverged
  }
  if ended == .maxSteps, job.conclusion != .converged { ended = job.conclusion }
  let end = settings.finalEvaluation ? try evaluateEnd(job, x) : nil
  var success = stepper.succeeded
  if success == nil {
    S.fromDouble(n, border, snapshot.pointer)
    success = try isSuccess(job, stepper, ended, from: snapshot.constant, to: end)
  }
  try record(job, name, ended, settings, success: success == true && ended != .diverged)
  if settings.history {
    report.record("loss", try losses.trimmed())
    report.record("gradient_norms", try norms.trimmed())
  }
  if settings.trajectoryEvery > 0 {
    report.record("trajectory", try path.trimmed(), shape: [pathSteps.count, n])
    report.record("trajectory_steps", try pathSteps.trimmed())
  }
  try report.record("x", vector: x.constant, shape: [n])
  S.toDouble(n, x.constant, border)
  job.finishProgress(ended)
  return report
}

/// Value, error and gradient norm over all samples, so that the fields mean the same after every solver. Returns the
/// value, nil where the objective has none.
private func evaluateEnd<S: Scalar>(_ job: Job<S>, _ x: Buffer<S>) throws(Failure) -> Double? {
  let capabilities = job.objective.capabilities
  if capabilities.contains(.batches) { try job.oracle.select(nil) }
  var value: Double?
  if capabilities.contains(.gradient) {
    let g = try Buffer<S>(job.dimension, zeroed: false)
    value = try job.oracle.gradient(x.constant, g.pointer)
    try job.report.record("gradient_norm", S.norm(job.dimension, g.constant))
  } else if capabilities.contains(.value) {
    value = try job.oracle.value(x.constant)
  }
  try job.report.record("fun", value ?? .nan)
  if capabilities.contains(.errors) { try job.report.record("error", try job.oracle.evaluate(x.constant).error) }
  return value
}

/// Whether a run that ended with `reason` and the value `end` did what it was meant to, as the comment of `solve` says.
private func isSuccess<S: Scalar>(
  _ job: Job<S>, _ stepper: Stepper<S>, _ reason: Reason, from start: UnsafePointer<S>, to end: Double?
) throws(Failure) -> Bool {
  switch reason {
  case .converged: return true
  case .target:
    // Without a target_value the target was the solver's own.
    let target = job.settings.targetValue
    guard let end, target > -.infinity else { return true }
    return end <= target
  case .maxSteps:
    guard let planned = stepper.totalSteps, job.step >= planned else { return false }
    guard let end, !stepper.samples else { return true }
    return try !hasRisen(job, from: start, to: end)
  case .running, .maxTime, .maxEvaluations, .stalled, .diverged, .cancelled, .unconverged, .noSolution: return false
  }
}

/// Whether the value over all samples rose on the way, as the comment of `solve` says; records it at the start.
private func hasRisen<S: Scalar>(
  _ job: Job<S>, from x: UnsafePointer<S>, to end: Double
) throws(Failure) -> Bool {
  let hasSamples = job.objective.capabilities.contains(.batches)
  if hasSamples { try job.oracle.select(nil) }
  let start = try job.oracle.value(x)
  try job.report.record("fun_start", start)
  // Not a number at the end is no success.
  if end <= start { return false }
  // The value is a sum over samples, whose rounding errors partly cancel.
  let rounding = 64 * Double(S.ulpOfOne) * abs(start)
  if end - start <= rounding { return false }
  return try hasSamples ? !(end - start <= 2 * standardError(job, x, value: start)) : true
}

/// Standard error of the value at x as a mean over samples, from the values over up to 16 random groups of them; 0 for
/// fewer than two samples. Where the value is a sum it is that of the sum.
private func standardError<S: Scalar>(
  _ job: Job<S>, _ x: UnsafePointer<S>, value: Double
) throws(Failure) -> Double {
  let samples = job.objective.sampleCount
  let groups = min(16, samples)
  guard groups > 1 else { return 0 }
  let size = samples / groups
  let order = try Buffer<Int64>(samples, zeroed: false)
  RandomStream.permutation(seed: job.seed, stream: StreamBase.batches, samples, into: order.pointer)
  var (mean, squares) = (0.0, 0.0)
  for group in 0..<groups {
    try job.oracle.select(UnsafeBufferPointer(start: order.constant + group * size, count: size))
    let gap = try job.oracle.value(x) - mean
    mean += gap / Double(group + 1)
    squares += gap * gap * Double(group) / Double(group + 1)
  }
  try job.oracle.select(nil)
  let error = (squares / Double(groups * (groups - 1))).squareRoot()
  return mean == 0 ? error : error * abs(value / mean)
}

private func record<S: Scalar>(
  _ job: Job<S>, _ name: String, _ reason: Reason, _ settings: RunSettings, success: Bool
) throws(Failure) {
  let report = job.report
  try report.record("solver", text: name)
  try report.record("objective", text: job.objective.name)
  try report.record("precision", text: S.precision.text)
  try report.record("reason", Int(reason.rawValue))
  try report.record("message", text: reason.text)
  try report.record("success", success ? 1 : 0)
  try report.record("steps", job.step)
  try report.record("evaluations", job.evaluations)
  try report.record("values", job.valueCount)
  try report.record("gradients", job.gradientCount)
  try report.record("products", job.productCount)
  try report.record("seconds", job.seconds)
  try report.record("seed", settings.seed)
  if job.productCount > 0 { try report.record("product_method", text: job.oracle.productMethod) }
}

/// Index of the first NaN or infinity, if any.
public func firstNonfinite(_ x: UnsafePointer<Double>, _ n: Int) -> Int? {
  let index = Double.firstNonfinite(n, x)
  return index < 0 ? nil : index
}
