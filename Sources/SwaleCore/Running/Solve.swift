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
  let job = try Job<S>(objective, run, Report())
  let x = try Buffer<S>(n, zeroed: false)
  try convert(n, border, x.pointer) { "starting point: element \($0)" }
  let ended = try advance(job, solver, name, from: border, x)
  try job.report.record("x", vector: x.constant, shape: [n])
  S.toDouble(n, x.constant, border)
  job.finishProgress(ended)
  return job.report
}

/// Moves x until something ends the run, and reports. A step that is interrupted counts for nothing: x is where the
/// step before left it.
private func advance<S: Scalar>(
  _ job: Job<S>, _ solver: any Solver, _ name: String, from border: UnsafePointer<Double>, _ x: Buffer<S>
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
    // A schedule that is done has ended by itself, even when the time has run out meanwhile.
    if job.stopReason == nil, job.step >= limit {
      reason = .maxSteps
      break
    }
    if job.stopping() {
      reason = job.stopReason
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
  if ended == .maxSteps, job.conclusion != .converged { ended = job.conclusion }
  let end = settings.finalEvaluation ? try evaluateEnd(job, x) : (value: nil, complete: true)
  var success = stepper?.succeeded
  if success == nil, let stepper {
    S.fromDouble(n, border, snapshot.pointer)
    success = try job.unlessInterrupted { () throws(Failure) in
      try isSuccess(job, stepper, ended, from: snapshot.constant, to: end.value)
    }
  }
  if ended == .diverged || stepper == nil || finished == nil { success = false }
  let words = job.message(ended) + (end.complete ? "" : "; there was no time for the final evaluation")
  try record(job, name, ended, words, success: success == true)
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
/// the value, nil where the objective has none, and whether nothing was broken off.
private func evaluateEnd<S: Scalar>(
  _ job: Job<S>, _ x: Buffer<S>
) throws(Failure) -> (value: Double?, complete: Bool) {
  let capabilities = job.objective.capabilities
  let (oracle, report) = (job.oracle, job.report)
  if capabilities.contains(.batches) { try oracle.select(nil) }
  var value: Double?
  var complete = true
  if capabilities.contains(.gradient) {
    let g = try Buffer<S>(job.dimension, zeroed: false)
    value = try job.unlessInterrupted { () throws(Failure) in try oracle.gradient(x.constant, g.pointer) }
    complete = value != nil
    try report.record("gradient_norm", complete ? S.norm(job.dimension, g.constant) : .nan)
  } else if capabilities.contains(.value) {
    value = try job.unlessInterrupted { () throws(Failure) in try oracle.value(x.constant) }
    complete = value != nil
  }
  try report.record("fun", value ?? .nan)
  guard capabilities.contains(.errors) else { return (value, complete) }
  let evaluation = try job.unlessInterrupted { () throws(Failure) in try oracle.evaluate(x.constant) }
  try report.record("error", evaluation?.error ?? .nan)
  return (value, complete && evaluation != nil)
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
