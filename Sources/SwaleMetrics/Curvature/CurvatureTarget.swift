import Glibc
import SwaleCore

/// The curvature matrix that a metric is asked about: Hessian or Gauss-Newton matrix at one point, of all parameters or
/// of a block of tensors. Recorded with every curvature metric: `value` (f at the point) and `dimension` (rows of the
/// matrix), and `block` where one was chosen.
struct CurvatureTarget<S: Scalar> {
  let matrix: any LinearOperator<S>
  let value: Double
  var dimension: Int { matrix.dimension }

  static var blockSentence: String {
    "Tensors to restrict the matrix to, comma-separated names or prefixes; empty: all parameters."
  }

  /// - Throws: `name` for an unknown tensor, `nonfinite` when f is not finite at the point.
  init(
    _ job: Job<S>, at x: UnsafePointer<S>, _ curvature: Curvature, block: String
  ) throws(Failure) {
    let ranges = block.isEmpty ? [] : try job.objective.layout.select(block).map(\.range)
    let full = try CurvatureOperator(job, at: x, curvature)
    value = full.value
    guard value.isFinite else {
      throw Failure(.nonfinite, "the value at the point is \(value); curvature needs a finite one")
    }
    matrix = ranges.isEmpty ? full : RestrictedOperator(full, ranges)
    guard matrix.dimension > 0 else {
      throw Failure(.shape, "objective '\(job.objective.name)' has no parameters to take curvature in")
    }
    job.observe(value: value)
    try job.report.record("value", value)
    try job.report.record("dimension", dimension)
    if !block.isEmpty { try job.report.record("block", text: block) }
  }

  /// Refuses a dense matrix that the machine cannot hold, before the system kills the process for trying.
  /// - Parameter copies: matrices of that size held at a time.
  func requireMemory(copies: Int, of metric: String) throws(Failure) {
    let bytes = Double(copies) * 8 * Double(dimension) * Double(dimension)
    let machine = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
    let allowed = min(machine, Double(Memory.limit))
    if bytes <= allowed { return }
    func gigabytes(_ x: Double) -> String { "\((x / 1e7).rounded() / 100) GB" }
    throw Failure(
      .memory,
      "metric '\(metric)' needs \(gigabytes(bytes)) for matrices of \(dimension) x \(dimension), allowed "
        + "\(gigabytes(allowed)); choose a block, or use hessian_spectrum, hessian_trace or hessian_top")
  }
}

extension Component where Self: Metric {
  /// The case of an enumeration that an option names. Options from callers are checked against the list before; this
  /// is for Swift callers who set the property.
  static func choice<T: RawRepresentable & CaseIterable>(
    _ name: String, _ text: String, as type: T.Type = T.self
  ) throws(Failure) -> T where T.RawValue == String {
    if let found = T(rawValue: text) { return found }
    throw Failure(
      .option, "option '\(name)' of metric '\(info.name)' is \(text), allowed "
        + T.allCases.map(\.rawValue).joined(separator: ", "))
  }

  /// Refuses a count that exceeds the dimension of the matrix.
  static func require(_ name: String, _ count: Int, atMost dimension: Int) throws(Failure) {
    if count <= dimension { return }
    throw Failure(
      .option, "option '\(name)' of metric '\(info.name)' is \(count), allowed 1 ... \(dimension), the dimension")
  }
}
