import SwaleCore

/// What happens around the update of every solver that trains: `begin` chooses the batch, `observe` looks at its loss
/// and gradient, `end` keeps the norm and counts. A step of a solver is
///
///     try loop.begin(x)
///     let value = try job.gradient(x, g)
///     if let reason = try loop.observe(value, g) { return reason }
///     ... x moves by loop.rate ...
///     return try loop.end(x)
///
/// A step that meets a stopping criterion does not move x, so that the point handed back is the one that met it. A step
/// that looks at more batches calls `nextBatch` and `note` for each of the others.
final class TrainingLoop<S: Scalar> {
  private let job: Job<S>
  private var batches: BatchLoop
  private let schedule: Schedule.Plan
  private let learningRate: Double
  private let gradientTolerance: Double
  private let lossTolerance: Double
  private let stopWhenSolved: Bool
  private let targetValue: Double
  let totalSteps: Int

  /// Learning rate of the current step.
  private(set) var rate = 0.0
  /// Steps completed.
  private(set) var taken = 0
  private var batchCount = 0
  private var epochEnded = false

  /// Norm of x: geometric from first to last; first == 0 means free.
  private var norm: (first: Double, last: Double)
  private let gamma: GammaSchedule<S>

  // Sums of the current epoch, weighted by samples.
  private var lossSum = 0.0
  private var samples = 0
  private var lastNormOfGradient = Double.nan
  // The point of the step, and what a look at the gradient over all samples needs.
  private var point: UnsafePointer<S>?
  private var wholeGradient: Buffer<S>?
  private var lookedInEpoch = 0
  private var losses: Series
  private var gradientNorms: Series

  /// Whether a recount at the end found no error, where that is what success means: with binary weights.
  private(set) var solved: Bool?

  /// - Parameter batchesPerStep: 1, unless a step looks at several batches.
  init(
    _ job: Job<S>, _ training: Training, _ x: UnsafePointer<S>, batchesPerStep: Int = 1
  ) throws(Failure) {
    self.job = job
    batches = try BatchLoop(job.objective, training, seed: job.seed)
    totalSteps = try training.totalSteps(
      perEpoch: batches.stepsPerEpoch, limit: job.settings.maxSteps, batchesPerStep: batchesPerStep)
    schedule = training.schedule.plan(totalSteps)
    learningRate = training.learningRate
    gradientTolerance = training.gradientTolerance
    lossTolerance = training.lossTolerance
    stopWhenSolved = training.stopWhenSolved
    if stopWhenSolved {
      try job.objective.capabilities.require(
        .errors, by: "option 'stop_when_solved'", objective: job.objective.name)
    }
    targetValue = job.settings.targetValue
    norm.first = training.normStart
    if training.normEnd > 0, training.normStart == 0 { norm.first = S.norm(job.dimension, x) }
    norm.last = training.normEnd > 0 ? training.normEnd : norm.first
    gamma = try GammaSchedule(
      job, start: training.gammaStart, end: training.gammaEnd, steps: totalSteps, normMoves: norm.first > 0)
    // Room for all epochs of usual runs: a series that is full grows by doubling.
    let room = 65_536
    let epochs = min(min(totalSteps / batches.stepsPerEpoch, room) * min(batchesPerStep, room) + 1, room)
    losses = try Series(capacity: epochs)
    gradientNorms = try Series(capacity: epochs)
  }

  var stepsPerEpoch: Int { batches.stepsPerEpoch }

  /// Chooses the batch, the learning rate and the gamma of the next step.
  /// - Parameter points: `count` points in a row, which all move in this step.
  func begin(_ points: UnsafeMutablePointer<S>, count: Int = 1) throws(Failure) {
    if taken == 0 { setNorm(points, count, norm.first) }
    point = UnsafePointer(points)
    rate = learningRate * schedule.factor(taken)
    try gamma.begin(step: taken, points, count: count)
    try nextBatch()
  }

  /// Goes on to another batch.
  func nextBatch() throws(Failure) {
    if let batch = batches.next() {
      batchCount = batch.count
      try job.oracle.select(batch)
    } else {
      batchCount = 1
    }
    epochEnded = epochEnded || batches.atEpochEnd
  }

