import CSwale
import Swale

/// Makes a run: limits, seed and recording from `options` (component "run" of kind SWALE_KIND_RUN), and a progress
/// callback or NULL. A run serves one call at a time and may be used again.
@c(swale_run_create)
public func swaleRunCreate(
  _ options: swale_options_t, _ progress: swale_progress_fn?, _ user: UnsafeMutableRawPointer?,
  _ out: UnsafeMutablePointer<swale_run_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let settings = try RunSettings.configured(try optionBag(options))
    guard let progress else { return publish(Run(settings), .run, out) }
    publish(Run(settings) { now in tell(progress, user, now) }, .run, out)
  }
}

/// One progress call. The action is preset to STOP: a callback that dies on the way stops the run.
private func tell(
  _ function: @convention(c) (UnsafePointer<swale_progress>?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?)
    -> Void, _ user: UnsafeMutableRawPointer?, _ now: Progress
) -> Bool {
  var snapshot = swale_progress()
  snapshot.struct_size = UInt32(MemoryLayout<swale_progress>.size)
  snapshot.reason = now.reason.rawValue
  snapshot.step = Int64(now.step)
  snapshot.total_steps = Int64(now.totalSteps)
  snapshot.evaluations = Int64(now.evaluations)
  snapshot.seconds = now.seconds
  snapshot.value = now.value
  snapshot.gradient_norm = now.gradientNorm
  var action = Int32(SWALE_ACTION_STOP)
  function(&snapshot, &action, user)
  return action == SWALE_ACTION_CONTINUE
}

/// Destroys a run; 0 does nothing. A call that uses it finishes normally.
@c(swale_run_destroy)
public func swaleRunDestroy(_ run: swale_run_t) -> swale_status {
  boundary { () throws(Failure) in try destroy(run, .run) }
}

/// Asks a run to stop: within a tenth of a second, one chunk of samples or one callback of the host. The only function that may be called from another thread while a run is in
/// use; the call that is running returns SWALE_OK with reason SWALE_CANCELLED and its partial result.
@c(swale_run_cancel)
public func swaleRunCancel(_ run: swale_run_t) -> swale_status {
  boundary { () throws(Failure) in try resolve(run, .run, as: Run.self).cancel() }
}

/// The run of a handle; 0 means a run with default settings.
private func runOf(_ handle: swale_run_t) throws(Failure) -> Run {
  handle == 0 ? Run() : try resolve(handle, .run, as: Run.self)
}

/// Runs a registered solver from x (count elements, changed in place when the run has ended). `run` may be 0. Result:
/// scalars fun, steps, evaluations, seconds, reason, success, ..., the array x, histories loss and gradient_norms, and
/// what the solver adds. `success` is 1 when the run ended as it was meant to: converged; or the target was met over all
/// samples; or the solver's own schedule was done and the value over all samples did not rise beyond its noise; or, for
/// solvers of constraints, a strict recount found no error. A run that a limit, a cancel or a max_steps below its
/// schedule cut short has success 0.
@c(swale_solve)
public func swaleSolve(
  _ solver: UnsafePointer<CChar>?, _ options: swale_options_t, _ objective: swale_objective_t,
  _ x: UnsafeMutablePointer<Double>?, _ count: Int64, _ run: swale_run_t, _ out: UnsafeMutablePointer<swale_result_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let name = try text(solver, "solver")
    let landscape = try resolve(objective, .objective, as: ObjectiveBox.self).objective
    _ = try dimension(count, of: landscape)
    let x = try required(x, "x")
    let entry = try Registry.shared.find(.solver, name)
    let made = try Registry.shared.make(.solver, name, try optionBag(options), as: (any Solver).self)
    let report = try solve(
      made, name: name, needs: entry.needs, objective: landscape, x: x, run: try runOf(run))
    publish(ResultBox(report), .result, out)
  }
}

/// Measures a registered metric at `point_count` points (point_count x count elements, row by row; NULL for none).
/// `objective` may be 0 for a metric that needs no landscape (theory), `run` may be 0.
@c(swale_measure)
public func swaleMeasure(
  _ metric: UnsafePointer<CChar>?, _ options: swale_options_t, _ objective: swale_objective_t,
  _ points: UnsafePointer<Double>?, _ pointCount: Int64, _ count: Int64, _ run: swale_run_t,
  _ out: UnsafeMutablePointer<swale_result_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let name = try text(metric, "metric")
    let landscape =
      objective == 0 ? NoLandscape() : try resolve(objective, .objective, as: ObjectiveBox.self).objective
    let k = try SwaleC.count(pointCount, "point_count")
    if k > 0 {
      _ = try dimension(count, of: landscape)
      _ = try required(points, "points")
    }
    let entry = try Registry.shared.find(.metric, name)
    let made = try Registry.shared.make(.metric, name, try optionBag(options), as: (any Metric).self)
    let report = try measure(
      made, name: name, needs: entry.needs, pointRange: entry.points, objective: landscape, points: points, count: k,
      run: try runOf(run))
    publish(ResultBox(report), .result, out)
  }
}
