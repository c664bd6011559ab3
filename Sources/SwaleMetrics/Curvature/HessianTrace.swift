import SwaleCore

/// Trace of the Hessian from products with random probes, with its standard error.
///
/// Report: `trace`, `trace_error` (also as `standard_error`), `samples` (independent estimates whose mean is the
/// trace), `method`; for Hutch++ also `exact_part` and `rank` of the subspace on which the trace is exact;
/// `relative_asymmetry`, estimated from the first products, and `status` in words: where the products are not those of
/// a symmetric matrix the message is "stalled", and a single sample, which has no standard error, has not converged.
/// `probes` products are spent; there is no stopping on a small change of the running mean, which stops by luck.
///
/// Points beyond the first are probe vectors z, taken instead of random ones (`given_probes` of them): the samples are
/// z' H z, and their mean estimates the trace where the entries have mean 0, variance 1 and no correlations.
public struct HessianTrace: Component, Metric {
  public static let info = Info(
    "hessian_trace", "Trace of the Hessian by Hutchinson's estimator or Hutch++, with standard error.",
    reference: "Hutchinson, Commun. Stat. 18 (1989) 1059; Meyer et al., SOSA (2021), arXiv:2010.09649")
  public static var options: [Option<Self>] {
    [
      option("method", \.method, choices: TraceEstimator<Double>.Method.allCases.map(\.rawValue),
        "Plain probes, or a third of them to sketch the range on which the trace is then exact."),
      option("probes", \.probes, in: 1...1e9,
        "Products to spend; hutch++ needs at least 3. " + CurvatureTarget<Double>.pointsSentence),
      option("distribution", \.distribution, choices: ProbeLaw.allCases.map(\.rawValue), "Law of the probes' entries."),
      option("block", \.block, CurvatureTarget<Double>.blockSentence),
    ]
  }
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static let points = 1...Int.max

  public var method = "hutchinson"
  public var probes = 100
  public var distribution = "rademacher"
  public var block = ""
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let law = try Self.choice("distribution", distribution, as: ProbeLaw.self)
    let kind = try Self.choice("method", method, as: TraceEstimator<S>.Method.self)
    if kind == .hutchPlusPlus, probes < 3 {
      throw Failure(
        .option, "option 'probes' of metric 'hessian_trace' is \(probes), allowed at least 3 with method hutch++")
    }
    if kind == .hutchPlusPlus, points.count > 1 {
      throw Failure(
        .argument, "metric 'hessian_trace' with method hutch++ draws its probes itself and takes exactly 1 point, got "
          + "\(points.count)")
    }
    let target = try CurvatureTarget(job, at: points[0], .hessian, block: block)
    let given = try target.givenProbes(points, job, Self.info.name)
    let estimator = TraceEstimator<S>(kind, law, products: given?.count ?? probes)
    job.totalSteps = estimator.products
    var random = job.random(StreamBase.metric)
    let probe = given.map { given in { (i: Int, out: UnsafeMutablePointer<S>) in given.write(i, to: out) } }
    let outcome = try estimator.estimate(target.scaled, &random, probe: probe) {
      job.step = job.productCount
      return job.stopping()
    }
    let report = job.report
    let unit = target.scaled.unit
    let trace = outcome.trace.scaled(by: unit)
    try report.record("trace", trace.value)
    try report.record("trace_error", trace.standardError)
    try report.record("standard_error", trace.standardError)
    if unit != 1 { Double.scale(outcome.samples.count, unit, outcome.samples.pointer) }
    report.record("samples", outcome.samples)
    try report.record("method", text: method)
    if kind == .hutchPlusPlus {
      try report.record("exact_part", unit * outcome.exact)
      try report.record("rank", outcome.rank)
    }
    try target.conclude(
      outcome.asymmetry.scaled(by: unit),
      open: trace.standardError.isNaN ? "one sample has no standard error; use more probes" : nil, job,
      by: Self.info.name)
  }
}