  /// Takes note of the loss of the batch, before x moves. The norm of the gradient costs a pass over it: it is taken
  /// when it is asked for, where the pass is small against a gradient of all samples, and once an epoch.
  func observe(_ value: Double, _ g: UnsafePointer<S>) throws(Failure) -> Reason? {
    var norm = Double.nan
    if batches.atEpochEnd || gradientTolerance > 0 { norm = S.norm(job.dimension, g) }
    job.observe(value: value, gradientNorm: norm)
    lastNormOfGradient = norm
    let epoch = try note(value)
    if epoch != nil { return epoch }
    if value <= targetValue { return .target }
    guard gradientTolerance > 0, norm <= gradientTolerance else { return nil }
    if batches.isFull { return .converged }
    return try isStationary() ? .converged : nil
  }

  /// Whether the gradient over all samples meets the tolerance too, which that of a batch can do by chance: looked at
  /// once an epoch at most.
  private func isStationary() throws(Failure) -> Bool {
    guard let point, lookedInEpoch != batches.epoch else { return false }
    lookedInEpoch = batches.epoch
    if wholeGradient == nil { wholeGradient = try Buffer(job.dimension, zeroed: false) }
    guard let g = wholeGradient else { return false }
    try job.oracle.select(nil)
    _ = try job.gradient(point, g.pointer)
    return S.norm(job.dimension, g.constant) <= gradientTolerance
  }

  /// Adds the loss of the batch to the mean of its epoch; at the end of the epoch, looks at the mean.
  func note(_ value: Double) throws(Failure) -> Reason? {
    lossSum += value * Double(batchCount)
    samples += batchCount
    guard batches.atEpochEnd else { return nil }
    let mean = lossSum / Double(samples)
    try closeEpoch()
    return lossTolerance > 0 && mean <= lossTolerance ? .target : nil
  }

  /// After x has moved.
  func end(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    keepNorm(x)
    return try close(x)
  }

  /// Gives points that have moved the norm of the schedule.
  func keepNorm(_ points: UnsafeMutablePointer<S>, count: Int = 1) {
    if norm.first > 0 {
      let s = min(1, Double(taken + 1) / Double(totalSteps))
      setNorm(points, count, geometricPath(norm.first, norm.last, at: s))
    }
  }

  /// Counts the step that led to x.
  func close(_ x: UnsafePointer<S>) throws(Failure) -> Reason? {
    taken += 1
    if epochEnded {
      epochEnded = false
      // A recount that was broken off has found nothing; x has moved all the same.
      let found = stopWhenSolved ? try job.unlessInterrupted { () throws(Failure) in try recount(x).error } : nil
      if found == 0 { return .converged }
    }
    return taken >= totalSteps ? .maxSteps : nil
  }

  /// Value and error over all samples.
  private func recount(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    if job.objective.capabilities.contains(.batches) { try job.oracle.select(nil) }
    return try job.evaluate(x)
  }

  /// Adds the histories of epochs to the report, the last of which may be unfinished, and for objectives over patterns
  /// the strict recount of errors at x: `errors`, and `solved` 1 or 0.
  func finish(_ x: UnsafePointer<S>) throws(Failure) {
    if samples > 0 { try closeEpoch() }
    job.report.record("epoch_loss", try losses.trimmed())
    job.report.record("epoch_gradient_norm", try gradientNorms.trimmed())
    try gamma.finish()
    guard let graph = job.objective.patterns, job.objective.capabilities.contains(.errors) else { return }
    let finite = S.firstNonfinite(job.dimension, x) < 0
    let error = finite ? try job.unlessInterrupted { () throws(Failure) in try recount(x).error } : 1
    guard let error else { return try job.report.record("errors", Double.nan) }
    try job.report.record("errors", Int(saturating: (error * Double(graph.patterns)).rounded()))
    try job.report.record("solved", error == 0 ? 1 : 0)
    if graph.weights == .binary { solved = error == 0 }
  }

  private func closeEpoch() throws(Failure) {
    try losses.append(lossSum / Double(samples))
    try gradientNorms.append(lastNormOfGradient)
    lossSum = 0
    samples = 0
  }

  /// x = norm x / |x| for each of the points; the zero vector has no direction and stays.
  private func setNorm(_ points: UnsafeMutablePointer<S>, _ count: Int, _ norm: Double) {
    if norm == 0 { return }
    for i in 0..<count {
      let x = points + i * job.dimension
      let now = S.norm(job.dimension, x)
      if now > 0, now.isFinite { S.scale(job.dimension, S(norm / now), x) }
    }
  }
}
