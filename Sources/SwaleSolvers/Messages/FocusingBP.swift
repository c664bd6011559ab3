import Glibc
import SwaleCore

/// Focusing belief propagation: messages of y replicas tied to a common centre by a field gamma, both raised along
/// the run, which leads to configurations surrounded by many solutions.
///
/// Protocols, with rho = k rate at step k: `standard` gamma = infinity, y = 1 / (1 - rho) (reinforcement); `pseudo`
/// gamma = atanh(rho^e), y = 1 + rho^(1 - 2 e) / (1 - rho) with e = `exponent`; `scoping` y = `replicas`, gamma
/// = rho gamma_end; `free_scoping` the pairs of the lists `gammas` and `ys`, one step each. A step is `sweeps`
/// sweeps, or fewer when the messages have come to rest; then x = signs of the fields is tried. Up to `hold` steps at
/// the last strengths follow while there is no solution: large devices need them. With stop = end, x is the last
/// solution on the way.
///
/// Few replicas do not make up their mind where many solutions are left, whatever gamma: on full committees of low load
/// the messages of 7 replicas come to rest with weights that are neither +1 nor -1, and their signs are no solution (17
/// and 18 of 20 instances of 101 x 3 and 101 x 5 weights at alpha = 0.2). So in the held steps of `scoping` y grows by
/// 5 % a step (all 20 solved).
///
/// Report: `errors`, `solved`, `first_solution` (step, 0: none), `residual`, `sweeps`; histories `rho`, `gamma`, `y`,
/// `error_counts`, `residuals`, with option `readout` also `local_entropies`, `distances`; scalars `local_entropy`,
/// `distance` (replica to centre), `overlap_replica`, `overlap_center` of the last state (`FocusReadout`), and
/// whether its messages `converged`. Numbers of states that are no fixed points, with a residual above `tolerance`,
/// or whose local entropy is negative beyond its error (no solutions), are NaN: raise `sweeps` to see the entropies
/// along the way.
public struct FocusingBP: MessageSolver {
  public static let info = Info(
    "focusing_bp", "Belief propagation of replicas tied to a centre: finds solutions inside wide flat minima.",
    reference: "Baldassi et al., PNAS 113 (2016) E7655")
  public static let needs: Capabilities = [.patterns, .errors, .stochastic]
  public static var options: [Option<Self>] {
    messageOptions(["gaussian", "exact"]) + [
      option("protocol", \.plan, choices: ["pseudo", "standard", "scoping", "free_scoping"], "How gamma and y are raised."),
      option("rate", \.rate, in: 0...0.5, "Growth of rho in a step."),
      option("rho_end", \.rhoEnd, in: 0...1, "Where rho stops growing."),
      option("hold", \.hold, in: 0...1e9,
        "Most steps at rho_end while there is no solution; with protocol scoping y grows by 5 % in each of them."),
      option("exponent", \.exponent, in: 0...0.5, "Protocol pseudo: 0 is reinforcement."),
      option("replicas", \.replicas, in: 1...1e9, "Protocol scoping: y until the ramp has ended, a real number."),
      option("gamma_end", \.gammaEnd, in: 0...1e3, "Protocol scoping: gamma at rho = 1."),
      option("gammas", \.gammas, in: 0...Double.infinity, "Protocol free_scoping: gamma of each step."),
      option("ys", \.ys, in: 1...1e9, "Protocol free_scoping: y of each step."),
      option("sweeps", \.sweeps, in: 1...1e6, "Most sweeps of a step."),
      option("tolerance", \.tolerance, in: 0...1, "A step ends early when no tanh of a message moves by more than this."),
      option("stop", \.stop, choices: ["first", "end"], "Stop at the first solution, or go on to a flatter one."),
      option("readout", \.readout, "Record local entropy and distance of every step that converged (about two sweeps each)."),
    ]
  }

