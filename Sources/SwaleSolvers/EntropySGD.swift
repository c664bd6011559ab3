import SwaleCore

/// Entropy-SGD: descends the local entropy, whose gradient is gamma (x - mean of a Langevin walker that is tied to x).
/// Step t = 0, 1, ..., with g_t = gamma_0 (1 + gamma_1)^t, walker w = x and mean mu = x, runs L inner steps
///
///     w = w - r (d f(w) + g_t (w - x)) + s z,   mu = b mu + (1 - b) w,   r = langevin_rate, z standard normal
///
/// each with a batch of its own, and then takes the outer step along x - mu
///
///     x = x - rate (1 - dampening) d(x - mu)
///
/// where d is the direction of `sgd` (momentum, Nesterov, weight decay), inside with a velocity that starts at 0 in
/// every step. The tie never pulls beyond x: r g_t counts as at most 1. With L = 0 it is `sgd`: the outer step is along
/// the gradient of one batch.
///
/// The paper and the authors' program differ (issues 2 and 5 of github.com/ucla-vision/entropy-sgd); both are options,
/// and the defaults are the program's:
/// - noise_scale: s = epsilon sqrt(2 r) in the program, epsilon sqrt(r) in the paper;
/// - average: the weight b of the past is beta in the program, 1 - beta in the paper;
/// - outer_gamma: the paper multiplies the outer step by g_t, the program leaves that to the learning rate.
///
/// **When it is flatter than sgd.** r g_t is the part of the way back to x that a step of the walker goes. At 0.1, the
/// default of the first step (0.3 in the last), the walker moves about x at the large rate r while x follows slowly,
/// and the end is flatter than that of `sgd` at the same training loss, after more gradients than `sgd` needs, both
/// tuned: top eigenvalue, trace and local energy, digits, docs/flatness.md. gamma_0 of the program
/// (1e-4 for MNIST, 0.03 for CIFAR, gamma_1 = 1e-3) is no tie at r = 0.1: the walker is `sgd`, x is a mean of its last
/// places, and flatness that of `sgd` at the rate r. With momentum m and dampening 0, as in the program, the way to the
/// mean is taken 1 / (1 - m) times, which overshoots: the local energy is several times that of `sgd`. The default,
/// 1 - dampening = 1 - m, mends that. Noise of epsilon 0.01 and more raises the local energy. The price is time: 1.5 to 4
/// times the gradients of `sgd` until the loss is reached. r is the rate to tune; it can be larger than that of `sgd`.
///
/// An epoch is one pass of the walker over the samples: a step costs L gradients, so that runs of equal `epochs` cost
/// the same as those of `sgd`; compare curves at equal `gradient_evaluations`. The loss of a step is that of its first
/// batch at x; `epoch_loss` is the mean along the walk.
/// Source: Chaudhari et al., arXiv:1611.01838, algorithm 1.
///
/// Report: `gamma_0` and `gamma_1` as used; `scope` (g_t) and `gradient_evaluations` (so far) of every step.
public struct EntropySGD: TrainingSolver {
  public static let info = Info(
    "entropy_sgd", "Descends the local entropy: every step follows the mean of a Langevin walker tied to the point.",
    reference: "Chaudhari, Choromanska, Soatto, LeCun, Baldassi, Borgs, Chayes, Sagun, Zecchina, arXiv:1611.01838, "
      + "algorithm 1; conventions of github.com/ucla-vision/entropy-sgd")
  public static let needs: Capabilities = [.value, .gradient, .stochastic]
  public static var options: [Option<Self>] {
    trainingOptions + [
      option("langevin_steps", \.langevinSteps, in: 0...1e6, "Inner steps L, one gradient each; 0: plain sgd."),
      option("langevin_rate", \.langevinRate, in: 1e-12...1e6, "Learning rate of the inner steps."),
      option("beta", \.beta, in: 0...1, "Weight of the running mean of the walker: see 'average'."),
      option("epsilon", \.epsilon, in: 0...1e6, "Scale of the noise: see 'noise_scale'. 0: no noise."),
      option("gamma_0", \.gamma0, in: -1...1e9,
        "Strength of the tie between walker and point in the first step; below 0: 0.1 / langevin_rate."),
      option("gamma_1", \.gamma1, in: -1...1e6,
        "The tie grows by the factor 1 + gamma_1 in every step; below 0: to 0.3 / langevin_rate in the last."),
      option("noise_scale", \.noiseScale, choices: ["program", "paper"],
        "Noise of an inner step: epsilon sqrt(2 langevin_rate) as in the authors' program, or epsilon "
          + "sqrt(langevin_rate) as in the paper."),
      option("average", \.average, choices: ["program", "paper"],
        "Mean of the walker: beta mean + (1 - beta) walker as in the authors' program, or (1 - beta) mean + beta "
          + "walker as in the paper."),
      option("outer_gamma", \.outerGamma, "Multiply the outer step by the strength of the tie, as the paper does."),
      option("momentum", \.momentum, in: 0...1, "Part of the outer velocity that is kept in every step."),
      option("dampening", \.dampening, in: -1...1,
        "The outer step is multiplied by 1 - dampening; below 0: by 1 - momentum, so that momentum does not lengthen "
          + "the way, or by 1 without inner steps."),
      option("inner_momentum", \.innerMomentum, in: 0...1, "Part of the walker's velocity that is kept."),
      option("nesterov", \.nesterov, "Nesterov's variant of either momentum."),
      option("weight_decay", \.weightDecay, in: 0...1e6,
        "Coefficient of |x|^2 / 2, in inner and outer steps as in the authors' program; not part of the loss."),
    ]
  }

