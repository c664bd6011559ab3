import SwaleCore

/// Inertia of the Hessian: how many eigenvalues are negative, zero and positive. The index of a critical point is the
/// negative count.
///
/// Report: `negative`, `zero`, `positive` (they add up to `dimension`), `index_fraction` = negative / dimension,
/// `lambda_min`, `lambda_max`, `zero_tolerance`, `method`, `estimate` (0 or 1). Method `dense` counts exactly. Method
/// `slq` estimates from spectral quadrature, for matrices too large to hold: real numbers with standard errors
/// `negative_error`, `zero_error`, `positive_error` of the sampling alone; quadrature cannot tell eigenvalues near zero
/// from each other, so its sign counts blur where the density at zero is high. Products that are not those of a
/// symmetric matrix are an error of `dense`, and a `status` and the message "stalled" of `slq`.
public struct HessianIndex: Component, Metric {
  public static let info = Info("hessian_index", "Number of negative, zero and positive eigenvalues of the Hessian.")
  public static var options: [Option<Self>] {
    [
      option("method", \.method, choices: ["dense", "slq"], "Count all eigenvalues, or estimate by quadrature."),
      option("zero_tolerance", \.zeroTolerance, in: 0...1e300,
        "Eigenvalues within this of 0 count as zero; 0: dimension x machine epsilon x largest magnitude."),
      option("probes", \.probes, in: 2...1e6, "Random starting vectors of slq."),
      option("steps", \.steps, in: 1...1e5, "Lanczos steps per starting vector of slq."),
      option("block", \.block, CurvatureTarget<Double>.blockSentence),
    ]
  }
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static let points = 1...1

  public var method = "dense"
  public var zeroTolerance = 0.0
  public var probes = 10
  public var steps = 80
  public var block = ""
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let target = try CurvatureTarget(job, at: points[0], .hessian, block: block)
    try job.report.record("method", text: method)
    try job.report.record("estimate", method == "slq" ? 1 : 0)
    if method == "slq" { try estimate(job, target) } else { try count(job, target) }
  }

  private func zero<S: Scalar>(_ n: Int, _ low: Double, _ high: Double, _ type: S.Type) -> Double {
    zeroTolerance > 0 ? zeroTolerance : Double(n) * Double(S.ulpOfOne) * max(abs(low), abs(high))
  }

  private func count<S: Scalar>(_ job: Job<S>, _ target: CurvatureTarget<S>) throws(Failure) {
    let n = target.dimension
    try target.requireMemory(copies: 1, of: Self.info.name)
    let dense = try DenseCurvature(job, target.matrix)
    if dense.rows < n { return }
    if let defect = target.defect(dense.norms, of: job.objective.name) {
      throw Failure(.argument, "metric 'hessian_index': \(defect)")
    }
    let values = try SymmetricEigen.solve(n, dense.matrix).values
    let (low, high) = (values.pointer[0], values.pointer[n - 1])
    let zero = zero(n, low, high, S.self)
    let negative = values.elements.count { $0 < -zero }
    let positive = values.elements.count { $0 > zero }
    let counts = [Estimate(Double(negative), error: 0), Estimate(Double(n - negative - positive), error: 0),
      Estimate(Double(positive), error: 0)]
    try record(counts, n, low, high, zero, job.report)
  }

  private func estimate<S: Scalar>(_ job: Job<S>, _ target: CurvatureTarget<S>) throws(Failure) {
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
        random.signs(n, into: out)
      })
    if rule.probes == 0 { return }
    try target.record(rule.asymmetry, job, by: Self.info.name)
    let zero = zero(n, rule.lowest, rule.highest, S.self)
    let scale = Double(n)
    let counts = [
      rule.average { $0 < -zero ? scale : 0 }, rule.average { abs($0) <= zero ? scale : 0 },
      rule.average { $0 > zero ? scale : 0 },
    ]
    try record(counts, n, rule.lowest, rule.highest, zero, job.report)
  }

  private func record(
    _ counts: [Estimate], _ n: Int, _ low: Double, _ high: Double, _ zero: Double, _ report: Report
  ) throws(Failure) {
    for (name, count) in zip(["negative", "zero", "positive"], counts) {
      try report.record(name, count.value)
      try report.record(name + "_error", count.standardError)
    }
    try report.record("index_fraction", counts[0].value / Double(n))
    try report.record("lambda_min", low)
    try report.record("lambda_max", high)
    try report.record("zero_tolerance", zero)
  }
}
