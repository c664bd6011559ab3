import Glibc
import SwaleCore

/// How the inverse temperature gamma of the loss changes over a run: geometrically from the first step to the last,
///
///     gamma_t = gamma_start (gamma_end / gamma_start)^(t / (T - 1)),
///
/// upwards ("slow" when it starts small) or downwards; annealing counts levels of temperature instead of steps. On weights of fixed length a larger gamma is the same as longer
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

  /// - Parameters:
  ///   - start: gamma of the first step; 0: the loss is left as it is.
  ///   - end: gamma of the last of `steps` steps; 0: as `start`.
  ///   - normMoves: the norm of x is kept on a schedule, so that gamma |w| is worth keeping.
  init(_ job: Job<S>, start: Double, end: Double, steps: Int, normMoves: Bool = false) throws(Failure) {
    self.job = job
    guard start > 0 || end == 0 else {
      throw Failure(.option, "option 'gamma_end' is \(end) but gamma_start is 0; give both, each above 0")
    }
    first = start
    last = end > 0 ? end : first
    intervals = Double(max(steps - 1, 1))
    own = job.oracle.gamma
    if first > 0, !own.isFinite {
      throw Failure(
        .unsupported,
        "option 'gamma_start' is \(first), but the loss of objective '\(job.objective.name)' has no gamma; allowed 0, or "
          + "a loss with a gamma (cross_entropy)")
    }
    gamma = own.isFinite ? own : 1
    recorded = job.settings.history && (first > 0 || normMoves)
    binary = job.objective.patterns?.weights == .binary
    history = try Series(capacity: recorded ? min(steps, 65_536) : 1)
    // A gamma that the loss does not take is refused here, before the first step.
    if first > 0 { try job.oracle.setGamma(first) }
  }

  /// Whether gamma differs between the first and the last step.
  var moves: Bool { first != last }

  /// Sets the gamma of a step; keeps gamma |w| (the root mean square over several points). True when gamma is another
  /// one than before, so that values known so far no longer hold.
  @discardableResult
  func begin(step: Int, _ points: UnsafePointer<S>, count: Int = 1) throws(Failure) -> Bool {
    let before = job.oracle.gamma
    if first > 0 {
      gamma = first * pow(last / first, min(1, Double(step) / intervals))
      try job.oracle.setGamma(gamma)
    }
    if recorded {
      let squares = binary ? Double(job.dimension) : S.sumSquares(count * job.dimension, points) / Double(count)
      try history.append(gamma * squares.squareRoot())
    }
    return first > 0 && gamma != before
  }

  /// True when the loss had its own gamma all the time, so that values of the run are those of the objective.
  @discardableResult
  func finish() throws(Failure) -> Bool {
    if recorded { job.report.record("gamma_norm", try history.trimmed()) }
    guard first > 0 else { return true }
    try job.oracle.setGamma(own)
    return false
  }
}
