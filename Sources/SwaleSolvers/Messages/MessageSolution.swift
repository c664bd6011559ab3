import SwaleCore

/// The configuration that messages point at: its errors are recounted by the objective, and the last one without any is
/// kept.
final class MessageSolution<S: Scalar> {
  private let job: Job<S>
  private let patterns: Int
  private let kept: Buffer<S>
  private var counts: Series
  private(set) var solved = false
  /// Step of the first solution, from 1.
  private var firstStep = 0
  /// NaN when their count was broken off.
  private var errors: Double

  init(_ job: Job<S>, patterns: Int) throws(Failure) {
    self.job = job
    self.patterns = patterns
    errors = Double(patterns)
    kept = try Buffer(job.dimension)
    counts = try Series()
  }

  /// Strict recount of the errors of x.
  func look(_ x: UnsafePointer<S>) throws(Failure) {
    errors = .nan
    errors = (try job.evaluate(x).error * Double(patterns)).rounded()
    job.observe(value: errors)
    try counts.append(errors)
    guard errors == 0 else { return }
    if !solved { firstStep = job.step + 1 }
    solved = true
    kept.pointer.update(from: x, count: job.dimension)
  }

  /// Leaves the last solution in x, where there was one, and reports `errors`, `solved`, `first_solution` and the
  /// history `error_counts`.
  func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    if solved {
      x.update(from: kept.constant, count: job.dimension)
      errors = 0
    }
    if let count = Int(exactly: errors) {
      try job.report.record("errors", count)
    } else {
      try job.report.record("errors", Double.nan)
    }
    try job.report.record("solved", solved ? 1 : 0)
    try job.report.record("first_solution", firstStep)
    job.report.record("error_counts", try counts.trimmed())
  }
}
