import Glibc
import SwaleCore

/// The curvature matrix that a metric is asked about: Hessian or Gauss-Newton matrix at one point, of all parameters or
/// of a block of tensors. Recorded with every curvature metric: `value` (f at the point) and `dimension` (rows of the
/// matrix), and `block` where one was chosen.
struct CurvatureTarget<S: Scalar> {
  let matrix: any LinearOperator<S>
  /// The same matrix in units of its size, for what squares.
  let scaled: ScaledOperator<S>
  let value: Double
  /// Error of the norm of one product with a unit vector, from what cancels inside of f and its gradient: rounding, or
  /// differences of the gradient.
  let noise: Double
  /// And the part of it that is relative to the norm of the matrix.
  let relativeNoise: Double
  /// Entries of the point that belong to the matrix; empty for all.
  private let ranges: [Range<Int>]
  var dimension: Int { matrix.dimension }

  static var blockSentence: String {
    "Tensors to restrict the matrix to, comma-separated names or prefixes; empty: all parameters."
  }

  /// - Throws: `name` for an unknown tensor, `nonfinite` when f is not finite at the point.
  init(
    _ job: Job<S>, at x: UnsafePointer<S>, _ curvature: Curvature, block: String
  ) throws(Failure) {
    ranges = block.isEmpty ? [] : try job.objective.layout.select(block).map(\.range)
    let full = try CurvatureOperator(job, at: x, curvature)
    value = full.value
    guard value.isFinite else {
      throw Failure(.nonfinite, "the value at the point is \(value); curvature needs a finite one")
    }
    noise = try Self.noise(job, at: x, value)
    let epsilon = Double(S.ulpOfOne)
    relativeNoise = job.oracle.productMethod == "exact" ? 10 * epsilon : 10 * pow(epsilon, 2.0 / 3)
    matrix = ranges.isEmpty ? full : RestrictedOperator(full, ranges)
    scaled = ScaledOperator(matrix)
    guard matrix.dimension > 0 else {
      throw Failure(.shape, "objective '\(job.objective.name)' has no parameters to take curvature in")
    }
    job.observe(value: value)
    try job.report.record("value", value)
    try job.report.record("dimension", dimension)
    if !block.isEmpty { try job.report.record("block", text: block) }
  }

  /// Rounding relative to the value, or for central differences with steps of eps^(1/3) the power eps^(2/3) of value
  /// and gradient; an order of magnitude more than typical, because what cancels inside of f is not known.
  private static func noise(_ job: Job<S>, at x: UnsafePointer<S>, _ value: Double) throws(Failure) -> Double {
    let epsilon = Double(S.ulpOfOne)
    if job.oracle.productMethod == "exact" { return 10 * epsilon * abs(value) }
    let n = job.dimension
    let g = try Buffer<S>(n, zeroed: false)
    _ = try job.oracle.gradient(x, g.pointer)
    return 10 * pow(epsilon, 2.0 / 3) * (abs(value) + S.norm(n, g.constant))
  }

  /// Error of products, relative to the norm of the matrix, that eigenvalues cannot be told from zero by.
  var relativePrecision: Double {
    let rounding = 8 * Double(S.ulpOfOne) * Double(dimension).squareRoot()
    return scaled.method == "exact" ? rounding : max(rounding, relativeNoise)
  }

  /// The probe vectors among the points: those beyond the first, of which the entries of the block count; recorded as
  /// `given_probes`. nil where there are none.
  func givenProbes(_ points: [UnsafePointer<S>], _ job: Job<S>, _ metric: String) throws(Failure) -> GivenProbes<S>? {
    if points.count < 2 { return nil }
    let probes = GivenProbes(vectors: Array(points[1...]), dimension: dimension, ranges: ranges)
    let vector = try Buffer<S>(dimension, zeroed: false)
    for i in 0..<probes.count {
      probes.write(i, to: vector.pointer)
      guard S.maxAbs(dimension, vector.constant) > 0 else {
        throw Failure(
          .argument, "metric '\(metric)': point \(i + 1) is a probe vector and zero, allowed vectors that are not")
      }
    }
    try job.report.record("given_probes", probes.count)
    return probes
  }

  static var pointsSentence: String { "Points beyond the first are probe vectors, taken instead of random ones." }

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

  /// Records how symmetric the products were; where they were not, or where `open` says what is missing, the
  /// measurement has not converged.
  func conclude(
    _ asymmetry: Asymmetry, open: String? = nil, _ job: Job<S>, by metric: String
  ) throws(Failure) {
    try job.report.record("relative_asymmetry", asymmetry.relative)
    if let defect = defect(asymmetry, of: job.objective.name) {
      job.conclusion = .stalled
      Log.write(.warning, "metric '\(metric)': \(defect)")
      try job.report.record("status", text: "not converged: " + defect)
    } else if let open {
      job.conclusion = .unconverged
      try job.report.record("status", text: "not converged: " + open)
    } else {
      try job.report.record("status", text: "converged")
    }
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

/// Probe vectors that a caller gave as points.
struct GivenProbes<S: Scalar> {
  let vectors: [UnsafePointer<S>]
  let dimension: Int
  /// Entries that count; empty for all.
  let ranges: [Range<Int>]
  var count: Int { vectors.count }

  func write(_ i: Int, to out: UnsafeMutablePointer<S>) {
    if ranges.isEmpty { return out.update(from: vectors[i], count: dimension) }
    var position = out
    for range in ranges {
      position.update(from: vectors[i] + range.lowerBound, count: range.count)
      position += range.count
    }
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
