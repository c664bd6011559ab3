import SwaleCore

/// What solvers that see all samples in every step have in common: value and gradient at x, their start, and the
/// gradient norm that ends the run.
class DeterministicStepper<S: Scalar>: Stepper<S> {
  let n: Int
  let gradient: Buffer<S>
  private(set) var value = 0.0
  /// Euclidean norm of `gradient`.
  private(set) var norm = 0.0
  private let gradientTolerance: Double
  private var begun = false

  /// - Parameter gradientTolerance: converged when the norm is at or below this.
  init(_ job: Job<S>, gradientTolerance: Double) throws(Failure) {
    n = job.dimension
    gradient = try Buffer(n, zeroed: false)
    self.gradientTolerance = gradientTolerance
    super.init(job)
  }

  /// Evaluates at the starting point, in the first step only. Returns a reason to end the run there.
  final func begin(_ x: UnsafePointer<S>) throws(Failure) -> Reason? {
    if begun { return nil }
    begun = true
    let reason = arrive(try job.gradient(x, gradient.pointer))
    if reason != nil { return reason }
    if !value.isFinite || !norm.isFinite { return .diverged }
    return value <= job.settings.targetValue ? .target : nil
  }

  /// Takes the value and `gradient`, which are those of a new point now. Converged when the norm says so.
  final func arrive(_ newValue: Double) -> Reason? {
    value = newValue
    norm = S.sumSquares(n, gradient.constant).squareRoot()
    job.observe(value: value, gradientNorm: norm)
    return norm <= gradientTolerance ? .converged : nil
  }
}