  public var training = Training()
  public var langevinSteps = 20
  public var langevinRate = 0.1
  public var beta = 0.75
  public var epsilon = 1e-4
  public var gamma0 = -1.0
  public var gamma1 = -1.0
  public var noiseScale = "program"
  public var average = "program"
  public var outerGamma = false
  public var momentum = 0.0
  public var dampening = -1.0
  public var innerMomentum = 0.0
  public var nesterov = true
  public var weightDecay = 0.0
  /// The outer learning rate is 1: x moves to the mean of the walker.
  public init() { training.learningRate = 1 }

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try EntropySGDStepper(job, self, x)
  }
}

final class EntropySGDStepper<S: Scalar>: Stepper<S> {
  private let loop: TrainingLoop<S>
  private let settings: EntropySGD
  private let gradient: Buffer<S>
  private let velocity: Buffer<S>?
  // The walker, where it has been on average, and its velocity.
  private let walker: Buffer<S>
  private let mean: Buffer<S>
  private let walkerVelocity: Buffer<S>?
  private let noise: Buffer<S>?
  private let noiseSize: S
  private let scoping: Scoping
  /// Part of an outer step that is taken.
  private let damping: Double
  /// Weight of the past in the mean.
  private let memory: S
  private var noisePosition: UInt64 = 0
  private var scopes: Series
  private var evaluations: Series

  init(_ job: Job<S>, _ settings: EntropySGD, _ x: UnsafePointer<S>) throws(Failure) {
    loop = try TrainingLoop(job, settings.training, x, batchesPerStep: max(settings.langevinSteps, 1))
    self.settings = settings
    let n = job.dimension
    let inner = settings.langevinSteps > 0
    gradient = try Buffer(n, zeroed: false)
    velocity = settings.momentum > 0 ? try Buffer(n) : nil
    walker = try Buffer(inner ? n : 0, zeroed: false)
    mean = try Buffer(inner ? n : 0, zeroed: false)
    walkerVelocity = inner && settings.innerMomentum > 0 ? try Buffer(n) : nil
    noise = inner && settings.epsilon > 0 ? try Buffer(n, zeroed: false) : nil
    let variance = settings.langevinRate * (settings.noiseScale == "program" ? 2 : 1)
    noiseSize = S(settings.epsilon * variance.squareRoot())
    scoping = Scoping(
      gamma0: settings.gamma0, gamma1: settings.gamma1, rate: settings.langevinRate, steps: loop.totalSteps,
      first: 0.1, last: 0.3)
    damping = 1 - (settings.dampening >= 0 ? settings.dampening : inner ? settings.momentum : 0)
    memory = S(settings.average == "program" ? settings.beta : 1 - settings.beta)
    let room = job.settings.history ? min(loop.totalSteps, 65_536) : 1
    scopes = try Series(capacity: room)
    evaluations = try Series(capacity: room)
    super.init(job)
  }

