import SwaleCore

/// When solvers that see all samples in every step call a point a minimum. With the next step p, which promises to
/// lower f by `gain` (g'Hg with the curvature that the solver has), it is one when
///
/// - |g| is at or below `absolute`;
/// - or |g| is at or below `relative` times the |g| of the start, and the gain is below 10 units of rounding of f, or
///   |f| at or below 1e-24 times that of the start: from a far start |g| falls by any factor before a minimum;
/// - or no better point was found and, with the machine's epsilon e, |g| is at or below `relative` or e times that of
///   the start; or the next step is lost in rounding: |g| is at or below e^(1/2) times that of the start or e^(3/8) times
///   |f| / |x|, and the gain at or below e^(3/4) |f| (sums of squares cancel) or |p| at or below e^(1/2) |x|.
///
/// Otherwise a run that found no better point has stalled.
public struct GradientTolerances: Sendable {
  public var absolute = 0.0
  public var relative = 1e-14

  public init() {}
}

/// What solvers that see all samples in every step have in common: value and gradient at x, their start, and the
/// gradient norm that ends the run.
///
/// Report: `gradient_norm_start`, and `relative_gradient_norm`, the norm at the end as a fraction of it.
class DeterministicStepper<S: Scalar>: Stepper<S> {
  let n: Int
  let gradient: Buffer<S>
  private(set) var value = 0.0
  /// Euclidean norm of `gradient`, and that of the start.
  private(set) var norm = 0.0
  private(set) var startNorm = 0.0
  private let tolerances: GradientTolerances
  private var begun = false

  private var startValue = 0.0

  /// Relative error of values that is taken for rounding.
  static var noise: Double { 10 * Double(S.ulpOfOne) }
  private static var root: Double { Double(S.ulpOfOne).squareRoot() }
  /// e^(3/8).
  private static var smallRatio: Double { root.squareRoot() * root.squareRoot().squareRoot() }

  init(_ job: Job<S>, _ tolerances: GradientTolerances) throws(Failure) {
    n = job.dimension
    gradient = try Buffer(n, zeroed: false)
    self.tolerances = tolerances
    super.init(job)
  }

  /// Evaluates at the starting point, in the first step only. Returns a reason to end the run there.
  final func begin(_ x: UnsafePointer<S>) throws(Failure) -> Reason? {
    if begun { return nil }
    begun = true
    let reason = arrive(try job.gradient(x, gradient.pointer))
    (startValue, startNorm) = (value, norm)
    if !value.isFinite || !norm.isFinite { return .diverged }
    if reason != nil { return reason }
    return value <= job.settings.targetValue ? .target : nil
  }

  /// Takes the value and `gradient`, which are those of a new point now. Converged when the norm says so.
  final func arrive(_ newValue: Double) -> Reason? {
    value = newValue
    norm = S.norm(n, gradient.constant)
    job.observe(value: value, gradientNorm: norm)
    return norm <= tolerances.absolute ? .converged : nil
  }

  /// Whether the present point is a minimum by the relative tolerance.
  final func isMinimum(gain: Double) -> Bool {
    norm <= tolerances.relative * startNorm
      && (gain <= Self.noise * abs(value) || abs(value) <= 1e-24 * abs(startValue))
  }

  /// Whether the gradient is as small as can be asked for.
  final var isAtFloor: Bool { norm <= max(tolerances.relative, Double(S.ulpOfOne)) * startNorm }

  /// Whether the step from x of this length along p, which promises `gain`, is lost in rounding near a minimum.
  final func isLost(_ length: Double, _ p: UnsafePointer<S>, from x: UnsafePointer<S>, gain: Double) -> Bool {
    if isAtFloor { return true }
    let size = S.norm(n, x)
    guard norm <= Self.root * startNorm || norm * size <= Self.smallRatio * abs(value) else { return false }
    return gain <= Self.smallRatio * Self.smallRatio * abs(value) || length * S.norm(n, p) <= Self.root * size
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    guard begun else { return }
    try job.report.record("gradient_norm_start", startNorm)
    try job.report.record("relative_gradient_norm", startNorm > 0 ? norm / startNorm : 0)
  }
}

extension Component {
  /// The options of `GradientTolerances`.
  static func toleranceOptions(_ path: WritableKeyPath<Self, GradientTolerances>) -> [Option<Self>] {
    [
      option("gradient_tolerance", path.appending(path: \.absolute), in: 0...1e150,
        "Converged when the Euclidean norm of the gradient is at or below this; 0: see relative_tolerance."),
      option("relative_tolerance", path.appending(path: \.relative), in: 0...1,
        "Converged when the norm of the gradient is at or below this fraction of that at the start and the next step "
          + "promises nothing that rounding lets see; 0: only when no better point is found for that reason."),
    ]
  }
}
