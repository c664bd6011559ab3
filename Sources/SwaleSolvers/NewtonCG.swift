import SwaleCore

/// Newton's method in a trust region, for landscapes with any curvature: the step minimises the quadratic model by
/// truncated conjugate gradients on Hessian-vector products. On all samples, deterministic; one step is one model,
/// accepted or not.
///
/// The inner tolerance min(1/2, sqrt(|g| / |g at the start|)) |g| makes the convergence superlinear at any scale of the
/// value. It converges as `GradientTolerances` says. The radius shrinks to a quarter where the value falls by less than
/// a quarter of what the model promised and doubles where it falls by more than three quarters with the step at the
/// boundary. Source: Nocedal, Wright (2006), algorithms 4.1 and 7.2.
public struct NewtonCG: Solver, Component {
  public static let info = Info(
    "newton_cg", "Trust-region Newton method with truncated conjugate gradients; follows negative curvature.",
    reference: "Steihaug, SIAM J. Numerical Analysis 20 (1983) 626; Nocedal, Wright, Numerical Optimization (2006), "
      + "algorithms 4.1 and 7.2")
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static var options: [Option<Self>] {
    [
      option("radius", \.radius, in: 1e-12...1e150, "Trust radius at the start."),
      option("max_radius", \.maxRadius, in: 1e-12...1e150, "Largest trust radius."),
      option("cg_iterations", \.cgIterations, in: 1...9e15, "Hessian-vector products of one step at most."),
    ] + toleranceOptions(\.tolerances)
  }

  public var radius = 1.0
  public var maxRadius = 1000.0
  public var cgIterations = 250
  public var tolerances = GradientTolerances()
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    guard radius <= maxRadius else {
      throw Failure(
        .option, "option 'radius' of solver 'newton_cg' is \(radius), allowed up to max_radius = \(maxRadius)")
    }
    return try NewtonCGStepper(job, self)
  }
}

final class NewtonCGStepper<S: Scalar>: DeterministicStepper<S> {
  private let settings: NewtonCG
  private let model: SteihaugCG<S>
  private let trial: Buffer<S>
  private let trialGradient: Buffer<S>
  private var radius: Double
  private var iterations = 0
  private var negativeSteps = 0

  /// Least ratio of actual to promised decrease of a step that is taken.
  private static var acceptance: Double { 1e-3 }

  init(_ job: Job<S>, _ settings: NewtonCG) throws(Failure) {
    self.settings = settings
    let n = job.dimension
    radius = settings.radius
    model = try SteihaugCG(job)
    trial = try Buffer(n, zeroed: false)
    trialGradient = try Buffer(n, zeroed: false)
    try super.init(job, settings.tolerances)
  }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if let reason = try begin(x) { return reason }
    _ = try job.linearize(x)
    let outcome = try model.solve(
      gradient.constant, norm: norm, radius: radius, tolerance: min(0.5, (norm / startNorm).squareRoot()),
      iterations: settings.cgIterations)
    iterations += outcome.iterations
    if job.stopReason != nil { return nil }
    guard outcome.isFinite else {
      Log.write(.warning, "solver 'newton_cg' stopped: a Hessian-vector product is not finite")
      return .stalled
    }
    if !outcome.atBoundary, isMinimum(gain: outcome.decrease) {
      job.observe(value: value, gradientNorm: norm)
      return .converged
    }
    if outcome.negativeCurvature { negativeSteps += 1 }
    return try judge(outcome, x)
  }

  /// Compares the value at x + p with what the model promised: takes the step or not, and sets the radius.
  private func judge(_ outcome: SteihaugCG<S>.Outcome, _ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    S.add(n, x, model.point.constant, trial.pointer)
    let trialValue = try job.gradient(trial.constant, trialGradient.pointer)
    let trialNorm = S.norm(n, trialGradient.constant)
    let length = S.norm(n, model.point.constant)
    let finite = trialValue.isFinite && trialNorm.isFinite
    if finite, outcome.decrease <= Self.noise * abs(value) {
      // The values cannot tell any more; the gradient still can.
      if trialNorm < norm { return accept(x, trialValue) }
      let lost = isLost(1, model.point.constant, from: x, gain: outcome.decrease)
      return isAtFloor || (lost && !outcome.atBoundary) ? .converged : .stalled
    }
    let ratio = finite ? (value - trialValue) / outcome.decrease : -1
    if ratio < 0.25 {
      radius = 0.25 * min(radius, length)
    } else if ratio > 0.75, outcome.atBoundary {
      radius = min(2 * radius, settings.maxRadius)
    }
    if ratio >= Self.acceptance { return accept(x, trialValue) }
    job.observe(value: value, gradientNorm: norm)
    if finite, !outcome.atBoundary, isLost(1, model.point.constant, from: x, gain: outcome.decrease) {
      return .converged
    }
    guard radius <= Double(S.ulpOfOne) * S.norm(n, x) || radius == 0 else { return nil }
    return isAtFloor ? .converged : .stalled
  }

  private func accept(_ x: UnsafeMutablePointer<S>, _ newValue: Double) -> Reason? {
    x.update(from: trial.constant, count: n)
    gradient.pointer.update(from: trialGradient.constant, count: n)
    return arrive(newValue)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try super.finish(x)
    try job.report.record("cg_iterations", iterations)
    try job.report.record("negative_curvature_steps", negativeSteps)
    try job.report.record("trust_radius", radius)
  }
}
