import Glibc
import SwaleCore

extension LocalEntropy {
  /// The curve over `gammas` by Langevin sampling.
  func sample<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) {
    try job.objective.capabilities.require(
      .gradient, by: "metric 'local_entropy' with method 'langevin'", objective: job.objective.name)
    guard job.objective.patterns?.weights != .binary else {
      throw Failure(
        .unsupported, "metric 'local_entropy' with method 'langevin' needs continuous weights; these are binary, "
          + "for which there is method 'bp'")
    }
    guard adjusted || step > 0 else {
      throw Failure(
        .option, "option 'step' of metric 'local_entropy' is 0 (tuned by acceptance) with 'adjusted' off, allowed a "
          + "step above 0")
    }
    guard !adjusted || step > 0 || warmUp > 0 else {
      throw Failure(
        .option, "option 'warm_up' of metric 'local_entropy' is 0, but 'step' 0 is tuned while warming up: allowed "
          + "a warm_up above 0 or a fixed step")
    }
    guard !gammas.isEmpty else {
      throw Failure(.option, "option 'gammas' of metric 'local_entropy' is empty, allowed one or more attractions")
    }
    let estimator = LangevinEntropy(
      beta: beta, nodes: nodes, samples: samples, warmUp: warmUp, adjusted: adjusted, step: step,
      ladders: ladders)
    let rule = try GaussLegendre(nodes)
    let sampler = try LocalGibbsSampler(job, center: x, adjusted: adjusted)
    var rows: [LangevinEntropy.Point] = []
    job.totalSteps = gammas.count
    for gamma in gammas {
      guard let row = try estimator.measure(job, sampler, gamma: gamma, rule: rule) else { break }
      rows.append(row)
      job.step += 1
    }

    let report = job.report
    func record(_ name: String, _ value: (LangevinEntropy.Point) -> Double) throws(Failure) {
      try report.record(name, rows.map { $0.converged ? value($0) : .nan })
    }
    try report.record("method", text: "langevin")
    try report.record("gammas", Array(gammas.prefix(rows.count)))
    try record("free_entropies") { $0.freeEntropy.value }
    try record("free_entropies_error") { $0.freeEntropy.standardError }
    try record("entropies") { $0.entropy.value }
    try record("entropies_error") { $0.entropy.standardError }
    try record("losses") { $0.loss.value }
    try record("losses_error") { $0.loss.standardError }
    try record("distances") { $0.squaredDistance.value.squareRoot() }
    try record("distances_error") { $0.squaredDistance.standardError / (2 * $0.squaredDistance.value.squareRoot()) }
    try record("bound") { log(2 * Double.pi * M_E * $0.squaredDistance.value) / 2 }
    try report.record("acceptance", rows.map(\.acceptance))
    try report.record("quadrature_errors", rows.map(\.quadratureError))
    try report.record("independent_samples", rows.map(\.independent))
    try report.record("split", rows.map(\.split))
    try report.record("converged", rows.map { $0.converged ? 1 : 0 })
    let lost = rows.count { !$0.converged }
    var status =
      lost == 0
      ? "converged"
      : "not converged for \(lost) of \(rows.count) values of gamma: too few independent samples, or chains that do not "
        + "agree; more samples or warm_up may help"
    if !adjusted { status += "; the error bars do not hold what unadjusted steps add, of the order of 'step'" }
    try report.record("status", text: status)
  }
}
