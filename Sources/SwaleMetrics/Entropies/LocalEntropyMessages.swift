import SwaleCore

extension LocalEntropy {
  /// The curve over `fields`, or at `distances`, by belief propagation.
  func propagate<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) {
    try job.objective.capabilities.require(
      .patterns, by: "metric 'local_entropy' with method 'bp'", objective: job.objective.name)
    let wanted = distances.isEmpty ? fields : distances
    guard !wanted.isEmpty else {
      throw Failure(.option, "option 'fields' of metric 'local_entropy' is empty, allowed one or more fields")
    }
    let messages = try limits.messages(job, for: "metric 'local_entropy'")
    let curve = try LocalCurve(messages, limits, job, around: x)
    var rows: [LocalCurve<S>.Point] = []
    job.totalSteps = wanted.count
    for value in wanted {
      if job.stopping() { break }
      rows.append(distances.isEmpty ? curve.point(field: value) : curve.point(distance: value))
      job.step += 1
    }

    let report = job.report
    try report.record("method", text: "bp")
    try report.record("fields", rows.map(\.field))
    try report.record("distances", rows.map(\.distance))
    try report.record("entropies", rows.map(\.entropy))
    try report.record("bound", rows.map { binaryEntropy($0.distance) })
    try report.record("converged", rows.map { $0.converged ? 1 : 0 })
    try report.record("residuals", rows.map(\.found.residual))
    try report.record("sweeps", rows.map { Double($0.found.sweeps) })
    let lost = rows.filter { !$0.converged }
    try report.record(
      "status", text: lost.isEmpty ? "converged" : "\(lost.count) of \(rows.count) points not converged")
  }
}
