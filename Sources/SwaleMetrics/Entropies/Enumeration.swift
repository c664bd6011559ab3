import Glibc
import SwaleCore

/// Exact counts over all 2^N configurations of a small device with binary weights: what message passing and Monte
/// Carlo estimates are tested against. N = 25 takes about a second on one core.
///
/// Report: `count` of solutions; `entropy` ln(count) / N (-inf when there is none) and `status` in words; `marginals`,
/// the mean of every weight over the solutions (NaN when there is none); `error_histogram`, the number of
/// configurations with e = 0 ... P violated patterns. With a point w given (its signs count): `local_counts`, the
/// number of solutions at Hamming distance 0 ... N from w, `ball_counts`, that of those up to each distance (w itself
/// counts where it is a solution), `local_entropies` ln(local_counts) / N and `distances` d / N.
///
/// With `radius` r > 0 only the configurations within distance r of w are visited, sum_d binomial(N, d) of them for d
/// up to r, 10 million a second, for any N: `local_counts`, `ball_counts`, `local_entropies`, `distances`, 0 ... r.
///
/// A run that is stopped has none of them; one without a solution ends with that reason.
public struct Enumeration: Component, Metric {
  public static let info = Info(
    "enumeration", "Exact number, entropy and marginals of the solutions of a small device with binary weights, and "
      + "how many lie at each distance from a point.")
  public static var options: [Option<Self>] {
    [
      option("radius", \.radius, in: 0...1e9,
        "Visit only configurations up to this Hamming distance from the point, for any N; 0: all of a small device.")
    ]
  }
  public static let needs: Capabilities = .patterns
  public static let points = 0...1

  public var radius = 0
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    guard let graph = job.objective.patterns else {
      throw Failure(
        .unsupported, "metric 'enumeration' needs patterns, which objective '\(job.objective.name)' does not hand out")
    }
    job.totalSteps = 100
    if radius > 0 {
      guard let point = points.first else {
        throw Failure(
          .argument, "option 'radius' of metric 'enumeration' is \(radius), but there is no point to be near to")
      }
      return try ball(job, graph, point)
    }
    let n = graph.dimension
    var reference: UInt32 = 0
    if let point = points.first {
      for i in 0..<min(n, 32) where point[i] >= 0 { reference |= 1 << UInt32(i) }
    }
    let report = job.report
    guard let counts = try count(job, graph, reference) else { return try stopped(report) }
    let count = counts.histogram.pointer[0]
    let total = Double(count)
    try report.record("count", Int(count))
    try report.record("entropy", log(total) / Double(n))
    try report.record("status", text: count == 0 ? "there is no solution" : "exact")
    report.record("error_histogram", counts.histogram)
    let marginals = try Buffer<Double>(n, zeroed: false)
    for i in 0..<n { marginals.pointer[i] = 2 * Double(counts.plus.pointer[i]) / total - 1 }
    report.record("marginals", marginals)
    if !points.isEmpty { try record(counts.local, of: n, report) }
    if count == 0 { job.conclusion = .noSolution }
  }

  /// All configurations.
  private func count<S: Scalar>(
    _ job: Job<S>, _ graph: PatternGraph, _ reference: UInt32
  ) throws(Failure) -> (histogram: Buffer<Int64>, plus: Buffer<Int64>, local: Buffer<Int64>)? {
    let who = "metric 'enumeration'"
    if case .real = graph.inputs {
      let counts = try EnumeratedNumbers(graph, for: who).count(reference: reference) { stopping(job, $0) }
      return counts.map { ($0.histogram, $0.plus, $0.local) }
    }
    let counts = try EnumeratedDevice(graph, for: who).count(reference: reference) { stopping(job, $0) }
    return counts.map { ($0.histogram, $0.plus, $0.local) }
  }

  /// The configurations around a point only.
  private func ball<S: Scalar>(_ job: Job<S>, _ graph: PatternGraph, _ point: UnsafePointer<S>) throws(Failure) {
    let device = try EnumeratedDevice(graph, limit: .max, for: "metric 'enumeration'")
    let signs = try Buffer<Int8>(device.weights)
    for i in 0..<device.weights { signs.pointer[i] = point[i] >= 0 ? 1 : -1 }
    guard let counts = try device.ball(signs, radius: radius, stopping: { stopping(job, $0) }) else {
      return try stopped(job.report)
    }
    try job.report.record("status", text: "exact up to the radius")
    try record(counts, of: device.weights, job.report)
  }

  private func stopping<S: Scalar>(_ job: Job<S>, _ done: Double) -> Bool {
    job.step = Int(saturating: 100 * done)
    return job.stopping()
  }

  private func stopped(_ report: Report) throws(Failure) {
    try report.record("status", text: "stopped before all configurations were visited")
  }

  private func record(_ local: Buffer<Int64>, of n: Int, _ report: Report) throws(Failure) {
    let entropies = try Buffer<Double>(local.count, zeroed: false)
    let distances = try Buffer<Double>(local.count, zeroed: false)
    let within = try Buffer<Int64>(local.count, zeroed: false)
    var sum: Int64 = 0
    for d in 0..<local.count {
      sum += local.pointer[d]
      within.pointer[d] = sum
      entropies.pointer[d] = log(Double(local.pointer[d])) / Double(n)
      distances.pointer[d] = Double(d) / Double(n)
    }
    report.record("local_counts", local)
    report.record("ball_counts", within)
    report.record("local_entropies", entropies)
    report.record("distances", distances)
  }
}
