import SwaleCore

/// Adagrad: steps scaled by the sum of all squared gradients so far. With the gradient g of a batch, t = 0, 1, ...
///
///     s = s + g^2,   x = x - rate / (1 + lr_decay t) g / (sqrt(s) + epsilon)
///
/// s starts at initial_accumulator. Weight decay is added to g.
public struct Adagrad: TrainingSolver {
  public static let info = Info(
    "adagrad", "Adagrad: steps scaled by the sum of all squared gradients so far.",
    reference: "Duchi, Hazan, Singer, Journal of Machine Learning Research 12 (2011) 2121, figure 1; conventions of "
      + "torch.optim.Adagrad")
  public static let needs: Capabilities = [.value, .gradient, .stochastic]
  public static var options: [Option<Self>] {
    trainingOptions + [
      option("lr_decay", \.rateDecay, in: 0...1e6,
        "The learning rate is divided by 1 + lr_decay t in step t = 0, 1, ..., beside the schedule."),
      option("initial_accumulator", \.initialAccumulator, in: 0...1e30, "What the sums of squares start from."),
      option("epsilon", \.epsilon, in: 1e-30...1e6, "Added to the root of the sum of squares."),
      option("weight_decay", \.weightDecay, in: 0...1e6,
        "Coefficient of |x|^2 / 2 in the update, over all parameters; not part of the reported loss."),
    ]
  }

  public var training = Training()
  public var rateDecay = 0.0
  public var initialAccumulator = 0.0
  public var epsilon = 1e-10
  public var weightDecay = 0.0
  public init() { training.learningRate = 0.01 }

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try AdagradStepper(job, self, x)
  }
}

final class AdagradStepper<S: Scalar>: Stepper<S> {
  private let loop: TrainingLoop<S>
  private let settings: Adagrad
  private let gradient: Buffer<S>
  private let sum: Buffer<S>

  init(_ job: Job<S>, _ settings: Adagrad, _ x: UnsafePointer<S>) throws(Failure) {
    loop = try TrainingLoop(job, settings.training, x)
    self.settings = settings
    gradient = try Buffer(job.dimension, zeroed: false)
    sum = try Buffer(job.dimension, zeroed: false)
    S.fill(job.dimension, S(settings.initialAccumulator), sum.pointer)
    super.init(job)
  }

  override var totalSteps: Int? { loop.totalSteps }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    try loop.begin(x)
    let value = try job.gradient(x, gradient.pointer)
    if let reason = try loop.observe(value, gradient.constant) { return reason }
    let rate = S(loop.rate / (1 + settings.rateDecay * Double(loop.taken)))
    let (epsilon, decay) = (S.epsilon(settings.epsilon), S(settings.weightDecay))
    let (g, s) = (gradient.constant, sum.pointer)
    elementwise(job.dimension, cost: 120) { start, count in
      S.adagradStep(count, rate: rate, epsilon: epsilon, decay: decay, g + start, sum: s + start, x + start)
    }
    return try loop.end(x)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) { try loop.finish(x) }
  override var succeeded: Bool? { loop.solved }
}
