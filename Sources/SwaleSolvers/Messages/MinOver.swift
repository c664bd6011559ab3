import Glibc
import SwaleCore

/// The perceptron of largest margin, for weights on the sphere: kappa(w) = min over patterns of label x.w / |w|.
///
/// With the labels absorbed in x, the best direction is that of the shortest vector w in the convex hull of the
/// patterns, and for every w in the hull kappa(w) <= kappa_best <= |w|: each step has a certificate. A step looks for
/// the pattern of least field, as MinOver does (Krauth, Mezard 1987), and
///
/// - `min_over`: w = (t w + x) / (t + 1), MinOver itself up to the length of w. |w| - kappa falls as 1 / t;
/// - `pairwise`: moves the best part of the coefficient of the active pattern with the largest field to it (Mitchell,
///   Demyanov, Malozemov 1974); falls exponentially in t at the same cost, one to two orders of magnitude fewer
///   steps.
///
/// Guarantee: where it ends with `converged`, kappa(w) >= (1 - tolerance) kappa_best, in exact arithmetic. Patterns
/// that no weights separate make |w| fall to 0, up to rounding: no weights give all of them a positive field, and the
/// run ends with "no solution exists" (`stalled` where the objective's margin is negative) at the last weights that
/// have a direction. The starting point is not used otherwise.
///
/// Report: `margin` (kappa of x recounted), `margin_bound` (|w|), `gap` ((|w| - kappa) / |w|), `errors`, `solved`,
/// `support` (patterns with a coefficient), histories `margins` and `margin_bounds`.
public struct MinOver: Solver, Component {
  public static let info = Info(
    "min_over", "The perceptron of largest margin, with a bound on the best margin there can be.",
    reference: "Krauth, Mezard, J. Phys. A 20 (1987) L745; Mitchell, Demyanov, Malozemov, SIAM J. Control 12 (1974) 19")
  public static let needs: Capabilities = [.patterns, .errors]
  public static var options: [Option<Self>] {
    [
      option("rule", \.rule, choices: ["pairwise", "min_over"], "How a step moves the weights."),
      option("tolerance", \.tolerance, in: 1e-12...1,
        "Converged when the margin is within this fraction of the bound on the best margin."),
    ]
  }

  public var rule = "pairwise"
  public var tolerance = 1e-3
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let graph = try perceptronGraph(job.objective, for: "solver 'min_over'")
    guard graph.weights != .binary else {
      throw Failure(
        .unsupported, "solver 'min_over' finds real weights, but those of objective '\(job.objective.name)' are +1 "
          + "and -1; use weights 'spherical', or solver 'belief_propagation' or 'sbpi'")
    }
    return try MinOverStepper(job, self, graph)
  }
}

final class MinOverStepper<S: Scalar>: Stepper<S> {
  private let settings: MinOver
  private let inputs: TapPatterns<S>
  private let wanted: Double
  /// w in the convex hull, its fields x.w, and the coefficients of the patterns in it.
  private let weights: Buffer<S>
  private let fields: Buffer<S>
  private let coefficients: Buffer<Double>
  private let move: Buffer<S>
  private let change: Buffer<S>
  private var margins: Series
  private var bounds: Series
  private var steps = 0
  private var bound = 0.0
  private var margin = 0.0
  private let longest: Double
  private var errors: Double

  /// Steps after which the fields are computed anew, so that rounding does not pile up.
  private static var refreshEvery: Int { 256 }

  init(_ job: Job<S>, _ settings: MinOver, _ graph: PatternGraph) throws(Failure) {
    self.settings = settings
    inputs = try TapPatterns(graph)
    wanted = graph.margin
    let (n, p) = (graph.dimension, graph.patterns)
    weights = try Buffer(n)
    fields = try Buffer(p)
    coefficients = try Buffer(p)
    move = try Buffer(n)
    change = try Buffer(p)
    margins = try Series()
    bounds = try Series()
    errors = Double(p)
    inputs.addRow(0, 1, 0, weights.pointer)
    coefficients.pointer[0] = 1
    longest = S.norm(n, weights.constant)
    inputs.fields(weights.constant, fields.pointer)
    super.init(job)
  }

