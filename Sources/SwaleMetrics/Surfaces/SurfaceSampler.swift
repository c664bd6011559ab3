import SwaleCore

/// Value and error at many points of a line or plane, in blocks between which the run can be stopped.
///
/// A block is large enough for an objective to share work between its points, and about a tenth of a second of it,
/// so that progress and cancellation are prompt. Where there are samples, that is estimated from the problem, because
/// how many points share work may decide last bits; elsewhere points share nothing and blocks grow by the clock.
/// Points that a stopped run did not reach are NaN.
struct SurfaceSampler {
  /// Operations per block; a point takes about 2 per parameter and sample.
  private static let blockWork = 8e9
  private static let blockSeconds = 0.05
  private static let smallest = 8
  private static let largest = 8192

  let values: Buffer<Double>
  /// Fractions of misclassified samples; NaN where the objective does not count errors.
  let errors: Buffer<Double>
  /// Points evaluated.
  let reached: Int

  /// - Parameter coordinates: count x directions.count, row-major.
  init<S: Scalar>(
    _ job: Job<S>, origin: UnsafePointer<S>, directions: [UnsafePointer<S>], coordinates: Buffer<Double>, count: Int
  ) throws(Failure) {
    let (values, errors) = (try Buffer<Double>(count, zeroed: false), try Buffer<Double>(count, zeroed: false))
    (self.values, self.errors) = (values, errors)
    Double.fill(count, .nan, values.pointer)
    Double.fill(count, .nan, errors.pointer)
    let slice = AffineSlice(
      origin: origin, directions: directions, coordinates: coordinates.constant, count: count)
    let work = 2 * Double(job.dimension) * Double(job.oracle.sampleCount)
    var block = work > 0 ? max(Self.smallest, Int(saturating: min(Double(Self.largest), Self.blockWork / work))) : 1
    var done = 0
    while done < count, !job.stopping() {
      let size = min(block, count - done, job.allowance)
      let started = job.seconds
      let part = slice.part(done, size)
      let (valuePlace, errorPlace) = (values.pointer + done, errors.pointer + done)
      let complete = try Interruption.completes { () throws(Failure) in
        try job.evaluateAffine(part, valuePlace, errorPlace)
      }
      if !complete {
        // What was added up so far are sums over some of the samples.
        Double.fill(size, .nan, values.pointer + done)
        Double.fill(size, .nan, errors.pointer + done)
        break
      }
      if work == 0, job.seconds - started < Self.blockSeconds / 2 { block = min(2 * block, Self.largest) }
      done += size
      job.step += size
      job.observe(value: values.pointer[done - 1])
    }
    reached = done
  }
}

extension SurfaceSampler {
  /// Records in words whether all values of a measurement that was not stopped are numbers; where they are not, it has
  /// not converged.
  static func conclude<S: Scalar>(_ values: [Buffer<Double>], _ job: Job<S>) throws(Failure) {
    if job.stopReason != nil { return try job.report.record("status", text: "stopped") }
    let count = values.reduce(0) { $0 + $1.count }
    let missing = values.reduce(0) { sum, part in sum + part.elements.count { !$0.isFinite } }
    if missing > 0 { job.conclusion = .unconverged }
    try job.report.record(
      "status",
      text: missing == 0 ? "converged" : "not converged: \(missing) of \(count) values are not finite")
  }
}

/// `count` equally spaced numbers from `low` to `high`, both included.
func equallySpaced(_ low: Double, _ high: Double, _ count: Int) throws(Failure) -> Buffer<Double> {
  let result = try Buffer<Double>(count, zeroed: false)
  for i in 0..<count {
    if i % 4096 == 0 { try Interruption.check(work: 16_384) }
    let t = count > 1 ? Double(i) / Double(count - 1) : 0
    result.pointer[i] = (1 - t) * low + t * high
  }
  return result
}
