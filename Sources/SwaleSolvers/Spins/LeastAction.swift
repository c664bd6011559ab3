import SwaleCore

/// Least-action learning (LAL) of perceptrons and committees of sign units, tree or fully connected, with binary
/// weights: see `LeastActionReplica` for the rule. With one unit and batches of 1 it is the clipped perceptron. A step
/// is one epoch.
///
/// Report: `errors` of x, by a strict recount; `solved` 0 or 1. x is the solution, or the weights with the fewest
/// errors at the end of any epoch.
public struct LeastAction: Solver, Component {
  public static let info = Info(
    "least_action", "Least-action learning of binary perceptrons and committees: repairs the votes nearest to right.",
    reference: "Baldassi et al., PNAS 113 (2016) E7655; Mitchison, Durbin, Biol. Cybern. 60 (1989) 345")
  public static let needs: Capabilities = [.patterns, .errors, .stochastic]
  public static var options: [Option<Self>] {
    [
      option("epochs", \.epochs, in: 1...9e15, "Epochs to try; a run limit max_steps wins."),
      option("batch", \.batch, in: 1...9e15, "Patterns whose moves are collected before the weights change."),
      option("learning_rate", \.learningRate, in: 1e-6...1e6,
        "eta: change of a hidden variable per wrong pattern; it starts at +1 or -1."),
    ]
  }

  public var epochs = 10_000
  public var batch = 1
  public var learningRate = 2.0
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try LeastActionStepper(job, self, x)
  }
}

final class LeastActionStepper<S: Scalar>: Stepper<S> {
  private let settings: LeastAction
  private let replica: LeastActionReplica
  private let record: ConstraintRecord<S>

  init(_ job: Job<S>, _ settings: LeastAction, _ x: UnsafePointer<S>) throws(Failure) {
    self.settings = settings
    let machine = try BinaryMachine(job, for: "solver 'least_action'")
    replica = try LeastActionReplica(machine, x)
    record = try ConstraintRecord(job, machine)
    super.init(job)
  }

  override var totalSteps: Int? { settings.epochs }
  override var succeeded: Bool? { record.solved }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if job.step == 0, try record.look(replica.weights.constant, x) { return .converged }
    replica.beginEpoch(seed: job.seed, order: job.step)
    var (seen, look) = (0, replica.machine.portion)
    while seen < replica.machine.patterns {
      if seen >= look {
        if job.stopping() { break }
        look = seen + replica.machine.portion
      }
      if replica.look(batch: settings.batch) > 0 { replica.learn(eta: Float(settings.learningRate)) }
      seen += settings.batch
    }
    return try record.look(replica.weights.constant, x) ? .converged : nil
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) { try record.finish(x) }
}
