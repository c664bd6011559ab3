import SwaleCore

/// RMSprop: steps scaled by a running mean of the squared gradient. With the gradient g of a batch,
///
///     v = alpha v + (1 - alpha) g^2,   d = g / (sqrt(v) + epsilon),   b = momentum b + d,   x = x - rate b
///
/// With `centered` the variance v - m^2 with m = alpha m + (1 - alpha) g stands under the root; it is computed without
/// the cancellation of the two, so that it never is negative. All start at 0. Weight decay is added to g.
public struct RMSprop: TrainingSolver {
  public static let info = Info(
    "rmsprop", "RMSprop: steps scaled by a running mean of the squared gradient, with momentum or centred on request.",
    reference: "Tieleman, Hinton, Lecture 6.5 of Neural Networks for Machine Learning (2012); centred: Graves, "
      + "arXiv:1308.0850, section 4.2; conventions of torch.optim.RMSprop")
  public static let needs: Capabilities = [.value, .gradient, .stochastic]
  public static var options: [Option<Self>] {
    trainingOptions + [
      option("alpha", \.alpha, in: 0...0.999999, "Decay of the running mean of the squared gradient."),
      option("epsilon", \.epsilon, in: 1e-30...1e6, "Added to the root of the mean square."),
      option("momentum", \.momentum, in: 0...1, "Part of the velocity that is kept in every step."),
      option("centered", \.centered, "Divide by the root of the variance of the gradient instead of its mean square."),
      option("weight_decay", \.weightDecay, in: 0...1e6,
        "Coefficient of |x|^2 / 2 in the update, over all parameters; not part of the reported loss."),
    ]
  }

  public var training = Training()
  public var alpha = 0.99
  public var epsilon = 1e-8
  public var momentum = 0.0
  public var centered = false
  public var weightDecay = 0.0
  public init() { training.learningRate = 0.01 }

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try RMSpropStepper(job, self, x)
  }
}

final class RMSpropStepper<S: Scalar>: Stepper<S> {
  private let loop: TrainingLoop<S>
  private let settings: RMSprop
  private let gradient: Buffer<S>
  private let square: Buffer<S>
  private let mean: Buffer<S>?
  private let velocity: Buffer<S>?

  init(_ job: Job<S>, _ settings: RMSprop, _ x: UnsafePointer<S>) throws(Failure) {
    loop = try TrainingLoop(job, settings.training, x)
    self.settings = settings
    gradient = try Buffer(job.dimension, zeroed: false)
    square = try Buffer(job.dimension)
    mean = settings.centered ? try Buffer(job.dimension) : nil
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
    let (rate, alpha, epsilon) = (S(loop.rate), S(settings.alpha), S.epsilon(settings.epsilon))
    let (momentum, decay) = (S(settings.momentum), S(settings.weightDecay))
    let (g, v, m, b) = (gradient.constant, square.pointer, mean?.pointer, velocity?.pointer)
    elementwise(job.dimension, cost: 140) { start, count in
      S.rmspropStep(
        count, rate: rate, alpha: alpha, epsilon: epsilon, momentum: momentum, decay: decay, g + start,
        square: v + start, mean: m.map { $0 + start }, velocity: b.map { $0 + start }, x + start)
    }
    return try loop.end(x)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) { try loop.finish(x) }
  override var succeeded: Bool? { loop.solved }
}
