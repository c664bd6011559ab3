import Glibc
import SwaleCore

/// The walk of `GreedyLocalEntropy`.
final class GreedyLocalEntropyStepper<S: Scalar>: Stepper<S> {
  private let settings: GreedyLocalEntropy
  private let n: Int
  private let patterns: Int
  private let messages: MessagePassing<S>
  private let reference: Buffer<S>
  /// Weights whose flip was refused since the last accepted one.
  private let refused: Buffer<UInt8>
  private var random: RandomStream
  /// Far from the streams of the sweeps.
  private static var coins: Int { 1 << 19 }
  private var gamma: Double
  private var score = 0.0
  private var started = false
  private var proposed = 0
  private var accepted = 0
  private var errors = 0
  private var solved = false

  private var unconverged = 0
  private var sweeps = 0
  private var scores: Series
  private var gammas: Series
  private var counts: Series
  private var flips: Series

  init(
    _ job: Job<S>, _ settings: GreedyLocalEntropy, _ messages: MessagePassing<S>, _ x: UnsafePointer<S>
  ) throws(Failure) {
    self.settings = settings
    self.messages = messages
    n = messages.weights
    patterns = messages.patterns
    reference = try Buffer(n, zeroed: false)
    refused = try Buffer(n)
    random = job.random(StreamBase.solver, Self.coins)
    gamma = settings.gamma
    scores = try Series()
    gammas = try Series()
    counts = try Series()
    flips = try Series()
    for i in 0..<n { reference.pointer[i] = x[i] >= 0 ? 1 : -1 }
    super.init(job)
  }

  override var succeeded: Bool? { solved }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if !started {
      started = true
      tilt()
      if try look(x) { return .converged }
    } else if let i = proposal() {
      try propose(i)
      if try look(x) { return .converged }
    } else {
      guard settings.gammaStep > 0, gamma + settings.gammaStep <= settings.gammaMax else { return .stalled }
      gamma += settings.gammaStep
      proposed = 0
      clearRefused()
      tilt()
      note(x)
    }
    try scores.append(score / Double(n))
    try gammas.append(gamma)
    try counts.append(Double(errors))
    try flips.append(Double(accepted))
    return nil
  }

  /// The weight to flip next: greedy, the one that disagrees most of those not refused; with a temperature, any.
  private func proposal() -> Int? {
    if proposed >= settings.proposals { return nil }
    var best: Int?
    var least = settings.temperature > 0 ? Double.infinity : -settings.disagreement
    for i in 0..<n where refused.pointer[i] == 0 {
      let agreement = Double(reference.pointer[i]) * messages.cavityField(i)
      if agreement < least {
        least = agreement
        best = i
      }
    }
    if best == nil, settings.temperature > 0 {
      clearRefused()
      best = random.below(n)
    }
    return best
  }

  /// Flips weight i of the reference, scores it, and takes it back unless accepted.
  private func propose(_ i: Int) throws(Failure) {
    proposed += 1
    let before = score
    flip(i)
    relax()
    let change = score - before
    var coin = 0.0
    if change <= 0, settings.temperature > 0 { random.uniform(1, 0, 1, into: &coin) }
    if change > 0 || settings.temperature > 0 && coin < exp(change / settings.temperature) {
      accepted += 1
      clearRefused()
      return
    }
    flip(i)
    relax()
    refused.pointer[i] = 1
  }

  private func flip(_ i: Int) {
    reference.pointer[i] = -reference.pointer[i]
    messages.setExternal(i, gamma * Double(reference.pointer[i]))
  }

  private func tilt() {
    for i in 0..<n { messages.setExternal(i, gamma * Double(reference.pointer[i])) }
    relax()
  }

  /// Carries the messages on and scores the reference.
  private func relax() {
    job.countValues(1)
    let found = messages.relax(tolerance: settings.tolerance, maxSweeps: settings.sweeps) { job.stopping() }
    if !found.converged { unconverged += 1 }
    sweeps += found.sweeps
    score = messages.logPartition() - gamma * Double(n)
  }

  private func clearRefused() { refused.pointer.update(repeating: 0, count: n) }

  private func note(_ x: UnsafeMutablePointer<S>) {
    x.update(from: reference.constant, count: n)
    job.observe(value: Double(errors))
  }

  /// Counts the errors of the reference. True at a solution.
  private func look(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    x.update(from: reference.constant, count: n)
    errors = Int(saturating: (try job.evaluate(x).error * Double(patterns)).rounded())
    job.observe(value: Double(errors))
    solved = errors == 0
    return solved
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    let report = job.report
    try report.record("errors", errors)
    try report.record("solved", solved ? 1 : 0)
    try report.record("unconverged", unconverged)
    try report.record("sweeps", sweeps)
    try report.record("gamma", gamma)
    report.record("scores", try scores.trimmed())
    report.record("gammas", try gammas.trimmed())
    report.record("error_counts", try counts.trimmed())
    report.record("flips", try flips.trimmed())
  }
}
