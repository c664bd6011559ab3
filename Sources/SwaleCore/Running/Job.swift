/// One running solve or measurement: the oracle, the run and the report in one place, with every evaluation counted
/// the same way for every solver, so that runs are comparable by construction.
public final class Job<S: Scalar> {
  public let objective: any Objective
  public let oracle: Oracle<S>
  public let run: Run
  public let report: Report
  public var settings: RunSettings { run.settings }
  public var dimension: Int { oracle.dimension }

  public private(set) var valueCount = 0
  public private(set) var gradientCount = 0
  public private(set) var productCount = 0
  public var evaluations: Int { valueCount + gradientCount + productCount }

  /// What the solver last said about itself.
  public private(set) var lastValue = Double.nan
  public private(set) var lastGradientNorm = Double.nan
  public var step = 0
  public var totalSteps = -1
  /// Set as soon as something asks the run to stop.
  public private(set) var stopReason: Reason?

  /// How a measurement, or a sampling whose schedule is done, ended: `stalled`, `maxSteps` or `unconverged` where its
  /// numbers are not to be relied on.
  public var conclusion = Reason.converged

  private let started = monotonicSeconds()
  private var lastProgress = 0.0

  public init(_ objective: any Objective, _ run: Run, _ report: Report) throws(Failure) {
    self.objective = objective
    self.run = run
    self.report = report
    oracle = try objective.makeOracle(S.self)
  }

  public var seconds: Double { monotonicSeconds() - started }
  public var seed: UInt64 { UInt64(bitPattern: Int64(settings.seed)) }

  /// An independent stream of random numbers of this run.
  public func random(_ base: UInt64, _ index: Int = 0) -> RandomStream {
    RandomStream(seed: seed, stream: base + UInt64(index))
  }

  // Counted evaluations.

  public func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    valueCount += 1
    return try oracle.value(x)
  }

  public func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    gradientCount += 1
    return try oracle.gradient(x, g)
  }

  public func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    valueCount += 1
    return try oracle.evaluate(x)
  }

  public func evaluateAffine(
    _ slice: AffineSlice<S>, _ values: UnsafeMutablePointer<Double>, _ errors: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    valueCount += slice.count
    try oracle.evaluateAffine(slice, values, errors)
  }

  public func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    gradientCount += 1
    return try oracle.linearize(x)
  }

  public func product(
    _ curvature: Curvature, _ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    productCount += count
    switch curvature {
    case .hessian: try oracle.hvp(count, v, out)
    case .gaussNewton: try oracle.gaussNewton(count, v, out)
    }
  }

  // Telling and asking.

  /// The value (of a batch, for stochastic solvers) and gradient norm of this step, for histories, limits and
  /// progress.
  public func observe(value: Double, gradientNorm: Double = .nan) {
    lastValue = value
    lastGradientNorm = gradientNorm
  }

  /// True when the run should stop: cancelled, out of time or evaluations. Delivers progress on the way, so long
  /// inner loops call it too.
  public func stopping() -> Bool {
    if stopReason != nil { return true }
    if run.cancelled {
      stopReason = .cancelled
      return true
    }
    let limit = settings.maxSeconds
    if limit > 0 || run.progress != nil {
      let now = seconds
      if limit > 0, now >= limit {
        stopReason = .maxTime
        return true
      }
      if let progress = run.progress, now - lastProgress >= settings.progressEvery {
        lastProgress = now
        if !progress(snapshot()) {
          stopReason = .cancelled
          return true
        }
      }
    }
    if settings.maxEvaluations > 0, evaluations >= settings.maxEvaluations {
      stopReason = .maxEvaluations
      return true
    }
    return false
  }

  /// A last progress call at the end, so that displays reach their end.
  public func finishProgress(_ reason: Reason) {
    guard let progress = run.progress else { return }
    var last = snapshot()
    last.reason = reason
    _ = progress(last)
  }

  private func snapshot() -> Progress {
    Progress(
      reason: .running, step: step, totalSteps: totalSteps, evaluations: evaluations, seconds: seconds,
      value: lastValue, gradientNorm: lastGradientNorm)
  }
}
