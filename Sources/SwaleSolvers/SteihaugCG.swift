import SwaleCore

/// Approximate minimiser of the quadratic model m(p) = g'p + p'Hp / 2 in the ball |p| <= radius, by conjugate
/// gradients that stop at the boundary or at a direction of negative curvature, which is followed to the boundary.
/// Residual and directions are kept in a unit of the size of |g|, so that their squares stay in the range of doubles.
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

  /// Works at the point of `job.linearize`. Ends when |g + H p| <= tolerance |g|.
  func solve(
    _ g: UnsafePointer<S>, norm: Double, radius: Double, tolerance: Double, iterations: Int
  ) throws(Failure) -> Outcome {
    let n = job.dimension
    let (p, r, d, hd) = (point.pointer, residual.pointer, direction.pointer, image.pointer)
    let unit = S.unit(of: norm)
    var outcome = Outcome()
    S.fill(n, 0, p)
    r.update(from: g, count: n)
    S.scale(n, S(1 / unit), r)
    d.update(from: r, count: n)
    S.scale(n, -1, d)
    // Curvature and image are those of the scaled direction: steps along it have the length square * unit / curvature.
    var square = S.sumSquares(n, r)
    while outcome.iterations < iterations, square.squareRoot() > tolerance * (norm / unit), !job.stopping() {
      try job.product(.hessian, 1, d, hd)
      outcome.iterations += 1
      let curvature = S.dot(n, d, hd)
      guard curvature.isFinite else {
        outcome.isFinite = false
        return outcome
      }
      let toBoundary = boundary(radius)
      let bent = curvature <= 0
      let alpha = bent ? toBoundary : square * (unit / curvature)
      if bent || !(alpha < toBoundary) {
        S.axpy(n, S(toBoundary), d, p)
        // r'd = -r'r for conjugate gradients.
        outcome.decrease += toBoundary * (square * unit - 0.5 * toBoundary * curvature)
        outcome.atBoundary = true
        outcome.negativeCurvature = bent
        return outcome
      }
      S.axpy(n, S(alpha), d, p)
      S.axpy(n, S(square / curvature), hd, r)
      outcome.decrease += 0.5 * alpha * square * unit
      let next = S.sumSquares(n, r)
      S.axpby(n, -1, r, S(next / square), d)
      square = next
    }
    return outcome
  }

  /// The positive root t of |p + t d| = radius, in the form that does not cancel and in units of the radius.
  private func boundary(_ radius: Double) -> Double {
    let n = job.dimension
    let unit = S.unit(of: radius)
    let a = S.sumSquares(n, direction.constant)
    let b = S.dot(n, point.constant, direction.constant) / unit
    let (whole, used) = (radius / unit, S.norm(n, point.constant) / unit)
    let c = max(0, (whole - used) * (whole + used))
    let root = (b * b + a * c).squareRoot()
    return unit * (b > 0 ? c / (b + root) : (root - b) / a)
  }
}
