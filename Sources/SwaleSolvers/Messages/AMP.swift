import Glibc
import SwaleCore

/// Generalised approximate message passing of a perceptron: the posterior means of its weights, under a prior and a
/// channel that says what a pattern tells about its field. One step is two products with the inputs.
///
/// The equations are those of `TapPerceptron`. x ends as the signs of the fields for weights +-1, as the posterior
/// means for normal ones. Report: `magnetizations` (means m), `overlap_self` (m.m / N after every step), `residuals`,
/// `residual`, `converged`, `errors`, `solved`, `message_passing_error` (arccos(sqrt q) / pi, the generalisation
/// error of the vote with these means if the labels are a teacher's drawn from the prior), `bayes_error` (the same,
/// where it is that of the Bayes rule), `entropy` per weight (weights +-1, sign channel), `state_evolution`,
/// `diagnosis` in words.
///
/// The entropy of weights +-1 without noise is that of the solutions. Where it is negative beyond its error, 1 / N,
/// the fixed point describes none: there are no solutions (above the capacity, or patterns contradict each other), or
/// that of a teacher is hidden from the messages (loads 1.2447 to 1.4926, where the Bayes-optimal error is 0). The
/// run is no success then, and `entropy` and `bayes_error` are NaN, as they are without convergence.
public struct AMP: Solver, Component {
  public static let info = Info(
    "amp", "Approximate message passing: posterior means of a perceptron's weights, with state evolution.",
    reference: "Rangan, ISIT 2011; Barbier et al., PNAS 116 (2019) 5451")
  public static let needs: Capabilities = [.patterns]
  public static var options: [Option<Self>] {
    [
      option("prior", \.prior, choices: ["auto", "binary", "gaussian"],
        "What is known of a weight: +1 or -1, or normal; auto: as the objective's weights."),
      option("prior_variance", \.priorVariance, in: 1e-12...1e12, "Variance of normal weights."),
      option("channel", \.channel, choices: ["sign", "gaussian"],
        "What a pattern says of its field h: label h / sqrt N plus noise is positive (at least the margin), or is 1."),
      option("noise", \.noise, in: 0...1e12,
        "Variance of the noise in the channel; ridge regression with penalty lambda N is gaussian with lambda N times "
          + "prior_variance."),
      option("damping", \.damping, in: 0...0.999, "Part of the old fields that a step keeps."),
      option("tolerance", \.tolerance, in: 0...1, "Converged when no mean changes by more than this in a step."),
      option("randomness", \.randomness, in: 0...1, "Initial fields are uniform in plus or minus this."),
      option("state_evolution", \.stateEvolution, choices: ["none", "teacher", "random"],
        "Predict the trajectory for inputs of independent entries and labels of a teacher drawn from the prior, or "
          + "random labels."),
    ]
  }

  public var prior = "auto"
  public var priorVariance = 1.0
  public var channel = "sign"
  public var noise = 0.0
  public var damping = 0.0
  public var tolerance = 1e-5
  public var randomness = 0.0
  public var stateEvolution = "none"
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let graph = try perceptronGraph(job.objective, for: "solver 'amp'")
    let binary = prior == "binary" || (prior == "auto" && graph.weights == .binary)
    try check(graph, binary: binary)
    let tap = try TapPerceptron(
      try TapPatterns<S>(graph), margin: graph.margin, prior: binary ? .binary : .gaussian(variance: priorVariance),
      channel: channel == "sign" ? .sign : .gaussian, noise: noise)
    tap.reset(amplitude: randomness, random: job.random(StreamBase.solver))
    let conflict = channel == "sign" && noise == 0 ? try graph.conflict() : nil
    return try AMPStepper(job, self, graph, tap, try evolution(graph, binary: binary), conflict)
  }

  private func check(_ graph: PatternGraph, binary: Bool) throws(Failure) {
    func refuse(_ why: String) -> Failure { Failure(.unsupported, "solver 'amp': \(why)") }
    if graph.margin != 0 && !binary {
      throw refuse(
        "margin is \(graph.margin), but with a normal prior the length of the weights is free and only margin 0 has a "
          + "meaning; use weights +-1 or solver 'min_over'")
    }
    if graph.margin != 0 && channel == "gaussian" {
      throw refuse("margin is \(graph.margin), allowed 0 with channel 'gaussian'")
    }
    if channel == "gaussian" && noise == 0 {
      throw refuse("noise is 0, allowed positive numbers with channel 'gaussian'")
    }
    if stateEvolution == "none" { return }
    if channel == "gaussian" || damping > 0 || randomness > 0 {
      throw refuse(
        "state_evolution is '\(stateEvolution)', allowed with channel 'sign', damping 0 and randomness 0 only")
    }
    if stateEvolution == "teacher" && graph.margin != 0 {
      throw refuse("state_evolution is 'teacher', allowed with margin 0 only, got margin \(graph.margin)")
    }
    if !binary && (stateEvolution == "random" || priorVariance != 1) {
      throw refuse("state_evolution of a normal prior is for labels of a teacher and prior_variance 1 only")
    }
  }

  private func evolution(_ graph: PatternGraph, binary: Bool) throws(Failure) -> AMPStateEvolution? {
    if stateEvolution == "none" { return nil }
    return try AMPStateEvolution(
      load: graph.load, labels: stateEvolution == "teacher" ? .teacher : .random, binary: binary, margin: graph.margin,
      noise: noise)
  }
}

