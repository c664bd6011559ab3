import SwaleCore

/// Inertia of the Hessian: how many eigenvalues are negative, zero and positive. The index of a critical point is the
/// negative count.
///
/// Report: `negative`, `zero`, `positive` (they add up to `dimension`), each with `..._error` and bounds `..._low` and
/// `..._high`; `index_fraction` = negative / dimension, `lambda_min`, `lambda_max` (of slq Ritz values with the
/// residual `..._error`, within which there is an eigenvalue), `zero_tolerance` (eigenvalues
/// within it count as zero), `method`, `estimate` (0 or 1), `status` in words.
///
/// Method `dense` counts all eigenvalues: the errors are 0. Its automatic tolerance is rounding, dimension x machine
/// epsilon x largest magnitude, or the noise that the products show where they are differences of gradients. Method
/// `slq` is for matrices too large to hold: spectral quadrature bounds the counts (`SpectralSigns`), and its automatic
/// tolerance is what it resolves. The counts are then middles of the bounds and no whole numbers; the errors contain
/// the standard error of the sampling and half of the width of the bounds, and `..._low` and `..._high` are the bounds
/// of quadrature and three standard deviations of the sampling. Where they are not narrow the message is "not
/// converged".
///
/// Products that are not those of a symmetric matrix are an error of `dense`, and the message "stalled" of `slq`.
public struct HessianIndex: Component, Metric {
  public static let info = Info("hessian_index", "Number of negative, zero and positive eigenvalues of the Hessian.")
  public static var options: [Option<Self>] {
    [
      option("method", \.method, choices: ["dense", "slq"], "Count all eigenvalues, or bound the counts."),
      option("zero_tolerance", \.zeroTolerance, in: 0...1e300,
        SpectralSigns.toleranceSentence + " With dense: dimension x machine epsilon x largest magnitude."),
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
    let radius = max(abs(low), abs(high))
    var precision = Double(n) * Double(S.ulpOfOne) * radius
    if target.matrix.method != "exact" {
      // A random matrix of norm |E|_F has eigenvalues up to 2 |E|_F / sqrt(n), and sqrt(2) of it is in its other part.
      let noise = max(10 * dense.noise, 4 * dense.norms.part / Double(n).squareRoot())
      precision = max(precision, target.relativePrecision * radius, noise)
    }
    let zero = zeroTolerance > 0 ? zeroTolerance : precision
    let negative = values.elements.count { $0 < -zero }
    let positive = values.elements.count { $0 > zero }
    let report = job.report
    for (name, count) in [("negative", negative), ("zero", n - negative - positive), ("positive", positive)] {
      try report.record(name, Double(count))
      try report.record(name + "_error", 0.0)
      try report.record(name + "_low", Double(count))
      try report.record(name + "_high", Double(count))
    }
    try report.record("index_fraction", Double(negative) / Double(n))
    try report.record("zero_tolerance", zero)
    try report.record("lambda_min", low)
    try report.record("lambda_max", high)
    let coarse = target.matrix.method != "exact" && zero < precision
    try target.conclude(
      dense.norms, open: coarse ? "zero_tolerance is \(zero), below the \(precision) that the products resolve" : nil,
      job, by: Self.info.name)
  }

  private func estimate<S: Scalar>(_ job: Job<S>, _ target: CurvatureTarget<S>) throws(Failure) {
    let n = target.dimension
    job.totalSteps = probes * min(steps, n)
    var signs = SpectralSigns(
      dimension: n, given: zeroTolerance, relativePrecision: target.relativePrecision)
    let rule = try SpectralQuadrature(
      target.scaled, probes: probes, steps: steps,
      stopping: {
        job.step = job.productCount
        return job.stopping()
      },
      finished: { (rules: [SpectralRule], quality: ProductQuality) throws(Failure) in
        try signs.add(rules, quality, unit: target.scaled.unit)
      },
      probe: { (index: Int, out: UnsafeMutablePointer<S>) in
        var random = job.random(StreamBase.metric, index)
        random.signs(n, into: out)
      })
    if rule.probes == 0 { return }
    let unit = target.scaled.unit
    let report = job.report
    try signs.record(unit: unit, masses: Double(n), prefix: "", report)
    try report.record("index_fraction", signs.negative.value)
    for (name, end) in [("lambda_min", rule.lowestPair), ("lambda_max", rule.highestPair)] {
      try report.record(name, unit * end.value)
      try report.record(name + "_error", unit * end.standardError)
    }
    try target.conclude(
      rule.asymmetry.scaled(by: unit), open: signs.defect(unit: unit), job, by: Self.info.name)
  }
}
