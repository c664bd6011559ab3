import SwaleCore

/// Belief propagation on the solutions of a binary device: marginals and entropy, or with reinforcement a solver.
///
/// Without reinforcement a step is one sweep over the patterns, and the run has converged when no tanh of a message
/// moves by more than `tolerance`; then `bethe_entropy` is the entropy of solutions per weight, with
/// `bethe_entropy_error` the order of the error of the approximation, and x the more likely signs. Where that entropy
/// is negative beyond its error, or patterns contradict each other, it is NaN and the run ends with "no solution
/// exists" (`SolutionEntropy`). With `reinforcement` r > 0, every step is `sweeps` sweeps at rho = r, 2 r, ..., in
/// which each weight's field becomes h + rho T, h what the messages say, until the signs are a solution.
///
/// A field of exactly 0, which even numbers of inputs allow, counts as an error whenever patterns are recounted; the
/// normal messages do not tell it from its neighbours.
///
/// Report: `magnetizations` (tanh T), `residual`, `residuals` (history), `sweeps`, `converged`, `errors`, `solved`,
/// `first_solution` (step, 0: none), `error_counts` (history); without reinforcement `bethe_entropy` (NaN unless
/// converged), with it `rho`. Messages: N P numbers in the objective's precision; of kind tap N + P.
public struct BeliefPropagation: MessageSolver {
  public static let info = Info(
    "belief_propagation", "Belief propagation over solutions of binary devices; with reinforcement, a solver.",
    reference: "Mezard, J. Phys. A 22 (1989) 2181; Braunstein, Zecchina, PRL 96 (2006) 030201")
  public static let needs: Capabilities = [.patterns, .errors, .stochastic]
  public static var options: [Option<Self>] {
    messageOptions(["gaussian", "exact", "tap"]) + [
      option("reinforcement", \.reinforcement, in: 0...0.5, "Growth of rho in a step; 0: plain belief propagation."),
      option("sweeps", \.sweeps, in: 1...1e6, "With reinforcement: sweeps at each rho."),
      option("tolerance", \.tolerance, in: 0...1, "Without reinforcement: largest change of a message at the end."),
      option("max_sweeps", \.maxSweeps, in: 1...1e9, "Without reinforcement: give up after so many sweeps."),
    ]
  }

  public var passing = MessageOptions()
  public var reinforcement = 0.0
  public var sweeps = 1
  public var tolerance = 1e-3
  public var maxSweeps = 1000
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let who = "solver 'belief_propagation'"
    let graph = try MessageOptions.graph(of: job.objective, for: who)
    let marginals: any Marginals<S> =
      passing.messages == "tap"
      ? try RelaxedMarginals(
        graph, damping: passing.damping, spread: passing.spread(of: graph), random: job.random(StreamBase.solver), for: who)
      : MessageMarginals(try passing.engine(job, graph, parting: reinforcement > 0, for: who))
    return try BeliefStepper(job, self, graph, marginals, try MessageSolution(job, patterns: graph.patterns))
  }
}

final class BeliefStepper<S: Scalar>: Stepper<S> {
  private let settings: BeliefPropagation
  private let marginals: any Marginals<S>
  private let solution: MessageSolution<S>
  private var residuals: Series
  private var rho = 0.0
  private var sweeps = 0
  private var converged = false
  private var entropy = Double.nan
  private let graph: PatternGraph
  /// Why no weights satisfy the patterns, where that was found.
  private let conflict: String?

  init(
    _ job: Job<S>, _ settings: BeliefPropagation, _ graph: PatternGraph, _ marginals: any Marginals<S>,
    _ solution: MessageSolution<S>
  ) throws(Failure) {
    self.graph = graph
    conflict = settings.reinforcement > 0 ? nil : try graph.conflict()
    self.settings = settings
    self.marginals = marginals
    self.solution = solution
    residuals = try Series()
    super.init(job)
  }

  private var reinforced: Bool { settings.reinforcement > 0 }
  override var succeeded: Bool? { reinforced ? solution.solved : converged && !entropy.isNaN }

  /// Steps to rho = 1, and at its end three times as many where fields bear rho = 1, else half as many.
  override var totalSteps: Int? {
    if !reinforced { return settings.maxSweeps }
    let ramp = Int(saturating: min((1 / settings.reinforcement).rounded(.up), 1e15))
    return marginals.bearsFullReinforcement ? 4 * ramp : ramp + ramp / 2
  }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if reinforced {
      rho = min(settings.reinforcement * Double(job.step + 1), marginals.bearsFullReinforcement ? 1 : 1 - 1e-6)
      for _ in 0..<settings.sweeps where !job.stopping() {
        marginals.sweep(reinforcement: rho)
        sweeps += 1
      }
    } else {
      marginals.sweep(reinforcement: 0)
      sweeps += 1
      converged = marginals.residual <= settings.tolerance
    }
    // A sweep that was cut short is no step.
    if job.stopReason != nil, marginals.residual == .infinity { return nil }
    try residuals.append(marginals.residual)
    marginals.write(signs: x)
    try solution.look(x)
    if reinforced { return solution.solved ? .converged : nil }
    guard converged else { return nil }
    let admitted = conflict != nil ? nil : SolutionEntropy.admitted(try marginals.entropy(), graph)
    entropy = admitted ?? .nan
    return admitted == nil ? .noSolution : .converged
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    let report = job.report
    let means = try Buffer<Double>(marginals.weights)
    marginals.write(means: means.pointer)
    report.record("magnetizations", means)
    try report.record("residual", marginals.residual)
    report.record("residuals", try residuals.trimmed())
    try report.record("sweeps", sweeps)
    if reinforced {
      try report.record("rho", rho)
    } else {
      try report.record("bethe_entropy", entropy)
      try report.record("bethe_entropy_error", entropy.isNaN ? .nan : SolutionEntropy.error(graph))
    }
    try report.record("converged", converged ? 1 : 0)
    try solution.finish(x)
  }
}
