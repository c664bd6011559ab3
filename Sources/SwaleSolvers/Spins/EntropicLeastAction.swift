import CSwaleKernels
import SwaleCore

/// Entropic least-action learning (eLAL, replicated stochastic gradient descent on binary weights): y replicas learn by
/// least action, each in its own order of the patterns, and after every batch are drawn together, so that they settle
/// where many solutions are near each other.
///
/// All start at the signs of x. For every batch number the replicas take turns in random order: H += eta G
/// (`LeastActionReplica`), then the pull of `TracedPull`, or with update = center an explicit centre with hidden
/// variables of its own and opposite kicks, H^a += lambda (w^c - w^a), H^c -= lambda (w^c - w^a). After every epoch eta
/// and lambda are multiplied by their factors and gamma grows by its step. A step is one epoch.
///
/// A replica or the centre sign(sum_a w^a) that makes no error after an epoch is a solution; with wait_center the
/// centre alone is. With stop = first the run ends there. On easy devices that is after a few epochs, before the
/// attraction has done anything: such solutions are hardly flatter than those of `least_action`. With stop = end the
/// run goes on until all replicas are one solution, and x is the last solution on the way, the centre before replicas.
/// Measured (docs/flatness.md): 2.3 times as many solutions around x as around a typical one with stop = end, 2.0 with
/// first, 2.0 by `least_action` (perceptron, N = 21, P = 8, within distance 4). By hand, on a few seeds: at N = 501, alpha = 0.3 a flip of 5 %
/// of the weights spoils 2.3 % of the patterns with end, 4.7 % with first, 5.6 % by `least_action`. On trees of 201 x 5
/// weights both are equally flat (8 %; `least_action` 10 %).
///
/// Settings known to work: N = 321 weights per unit, K = 5, alpha = 0.3 and 0.5, the defaults here.
/// Source: Baldassi, Borgs, Chayes, Ingrosso, Lucibello, Saglietti, Zecchina, PNAS 113 (2016) E7655.
///
/// Report: `errors` of x, by a strict recount; `solved` 0 or 1; `center`, `center_errors`, `replica_errors` of the last
/// epoch; histories per epoch `center_error_history` and `replica_distance` (mean Hamming fraction from replica to
/// centre). x is the solution, or the weights with the fewest errors at the end of any epoch.
public struct EntropicLeastAction: Solver, Component {
  public static let info = Info(
    "entropic_least_action", "Least-action learning by replicas that attract each other, for flat solutions.",
    reference: "Baldassi et al., PNAS 113 (2016) E7655")
  public static let needs: Capabilities = [.patterns, .errors, .stochastic]
  public static var options: [Option<Self>] {
    [
      option("epochs", \.epochs, in: 1...9e15, "Epochs to try; a run limit max_steps wins."),
      option("replicas", \.replicas, in: 1...100_000, "y; an odd number has no ties in the centre."),
      option("batch", \.batch, in: 1...9e15, "Patterns whose moves are collected before the weights change."),
      option("learning_rate", \.learningRate, in: 1e-6...1e6, "eta: change of a hidden variable per wrong pattern."),
      option("learning_rate_factor", \.learningRateFactor, in: 0...1e3, "Factor of eta after every epoch."),
      option("attraction", \.attraction, in: 0...1e6, "lambda: size of the pull after every batch."),
      option("attraction_factor", \.attractionFactor, in: 0...1e3, "Factor of lambda after every epoch."),
      option("gamma", \.gamma, in: 0...Double.infinity, "Steepness of the pull in the sum of the replicas."),
      option("gamma_step", \.gammaStep, in: 0...1e6, "What gamma grows by after every epoch."),
      option("update", \.update, choices: TracedPull.variants + ["center"],
        "Form of the pull; center: an explicit centre, which needs small batches: batch 5 with attraction 0.2 solves a "
          + "tree of 201 x 5 weights at alpha = 0.4, where the defaults mostly do not."),
      option("wait_center", \.waitCenter, "Stop only when the centre makes no error."),
      option("stop", \.stop, choices: ["first", "end"],
        "Stop at the first solution, or go on until the replicas are one point or the epochs are over: x is the last "
          + "solution then."),
    ]
  }

  public var epochs = 2000
  public var replicas = 7
  public var batch = 80
  public var learningRate = 2.0
  public var learningRateFactor = 1.0
  public var attraction = 0.75
  public var attractionFactor = 1.0
  public var gamma = 0.05
  public var gammaStep = 0.001
  public var update = "normal"
  public var waitCenter = false
  public var stop = "end"
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try EntropicLeastActionStepper(job, self, x)
  }
}

final class EntropicLeastActionStepper<S: Scalar>: Stepper<S> {
  private let settings: EntropicLeastAction
  private let machine: BinaryMachine
  private let record: ConstraintRecord<S>
  private let replicas: [LeastActionReplica]
  private let pull: TracedPull
  private let explicitCenter: LeastActionReplica?
  /// Bits of sign(s), or those of the explicit centre.
  private let center: Buffer<UInt64>
  private let turns: Buffer<Int64>
  private var turnRandom: RandomStream
  private let errors: Buffer<Double>
  private var centerErrors = 0
  private var centerHistory: Series
  private var distances: Series
  private var (eta, lambda, gamma) = (0.0, 0.0, 0.0)

