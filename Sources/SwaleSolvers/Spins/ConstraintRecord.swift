import SwaleCore

/// Errors of a solver of constraints: counts them after every epoch, keeps the best weights, and calls a point a
/// solution only after a strict recount by the objective itself. Every count is an evaluation.
///
/// Report: `errors` of x (a count), `solved` 0 or 1.
final class ConstraintRecord<S: Scalar> {
  private let job: Job<S>
  private let machine: BinaryMachine
  private let best: Buffer<UInt64>
  private var fewest = Int.max
  /// Whether the best weights are a solution.
  private(set) var solved = false

  init(_ job: Job<S>, _ machine: BinaryMachine) throws(Failure) {
    self.job = job
    self.machine = machine
    best = try Buffer(machine.words)
  }

  /// Counts the errors of `w`, observes them and writes the weights to x. True when they are a solution.
  func look(_ w: UnsafePointer<UInt64>, _ x: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    let errors = machine.errors(w)
    job.countValues(1)
    job.observe(value: Double(errors))
    machine.write(w, to: x)
    return try note(w, errors, x)
  }

  /// Keeps `w` when no weights had fewer errors. When there are none, x becomes `w` and is recounted; true when it is
  /// a solution.
  func note(_ w: UnsafePointer<UInt64>, _ errors: Int, _ x: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    if errors < fewest {
      fewest = errors
      best.pointer.update(from: w, count: machine.words)
    }
    guard errors == 0 else { return false }
    machine.write(w, to: x)
    solved = try job.unlessInterrupted { () throws(Failure) in try job.evaluate(x).error } == 0
    if solved { best.pointer.update(from: w, count: machine.words) }
    return solved
  }

  /// Leaves the best weights in x and reports their errors.
  func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    if fewest < Int.max { machine.write(best.constant, to: x) }
    if let found = try job.unlessInterrupted({ () throws(Failure) in try job.evaluate(x).error }) {
      try job.report.record("errors", Int(saturating: (found * Double(machine.patterns)).rounded()))
    } else {
      try job.report.record("errors", Double.nan)
    }
    try job.report.record("solved", solved ? 1 : 0)
  }
}
