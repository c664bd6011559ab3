import SwaleCore

/// The landscape on the straight line between two points a and b: theta_t = (1 - t) a + t b, t in [0, 1].
///
/// Report: `t`; `loss` and, where errors are counted, `error` along the line; `distance` |b - a|;
/// - `chord_barrier` = max_t L(t) - (1 - t) L(0) - t L(1) >= 0, reached at `chord_barrier_t`;
/// - `midpoint_barrier` = max_t L(t) - (L(0) + L(1)) / 2; both are in use under the name "barrier";
/// - `error_chord_barrier`, `error_midpoint_barrier`: the same of the error;
/// - `min_delta` = max_j (L_j - min_{i <= j} L_i), the bump height: the least Delta for which the path from a to b
///   is Delta-monotonic.
///
/// Barriers and bump height are NaN when the run was stopped before the end of the line or a value on it is NaN; with
/// values that are not finite the measurement has not converged, and `status` says how many there are.
public struct LinearPath: Component, Metric {
  public static let info = Info(
    "linear_path", "Loss and error on the line between two points, with barriers and bump height.",
    reference: "Frankle et al., ICML (2020); Lucas et al., ICML (2021)")
  public static var options: [Option<Self>] {
    [option("points", \.count, in: 2...1e9, "Points on the line, both ends included.")]
  }
  public static let needs: Capabilities = .value
  public static let points = 2...2

  public var count = 25
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let n = job.dimension
    let direction = try Buffer<S>(n, zeroed: false)
    S.subtract(n, points[1], points[0], direction.pointer)
    let t = try equallySpaced(0, 1, count)
    job.totalSteps = count
    let samples = try SurfaceSampler(
      job, origin: points[0], directions: [direction.constant], coordinates: t, count: count)

    let report = job.report
    report.record("t", t)
    report.record("loss", samples.values)
    try report.record("distance", S.norm(n, direction.constant))
    let complete = samples.reached == count
    let loss = complete ? Profile(samples.values) : .unknown
    try report.record("chord_barrier", loss.chord)
    try report.record("chord_barrier_t", loss.position)
    try report.record("midpoint_barrier", loss.midpoint)
    try report.record("min_delta", loss.bump)
    if job.objective.capabilities.contains(.errors) {
      report.record("error", samples.errors)
      let error = complete ? Profile(samples.errors) : .unknown
      try report.record("error_chord_barrier", error.chord)
      try report.record("error_midpoint_barrier", error.midpoint)
    }
    try SurfaceSampler.conclude([samples.values], job)
  }
}

/// Summary numbers of values at equally spaced t in [0, 1].
private struct Profile {
  var chord = Double.nan
  var position = Double.nan
  var midpoint = Double.nan
  var bump = Double.nan

  static let unknown = Profile()

  private init() {}

  init(_ values: Buffer<Double>) {
    if values.elements.contains(where: \.isNaN) { return }
    let last = values.count - 1
    let first = values.pointer[0]
    let end = values.pointer[last]
    // The ends lie on the chord, where rounding must not make a barrier.
    chord = 0
    position = 0
    var highest = first
    var lowest = first
    bump = 0
    for i in 0...last {
      let t = Double(i) / Double(last)
      let value = values.pointer[i]
      let rise = value - ((1 - t) * first + t * end)
      if i > 0, i < last, rise > chord {
        chord = rise
        position = t
      }
      highest = max(highest, value)
      lowest = min(lowest, value)
      bump = max(bump, value - lowest)
    }
    midpoint = highest - (first + end) / 2
  }
}