  override var totalSteps: Int? { loop.totalSteps }
  override var succeeded: Bool? { loop.solved }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    let scope = scoping.strength(loop.taken)
    let reason = try advance(x, scope)
    if job.settings.history {
      try scopes.append(scope)
      try evaluations.append(Double(job.gradientCount))
    }
    return reason
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func advance(_ x: UnsafeMutablePointer<S>, _ scope: Double) throws(Failure) -> Reason? {
    try loop.begin(x)
    let value = try job.gradient(x, gradient.pointer)
    if let reason = try loop.observe(value, gradient.constant) { return reason }
    if settings.langevinSteps == 0 {
      move(x, rate: S(loop.rate * damping))
      return try loop.end(x)
    }
    var epochReason: Reason?
    walker.pointer.update(from: x, count: job.dimension)
    mean.pointer.update(from: x, count: job.dimension)
    if let v = walkerVelocity { S.fill(v.count, 0, v.pointer) }
    walk(S(scope), anchor: x)
    for _ in 1..<settings.langevinSteps {
      // A stopped walk has no mean of L steps: x stays where it is.
      if job.stopping() { return nil }
      try loop.nextBatch()
      epochReason = try loop.note(try job.gradient(walker.constant, gradient.pointer)) ?? epochReason
      walk(S(scope), anchor: x)
    }
    S.subtract(job.dimension, x, mean.constant, gradient.pointer)
    move(x, rate: S(loop.rate * damping * (settings.outerGamma ? scope : 1)))
    let reason = try loop.end(x)
    return epochReason ?? reason
  }

  /// One inner step from the gradient in `gradient`.
  private func walk(_ scope: S, anchor: UnsafePointer<S>) {
    let rate = S(settings.langevinRate)
    let pull = min(1, rate * scope)
    let (momentum, decay) = (S(settings.innerMomentum), S(settings.weightDecay))
    let (g, w, m, v) = (gradient.constant, walker.pointer, mean.pointer, walkerVelocity?.pointer)
    let eta = noise?.pointer
    let (seed, stream, position) = (job.seed, StreamBase.solver, noisePosition)
    elementwise(job.dimension, cost: eta == nil ? 30 : 60) { start, count in
      if let eta { S.randomNormal(seed, stream, position + UInt64(start), count, 0, 1, eta + start) }
      S.tetheredStep(
        count, rate: rate, momentum: momentum, nesterov: settings.nesterov, decay: decay, pull: pull,
        noise: noiseSize, memory: memory, g + start, anchor: anchor + start, eta: eta.map { UnsafePointer($0 + start) },
        velocity: v.map { $0 + start }, mean: m + start, w + start)
    }
    noisePosition += UInt64(job.dimension)
  }

  /// The outer step along the direction in `gradient`.
  private func move(_ x: UnsafeMutablePointer<S>, rate: S) {
    let (momentum, decay) = (S(settings.momentum), S(settings.weightDecay))
    let (g, v) = (gradient.constant, velocity?.pointer)
    elementwise(job.dimension, cost: 20) { start, count in
      S.sgdStep(count, rate, momentum, settings.nesterov, decay, g + start, v.map { $0 + start }, x + start)
    }
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try loop.finish(x)
    try job.report.record("gamma_0", scoping.gamma0)
    try job.report.record("gamma_1", scoping.gamma1)
    guard job.settings.history else { return }
    job.report.record("scope", try scopes.trimmed())
    job.report.record("gradient_evaluations", try evaluations.trimmed())
  }
}
