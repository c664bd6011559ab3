import SwaleCore

/// Stochastic gradient descent with momentum, in PyTorch's conventions: with the gradient g of a batch,
///
///     g' = g + weight_decay x,   v = momentum v + g',   x = x - rate (nesterov ? g' + momentum v : v)
///
/// With batch_size 0 it is gradient descent. v starts at 0. With dampening, v = momentum v + (1 - dampening) g' after
/// the first step, in which v = g'.
///
/// On objectives over binary weights the gradient is that at sign(x) and moves the hidden fields x (straight-through);
/// x stays the hidden fields, while `errors`, `solved` and `success` are of the signs. With the gamma of the
/// cross-entropy going up geometrically it is the ceSGD of Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161: "slow"
/// from about 0.5 to 5, "fast" at 5 from the start. Settings that solve a perceptron of N = 1001 at alpha = 0.4:
/// objective with reduction = sum (the mean over the batch of 50 is 50 times too slow), x normal of deviation 0.1,
/// learning_rate 0.02, batch_size 50, epochs 1000, stop_when_solved. At alpha = 0.5 they do not.
public struct SGD: TrainingSolver {
  public static let info = Info(
    "sgd", "Stochastic gradient descent with momentum, schedules, weight decay and norm control.",
    reference: "Robbins, Monro, Annals of Mathematical Statistics 22 (1951) 400; Polyak, USSR Computational "
      + "Mathematics and Mathematical Physics 4 (1964) 1; Nesterov, Soviet Mathematics Doklady 27 (1983) 372; "
      + "conventions of torch.optim.SGD")
  public static let needs: Capabilities = [.value, .gradient, .stochastic]
  public static var options: [Option<Self>] {
    trainingOptions + [
      option("momentum", \.momentum, in: 0...1, "Part of the velocity that is kept in every step."),
      option("dampening", \.dampening, in: 0...1,
        "Part of the gradient that stays out of the velocity after the first step; needs momentum, without nesterov."),
      option("nesterov", \.nesterov, "Nesterov's variant: look ahead along the velocity; needs momentum."),
      option("weight_decay", \.weightDecay, in: 0...1e6,
        "Coefficient of |x|^2 / 2 in the update, over all parameters; not part of the reported loss."),
    ]
  }

  public var training = Training()
  public var momentum = 0.0
  public var dampening = 0.0
  public var nesterov = false
  public var weightDecay = 0.0
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    guard !nesterov || momentum > 0 else {
      throw Failure(.option, "option 'nesterov' of solver 'sgd' is true but momentum is 0; give a momentum in 0 ... 1")
    }
    guard dampening == 0 || (momentum > 0 && !nesterov) else {
      throw Failure(
        .option, "option 'dampening' of solver 'sgd' is \(dampening), which needs momentum above 0 and nesterov false; "
          + "got momentum \(momentum) and nesterov \(nesterov)")
    }
    return try SGDStepper(job, self, x)
  }
}

final class SGDStepper<S: Scalar>: Stepper<S> {
  private let loop: TrainingLoop<S>
  private let momentum: S
  private let dampening: S
  private let nesterov: Bool
  private let weightDecay: S
  private let gradient: Buffer<S>
  private let velocity: Buffer<S>?

  init(_ job: Job<S>, _ settings: SGD, _ x: UnsafePointer<S>) throws(Failure) {
    loop = try TrainingLoop(job, settings.training, x)
    momentum = S(settings.momentum)
    dampening = S(settings.dampening)
    nesterov = settings.nesterov
    weightDecay = S(settings.weightDecay)
    gradient = try Buffer(job.dimension, zeroed: false)
    velocity = settings.momentum > 0 ? try Buffer(job.dimension) : nil
    super.init(job)
  }

  override var totalSteps: Int? { loop.totalSteps }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    try loop.begin(x)
    let value = try job.gradient(x, gradient.pointer)
    if let reason = try loop.observe(value, gradient.constant) { return reason }
    let rate = S(loop.rate)
    let g = gradient.constant
    if let v = velocity?.pointer, dampening > 0 {
      let gain = loop.taken == 0 ? 1 : 1 - dampening
      elementwise(job.dimension, cost: 100) { start, count in
        S.dampedStep(
          count, rate: rate, momentum: momentum, gain: gain, decay: weightDecay, g + start, velocity: v + start,
          x + start)
      }
    } else if let v = velocity?.pointer {
      elementwise(job.dimension, cost: 100) { start, count in
        S.sgdStep(count, rate, momentum, nesterov, weightDecay, g + start, v + start, x + start)
      }
    } else {
      elementwise(job.dimension, cost: 60) { start, count in
        S.sgdStep(count, rate, 0, false, weightDecay, g + start, nil, x + start)
      }
    }
    return try loop.end(x)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) { try loop.finish(x) }
  override var succeeded: Bool? { loop.solved }
}
