import Glibc
import SwaleCore

/// Overdamped Langevin dynamics: samples the Boltzmann distribution exp(-f(x) / T) by
///
///     x' = x - h d f(x) + sqrt(2 h T) z,   h = rate, z standard normal
///
/// whose error is of order h. With `metropolis` the move is accepted with the probability
/// min(1, exp(-(f(x') - f(x)) / T) q(x | x') / q(x' | x)), q(b | a) = exp(-|b - a + h d f(a)|^2 / (4 h T)), which makes
/// the distribution exact (MALA). With mini-batches it is stochastic-gradient Langevin dynamics; the acceptance needs
/// all samples. At T = 0 it is gradient descent. f is the objective's own scale: the mean over samples for networks, so
/// that T is per sample there. The history `loss` is f before the move.
/// Sources: Roberts, Tweedie, Bernoulli 2 (1996) 341; Welling, Teh, ICML (2011).
///
/// Report: `acceptance`, the accepted fraction of the moves (with `metropolis`); at T > 0 and a constant rate on one
/// landscape, over the values of the steps after `burn_in`: `mean_energy` with `mean_energy_error`, `correlation_time`
/// in steps, `effective_samples` and the flag `mean_energy_converged` (`Autocorrelation`). The error is statistical:
/// without `metropolis` the bias of order h comes on top. Where the flag is 0 a whole run ends as "not converged": it
/// mixes too slowly to know. The flag knows the energy only: a slow coordinate that hardly moves it, or a well that was
/// never visited, goes unnoticed.
public struct Langevin: TrainingSolver {
  public static let info = Info(
    "langevin", "Overdamped Langevin dynamics at a temperature, with an optional Metropolis acceptance (MALA).",
    reference: "Roberts, Tweedie, Bernoulli 2 (1996) 341; Welling, Teh, ICML (2011)")
  public static let needs: Capabilities = [.value, .gradient, .stochastic]
  public static var options: [Option<Self>] {
    trainingOptions + [
      option("temperature", \.temperature, in: 0...1e12, "Temperature T, in units of the objective's value."),
      option("burn_in", \.burnIn, in: 0...9e15, "Steps before the averages begin; 0: a tenth of the run."),
      option("metropolis", \.metropolis, "Accept or refuse every move, so that the distribution is exact."),
    ]
  }

  public var training = Training()
  public var temperature = 1e-4
  public var burnIn = 0
  public var metropolis = false
  public init() { training.learningRate = 0.01 }

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    guard !metropolis || temperature > 0 else {
      throw Failure(
        .option, "option 'metropolis' of solver 'langevin' is true but temperature is 0; give a temperature above 0")
    }
    guard !metropolis || (training.normStart == 0 && training.normEnd == 0 && training.gammaStart == 0) else {
      throw Failure(
        .option, "option 'metropolis' of solver 'langevin' is true, which samples one landscape: take norm_start, "
          + "norm_end and gamma_start away")
    }
    guard !metropolis || training.batchSize == 0 || training.batchSize >= job.objective.sampleCount else {
      throw Failure(
        .option, "option 'metropolis' of solver 'langevin' is true but batch_size is \(training.batchSize); the "
          + "acceptance needs all samples, allowed 0")
    }
    return try LangevinStepper(job, self, x)
  }
}

final class LangevinStepper<S: Scalar>: Stepper<S> {
  private let loop: TrainingLoop<S>
  private let settings: Langevin
  private let gradient: Buffer<S>
  private let noise: Buffer<S>
  private var random: RandomStream
  // With the acceptance: the move, its gradient, and the value and gradient of the present point, which outlive a step.
  private let move: Buffer<S>
  private let moveGradient: Buffer<S>
  private var value = Double.nan
  private let uniform: Buffer<Double>
  private var acceptRandom: RandomStream
  private var accepted = 0
  /// Values of the steps from `firstAveraged` on, where they are those of one distribution.
  private let energies: Autocorrelation?
  private let firstAveraged: Int

  init(_ job: Job<S>, _ settings: Langevin, _ x: UnsafePointer<S>) throws(Failure) {
    loop = try TrainingLoop(job, settings.training, x)
    self.settings = settings
    let n = job.dimension
    gradient = try Buffer(n, zeroed: false)
    noise = try Buffer(settings.temperature > 0 ? n : 0, zeroed: false)
    move = try Buffer(settings.metropolis ? n : 0, zeroed: false)
    moveGradient = try Buffer(settings.metropolis ? n : 0, zeroed: false)
    uniform = try Buffer(1)
    random = job.random(StreamBase.solver)
    acceptRandom = job.random(StreamBase.solver, 1)
    energies = settings.temperature > 0 && settings.training.isStationary ? try Autocorrelation() : nil
    firstAveraged = settings.burnIn > 0 ? settings.burnIn : loop.totalSteps / 10
    super.init(job)
  }

  override var totalSteps: Int? { loop.totalSteps }
  override var succeeded: Bool? { loop.solved }
  override var samples: Bool { settings.temperature > 0 }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    try loop.begin(x)
    if !settings.metropolis || value.isNaN { value = try job.gradient(x, gradient.pointer) }
    if let reason = try loop.observe(value, gradient.constant) { return reason }
    if loop.taken >= firstAveraged { energies?.add(value) }
    let n = job.dimension
    if settings.temperature > 0 {
      random.normal(n, sd: S((2 * loop.rate * settings.temperature).squareRoot()), into: noise.pointer)
    }
    if settings.metropolis {
      try propose(x)
    } else {
      S.axpy(n, S(-loop.rate), gradient.constant, x)
      if settings.temperature > 0 { S.axpy(n, 1, noise.constant, x) }
    }
    return try loop.end(x)
  }

  private func propose(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    let n = job.dimension
    let rate = loop.rate
    acceptRandom.uniform(1, 0, 1, into: uniform.pointer)
    move.pointer.update(from: x, count: n)
    S.axpy(n, S(-rate), gradient.constant, move.pointer)
    S.axpy(n, 1, noise.constant, move.pointer)
    let moved = try job.gradient(move.constant, moveGradient.pointer)
    // The way there was the noise; the way back, x - x' + h d f(x'), is h (d f(x) + d f(x')) - noise.
    let there = S.sumSquares(n, noise.constant)
    S.scale(n, -1, noise.pointer)
    S.axpy(n, S(rate), gradient.constant, noise.pointer)
    S.axpy(n, S(rate), moveGradient.constant, noise.pointer)
    let back = S.sumSquares(n, noise.constant)
    let ways = rate > 0 ? (there - back) / (4 * rate) : 0
    if uniform.pointer[0] < exp((ways - (moved - value)) / settings.temperature) {
      x.update(from: move.constant, count: n)
      gradient.pointer.update(from: moveGradient.constant, count: n)
      value = moved
      accepted += 1
    }
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try loop.finish(x)
    if settings.metropolis, loop.taken > 0 {
      try job.report.record("acceptance", Double(accepted) / Double(loop.taken))
    }
    guard let energies else { return }
    let mean = energies.estimate
    try job.report.record("mean_energy", mean)
    if !mean.converged { job.conclusion = .unconverged }
  }
}