  override var totalSteps: Int? { 1_000_000 }
  /// No error, and the margin is as near to the largest as was asked for: a run that was cut short is no success.
  override var succeeded: Bool? { errors == 0 && margin >= (1 - settings.tolerance) * bound }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    let n = inputs.weights
    let p = inputs.patterns
    let lowest = S.lowest(p, fields.constant)
    bound = S.norm(n, weights.constant)
    // The hull reaches the origin up to rounding: no weights give every pattern a positive field.
    if bound <= 64 * Double(S.ulpOfOne) * longest { bound = 0 }
    margin = bound > 0 ? Double(fields.pointer[lowest]) / bound : 0
    try margins.append(margin)
    try bounds.append(bound)
    if bound > 0 {
      x.update(from: weights.constant, count: n)
      S.scale(n, S(Double(n).squareRoot() / bound), x)
    }
    job.observe(value: Double(S.tapBelow(p, fields.constant, wanted * bound)), gradientNorm: bound - margin)
    if bound == 0 { return wanted >= 0 ? .noSolution : .stalled }
    if margin >= (1 - settings.tolerance) * bound { return .converged }
    steps += 1
    job.countValues(1)
    if settings.rule == "pairwise" {
      if !exchange(lowest) { return .stalled }
    } else {
      approach(lowest)
    }
    if steps % Self.refreshEvery == 0 { inputs.fields(weights.constant, fields.pointer) }
    return nil
  }

  /// Moves coefficient from the active pattern of largest field to pattern `low`. False when rounding leaves nothing to
  /// move.
  private func exchange(_ low: Int) -> Bool {
    let n = inputs.weights
    let high = S.highest(inputs.patterns, fields.constant, weights: coefficients.constant)
    if high < 0 || high == low { return false }
    inputs.addRow(low, 1, 0, move.pointer)
    inputs.addRow(high, -1, 1, move.pointer)
    let descent = Double(fields.pointer[high]) - Double(fields.pointer[low])
    let square = S.sumSquares(n, move.constant)
    if descent <= 0 || square == 0 { return false }
    let most = coefficients.pointer[high]
    let share = min(most, descent / square)
    coefficients.pointer[low] += share
    coefficients.pointer[high] = share == most ? 0 : most - share
    advance(share, keep: 1)
    return true
  }

  /// w = (t w + x) / (t + 1) for pattern `low`.
  private func approach(_ low: Int) {
    let share = 1 / Double(steps + 1)
    inputs.addRow(low, 1, 0, move.pointer)
    Double.scale(inputs.patterns, 1 - share, coefficients.pointer)
    coefficients.pointer[low] += share
    advance(share, keep: 1 - share)
  }

  /// w = keep w + share move, and the fields with it.
  private func advance(_ share: Double, keep: Double) {
    inputs.fields(move.constant, change.pointer)
    S.axpby(inputs.patterns, S(share), change.constant, S(keep), fields.pointer)
    S.axpby(inputs.weights, S(share), move.constant, S(keep), weights.pointer)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    let report = job.report
    let p = inputs.patterns
    // Nothing was found, and the start has no direction either.
    if S.maxAbs(inputs.weights, x) == 0 { S.fill(inputs.weights, 1, x) }
    let length = S.norm(inputs.weights, x)
    inputs.fields(x, change.pointer)
    let recounted = length > 0 ? Double(change.pointer[S.lowest(p, change.constant)]) / length : 0
    errors = (try job.evaluate(x).error * Double(p)).rounded()
    var support = 0
    for a in 0..<p where coefficients.pointer[a] > 0 { support += 1 }
    try report.record("margin", recounted)
    try report.record("margin_bound", bound)
    try report.record("gap", bound > 0 ? (bound - recounted) / bound : .nan)
    try report.record("errors", errors)
    try report.record("solved", errors == 0 ? 1 : 0)
    try report.record("support", support)
    report.record("margins", try margins.trimmed())
    report.record("margin_bounds", try bounds.trimmed())
  }
}
