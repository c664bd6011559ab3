import SwaleCore

/// Trace of the Hessian from products with random probes, with its standard error.
///
/// Report: `trace`, `standard_error`, `samples` (independent estimates whose mean is the trace), `method`; for Hutch++
/// also `exact_part` and `rank` of the subspace on which the trace is exact. `probes` products are spent; there is no
/// stopping on a small change of the running mean, which stops by luck.
public struct HessianTrace: Component, Metric {
  public static let info = Info(
    "hessian_trace", "Trace of the Hessian by Hutchinson's estimator or Hutch++, with standard error.",
    reference: "Hutchinson, Commun. Stat. 18 (1989) 1059; Meyer et al., SOSA (2021), arXiv:2010.09649")
  public static var options: [Option<Self>] {
    [
      option("method", \.method, choices: TraceEstimator<Double>.Method.allCases.map(\.rawValue),
        "Plain probes, or a third of them to sketch the range on which the trace is then exact."),
      option("probes", \.probes, in: 1...1e9, "Products to spend; hutch++ needs at least 3."),
      option("distribution", \.distribution, choices: ProbeLaw.allCases.map(\.rawValue), "Law of the probes' entries."),
      option("block", \.block, CurvatureTarget<Double>.blockSentence),
    ]
  }
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static let points = 1...1

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
    let target = try CurvatureTarget(job, at: points[0], .hessian, block: block)
    let estimator = TraceEstimator<S>(kind, law, products: probes)
    job.totalSteps = probes
    var random = job.random(StreamBase.metric)
    let outcome = try estimator.estimate(target.matrix, &random) {
      job.step = job.productCount
      return job.stopping()
    }
    let report = job.report
    try report.record("trace", outcome.trace.value)
    try report.record("standard_error", outcome.trace.standardError)
    report.record("samples", outcome.samples)
    try report.record("method", text: method)
    if kind == .hutchPlusPlus {
      try report.record("exact_part", outcome.exact)
      try report.record("rank", outcome.rank)
    }
  }
}