  init(_ job: Job<S>, _ settings: EntropicLeastAction, _ x: UnsafePointer<S>) throws(Failure) {
    self.settings = settings
    machine = try BinaryMachine(job, for: "solver 'entropic_least_action'")
    record = try ConstraintRecord(job, machine)
    var made: [LeastActionReplica] = []
    for _ in 0..<settings.replicas { made.append(try LeastActionReplica(machine, x)) }
    replicas = made
    pull = try TracedPull(machine, replicas: settings.replicas, variant: settings.update)
    pull.gather(made[0].hidden.constant)
    explicitCenter = settings.update == "center" ? try LeastActionReplica(machine, x) : nil
    center = try Buffer(copying: made[0].weights.constant, count: machine.words)
    turns = try Buffer((0..<settings.replicas).map(Int64.init))
    turnRandom = job.random(StreamBase.solver, SpinStreams.turns)
    errors = try Buffer(settings.replicas)
    centerHistory = try Series(capacity: min(settings.epochs, 65_536))
    distances = try Series(capacity: min(settings.epochs, 65_536))
    (eta, lambda, gamma) = (settings.learningRate, settings.attraction, settings.gamma)
    super.init(job)
  }

  override var totalSteps: Int? { settings.epochs }
  override var succeeded: Bool? { record.solved }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if job.step == 0, try record.look(center.constant, x), settings.stop == "first" { return .converged }
    let y = replicas.count
    for a in 0..<y { replicas[a].beginEpoch(seed: job.seed, order: job.step &* y &+ a) }
    pull.set(lambda: lambda, gamma: gamma)
    var seen = 0
    while seen < machine.patterns {
      shuffleTurns()
      for turn in 0..<y where !job.stopping() { learn(replicas[Int(turns.pointer[turn])]) }
      if job.stopReason != nil { break }
      seen += settings.batch
    }
    eta *= settings.learningRateFactor
    lambda *= settings.attractionFactor
    gamma += settings.gammaStep
    return try judge(x)
  }

  private func shuffleTurns() {
    for last in stride(from: replicas.count - 1, to: 0, by: -1) {
      let other = turnRandom.below(last + 1)
      (turns.pointer[last], turns.pointer[other]) = (turns.pointer[other], turns.pointer[last])
    }
  }

  private func learn(_ replica: LeastActionReplica) {
    _ = replica.look(batch: settings.batch)
    if let explicitCenter {
      replica.learn(eta: Float(eta), lambda: Float(lambda), center: explicitCenter)
    } else {
      replica.learn(eta: Float(eta), towards: pull)
    }
  }

  /// Counts the errors of all replicas and the centre; x is the one with the fewest.
  private func judge(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    setCenter()
    let overlap = meanOverlap()
    try distances.append((1 - overlap) / 2)
    centerErrors = machine.errors(center.constant)
    try centerHistory.append(Double(centerErrors))
    var (fewest, weights) = (centerErrors, center.constant)
    for (a, replica) in replicas.enumerated() {
      let count = replica.errors
      errors.pointer[a] = Double(count)
      if count < fewest, !settings.waitCenter { (fewest, weights) = (count, replica.weights.constant) }
    }
    job.countValues(replicas.count + 1)
    job.observe(value: Double(fewest))
    machine.write(weights, to: x)
    let solution = try record.note(weights, fewest, x)
    return solution && (settings.stop == "first" || overlap == 1) ? .converged : nil
  }

  /// The explicit centre, or sign(sum_a w^a), where a tie counts as +1.
  private func setCenter() {
    if let explicitCenter {
      center.pointer.update(from: explicitCenter.weights.constant, count: machine.words)
      return
    }
    let (words, fanIn) = (Int(machine.view.words), machine.view.fan_in)
    for unit in 0..<machine.graph.hidden {
      swk_pack_hidden_i32(fanIn, pull.sum.constant + unit * words * 64, center.pointer + unit * words)
    }
  }

  /// Mean over replicas of w^a . w^c / N.
  private func meanOverlap() -> Double {
    var differing = 0
    for replica in replicas {
      for word in 0..<machine.words {
        differing += (replica.weights.pointer[word] ^ center.pointer[word]).nonzeroBitCount
      }
    }
    return 1 - 2 * Double(differing) / Double(machine.graph.dimension * replicas.count)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try record.finish(x)
    let report = job.report
    let point = try Buffer<S>(machine.graph.dimension, zeroed: false)
    machine.write(center.constant, to: point.pointer)
    try report.record("center", vector: point.constant, shape: [point.count])
    try report.record("center_errors", centerErrors)
    report.record("replica_errors", errors)
    report.record("center_error_history", try centerHistory.trimmed())
    report.record("replica_distance", try distances.trimmed())
  }
}
