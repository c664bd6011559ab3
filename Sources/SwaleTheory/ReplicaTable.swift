import SwaleCore

/// Columns of numbers over the loads (and second coordinates) of a theory measurement, with two flags for each row:
/// `solved`, 1 where the numbers are there, and `satisfiable`, 0 where nothing is there to be described (no solution
/// exists). solved 0 and satisfiable 1: the equations were not solved, or the run was stopped before. Numbers of rows
/// that are not solved are NaN.
struct ReplicaTable {
  private let shape: [Int]
  private let columns: [(name: String, values: Buffer<Double>)]
  private let solved: Buffer<Double>
  private let satisfiable: Buffer<Double>

  init(_ shape: [Int], _ names: [String]) throws(Failure) {
    self.shape = shape
    let count = try checkedProduct(shape, "the table of the theory")
    solved = try Buffer(count)
    satisfiable = try Buffer(count, zeroed: false)
    Double.fill(count, 1, satisfiable.pointer)
    var columns: [(name: String, values: Buffer<Double>)] = []
    for name in names {
      let column = try Buffer<Double>(count, zeroed: false)
      Double.fill(count, .nan, column.pointer)
      columns.append((name, column))
    }
    self.columns = columns
  }

  /// Writes a row, one value per column; nil: not solved.
  func set(_ row: Int, _ values: [Double]?) {
    guard let values else { return }
    solved.pointer[row] = 1
    for (column, value) in zip(columns, values) { column.values.pointer[row] = value }
  }

  /// Marks a row as one where no solution exists. Numbers that `set` wrote there stay: those of a branch that describes
  /// no solutions.
  func setNone(_ row: Int) { satisfiable.pointer[row] = 0 }

  /// Adds the columns, `solved` and (where `existence` is asked) `satisfiable` to the report.
  func record(in report: Report, existence: Bool = true) {
    for column in columns { report.record(column.name, column.values, shape: shape) }
    report.record("solved", solved, shape: shape)
    if existence { report.record("satisfiable", satisfiable, shape: shape) }
  }

  /// What the rows amount to.
  var outcome: ReplicaOutcome {
    var outcome = ReplicaOutcome(rows: solved.count)
    for row in 0..<solved.count {
      if satisfiable.pointer[row] == 0 {
        outcome.none += 1
      } else if solved.pointer[row] == 0 {
        outcome.lost += 1
      }
    }
    return outcome
  }
}

/// How many numbers of a theory are missing, and why: two answers that are not to be taken for each other.
struct ReplicaOutcome {
  var rows = 1
  /// No solution exists.
  var none = 0
  /// The equations were not solved.
  var lost = 0
  /// Numbers of a replica-symmetric state that is unstable.
  var unstable = 0

  /// `status` in words, and the conclusion of the run.
  func record(in report: Report, _ progress: ReplicaProgress) throws(Failure) {
    func share(_ count: Int) -> String { rows == 1 ? "" : " at \(count) of \(rows) points" }
    var words: [String] = []
    if lost > 0 { words.append("not converged" + share(lost)) }
    if none > 0 { words.append("no solution exists" + share(none)) }
    if unstable > 0 {
      words.append(
        "replica symmetry is unstable" + share(unstable) + ": the numbers are not those of the true state, and "
          + "capacities and entropies are upper bounds")
    }
    try report.record("status", text: words.isEmpty ? "converged" : words.joined(separator: "; "))
    progress.conclude(lost + unstable > 0 ? .unconverged : none > 0 ? .noSolution : .converged)
  }
}

/// Tells progress, asks whether to stop, and says how a measurement ended.
struct ReplicaProgress {
  private let ask: (_ done: Int, _ total: Int) -> Bool
  /// For the averages inside.
  let interruption: StopRequest
  let conclude: (Reason) -> Void

  init<S: Scalar>(_ job: Job<S>) {
    ask = { done, total in
      (job.step, job.totalSteps) = (done, total)
      return job.stopping()
    }
    interruption = StopRequest { job.stopping() }
    conclude = { job.conclusion = $0 }
  }

  func stopping(_ done: Int, of total: Int) -> Bool { ask(done, total) }
}
