import SwaleCore

/// How much loss and error rise on average when the parameters are perturbed by Gaussian noise of relative or
/// absolute size sigma: dL(sigma) = mean over z ~ N(0, 1) of L(w + sigma w * z) - L(w) (multiplicative: invariant to
/// the rescaling of relu layers) or of L(w + sigma z) - L(w) (additive: -> sigma^2 tr H / 2 for small sigma).
///
/// The same draws serve every sigma (common random numbers), so that curves over sigma are smooth.
///
/// Report: `sigmas`; `loss_rise` and its standard error `loss_rise_error`; where errors are counted, `error_rise` and
/// `error_rise_error`; `value` and `error` at the point itself; `draws` that were completed.
public struct LocalEnergy: Component, Metric {
  public static let info = Info(
    "local_energy", "Mean rise of loss and error under Gaussian noise on the parameters, per noise size.",
    reference: "Pittorino et al., ICLR (2021), arXiv:2006.07897")
  public static var options: [Option<Self>] {
    [
      option("sigmas", \.sigmas, in: 0...1e6, "Sizes of the noise."),
      option("draws", \.draws, in: 2...1e9, "Noise vectors, shared by all sizes."),
      option("noise", \.noise, choices: ["multiplicative", "additive"], "Noise w + sigma w * z or w + sigma z."),
    ]
  }
  public static let needs: Capabilities = .value
  public static let points = 1...1

  public var sigmas = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
  public var draws = 50
  public var noise = "multiplicative"
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    guard !sigmas.isEmpty else {
      throw Failure(.option, "option 'sigmas' of metric 'local_energy' is empty, allowed one or more sizes")
    }
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
  }
}

/// Running mean and variance of several quantities at once (Welford 1962).
private struct Moments {
  let mean: Buffer<Double>
  private let squares: Buffer<Double>
  private(set) var count = 0

  init(_ quantities: Int) throws(Failure) {
    mean = try Buffer(quantities)
    squares = try Buffer(quantities)
    // Without any draw there is no mean.
    Double.fill(quantities, .nan, mean.pointer)
  }

  mutating func add(_ values: Buffer<Double>, minus base: Double) {
    if count == 0 { Double.fill(mean.count, 0, mean.pointer) }
    count += 1
    for i in 0..<mean.count {
      let value = values.pointer[i] - base
      let gap = value - mean.pointer[i]
      mean.pointer[i] += gap / Double(count)
      squares.pointer[i] += gap * (value - mean.pointer[i])
    }
  }

  /// Standard deviation of the mean; NaN for fewer than two draws.
  func standardError() throws(Failure) -> Buffer<Double> {
    let result = try Buffer<Double>(mean.count, zeroed: false)
    for i in 0..<mean.count {
      let variance = squares.pointer[i] / Double(count - 1)
      result.pointer[i] = count > 1 ? (variance / Double(count)).squareRoot() : .nan
    }
    return result
  }
}
