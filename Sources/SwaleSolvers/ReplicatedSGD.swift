import SwaleCore

/// Replicated SGD: y copies of the parameters, each descending with batches of its own, pulled together by a tie that
/// grows until they are one point. In step t every replica a moves by
///
///     w_a = w_a - rate d_a - rate gamma_t (w_a - c),   c = mean of the w_a,   gamma_t = gamma_0 (1 + gamma_1)^t
///
/// with d_a the direction of `sgd` (momentum, Nesterov, weight decay). All replicas see the same c, that of the start
/// of the step; the pull is outside the velocity and never more than the way to c (rate gamma_t <= 1). The point of the
/// run is c: its loss is what replicas in the same wide minimum have in common.
///
/// The tie has a memory of 1 / (rate gamma_t) steps. By default it is a third of the run at the start and 10 steps at
/// its end. Without a tie replicas go on to part; with this one they are still at more than half of that distance after
/// a tenth of the run, at a quarter of it or more after a quarter, and then come together. A tie that balances the
/// gradient of a batch is far too strong: it has a memory of a few steps, and the replicas are one point after a few
/// epochs.
///
/// **When it is flatter than sgd.** At the same training loss, after more gradients than `sgd` needs, both tuned for
/// their learning rate, the centre has a lower local energy, trace and top eigenvalue than the end of `sgd`, because it
/// stands still at rates at which a single replica is thrown about (docs/flatness.md: digits). At the
/// same learning rate the eigenvalues are those of `sgd`, and the local energy is lower. The price is time: about y
/// times the gradients of `sgd` until the loss is reached.
///
/// An epoch is one pass of every replica over the samples: a step costs y gradients. Replica 0 has the batches of `sgd`
/// with the same seed. Source: Pittorino et al., ICLR (2021), arXiv:2006.07897; Baldassi et al., PNAS 113 (2016) E7655.
///
/// Report: `replicas` (y x N points), `replica_loss` and `replica_error` of each over all samples, `replica_distance`
/// from c; `epoch_distance`, their root mean square at the end of every epoch; `scope` (gamma_t) and
/// `gradient_evaluations` (so far) of every step; `gamma_0` and `gamma_1` as used. Loss and error of c are `fun` and
/// `error`.
public struct ReplicatedSGD: TrainingSolver {
  public static let info = Info(
    "replicated_sgd", "Several replicas descend with their own batches while a growing tie pulls them to their mean.",
    reference: "Pittorino, Lucibello, Feinauer, Perugini, Baldassi, Demyanenko, Zecchina, ICLR (2021), "
      + "arXiv:2006.07897; Baldassi, Borgs, Chayes, Ingrosso, Lucibello, Saglietti, Zecchina, PNAS 113 (2016) E7655")
  public static let needs: Capabilities = [.value, .gradient, .stochastic]
  public static var options: [Option<Self>] {
    trainingOptions + [
      option("replicas", \.replicas, in: 2...64, "Number y of replicas."),
      option("gamma_0", \.gamma0, in: -1...1e9,
        "Strength of the tie in the first step; below 0: 3 / (learning_rate T) in a run of T steps, so that it "
          + "remembers a third of the run."),
      option("gamma_1", \.gamma1, in: -1...1e6,
        "The tie grows by the factor 1 + gamma_1 in every step; below 0: to 0.1 / learning_rate in the last."),
      option("spread", \.spread, in: 0...1e6,
        "Standard deviation of the Gaussian numbers that part the replicas at the start; 0: only their batches do."),
      option("momentum", \.momentum, in: 0...1, "Part of a replica's velocity that is kept in every step."),
      option("nesterov", \.nesterov, "Nesterov's variant: look ahead along the velocity; needs momentum."),
      option("weight_decay", \.weightDecay, in: 0...1e6,
        "Coefficient of |x|^2 / 2 in the update, over all parameters; not part of the reported loss."),
    ]
  }

  public var training = Training()
  public var replicas = 3
  public var gamma0 = -1.0
  public var gamma1 = -1.0
  public var spread = 0.01
  public var momentum = 0.0
  public var nesterov = false
  public var weightDecay = 0.0
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    guard !nesterov || momentum > 0 else {
      throw Failure(
        .option,
        "option 'nesterov' of solver 'replicated_sgd' is true but momentum is 0; give a momentum in 0 ... 1")
    }
    let stepper = try ReplicatedSGDStepper(job, self, x)
    guard spread > 0 || !stepper.seesAllSamples else {
      throw Failure(
        .option, "option 'spread' of solver 'replicated_sgd' is 0 and every step sees all samples, so the replicas "
          + "would never part; give a spread above 0 or a batch_size")
    }
    return stepper
  }
}

final class ReplicatedSGDStepper<S: Scalar>: Stepper<S> {
  private let loop: TrainingLoop<S>
  private let settings: ReplicatedSGD
  private let n: Int
  private let count: Int
  /// Batches of replicas 1, 2, ...; those of replica 0 are the loop's.
  private var batches: [BatchLoop] = []
  // Rows of n, one for each replica.
  private let points: Buffer<S>
  private let gradients: Buffer<S>
  private let velocities: Buffer<S>?
  private let difference: Buffer<S>
  private let scoping: Scoping
  private var scopes: Series
  private var evaluations: Series
  private var distances: Series

  /// Batch streams of one replica: more epochs than any run has.
  private static var streamsPerReplica: UInt64 { 1 << 26 }

