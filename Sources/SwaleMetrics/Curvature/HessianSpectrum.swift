import Glibc
import SwaleCore

/// Spectral density of the Hessian by stochastic Lanczos quadrature. All probes advance together, so that each step is
/// one product with a block of vectors.
///
/// Report: `grid`, `density` (Gaussians of width `sigma` at the nodes; integral 1) and its standard error
/// `density_error`, `cumulative` mass at or below each
/// grid point (not smoothed) and its standard error `cumulative_error`; `nodes` and `weights` of all probes one after
/// the other (the weights of all probes add up to 1) with `node_counts` per probe; `moments` 1 to 4 of the
/// distribution, tr H^j / dimension, with `moments_error`; extreme Ritz values `lambda_min` and `lambda_max`, each with
/// the residual `..._error`, within which there is an eigenvalue; `sigma`.
///
/// `mass_negative` (eigenvalues below -zero_tolerance), `mass_zero`, `mass_positive`, each with `..._error` (sampling
/// and half of the width of the bounds of quadrature) and bounds `..._low`, `..._high` (those of quadrature and three
/// standard deviations of the sampling); `masses_converged` 1 where the bounds are narrow; `zero_tolerance`, given or
/// read from the spectrum (`SpectralSigns`).
///
/// With `log_det`: `log_det` = log det(H + damping) and `effective_dimension` = tr H (H + damping)^-1, each with
/// `..._error` (standard error, and what the last quarter of the steps changed) and `..._converged`; NaN where a node
/// is not above -damping.
///
/// `relative_asymmetry`, estimated from the first products, and `status` in words: where the products are not those of
/// a symmetric matrix the message is "stalled"; with one probe, which has no standard error, and where one of the flags
/// is 0, "not converged". When stopped before the first product, only `value` and `dimension`.
///
/// Points beyond the first are probe vectors, taken instead of random ones (`given_probes` of them); standard errors
/// and bounds then hold where their entries are as good as random, with mean 0, variance 1 and no correlations.
public struct HessianSpectrum: Component, Metric {
  public static let info = Info(
    "hessian_spectrum", "Spectral density of the Hessian by stochastic Lanczos quadrature.",
    reference: "Ubaru, Chen and Saad, SIAM J. Matrix Anal. 38 (2017) 1075; Ghorbani et al., ICML (2019)")
  public static var options: [Option<Self>] {
    [
      option("probes", \.probes, in: 1...1e6, "Random starting vectors. " + CurvatureTarget<Double>.pointsSentence),
      option("steps", \.steps, in: 1...1e5, "Lanczos steps per probe."),
      option("points", \.points, in: 2...1e7, "Points of the grid."),
      option("width", \.width, in: 0...1e300, "Width sigma of the Gaussians; 0: range of the spectrum / steps."),
      option("zero_tolerance", \.zeroTolerance, in: 0...1e300, SpectralSigns.toleranceSentence),
      option("log_det", \.logDet, "Also log det(H + damping) and the effective dimension tr H (H + damping)^-1."),
      option("damping", \.damping, in: 0...1e300, "Added to all eigenvalues for log_det (weight decay, precision)."),
      option("distribution", \.distribution, choices: ProbeLaw.allCases.map(\.rawValue), "Law of the probes' entries."),
      option("block", \.block, CurvatureTarget<Double>.blockSentence),
    ]
  }
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static let points = 1...Int.max

  public var probes = 10
  public var steps = 80
  public var points = 1000
  public var width = 0.0
  public var zeroTolerance = 0.0
  public var logDet = false
  public var damping = 0.0
  public var distribution = "rademacher"
  public var block = ""
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let law = try Self.choice("distribution", distribution, as: ProbeLaw.self)
    let target = try CurvatureTarget(job, at: points[0], .hessian, block: block)
    let given = try target.givenProbes(points, job, Self.info.name)
    let count = given?.count ?? probes
    let n = target.dimension
    job.totalSteps = count * min(steps, n)
    var signs = SpectralSigns(
      dimension: n, given: zeroTolerance, relativePrecision: target.relativePrecision)
    var sums = SpectralSums(dimension: n, damping: damping, relativePrecision: target.relativePrecision)
    let rule = try SpectralQuadrature(
      target.scaled, probes: count, steps: steps,
      stopping: {
        job.step = job.productCount
        return job.stopping()
      },
      finished: { (rules: [SpectralRule], quality: ProductQuality) throws(Failure) in
        try signs.add(rules, quality, unit: target.scaled.unit)
        if logDet { try sums.add(rules, unit: target.scaled.unit) }
      },
      probe: { (index: Int, out: UnsafeMutablePointer<S>) in
        if let given { return given.write(index, to: out) }
        var random = job.random(StreamBase.metric, index)
        law.fill(&random, n, out)
      })
    try job.report.record("method", text: "stochastic Lanczos quadrature")
    try job.report.record("probes", rule.probes)
    if rule.probes == 0 { return }
    let unit = target.scaled.unit
    try record(rule, unit, job)
    try signs.record(unit: unit, masses: 1, prefix: "mass_", job.report)
    let open = signs.defect(unit: unit)
    try job.report.record("masses_converged", open == nil ? 1 : 0)
    if logDet { try sums.record(job.report) }
    try target.conclude(
      rule.asymmetry.scaled(by: unit), open: open ?? (logDet ? sums.defect : nil), job, by: Self.info.name)
  }

  private func record<S: Scalar>(_ rule: SpectralQuadrature, _ unit: Double, _ job: Job<S>) throws(Failure) {
    let report = job.report
    let shares = try Buffer(copying: rule.weights.constant, count: rule.weights.count)
    Double.scale(shares.count, 1 / Double(rule.probes), shares.pointer)
    let moments = (1...4).map { power in
      let average = rule.average { node in
        var product = node
        for _ in 1..<power { product *= node }
        return product
      }
      return average.scaled(by: pow(unit, Double(power)))
    }
    let (low, high) = (rule.lowestPair.scaled(by: unit), rule.highestPair.scaled(by: unit))
    report.record("nodes", rule.nodes)
    report.record("weights", shares)
    report.record("node_counts", try Buffer(rule.counts.map(Int64.init)))
    try report.record("moments", moments.map(\.value))
    try report.record("moments_error", moments.map(\.standardError))
    for (name, end) in [("lambda_min", low), ("lambda_max", high)] {
      try report.record(name, end.value)
      try report.record(name + "_error", end.standardError)
    }
    // Last, because it can take longer than a stopped run has.
    let curve = try job.unlessInterrupted { () throws(Failure) in
      try SpectralDensity(
        rule, points: points, width: width / unit, steps: min(steps, job.dimension), stopping: job.stopping)
    }
    if unit != 1 { Double.scale(rule.nodes.count, unit, rule.nodes.pointer) }
    if let curve { try record(curve, unit, report) }
  }

  private func record(_ curve: SpectralDensity, _ unit: Double, _ report: Report) throws(Failure) {
    if unit != 1 {
      Double.scale(curve.grid.count, unit, curve.grid.pointer)
      Double.scale(curve.density.count, 1 / unit, curve.density.pointer)
      Double.scale(curve.densityError.count, 1 / unit, curve.densityError.pointer)
    }
    report.record("grid", curve.grid)
    report.record("density", curve.density)
    report.record("density_error", curve.densityError)
    report.record("cumulative", curve.cumulative)
    report.record("cumulative_error", curve.cumulativeError)
    try report.record("sigma", unit * curve.sigma)
  }
}
