import SwaleCore

/// How much loss and error rise on average when the parameters are changed at random.
///
/// Gaussian noise of size sigma: dL(sigma) = mean over z ~ N(0, 1) of L(w + sigma w * z) - L(w) (multiplicative:
/// invariant to the rescaling of relu layers) or of L(w + sigma z) - L(w) (additive: -> sigma^2 tr H / 2 for small
/// sigma). The same draws serve every sigma (common random numbers), so that curves over sigma are smooth.
///
/// `flips`, for binary weights: E(d), the mean fraction of training errors after flipping exactly round(d N) distinct
/// weights, or round(d n) in each hidden unit. For perceptrons beside it the closed form from the stabilities Delta,
/// E(d) = (1/P) sum H(t Delta / sqrt(1 - t^2)) with t = 1 - 2 d at the fraction d of weights really flipped; it is the
/// limit of large N of the same average and has no statistical error.
///
/// Report of noise: `sigmas`; `loss_rise` and its standard error `loss_rise_error`; where errors are counted,
/// `error_rise` and `error_rise_error`. Of flips: `flips` (weights), `distances` (the fractions of the weights that
/// these are) beside the `requested_distances`, `error_at_distance` and its standard error `error_at_distance_error`;
/// for perceptrons `closed_form`. Always `value` and `error` at the point itself, and
/// `draws` that were completed; `status` in words: with means that are not finite the measurement has not converged.
public struct LocalEnergy: Component, Metric {
  public static let info = Info(
    "local_energy", "Mean rise of loss and error under Gaussian noise on the parameters or flips of binary weights.",
    reference: "Pittorino et al., ICLR (2021), arXiv:2006.07897; flips: Baldassi, Pittorino, Zecchina, PNAS 117 (2020) "
      + "161")
  public static var options: [Option<Self>] {
    [
      option("sigmas", \.sigmas, in: 0...1e6, "Sizes of the Gaussian noise."),
      option("draws", \.draws, in: 2...1e9, "Random changes, shared by all sizes or distances."),
      option("noise", \.noise, choices: ["multiplicative", "additive", "flips"],
        "Noise w + sigma w * z or w + sigma z, or flips of binary weights."),
      option("distances", \.distances, in: 0...1,
        "Flips: fractions of the weights to flip, rounded to whole weights."),
      option("per_unit", \.perUnit, "Flips: flip the same number of weights in every hidden unit."),
    ]
  }
  public static let needs: Capabilities = .value
  public static let points = 1...1

  public var sigmas = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
  public var draws = 50
  public var noise = "multiplicative"
  public var distances = [0.005, 0.01, 0.02, 0.05, 0.1]
  public var perUnit = false
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let (name, list) = noise == "flips" ? ("distances", distances) : ("sigmas", sigmas)
    guard !list.isEmpty else {
      throw Failure(.option, "option '\(name)' of metric 'local_energy' is empty, allowed one or more sizes")
    }
    if noise == "flips" { return try flip(job, points[0]) }
    let n = job.dimension
    let k = sigmas.count
    let x = points[0]
    let base = try job.evaluate(x)
    let sizes = try Buffer(sigmas)
    let direction = try Buffer<S>(n, zeroed: false)
    var losses = try Moments(k)
    var errors = try Moments(k)
    job.totalSteps = draws * k
    for draw in 0..<draws {
      var random = job.random(StreamBase.metric, draw)
      random.normal(n, into: direction.pointer)
      if noise == "multiplicative" { S.multiply(n, x, direction.constant, direction.pointer) }
      let samples = try SurfaceSampler(
        job, origin: x, directions: [direction.constant], coordinates: sizes, count: k)
      if samples.reached < k { break }
      losses.add(samples.values, minus: base.value)
      errors.add(samples.errors, minus: base.error)
    }

    let report = job.report
    report.record("sigmas", sizes)
    report.record("loss_rise", losses.mean)
    report.record("loss_rise_error", try losses.standardError())
    try report.record("value", base.value)
    if job.objective.capabilities.contains(.errors) {
      report.record("error_rise", errors.mean)
      report.record("error_rise_error", try errors.standardError())
      try report.record("error", base.error)
    }
    try report.record("draws", losses.count)
    try SurfaceSampler.conclude([losses.mean], job)
  }

  private func flip<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) {
    let graph = job.objective.patterns
    let capabilities = job.objective.capabilities
    guard graph?.weights == .binary || (graph == nil && capabilities.contains(.flips)) else {
      throw Failure(
        .unsupported, "option 'noise' = flips of metric 'local_energy' needs binary weights, which objective "
          + "'\(job.objective.name)' does not have; use multiplicative or additive noise")
    }
    try capabilities.require(
      .errors, by: "option 'noise' = flips of metric 'local_energy'", objective: job.objective.name)
    guard !perUnit || graph != nil else {
      throw Failure(
        .unsupported, "option 'per_unit' of metric 'local_energy' needs hidden units (the capability patterns), which "
          + "objective '\(job.objective.name)' does not have")
    }
    let base = try job.evaluate(x)
    var energy = try FlipEnergy(distances: distances, dimension: job.dimension, graph: graph, perUnit: perUnit)
    try energy.sample(job, x, draws: draws)

    let report = job.report
    try report.record("requested_distances", distances)
    try report.record("distances", distances.indices.map(energy.fraction))
    report.record("flips", energy.flips)
    report.record("error_at_distance", energy.errors.mean)
    report.record("error_at_distance_error", try energy.errors.standardError())
    if let graph, graph.isPerceptron {
      let stabilities = try PatternStabilities(graph, x)
      try report.record(
        "closed_form", distances.indices.map { stabilities.errorAtOverlap(1 - 2 * energy.fraction($0)) })
    }
    try report.record("value", base.value)
    try report.record("error", base.error)
    try report.record("draws", energy.errors.count)
    try SurfaceSampler.conclude([energy.errors.mean], job)
  }
}
