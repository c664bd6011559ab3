import Glibc
import SwaleCore

/// How the inverse temperature gamma of the loss changes over a run: geometrically from the first step to the last,
///
///     gamma_t = gamma_start (gamma_end / gamma_start)^(t / (T - 1)),
///
/// upwards ("slow" when it starts small) or downwards. On weights of fixed length a larger gamma is the same as longer
/// weights, because only gamma |w| enters the cross-entropy: that product is the history `gamma_norm`, kept whenever
/// gamma or the norm has a schedule. |w| is sqrt N for binary weights, whose hidden fields x have a length that no loss
/// sees. A loss without gamma counts as gamma = 1.
///
/// The loss has its own gamma back when the run has ended, so that the value reported at the end is that of the
/// objective. Source: Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161.
final class GammaSchedule<S: Scalar> {
  private let job: Job<S>
  private let first: Double
  private let last: Double
  private let intervals: Double
  private let own: Double
  private let recorded: Bool
  private let binary: Bool
  private var gamma: Double
  private var history: Series

  /// - Parameter normMoves: the norm of x is kept on a schedule, so that gamma |w| is worth keeping.
  init(_ job: Job<S>, _ training: Training, totalSteps: Int, normMoves: Bool) throws(Failure) {
    self.job = job
    guard training.gammaStart > 0 || training.gammaEnd == 0 else {
      throw Failure(
        .option, "option 'gamma_end' is \(training.gammaEnd) but gamma_start is 0; give both, each above 0")
    }
    first = training.gammaStart
    last = training.gammaEnd > 0 ? training.gammaEnd : first
    intervals = Double(max(totalSteps - 1, 1))
    own = job.oracle.gamma
    gamma = own.isFinite ? own : 1
    recorded = job.settings.history && (first > 0 || normMoves)
    binary = job.objective.patterns?.weights == .binary
    history = try Series(capacity: recorded ? min(totalSteps, 65_536) : 1)
    // A loss without gamma refuses here, before the first step.
    if first > 0 { try job.oracle.setGamma(first) }
  }

  /// Sets the gamma of a step; keeps gamma |w| (the root mean square over several points).
  func begin(step: Int, _ points: UnsafePointer<S>, count: Int) throws(Failure) {
    if first > 0 {
      gamma = first * pow(last / first, min(1, Double(step) / intervals))
      try job.oracle.setGamma(gamma)
    }
    if recorded {
      let squares = binary ? Double(job.dimension) : S.sumSquares(count * job.dimension, points) / Double(count)
      try history.append(gamma * squares.squareRoot())
    }
  }

  func finish() throws(Failure) {
    if first > 0, own.isFinite { try job.oracle.setGamma(own) }
    if recorded { job.report.record("gamma_norm", try history.trimmed()) }
  }
}
