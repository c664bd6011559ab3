import SwaleCore

/// How far apart points are, and at what angle.
///
/// Report, k x k each: `distance` |x_i - x_j|, `cosine` x_i . x_j / (|x_i| |x_j|) (NaN for a zero vector),
/// `normalized_distance` |x_i - x_j| / |x_i| (row i is the reference, as |w_T - w_0| / |w_0|); and `norm` |x_i|. Pairs that a stopped run
/// did not reach are NaN.
public struct Distance: Component, Metric {
  public static let info = Info(
    "distance", "Euclidean distances, cosines and normalised distances between points.")
  public static let points = 2...Int.max
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let k = points.count
    let n = job.dimension
    let cells = try checkedProduct([k, k], "the matrix of distances")
    let distance = try Buffer<Double>(cells, zeroed: false)
    let cosine = try Buffer<Double>(cells, zeroed: false)
    let normalized = try Buffer<Double>(cells, zeroed: false)
    let norm = try Buffer<Double>(k, zeroed: false)
    let difference = try Buffer<S>(n, zeroed: false)
    for matrix in [distance, cosine, normalized] { Double.fill(cells, .nan, matrix.pointer) }
    Double.fill(k, .nan, norm.pointer)
    for i in 0..<k where !job.stopping() { norm.pointer[i] = S.norm(n, points[i]) }
    job.totalSteps = k
    for i in 0..<k where !job.stopping() {
      for j in 0...i where !job.stopping() {
        let (first, second) = (norm.pointer[i], norm.pointer[j])
        var angle = first > 0 ? 1 : Double.nan
        if i != j {
          // Rounding may carry a quotient past 1, which no angle has.
          let quotient = S.cosine(n, points[i], first, points[j], second)
          angle = first > 0 && second > 0 ? max(-1, min(1, quotient)) : .nan
        }
        let gap: Double
        if i == j {
          gap = 0
        } else {
          S.subtract(n, points[i], points[j], difference.pointer)
          gap = S.norm(n, difference.constant)
        }
        for (row, column) in [(i, j), (j, i)] {
          cosine.pointer[row * k + column] = angle
          distance.pointer[row * k + column] = gap
          let own = norm.pointer[row]
          normalized.pointer[row * k + column] = own > 0 ? gap / own : (gap > 0 ? .infinity : .nan)
        }
      }
      job.step += 1
    }
    job.report.record("distance", distance, shape: [k, k])
    job.report.record("cosine", cosine, shape: [k, k])
    job.report.record("normalized_distance", normalized, shape: [k, k])
    job.report.record("norm", norm)
  }
}
