import SwaleCore

/// Adam: steps scaled by running means of the gradient and its square. With the gradient g of a batch, t = 1, 2, ...
///
///     m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
///     x = x - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// Weight decay is added to g, or with `decoupled` shrinks x by the factor 1 - rate weight_decay first (AdamW). With
/// `amsgrad` the largest v of all steps so far, element by element, stands under the root.
public struct Adam: TrainingSolver {
  public static let info = Info(
    "adam", "Adam, AdamW and AMSGrad: steps scaled by running means of the gradient and its square.",
    reference: "Kingma, Ba, arXiv:1412.6980, algorithm 1; decoupled weight decay: Loshchilov, Hutter, "
      + "arXiv:1711.05101, algorithm 2, in the convention of torch.optim.AdamW; AMSGrad: Reddi, Kale, Kumar, "
      + "arXiv:1904.09237, algorithm 2, with the bias corrections of torch.optim.Adam")
  public static let needs: Capabilities = [.value, .gradient, .stochastic]
  public static var options: [Option<Self>] {
    trainingOptions + [
      option("beta1", \.beta1, in: 0...0.999999, "Decay of the running mean of the gradient."),
      option("beta2", \.beta2, in: 0...0.999999, "Decay of the running mean of the squared gradient."),
      option("epsilon", \.epsilon, in: 1e-30...1e6, "Added to the root of the mean square."),
      option("weight_decay", \.weightDecay, in: 0...1e6, "Weight decay, over all parameters; not part of the loss."),
      option("decoupled", \.decoupled, "Weight decay shrinks the parameters and stays out of the gradient (AdamW)."),
      option("amsgrad", \.amsgrad, "Divide by the root of the largest mean square of all steps so far (AMSGrad)."),
    ]
  }

  public var training = Training()
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  public var weightDecay = 0.0
  public var decoupled = false
  public var amsgrad = false
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try AdamStepper(job, self, x)
  }
}

final class AdamStepper<S: Scalar>: Stepper<S> {
  private let loop: TrainingLoop<S>
  private let settings: Adam
  private let gradient: Buffer<S>
  private let mean: Buffer<S>
  private let square: Buffer<S>
  /// Largest `square` so far, with AMSGrad.
  private let peak: Buffer<S>?
  /// beta^t, kept in double for both precisions.
  private var power1 = 1.0
  private var power2 = 1.0

  init(_ job: Job<S>, _ settings: Adam, _ x: UnsafePointer<S>) throws(Failure) {
    loop = try TrainingLoop(job, settings.training, x)
    self.settings = settings
    gradient = try Buffer(job.dimension, zeroed: false)
    mean = try Buffer(job.dimension)
    square = try Buffer(job.dimension)
    peak = settings.amsgrad ? try Buffer(job.dimension) : nil
    super.init(job)
  }

  override var totalSteps: Int? { loop.totalSteps }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    try loop.begin(x)
    let value = try job.gradient(x, gradient.pointer)
    if let reason = try loop.observe(value, gradient.constant) { return reason }
    power1 *= settings.beta1
    power2 *= settings.beta2
    let rate = S(loop.rate)
    let (beta1, beta2, epsilon) = (S(settings.beta1), S(settings.beta2), S.epsilon(settings.epsilon))
    let (bias1, bias2) = (S(1 - power1), S(1 - power2))
    let decay = settings.decoupled ? 0 : S(settings.weightDecay)
    let shrink = settings.decoupled ? S(1 - loop.rate * settings.weightDecay) : 1
    let (g, m, v, top) = (gradient.constant, mean.pointer, square.pointer, peak?.pointer)
    elementwise(job.dimension, cost: 140) { start, count in
      if shrink != 1 { S.scale(count, shrink, x + start) }
      if let top {
        S.amsgradStep(
          count, rate, beta1, beta2, epsilon, bias1, bias2, decay, g + start, m + start, v + start, top + start,
          x + start)
      } else {
        S.adamStep(
          count, rate, beta1, beta2, epsilon, bias1, bias2, decay, g + start, m + start, v + start, x + start)
      }
    }
    return try loop.end(x)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) { try loop.finish(x) }
  override var succeeded: Bool? { loop.solved }
}