  public var passing = MessageOptions()
  public var plan = "pseudo"
  public var rate = 0.005
  public var rhoEnd = 1.0
  public var hold = 400
  public var exponent = 0.5
  public var replicas = 7.0
  public var gammaEnd = 3.0
  public var gammas: [Double] = []
  public var ys: [Double] = []
  public var sweeps = 1
  public var tolerance = 1e-3
  public var stop = "first"
  public var readout = false
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let who = "solver 'focusing_bp'"
    try check(who)
    let graph = try MessageOptions.graph(of: job.objective, for: who)
    return try FocusingStepper(
      job, self, try passing.engine(job, graph, parting: true, for: who), try MessageSolution(job, patterns: graph.patterns))
  }

  private func check(_ who: String) throws(Failure) {
    func still(_ what: String) -> Failure { Failure(.option, "\(who): \(what), so the schedule never moves") }
    if plan == "free_scoping" {
      guard gammas.count == ys.count, !gammas.isEmpty else {
        throw Failure(
          .option, "\(who): options 'gammas' and 'ys' have \(gammas.count) and \(ys.count) numbers, allowed equal counts, "
            + "at least 1")
      }
      guard gammas.count == 1 || gammas.contains(where: { $0 != gammas[0] }) || ys.contains(where: { $0 != ys[0] }) else {
        throw still("options 'gammas' and 'ys' hold \(gammas.count) equal pairs")
      }
      return
    }
    guard rate > 0 else { throw still("option 'rate' is \(rate), allowed more than 0") }
    guard rhoEnd >= rate else { throw still("option 'rho_end' is \(rhoEnd), allowed 'rate' (\(rate)) or more") }
    if plan == "scoping", gammaEnd == 0 { throw still("option 'gamma_end' is 0, allowed more than 0") }
  }

  /// Steps during which the strengths change; no run takes as many as the bound.
  var ramp: Int {
    plan == "free_scoping" ? gammas.count : Int(saturating: min((rhoEnd / rate + 1e-9).rounded(.down), 1e15))
  }

  /// rho of step k, from 0.
  func rho(_ k: Int) -> Double {
    let k = Double(k < ramp ? k + 1 : ramp)
    return plan == "free_scoping" ? k / Double(ramp) : rate * k
  }

  /// Factor of y in a step of scoping that is held.
  private static var growth: Double { 1.05 }

  /// Strengths at step k, from 0.
  func focus(_ k: Int) -> Focus {
    if plan == "free_scoping" { return Focus(y: ys[min(k, ramp - 1)], gamma: gammas[min(k, ramp - 1)]) }
    let rho = rho(k)
    if plan == "scoping" {
      let held = Double(max(0, k + 1 - ramp))
      return Focus(y: min(replicas * pow(Self.growth, held), 1e9), gamma: rho * gammaEnd)
    }
    // rho = 1 would ask for infinitely many replicas.
    let open = min(rho, 1 - 1e-6)
    let bend = plan == "standard" ? 0 : exponent
    return Focus(y: 1 + pow(open, 1 - 2 * bend) / (1 - open), gamma: bend == 0 ? .infinity : atanh(pow(open, bend)))
  }
}

final class FocusingStepper<S: Scalar>: Stepper<S> {
  private let settings: FocusingBP
  private let engine: MessagePassing<S>
  private let solution: MessageSolution<S>
  private let steps: Int
  private var focus = Focus(y: 1, gamma: 0)
  private var rhos: Series
  private var gammas: Series
  private var ys: Series
  private var residuals: Series
  private var entropies: Series
  private var distances: Series

  init(
    _ job: Job<S>, _ settings: FocusingBP, _ engine: MessagePassing<S>, _ solution: MessageSolution<S>
  ) throws(Failure) {
    self.settings = settings
    self.engine = engine
    self.solution = solution
    steps = min(settings.ramp, Int.max - settings.hold) + settings.hold
    rhos = try Series()
    gammas = try Series()
    ys = try Series()
    residuals = try Series()
    entropies = try Series()
    distances = try Series()
    super.init(job)
  }

  override var totalSteps: Int? { steps }
  private var isAtRest: Bool { engine.residual <= settings.tolerance }

  /// The read-out of a state at rest, where it describes solutions.
  private var state: FocusReadout? {
    guard isAtRest else { return nil }
    var state = engine.readout(focus)
    guard let entropy = SolutionEntropy.admitted(state.localEntropy, engine.graph) else { return nil }
    state.localEntropy = entropy
    return state
  }
  override var succeeded: Bool? { solution.solved }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if job.step >= steps { return .maxSteps }
    focus = settings.focus(job.step)
    for _ in 0..<settings.sweeps {
      engine.sweep(focus)
      if engine.residual <= settings.tolerance || job.stopping() { break }
    }
    // A sweep that was cut short is no step.
    if job.stopReason != nil, engine.residual == .infinity { return nil }
    engine.writeSigns(x)
    try solution.look(x)
    try rhos.append(settings.rho(job.step))
    try gammas.append(focus.gamma)
    try ys.append(focus.y)
    try residuals.append(engine.residual)
    if settings.readout {
      let state = state
      try entropies.append(state?.localEntropy ?? .nan)
      try distances.append(state.map { (1 - $0.overlap) / 2 } ?? .nan)
    }
    guard solution.solved else { return nil }
    return settings.stop == "first" ? .converged : job.step + 1 >= settings.ramp ? .maxSteps : nil
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    let report = job.report
    report.record("rho", try rhos.trimmed())
    report.record("gamma", try gammas.trimmed())
    report.record("y", try ys.trimmed())
    report.record("residuals", try residuals.trimmed())
    if settings.readout {
      report.record("local_entropies", try entropies.trimmed())
      report.record("distances", try distances.trimmed())
    }
    let state = state
    try report.record("converged", isAtRest ? 1 : 0)
    try report.record("local_entropy", state?.localEntropy ?? .nan)
    try report.record("distance", state.map { (1 - $0.overlap) / 2 } ?? .nan)
    try report.record("overlap_replica", state?.replica ?? .nan)
    try report.record("overlap_center", state?.center ?? .nan)
    try report.record("residual", engine.residual)
    try report.record("sweeps", engine.sweeps)
    try solution.finish(x)
  }
}
