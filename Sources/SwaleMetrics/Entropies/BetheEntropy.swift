import SwaleCore

/// Entropy of the solutions of this instance by belief propagation, per weight: S = ln(number of solutions) / N in
/// the Bethe approximation, with errors of order 1 / N (`SolutionEntropy`) at loads where the solutions are one
/// replica-symmetric state.
///
/// Report: `entropy` (NaN unless converged; at least 0) with `entropy_error`, the order of the approximation's error,
/// and `approximation` in words; `converged`; `satisfiable`, 0 where no solution exists: the entropy is negative beyond
/// its error, or patterns contradict each other; `status` in words; `residual` (largest change of tanh u in the last
/// sweep), `sweeps`, `overlap` q = sum m_i^2 / N of two typical solutions, `marginals` m_i.
///
/// A solution planted by a teacher may be hidden from the messages (hard phase of learning), which then describe
/// nothing.
public struct BetheEntropy: Component, Metric {
  public static let info = Info(
    "bethe_entropy", "Entropy of the solutions of an instance with binary weights, by belief propagation.",
    reference: "Mezard, Montanari, Information, Physics, and Computation (2009), chapter 14")
  public static var options: [Option<Self>] { MessageLimits.options(\.limits) }
  public static let needs: Capabilities = .patterns
  public static let points = 0...0

  public var limits = MessageLimits()
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let messages = try limits.messages(job, for: "metric 'bethe_entropy'")
    job.totalSteps = limits.maxSweeps
    let conflict = try messages.graph.conflict()
    var point = MessageLimits.FixedPoint(found: Relaxation())
    if conflict == nil { point = limits.settle(messages, job) }
    let none = point.empty || conflict != nil
    let n = messages.weights
    let marginals = try Buffer<Double>(n, zeroed: false)
    for i in 0..<n { marginals.pointer[i] = point.valid ? messages.magnetization(i) : .nan }
    let report = job.report
    try report.record("entropy", point.entropy)
    try report.record("entropy_error", point.valid ? SolutionEntropy.error(messages.graph) : .nan)
    try report.record("approximation", text: SolutionEntropy.approximation)
    try report.record("converged", point.valid ? 1 : 0)
    try report.record("satisfiable", none ? 0 : 1)
    try report.record("status", text: conflict.map { "no solution exists: \($0)" } ?? point.status)
    if none { job.conclusion = .noSolution }
    try report.record("residual", point.found.residual)
    try report.record("sweeps", point.found.sweeps)
    try report.record("overlap", point.valid ? Double.sumSquares(n, marginals.constant) / Double(n) : .nan)
    report.record("marginals", marginals)
  }
}
