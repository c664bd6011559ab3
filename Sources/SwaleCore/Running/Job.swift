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
  /// Whether the solver has said anything about itself yet.
  public private(set) var hasObserved = false
  /// Set as soon as something asks the run to stop.
  public private(set) var stopReason: Reason?

  /// How a measurement, or a sampling whose schedule is done, ended: `stalled`, `maxSteps` or `unconverged` where its
  /// numbers are not to be relied on.
  public var conclusion = Reason.converged

  private let started = monotonicSeconds()
  private var lastProgress = 0.0
  /// Whether the run is over and only what its report needs is computed.
  private var isClosing = false
  /// When computations of a run that was cancelled or is out of time are broken off.
  private var deadline = Double.infinity

  /// Breaks off what the run computes.
  private lazy var interrupter = Interrupter { [unowned self] in interruption() }

  /// Seconds that a cancelled run, or one that is out of time, has left for the report of what it reached.
  public static var grace: Double { 0.1 }

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

  // Counted evaluations: those that came to their end.

  public func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    let value = try oracle.value(x)
    valueCount += 1
    return value
  }

  public func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    let value = try oracle.gradient(x, g)
    gradientCount += 1
    return value
  }

  public func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    let evaluation = try oracle.evaluate(x)
    valueCount += 1
    return evaluation
  }

  public func evaluateAffine(
    _ slice: AffineSlice<S>, _ values: UnsafeMutablePointer<Double>, _ errors: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try oracle.evaluateAffine(slice, values, errors)
    valueCount += slice.count
  }

  public func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    let value = try oracle.linearize(x)
    gradientCount += 1
    return value
  }

  public func product(
    _ curvature: Curvature, _ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    switch curvature {
    case .hessian: try oracle.hvp(count, v, out)
    case .gaussNewton: try oracle.gaussNewton(count, v, out)
    }
    productCount += count
  }

  /// Counts work that solvers do without the oracle and that costs about as much as values over all samples: a sweep of
  /// single-spin flips, an epoch of a learning rule, a round of messages.
  public func countValues(_ count: Int) { valueCount += count }

  /// Evaluations that the limit still allows: what blocks of evaluations are cut to, so that none goes beyond it.
  public var allowance: Int {
    settings.maxEvaluations > 0 ? max(0, settings.maxEvaluations - evaluations) : Int.max
  }

  // Telling and asking.

  /// The value (of a batch, for stochastic solvers) and gradient norm of this step, for histories, limits and
  /// progress.
  public func observe(value: Double, gradientNorm: Double = .nan) {
    lastValue = value
    lastGradientNorm = gradientNorm
    hasObserved = true
  }

  /// True when the run should stop: cancelled, out of time or evaluations. Delivers progress on the way, so long
  /// inner loops call it too.
  public func stopping() -> Bool {
    if stopReason != nil { return true }
    if let reason = requested() {
      stop(reason)
    } else if settings.maxEvaluations > 0, evaluations >= settings.maxEvaluations {
      stop(.maxEvaluations)
    }
    return stopReason != nil
  }

  /// What `body` computes, or nil where it was broken off because the run should stop; `stopReason` says why then. Not
  /// broken off at the limit of evaluations, whose last one is wanted. For those who have something to keep: inside of a
  /// step or a measurement an interruption that nobody catches ends all of it.
  public func unlessInterrupted<T>(_ body: () throws(Failure) -> T) throws(Failure) -> T? {
    try Interrupter.use(interrupter) { () throws(Failure) in try Interruption.attempt(body) }
  }

  /// From here on only what the report needs is computed.
  func beginClosing() { isClosing = true }

  private func stop(_ reason: Reason) {
    stopReason = reason
    if reason != .maxEvaluations { deadline = seconds + Self.grace }
  }

  /// A run that has stopped may compute on for the time of grace, and a run that ended by itself until it is told to
  /// stop and then for as long.
  private func interruption() -> Reason? {
    if deadline < .infinity { return seconds >= deadline ? stopReason : nil }
    guard let reason = requested() else { return nil }
    stop(reason)
    return isClosing ? nil : reason
  }

  /// Cancelled or out of time. Tells the progress where it is due.
  private func requested() -> Reason? {
    if run.cancelled { return .cancelled }
    let limit = settings.maxSeconds
    guard limit > 0 || run.progress != nil else { return nil }
    let now = seconds
    if limit > 0, now >= limit { return .maxTime }
    if let progress = run.progress, now - lastProgress >= settings.progressEvery {
      lastProgress = now
      if !progress(snapshot()) { return .cancelled }
    }
    return nil
  }

  /// The reason in words, with the limit that it is about.
  func message(_ reason: Reason) -> String {
    switch reason {
    case .maxTime:
      let limit = settings.maxSeconds
      return "\(reason.text) (max_seconds = \(Int(exactly: limit).map { "\($0)" } ?? "\(limit)"))"
    case .maxEvaluations: return "\(reason.text) (max_evaluations = \(settings.maxEvaluations))"
    case .maxSteps where settings.maxSteps > 0 && step >= settings.maxSteps:
      return "\(reason.text) (max_steps = \(settings.maxSteps))"
    default: return reason.text
    }
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
