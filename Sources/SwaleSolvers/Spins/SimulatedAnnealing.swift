import SwaleCore

/// Simulated annealing: Metropolis moves at a temperature that falls from sweep to sweep. On objectives with
/// single-spin flips a step is one sweep of N proposals and the energy changes by `Oracle.flipChange`; on others, see
/// `GaussianAnnealingStepper`. Source: Kirkpatrick, Gelatt, Vecchi, Science 220 (1983) 671.
///
/// The gamma of the loss may move with the temperature (`GammaSchedule`). It changes the energies, so that the lowest
/// is looked for again at every level, and with one sweep per level x is the last point.
///
/// x is the solution when `stop_at_zero` found one, else the point of lowest energy after any sweep.
///
/// Report: `energy` of x, computed afresh at the objective's own gamma, and `last_energy`; `acceptance`, `proposals`,
/// `temperature` at the end; where errors are counted `errors` and `solved`; with a schedule of gamma the history
/// `gamma_norm`.
public struct SimulatedAnnealing: AnnealingSolver {
  public static let info = Info(
    "simulated_annealing", "Metropolis moves at a falling temperature: flips of spins, Gaussian moves of real numbers.",
    reference: "Kirkpatrick, Gelatt, Vecchi, Science 220 (1983) 671")
  public static let needs: Capabilities = [.value, .stochastic]
  public static var options: [Option<Self>] {
    annealingOptions + [
      option("gamma_start", \.gammaStart, in: 0...1e6,
        "Inverse temperature gamma of the loss at the first temperature, from where it goes geometrically, up or down, "
          + "to gamma_end; 0: leave the loss as it is. For losses with a gamma (cross_entropy)."),
      option("gamma_end", \.gammaEnd, in: 0...1e6,
        "Gamma of the loss at the last temperature; 0: as gamma_start."),
      option("stop_at_zero", \.stopAtZero, "End at the first point without errors, where errors are counted."),
      option("move", \.move, choices: ["all", "one"],
        "Real parameters: a step is one Gaussian move of all coordinates, or a move of each in turn."),
      option("step_size", \.stepSize, in: 1e-150...1e150,
        "Real parameters: standard deviation of a move, adapted to an acceptance near 'acceptance'."),
      option("acceptance", \.acceptance, in: 0.01...0.99, "Real parameters: fraction of moves to be accepted."),
    ]
  }

  public var annealing = Annealing()
  public var gammaStart = 0.0
  public var gammaEnd = 0.0
  public var stopAtZero = true
  public var move = "all"
  public var stepSize = 0.1
  public var acceptance = 0.3
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let plan = try annealing.plan("solver 'simulated_annealing'")
    let gamma = try GammaSchedule(job, start: gammaStart, end: gammaEnd, steps: plan.levels)
    guard plan.moves || gamma.moves && plan.levels > 1 else {
      throw Failure(
        .option,
        "the temperature of solver 'simulated_annealing' never moves: start_temperature \(plan.first), end_temperature "
          + "\(plan.last), \(plan.sweeps) sweeps with sweeps_per_temperature \(plan.sweepsPerLevel); "
          + "give it two values, or gamma two (gamma_start, gamma_end); for one temperature use solver 'metropolis'")
    }
    if job.objective.capabilities.contains(.flips) { return try FlipAnnealingStepper(job, self, plan, gamma, x) }
    return try GaussianAnnealingStepper(job, self, plan, gamma, x)
  }
}

final class FlipAnnealingStepper<S: Scalar>: Stepper<S> {
  private let plan: AnnealingSchedule
  private let gamma: GammaSchedule<S>
  private let walker: SpinWalker<S>
  private let best: LowestEnergy<S>
  private var stop: ErrorStop<S>
  private var solved: Bool?
  private var temperature = 0.0

  init(
    _ job: Job<S>, _ settings: SimulatedAnnealing, _ plan: AnnealingSchedule, _ gamma: GammaSchedule<S>,
    _ x: UnsafePointer<S>
  ) throws(Failure) {
    self.plan = plan
    self.gamma = gamma
    let numbers = try MoveNumbers(sites: job.dimension, settings.annealing.sweepOrder, seed: job.seed)
    walker = try SpinWalker(job, job.oracle, x, numbers)
    best = try LowestEnergy(job.dimension)
    best.note(walker.energy, walker.spins.constant)
    stop = ErrorStop(job, wanted: settings.stopAtZero)
    super.init(job)
  }

  override var totalSteps: Int? { plan.sweeps }
  override var succeeded: Bool? { stop.active ? solved ?? false : nil }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    temperature = plan.value(job.step)
    if try gamma.begin(step: job.step / plan.sweepsPerLevel, walker.spins.constant) {
      try walker.refresh()
      best.forget()
    }
    try walker.sweep(temperature, floor: stop.floor)
    let spins = walker.spins.constant
    x.update(from: spins, count: job.dimension)
    job.observe(value: walker.energy)
    if try stop.isSolution(spins, energy: walker.energy) {
      best.keep(walker.energy, spins)
      return .converged
    }
    best.note(walker.energy, spins)
    return nil
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    best.write(x)
    try gamma.finish()
    let report = job.report
    try report.record("last_energy", walker.energy)
    try report.record("energy", try job.oracle.place(x))
    try report.record("temperature", temperature)
    try report.record("proposals", walker.proposals)
    try report.record("acceptance", Double(walker.accepted) / Double(max(walker.proposals, 1)))
    solved = try stop.record(x)
  }
}