/// The factor graph of a perceptron, or a sentence why `who` cannot treat the objective.
func perceptronGraph(_ objective: any Objective, for who: String) throws(Failure) -> PatternGraph {
  guard let graph = objective.patterns else {
    throw Failure(.unsupported, "\(who) needs patterns, which objective '\(objective.name)' does not have")
  }
  guard graph.isPerceptron else {
    throw Failure(
      .unsupported, "\(who) treats perceptrons (one sign unit) only, but objective '\(objective.name)' has "
        + "\(graph.hidden) hidden \(graph.unit) units; use solver 'belief_propagation'")
  }
  guard graph.patterns > 0 else {
    throw Failure(.unsupported, "\(who) needs at least one pattern, objective '\(objective.name)' has none")
  }
  return graph
}

final class AMPStepper<S: Scalar>: Stepper<S> {
  private let settings: AMP
  private let tap: TapPerceptron<S>
  private let evolution: AMPStateEvolution?
  private let mixing: TapPerceptron<S>.Mixing
  private var overlaps: Series
  private var residuals: Series
  private var converged = false
  private let graph: PatternGraph
  private let conflict: String?
  /// At convergence.
  private var entropy = Double.nan
  private var empty = false

  /// - Parameter conflict: why no weights satisfy the patterns, where that was found.
  init(
    _ job: Job<S>, _ settings: AMP, _ graph: PatternGraph, _ tap: TapPerceptron<S>, _ evolution: AMPStateEvolution?,
    _ conflict: String?
  ) throws(Failure) {
    self.settings = settings
    self.graph = graph
    self.conflict = conflict
    self.tap = tap
    self.evolution = evolution
    mixing = .init(damping: settings.damping)
    overlaps = try Series()
    residuals = try Series()
    super.init(job)
  }

  override var totalSteps: Int? { 1000 }
  override var succeeded: Bool? { converged && !empty }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    tap.step(mixing)
    job.countValues(1)
    x.update(from: tap.means.constant, count: tap.weights)
    try overlaps.append(tap.selfOverlap)
    try residuals.append(tap.residual)
    job.observe(value: Double(tap.violated), gradientNorm: tap.residual)
    if !tap.residual.isFinite { return .diverged }
    converged = tap.residual <= settings.tolerance
    guard converged else { return nil }
    entropy = try tap.entropy()
    if settings.noise == 0 {
      let admitted = conflict == nil ? SolutionEntropy.admitted(entropy, graph) : nil
      (entropy, empty) = (admitted ?? .nan, admitted == nil)
    }
    return empty ? .noSolution : .converged
  }

  private var diagnosis: String {
    if let conflict { return "no solution exists: \(conflict)" }
    if empty { return "no solution exists that the messages see: the entropy of their fixed point is negative" }
    return converged ? "converged" : "not converged"
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    let report = job.report
    let n = tap.weights
    if case .binary = tap.prior { _ = tap.errorsOfSigns(x) }
    if S.firstNonfinite(n, x) < 0 {
      let errors = (try job.evaluate(x).error * Double(tap.patterns)).rounded()
      try report.record("errors", errors)
      try report.record("solved", errors == 0 ? 1 : 0)
    }
    try report.record("magnetizations", vector: tap.means.constant, shape: [n])
    try report.record("residual", tap.residual)
    try report.record("converged", converged ? 1 : 0)
    try report.record("overlap", tap.selfOverlap)
    let error = acos(max(0, min(1, tap.selfOverlap)).squareRoot()) / Double.pi
    try report.record("message_passing_error", error)
    try report.record("bayes_error", converged && !empty ? error : .nan)
    try report.record("entropy", entropy)
    try report.record("diagnosis", text: diagnosis)
    report.record("overlap_self", try overlaps.trimmed())
    report.record("residuals", try residuals.trimmed())
    guard let evolution else { return }
    let predicted = try Buffer<Double>(overlaps.count, zeroed: false)
    var q = 0.0
    for t in 0..<overlaps.count {
      q = evolution.next(q)
      predicted.pointer[t] = q
    }
    report.record("state_evolution", predicted)
  }
}
