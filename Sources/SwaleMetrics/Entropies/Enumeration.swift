import Glibc
import SwaleCore

/// Exact counts over all 2^N configurations of a small device with binary weights: what message passing and Monte
/// Carlo estimates are tested against. N = 25 takes about a second on one core.
///
/// Report: `count` of solutions; `entropy` ln(count) / N (-inf when there is none) and `status` in words; `marginals`,
/// the mean of every weight over the solutions (NaN when there is none); `error_histogram`, the number of
/// configurations with e = 0 ... P violated patterns. With a point w given (its signs count): `local_counts`, the
/// number of solutions at Hamming distance 0 ... N from w, `local_entropies` ln(local_counts) / N and `distances` d /
/// N. A run that is stopped has none of them.
public struct Enumeration: Component, Metric {
  public static let info = Info(
    "enumeration", "Exact number, entropy and marginals of the solutions of a small device with binary weights, and "
      + "how many lie at each distance from a point.")
  public static let needs: Capabilities = .patterns
  public static let points = 0...1
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    guard let graph = job.objective.patterns else {
      throw Failure(
        .unsupported, "metric 'enumeration' needs patterns, which objective '\(job.objective.name)' does not hand out")
    }
    let device = try EnumeratedDevice(graph, for: "metric 'enumeration'")
    let n = device.weights
    var reference: UInt32 = 0
    if let point = points.first {
      for i in 0..<n where point[i] >= 0 { reference |= 1 << UInt32(i) }
    }
    job.totalSteps = 100
    let counts = try device.count(reference: reference) { done in
      job.step = Int(saturating: 100 * done)
      return job.stopping()
    }
    let report = job.report
    guard let counts else {
      try report.record("status", text: "stopped before all configurations were visited")
      return
    }
    let count = counts.histogram.pointer[0]
    let total = Double(count)
    try report.record("count", Int(count))
    try report.record("entropy", log(total) / Double(n))
    try report.record("status", text: count == 0 ? "there is no solution" : "exact")
    report.record("error_histogram", counts.histogram)
    let marginals = try Buffer<Double>(n, zeroed: false)
    for i in 0..<n { marginals.pointer[i] = 2 * Double(counts.plus.pointer[i]) / total - 1 }
    report.record("marginals", marginals)
    if points.isEmpty { return }

    let entropies = try Buffer<Double>(n + 1, zeroed: false)
    let distances = try Buffer<Double>(n + 1, zeroed: false)
    for d in 0...n {
      entropies.pointer[d] = log(Double(counts.local.pointer[d])) / Double(n)
      distances.pointer[d] = Double(d) / Double(n)
    }
    report.record("local_counts", counts.local)
    report.record("local_entropies", entropies)
    report.record("distances", distances)
  }
}
