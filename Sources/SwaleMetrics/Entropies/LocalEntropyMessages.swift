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
    try report.record("entropies_error", rows.map { $0.converged ? SolutionEntropy.error(messages.graph) : .nan })
    try report.record("approximation", text: SolutionEntropy.approximation)
    try report.record("bound", rows.map { binaryEntropy($0.distance) })
    try report.record("converged", rows.map { $0.converged ? 1 : 0 })
    try report.record("satisfiable", rows.map { $0.empty ? 0 : 1 })
    try report.record("residuals", rows.map(\.found.residual))
    try report.record("sweeps", rows.map { Double($0.found.sweeps) })
    let (none, turned) = (rows.count(where: \.empty), rows.count(where: \.turned))
    let lost = rows.count { !$0.converged && !$0.empty }
    var words: [String] = []
    if lost > 0 { words.append("\(lost) of \(rows.count) points not converged") }
    if turned > 0 { words.append("\(turned) of them because the distance does not fall as the field grows") }
    if none > 0 { words.append("no solution exists at \(none) of \(rows.count) points") }
    try report.record("status", text: words.isEmpty ? "converged" : words.joined(separator: ", "))
    job.conclusion = lost > 0 ? .unconverged : none > 0 ? .noSolution : .converged
  }
}
