import Glibc
import SwaleCore

/// What happens around the update of every solver that trains: `begin` chooses the batch, `observe` looks at its loss
/// and gradient, `end` keeps the norm and counts. A step of a solver is
///
///     try loop.begin(x)
///     let value = try job.gradient(x, g)
///     if let reason = try loop.observe(value, g) { return reason }
///     ... x moves by loop.rate ...
///     return loop.end(x)
///
/// A step that meets a stopping criterion does not move x, so that the point handed back is the one that met it.
final class TrainingLoop<S: Scalar> {
  private let job: Job<S>
  private var batches: BatchLoop
  private let schedule: Schedule.Plan
  private let learningRate: Double
  private let gradientTolerance: Double
  private let lossTolerance: Double
  private let targetValue: Double
  let totalSteps: Int

  /// Learning rate of the current step.
  private(set) var rate = 0.0
  private var taken = 0
  private var batchCount = 0

  // Norm of x: geometric from first to last; first == 0 means free.
  private var firstNorm: Double
  private let lastNorm: Double

  // Sums of the current epoch, weighted by samples.
  private var lossSum = 0.0
  private var samples = 0
  private var lastNormOfGradient = Double.nan
  private var losses: Series
  private var gradientNorms: Series

  init(_ job: Job<S>, _ training: Training, _ x: UnsafePointer<S>) throws(Failure) {
    self.job = job
    batches = try BatchLoop(
      job.objective, size: training.batchSize, dropLast: training.dropLast, seed: job.seed)
    totalSteps = try training.totalSteps(perEpoch: batches.stepsPerEpoch, limit: job.settings.maxSteps)
    schedule = training.schedule.plan(totalSteps)
    learningRate = training.learningRate
    gradientTolerance = training.gradientTolerance
    lossTolerance = training.lossTolerance
    targetValue = job.settings.targetValue
    if training.normEnd > 0, training.normStart == 0 {
      firstNorm = S.sumSquares(job.dimension, x).squareRoot()
    } else {
      firstNorm = training.normStart
    }
    lastNorm = training.normEnd > 0 ? training.normEnd : firstNorm
    // Room for all epochs of usual runs: a series that is full grows by doubling.
    let epochs = min(totalSteps / batches.stepsPerEpoch + 1, 65_536)
    losses = try Series(capacity: epochs)
    gradientNorms = try Series(capacity: epochs)
  }

  /// Chooses the batch and the learning rate of the next step.
  func begin(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    if taken == 0 { setNorm(x, firstNorm) }
    rate = learningRate * schedule.factor(taken)
    if let batch = batches.next() {
      batchCount = batch.count
      try job.oracle.select(batch)
    } else {
      batchCount = 1
    }
  }

  /// Takes note of the loss of the batch, before x moves. The norm of the gradient costs a pass over it: it is taken
  /// when it is asked for, where the pass is small against a gradient of all samples, and once an epoch.
  func observe(_ value: Double, _ g: UnsafePointer<S>) throws(Failure) -> Reason? {
    let epochEnds = batches.atEpochEnd
    var norm = Double.nan
    if epochEnds || gradientTolerance > 0 { norm = S.sumSquares(job.dimension, g).squareRoot() }
    job.observe(value: value, gradientNorm: norm)
    lossSum += value * Double(batchCount)
    samples += batchCount
    lastNormOfGradient = norm
    var reason: Reason?
    if gradientTolerance > 0, norm <= gradientTolerance { reason = .converged }
    if value <= targetValue { reason = .target }
    if epochEnds {
      let mean = lossSum / Double(samples)
      try closeEpoch()
      if lossTolerance > 0, mean <= lossTolerance { reason = .target }
    }
    return reason
  }

  /// After x has moved.
  func end(_ x: UnsafeMutablePointer<S>) -> Reason? {
    taken += 1
    if firstNorm > 0 {
      let s = min(1, Double(taken) / Double(totalSteps))
      setNorm(x, firstNorm * pow(lastNorm / firstNorm, s))
    }
    return taken >= totalSteps ? .maxSteps : nil
  }

  /// Adds the histories of epochs to the report. The last epoch may be an unfinished one.
  func finish() throws(Failure) {
    if samples > 0 { try closeEpoch() }
    job.report.record("epoch_loss", try losses.trimmed())
    job.report.record("epoch_gradient_norm", try gradientNorms.trimmed())
  }

  private func closeEpoch() throws(Failure) {
    try losses.append(lossSum / Double(samples))
    try gradientNorms.append(lastNormOfGradient)
    lossSum = 0
    samples = 0
  }

  /// x = norm x / |x|; the zero vector has no direction and stays.
  private func setNorm(_ x: UnsafeMutablePointer<S>, _ norm: Double) {
    if norm == 0 { return }
    let now = S.sumSquares(job.dimension, x).squareRoot()
    if now > 0, now.isFinite { S.scale(job.dimension, S(norm / now), x) }
  }
}
