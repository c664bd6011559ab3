import SwaleCore

/// The end of an annealing at the first configuration without errors, where the objective counts errors.
struct ErrorStop<S: Scalar> {
  private let job: Job<S>
  /// Whether the run is to end at a solution.
  let active: Bool
  /// Where a sweep stops to look: counts of errors are 0 at a solution. Other energies that reach 0 without being one
  /// raise no further alarms.
  private(set) var floor: Double

  init(_ job: Job<S>, wanted: Bool) {
    self.job = job
    active = wanted && job.objective.capabilities.contains(.errors)
    floor = active ? 0 : -.infinity
  }

  /// A strict recount of the errors of x.
  mutating func isSolution(_ x: UnsafePointer<S>, energy: Double) throws(Failure) -> Bool {
    guard active else { return false }
    if try job.evaluate(x).error == 0 { return true }
    if energy <= floor { floor = -.infinity }
    return false
  }

  /// `errors` of x as a count, where the objective has patterns or samples, and `solved`.
  func record(_ x: UnsafePointer<S>) throws(Failure) -> Bool {
    guard job.objective.capabilities.contains(.errors) else { return false }
    let fraction = try job.evaluate(x).error
    let count = job.objective.patterns?.patterns ?? job.objective.sampleCount
    if count > 0, fraction.isFinite {
      try job.report.record("errors", Int(saturating: (fraction * Double(count)).rounded()))
    }
    try job.report.record("solved", fraction == 0 ? 1 : 0)
    return fraction == 0
  }
}
