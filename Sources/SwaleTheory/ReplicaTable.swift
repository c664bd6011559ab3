import SwaleCore

/// Columns of numbers over the loads (and second coordinates) of a theory measurement: NaN, and 0 in the column
/// `solved`, where there is no solution or the run was stopped before.
struct ReplicaTable {
  private let shape: [Int]
  private let columns: [(name: String, values: Buffer<Double>)]
  private let solved: Buffer<Double>

  init(_ shape: [Int], _ names: [String]) throws(Failure) {
    self.shape = shape
    let count = try checkedProduct(shape, "the table of the theory")
    solved = try Buffer(count)
    var columns: [(name: String, values: Buffer<Double>)] = []
    for name in names {
      let column = try Buffer<Double>(count, zeroed: false)
      Double.fill(count, .nan, column.pointer)
      columns.append((name, column))
    }
    self.columns = columns
  }

  /// Writes a row, one value per column; nil: no solution.
  func set(_ row: Int, _ values: [Double]?) {
    guard let values else { return }
    solved.pointer[row] = 1
    for (column, value) in zip(columns, values) { column.values.pointer[row] = value }
  }

  /// Adds the columns and `solved` to the report.
  func record(in report: Report) {
    for column in columns { report.record(column.name, column.values, shape: shape) }
    report.record("solved", solved, shape: shape)
  }
}

/// Tells progress and asks whether to stop: between the rows of a table.
struct ReplicaProgress {
  private let ask: (_ done: Int, _ total: Int) -> Bool

  init<S: Scalar>(_ job: Job<S>) {
    ask = { done, total in
      (job.step, job.totalSteps) = (done, total)
      return job.stopping()
    }
  }

  func stopping(_ done: Int, of total: Int) -> Bool { ask(done, total) }
}
