import Glibc
import SwaleCore

/// The curvature matrix that a metric is asked about: Hessian or Gauss-Newton matrix at one point, of all parameters or
/// of a block of tensors. Recorded with every curvature metric: `value` (f at the point) and `dimension` (rows of the
/// matrix), and `block` where one was chosen.
struct CurvatureTarget<S: Scalar> {
  let matrix: any LinearOperator<S>
  let value: Double
  /// Error of the norm of one product with a unit vector, from rounding or from differences of the gradient.
  let noise: Double
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
    noise = try Self.noise(job, at: x, value)
    matrix = ranges.isEmpty ? full : RestrictedOperator(full, ranges)
    guard matrix.dimension > 0 else {
      throw Failure(.shape, "objective '\(job.objective.name)' has no parameters to take curvature in")
    }
    job.observe(value: value)
    try job.report.record("value", value)
    try job.report.record("dimension", dimension)
    if !block.isEmpty { try job.report.record("block", text: block) }
  }

  /// Rounding relative to the value, or for central differences with steps of eps^(1/3) the power eps^(2/3) of value and
  /// gradient; an order of magnitude more than typical, because what cancels inside of f is not known.
  private static func noise(_ job: Job<S>, at x: UnsafePointer<S>, _ value: Double) throws(Failure) -> Double {
    let epsilon = Double(S.ulpOfOne)
    if job.oracle.productMethod == "exact" { return 10 * epsilon * (1 + abs(value)) }
    let n = job.dimension
    let g = try Buffer<S>(n, zeroed: false)
    _ = try job.oracle.gradient(x, g.pointer)
    return 10 * pow(epsilon, 2.0 / 3) * (1 + abs(value) + S.sumSquares(n, g.constant).squareRoot())
  }

  /// Largest relative asymmetry that rounding and differences of the gradient explain.
  static var mostAsymmetry: Double { S.precision == .f32 ? 1e-2 : 1e-3 }

  /// nil where the products are those of a symmetric matrix or it is not known, else a sentence.
  func defect(_ asymmetry: Asymmetry, of objective: String) -> String? {
    let allowed = Self.mostAsymmetry * asymmetry.norm + noise * Double(dimension).squareRoot()
    guard asymmetry.part > allowed else { return nil }
    return "the Hessian-vector products of objective '\(objective)' are not those of a symmetric matrix: the "
      + "antisymmetric part has the share \(asymmetry.relative) of its norm, allowed \(Self.mostAsymmetry); its gradient "
      + "is not that of its value, or its products are wrong"
  }

  /// Records how symmetric the products were; where they were not, the measurement has not converged.
  func record(_ asymmetry: Asymmetry, _ job: Job<S>, by metric: String) throws(Failure) {
    try job.report.record("relative_asymmetry", asymmetry.relative)
    guard let defect = defect(asymmetry, of: job.objective.name) else {
      return try job.report.record("status", text: "converged")
    }
    job.conclusion = .stalled
    Log.write(.warning, "metric '\(metric)': \(defect)")
    try job.report.record("status", text: "not converged: " + defect)
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
