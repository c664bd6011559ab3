import SwaleCore

extension LocalEntropy {
  /// The curve over `fields`, or at `distances`, by belief propagation.
  func propagate<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) {
    try job.objective.capabilities.require(
      .patterns, by: "metric 'local_entropy' with method 'bp'", objective: job.objective.name)
    guard fields.isEmpty || distances.isEmpty else {
      throw Failure(
        .option, "options 'fields' and 'distances' of metric 'local_entropy' are both given, allowed one of them: a "
          + "field leads to a distance, and at given distances the fields are found")
    }
    let wanted = !distances.isEmpty ? distances : fields.isEmpty ? Self.usualFields : fields
    let messages = try limits.messages(job, for: "metric 'local_entropy'")
    let curve = try LocalCurve(messages, limits, job, around: x)
    var rows: [LocalCurve<S>.Point] = []
    job.totalSteps = wanted.count
    for value in wanted {
      if job.stopping() { break }
      rows.append(distances.isEmpty ? curve.point(field: value) : curve.point(distance: value))
      job.step += 1
    }
    LocalCurve<S>.markTurns(&rows, slack: limits.slack)

    let report = job.report
    try report.record("method", text: "bp")
    try report.record("fields", rows.map(\.field))
    try report.record("distances", rows.map(\.distance))
    try report.record("entropies", rows.map(\.entropy))
    try report.record("bound", rows.map { binaryEntropy($0.distance) })
    try report.record("converged", rows.map { $0.converged ? 1 : 0 })
    try report.record("residuals", rows.map(\.found.residual))
    try report.record("sweeps", rows.map { Double($0.found.sweeps) })
    let (lost, turned) = (rows.count { !$0.converged }, rows.count(where: \.turned))
    var status = lost == 0 ? "converged" : "\(lost) of \(rows.count) points not converged"
    if turned > 0 { status += ", \(turned) of them because the distance does not fall as the field grows" }
    try report.record("status", text: status)
  }
}
