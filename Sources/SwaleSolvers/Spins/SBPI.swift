import CSwaleKernels
import SwaleCore

/// Stochastic belief-propagation-inspired learning (SBPI) of a perceptron with binary weights: on-line, with one small
/// odd integer h_i per weight, w_i = sign h_i. Patterns come in a fresh random order every epoch; with label sigma,
/// inputs xi and Delta = sigma sum_i w_i xi_i,
///
/// - Delta <= 0: h_i += 2 sigma xi_i for all i;
/// - 0 < Delta <= theta_m: with probability p_s (one draw per presentation) h_i += 2 sigma xi_i for those i with
///   w_i = sigma xi_i, which changes no weight but makes them harder to change.
///
/// At margin kappa, Delta is counted from the bound ceil(kappa sqrt N) instead of from 1. A step is one epoch. p_s = 0
/// is the clipped perceptron. With the defaults a perceptron of N = 1001 is learned up to alpha near 0.7; theta_m >= 5
/// with p_s >= 0.3 makes all h grow at once and freezes (spec: measured), and so does a clip below about 40. Source:
/// Baldassi, Braunstein, Brunel, Zecchina, PNAS 104 (2007) 11079.
///
/// Report: `errors` of x, by a strict recount; `solved` 0 or 1; `hidden`, the h of the last epoch. x is the solution,
/// or the weights with the fewest errors at the end of any epoch.
public struct SBPI: Solver, Component {
  public static let info = Info(
    "sbpi", "Stochastic belief-propagation-inspired learning of a binary perceptron with integer hidden variables.",
    reference: "Baldassi, Braunstein, Brunel, Zecchina, PNAS 104 (2007) 11079")
  public static let needs: Capabilities = [.patterns, .errors, .stochastic]
  public static var options: [Option<Self>] {
    [
      option("epochs", \.epochs, in: 1...9e15, "Epochs to try; a run limit max_steps wins."),
      option("threshold", \.threshold, in: 0...1e9,
        "theta_m: patterns right by at most this much strengthen the weights that agree; 5 and more with p_s >= 0.3 "
          + "freezes."),
      option("probability", \.probability, in: 0...1,
        "p_s: probability that a barely right pattern does so; 0 is the clipped perceptron."),
      option("clip", \.clip, in: 0...1e9,
        "Largest |h|, rounded down to an odd number; 0: unbounded. Below about 40 at N = 1001 learning fails."),
    ]
  }

  public var epochs = 10_000
  public var threshold = 1
  public var probability = 0.3
  public var clip = 0
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try SBPIStepper(job, self, x)
  }
}

final class SBPIStepper<S: Scalar>: Stepper<S> {
  private let settings: SBPI
  private let machine: BinaryMachine
  private let record: ConstraintRecord<S>
  private let order: Buffer<Int64>
  private let draws: Buffer<UInt32>
  private let hidden: Buffer<Int32>
  private let weights: Buffer<UInt64>
  private let chance: UInt64
  private let clip: Int32

  init(_ job: Job<S>, _ settings: SBPI, _ x: UnsafePointer<S>) throws(Failure) {
    self.settings = settings
    machine = try BinaryMachine(job, for: "solver 'sbpi'", perceptronOnly: true)
    record = try ConstraintRecord(job, machine)
    order = try Buffer(machine.patterns, zeroed: false)
    draws = try Buffer(machine.patterns)
    hidden = try Buffer(machine.padded, zeroed: false)
    weights = try Buffer(machine.words)
    chance = UInt64(saturating: settings.probability * 0x1p32)
    clip = settings.clip == 0 ? 0 : Int32((settings.clip - 1) / 2 * 2 + 1)
    machine.read(x, into: hidden.pointer)
    swk_pack_hidden_i32(machine.view.fan_in, hidden.constant, weights.pointer)
    super.init(job)
  }

  override var totalSteps: Int? { settings.epochs }
  override var succeeded: Bool? { record.solved }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if job.step == 0, try record.look(weights.constant, x) { return .converged }
    let p = machine.patterns
    RandomStream.permutation(
      seed: job.seed, stream: StreamBase.solver + UInt64(SpinStreams.order(job.step)), p, into: order.pointer)
    if settings.probability > 0, settings.threshold > 0 {
      swk_random_u32(
        job.seed, StreamBase.solver + UInt64(SpinStreams.draws), UInt64(job.step) &* UInt64(p), Int64(p),
        draws.pointer)
    }
    for first in stride(from: 0, to: p, by: machine.portion) where !job.stopping() {
      withUnsafePointer(to: machine.view) { view in
        _ = swk_sbpi_epoch(
          view, Int64(min(machine.portion, p - first)), order.constant + first, draws.constant + first,
          Int64(settings.threshold), chance, clip, hidden.pointer, weights.pointer)
      }
    }
    return try record.look(weights.constant, x) ? .converged : nil
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try record.finish(x)
    let n = machine.graph.dimension
    let values = try Buffer<Double>(n, zeroed: false)
    for i in 0..<n { values.pointer[i] = Double(hidden.pointer[i]) }
    job.report.record("hidden", values)
  }
}
