import SwaleCore

/// Approximate minimiser of the quadratic model m(p) = g'p + p'Hp / 2 in the ball |p| <= radius, by conjugate
/// gradients that stop at the boundary or at a direction of negative curvature, which is followed to the boundary.
///
/// Source: Steihaug, SIAM J. Numerical Analysis 20 (1983) 626; Nocedal, Wright (2006), algorithm 7.2.
final class SteihaugCG<S: Scalar> {
  struct Outcome {
    /// -m(p) > 0, the decrease that the model promises.
    var decrease = 0.0
    var iterations = 0
    var atBoundary = false
    var negativeCurvature = false
    /// False when a product was not finite.
    var isFinite = true
  }

  private let job: Job<S>
  /// The minimiser p.
  let point: Buffer<S>
  private let residual: Buffer<S>
  private let direction: Buffer<S>
  private let image: Buffer<S>

  init(_ job: Job<S>) throws(Failure) {
    self.job = job
    point = try Buffer(job.dimension, zeroed: false)
    residual = try Buffer(job.dimension, zeroed: false)
    direction = try Buffer(job.dimension, zeroed: false)
    image = try Buffer(job.dimension, zeroed: false)
  }

  /// Works at the point of `job.linearize`. Ends when |g + H p| <= tolerance.
  func solve(
    _ g: UnsafePointer<S>, radius: Double, tolerance: Double, iterations: Int
  ) throws(Failure) -> Outcome {
    let n = job.dimension
    let (p, r, d, hd) = (point.pointer, residual.pointer, direction.pointer, image.pointer)
    var outcome = Outcome()
    S.fill(n, 0, p)
    r.update(from: g, count: n)
    d.update(from: g, count: n)
    S.scale(n, -1, d)
    var square = S.sumSquares(n, r)
    while outcome.iterations < iterations, square.squareRoot() > tolerance, !job.stopping() {
      try job.product(.hessian, 1, d, hd)
      outcome.iterations += 1
      let curvature = S.dot(n, d, hd)
      guard curvature.isFinite else {
        outcome.isFinite = false
        return outcome
      }
      let toBoundary = boundary(radius)
      let alpha = square / curvature
      if curvature <= 0 || alpha >= toBoundary {
        S.axpy(n, S(toBoundary), d, p)
        // r'd = -r'r for conjugate gradients.
        outcome.decrease += toBoundary * (square - 0.5 * toBoundary * curvature)
        outcome.atBoundary = true
        outcome.negativeCurvature = curvature <= 0
        return outcome
      }
      S.axpy(n, S(alpha), d, p)
      S.axpy(n, S(alpha), hd, r)
      outcome.decrease += 0.5 * alpha * square
      let next = S.sumSquares(n, r)
      S.axpby(n, -1, r, S(next / square), d)
      square = next
    }
    return outcome
  }

  /// The positive root t of |p + t d| = radius, in the form that does not cancel.
  private func boundary(_ radius: Double) -> Double {
    let n = job.dimension
    let a = S.sumSquares(n, direction.constant)
    let b = S.dot(n, point.constant, direction.constant)
    let c = max(0, radius * radius - S.sumSquares(n, point.constant))
    let root = (b * b + a * c).squareRoot()
    return b > 0 ? c / (b + root) : (root - b) / a
  }
}
