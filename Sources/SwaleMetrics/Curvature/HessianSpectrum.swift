import SwaleCore

/// Spectral density of the Hessian by stochastic Lanczos quadrature. All probes advance together, so that each step is
/// one product with a block of vectors.
///
/// Report: `grid`, `density` (Gaussians of width `sigma` at the nodes; integral 1), `cumulative` mass at or below each
/// grid point (not smoothed) and its standard error `cumulative_error`; `nodes` and `weights` of all probes one after
/// the other (the weights of all probes add up to 1) with `node_counts` per probe; `moments` 1 to 4 of the
/// distribution, tr H^j / dimension, with `moments_error`; `relative_asymmetry`, estimated from the first products, and
/// `status` in words: where the products are not those of a symmetric matrix the message is "stalled"; `mass_negative` (eigenvalues below -zero_tolerance) with
/// `mass_negative_error`; `mass_zero`; extreme Ritz values `lambda_min` and `lambda_max`; `sigma`. When stopped before
/// the first product, only `value` and `dimension`.
public struct HessianSpectrum: Component, Metric {
  public static let info = Info(
    "hessian_spectrum", "Spectral density of the Hessian by stochastic Lanczos quadrature.",
    reference: "Ubaru, Chen and Saad, SIAM J. Matrix Anal. 38 (2017) 1075; Ghorbani et al., ICML (2019)")
  public static var options: [Option<Self>] {
    [
      option("probes", \.probes, in: 1...1e6, "Random starting vectors."),
      option("steps", \.steps, in: 1...1e5, "Lanczos steps per probe."),
      option("points", \.points, in: 2...1e7, "Points of the grid."),
      option("width", \.width, in: 0...1e300, "Width sigma of the Gaussians; 0: range of the spectrum / steps."),
      option("zero_tolerance", \.zeroTolerance, in: 0...1e300,
        "Eigenvalues within this of 0 count as zero; 0: dimension x machine epsilon x largest magnitude."),
      option("distribution", \.distribution, choices: ProbeLaw.allCases.map(\.rawValue), "Law of the probes' entries."),
      option("block", \.block, CurvatureTarget<Double>.blockSentence),
    ]
  }
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static let points = 1...1

  public var probes = 10
  public var steps = 80
  public var points = 1000
  public var width = 0.0
  public var zeroTolerance = 0.0
  public var distribution = "rademacher"
  public var block = ""
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let law = try Self.choice("distribution", distribution, as: ProbeLaw.self)
    let target = try CurvatureTarget(job, at: points[0], .hessian, block: block)
    let n = target.dimension
    job.totalSteps = probes * min(steps, n)
    let rule = try SpectralQuadrature(
      target.matrix, probes: probes, steps: steps,
      stopping: {
        job.step = job.productCount
        return job.stopping()
      },
      probe: { (index: Int, out: UnsafeMutablePointer<S>) in
        var random = job.random(StreamBase.metric, index)
        law.fill(&random, n, out)
      })
    try job.report.record("method", text: "stochastic Lanczos quadrature")
    try job.report.record("probes", rule.probes)
    if rule.probes == 0 { return }
    try target.record(rule.asymmetry, job, by: Self.info.name)
    try record(rule, n, S.ulpOfOne, job.report)
  }

  private func record<S: Scalar>(
    _ rule: SpectralQuadrature, _ n: Int, _ epsilon: S, _ report: Report
  ) throws(Failure) {
    let shares = try Buffer(copying: rule.weights.constant, count: rule.weights.count)
    Double.scale(shares.count, 1 / Double(rule.probes), shares.pointer)
    report.record("nodes", rule.nodes)
    report.record("weights", shares)
    report.record("node_counts", try Buffer(rule.counts.map(Int64.init)))
    let moments = (1...4).map { power in
      rule.average { node in
        var product = node
        for _ in 1..<power { product *= node }
        return product
      }
    }
    try report.record("moments", moments.map(\.value))
    try report.record("moments_error", moments.map(\.standardError))
    let (low, high) = (rule.lowest, rule.highest)
    let zero = zeroTolerance > 0 ? zeroTolerance : Double(n) * Double(epsilon) * max(abs(low), abs(high))
    let negative = rule.average { $0 < -zero ? 1 : 0 }
    try report.record("mass_negative", negative.value)
    try report.record("mass_negative_error", negative.standardError)
    try report.record("mass_zero", rule.average { abs($0) <= zero ? 1 : 0 }.value)
    try report.record("zero_tolerance", zero)
    try report.record("lambda_min", low)
    try report.record("lambda_max", high)
    // Last, because it can take longer than a stopped run has.
    let curve = try SpectralDensity(rule, points: points, width: width, steps: min(steps, n))
    report.record("grid", curve.grid)
    report.record("density", curve.density)
    report.record("cumulative", curve.cumulative)
    report.record("cumulative_error", curve.cumulativeError)
    try report.record("sigma", curve.sigma)
  }
}