  init(_ job: Job<S>, _ settings: ReplicatedSGD, _ x: UnsafePointer<S>) throws(Failure) {
    loop = try TrainingLoop(job, settings.training, x)
    self.settings = settings
    n = job.dimension
    count = settings.replicas
    for a in 1..<count {
      batches.append(
        try BatchLoop(
          job.objective, settings.training, seed: job.seed,
          stream: StreamBase.batches + UInt64(a) * Self.streamsPerReplica))
    }
    let cells = try checkedProduct([count, n], "the replicas of solver 'replicated_sgd'")
    points = try Buffer(cells, zeroed: false)
    gradients = try Buffer(cells, zeroed: false)
    velocities = settings.momentum > 0 ? try Buffer(cells) : nil
    difference = try Buffer(n, zeroed: false)
    scoping = Scoping(
      gamma0: settings.gamma0, gamma1: settings.gamma1, rate: settings.training.learningRate, steps: loop.totalSteps,
      first: min(3 / Double(loop.totalSteps), 0.1), last: 0.1)
    for a in 0..<count {
      let w = points.pointer + a * n
      var random = job.random(StreamBase.solver, a)
      random.normal(n, sd: S(settings.spread), into: w)
      S.axpy(n, 1, x, w)
    }
    let room = job.settings.history ? min(loop.totalSteps, 65_536) : 1
    scopes = try Series(capacity: room)
    evaluations = try Series(capacity: room)
    distances = try Series(capacity: min(loop.totalSteps / loop.stepsPerEpoch + 1, 65_536))
    super.init(job)
  }

  var seesAllSamples: Bool { batches[0].isFull }
  override var totalSteps: Int? { loop.totalSteps }
  override var succeeded: Bool? { loop.solved }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    try loop.begin(points.pointer, count: count)
    if loop.taken == 0 { average(points.constant, x) }
    // A stopped round of gradients is no step: x stays where it is.
    guard let value = try gradientsOfAll() else { return nil }
    average(gradients.constant, difference.pointer)
    let scope = scoping.strength(loop.taken)
    if job.settings.history {
      try scopes.append(scope)
      try evaluations.append(Double(job.gradientCount))
    }
    if let reason = try loop.observe(value, difference.constant) { return reason }
    if batches[0].atEpochEnd { try distances.append(rootMeanSquare { distance($0, from: x) }) }
    move(x, scope)
    loop.keepNorm(points.pointer, count: count)
    average(points.constant, x)
    return try loop.close(x)
  }

  /// Gradient of every replica, on its own batch. Returns the mean of the losses, or nil when the run was stopped on
  /// the way.
  private func gradientsOfAll() throws(Failure) -> Double? {
    var sum = try job.gradient(points.constant, gradients.pointer)
    for a in 1..<count {
      if job.stopping() {
        job.observe(value: sum / Double(a))
        return nil
      }
      if let batch = batches[a - 1].next() { try job.oracle.select(batch) }
      sum += try job.gradient(points.constant + a * n, gradients.pointer + a * n)
    }
    return sum / Double(count)
  }

  private func move(_ center: UnsafePointer<S>, _ scope: Double) {
    let rate = S(loop.rate)
    // A tie that has grown beyond all numbers is as strong as 1 / rate.
    let pull = loop.rate * scope < 1 ? S(loop.rate * scope) : 1
    let (momentum, decay) = (S(settings.momentum), S(settings.weightDecay))
    for a in 0..<count {
      let (g, w) = (gradients.constant + a * n, points.pointer + a * n)
      let v = velocities.map { $0.pointer + a * n }
      elementwise(n, cost: 25) { start, count in
        S.tetheredStep(
          count, rate: rate, momentum: momentum, nesterov: settings.nesterov, decay: decay, pull: pull, g + start,
          anchor: center + start, velocity: v.map { $0 + start }, w + start)
      }
    }
  }

  /// Mean of `count` rows.
  private func average(_ rows: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) {
    S.add(n, rows, rows + n, out)
    for a in 2..<max(count, 2) { S.add(n, out, rows + a * n, out) }
    S.scale(n, 1 / S(count), out)
  }

  private func distance(_ a: Int, from center: UnsafePointer<S>) -> Double {
    S.subtract(n, points.constant + a * n, center, difference.pointer)
    return S.sumSquares(n, difference.constant).squareRoot()
  }

  private func rootMeanSquare(_ quantity: (Int) -> Double) -> Double {
    var squares = 0.0
    for a in 0..<count {
      let value = quantity(a)
      squares += value * value
    }
    return (squares / Double(count)).squareRoot()
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try loop.finish(x)
    let report = job.report
    let losses = try Buffer<Double>(count)
    let errors = try Buffer<Double>(count)
    let apart = try Buffer<Double>(count)
    if job.objective.capabilities.contains(.batches) { try job.oracle.select(nil) }
    for a in 0..<count {
      let found = try job.unlessInterrupted { () throws(Failure) in try job.evaluate(points.constant + a * n) }
      losses.pointer[a] = found?.value ?? .nan
      errors.pointer[a] = found?.error ?? .nan
      apart.pointer[a] = distance(a, from: x)
    }
    report.record("replica_loss", losses)
    if job.objective.capabilities.contains(.errors) { report.record("replica_error", errors) }
    report.record("replica_distance", apart)
    try report.record("replicas", vector: points.constant, shape: [count, n])
    try report.record("gamma_0", scoping.gamma0)
    try report.record("gamma_1", scoping.gamma1)
    report.record("epoch_distance", try distances.trimmed())
    guard job.settings.history else { return }
    report.record("scope", try scopes.trimmed())
    report.record("gradient_evaluations", try evaluations.trimmed())
  }
}
