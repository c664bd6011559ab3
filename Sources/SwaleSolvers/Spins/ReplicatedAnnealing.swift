import SwaleCore

/// Replicated annealing: y replicas of the spins, annealed together while a growing attraction to a common centre draws
/// them to regions with many low configurations. With beta = 1 / T the energy is
///
/// - traced:   sum_a E(w^a) - (1 / beta) sum_i ln 2 cosh(gamma sum_a w_i^a), the robust ensemble;
/// - explicit: sum_a E(w^a) - (gamma / beta) sum_i w_i^c sum_a w_i^a, with the centre's spins drawn given the replicas
///   once a sweep.
///
/// gamma has no unit: the coupling stays as it is when T falls. The temperature is geometric or linear and gamma linear
/// in the sweeps. All replicas start at the signs of x; a step is one sweep of every replica (y N proposals).
/// Source: Baldassi et al., PNAS 113 (2016) E7655; RRRMC.jl (RE, LE).
///
/// With readout = center x is the centre sign(sum_a w^a) (a tie takes the spin of the first replica; explicit: the
/// drawn centre) of lowest energy after any sweep, with readout = best the replica of lowest energy; the latest where
/// several are equal. With stop_at_zero the run ends when that point has no errors.
///
/// What is flat is the centre, and the flatter the further the attraction has grown: a single replica is hardly flatter
/// than the end of an annealing, and a run of an easy device that stops at its first solution stops before the replicas
/// have felt each other. Errors after a flip of 5 % of the weights, perceptron, N = 501, alpha = 0.3
/// (by hand, on a few seeds): annealing 14.8 %, a replica 12.3 %, the centre at its first solution about 5 %, at the end of
/// the run (stop_at_zero = false) 4 %. More replicas are flatter (21, gamma_end 1: 2.9 %) and solve less at higher
/// loads.
///
/// Report: `energy` of x, computed afresh; `replicas` (y x N) with `replica_energies` at the end; `center`;
/// `acceptance`, `proposals`, `temperature`, `gamma`; history `replica_overlap`, the mean w^a . w^b / N over pairs;
/// where errors are counted `errors` and `solved`.
public struct ReplicatedAnnealing: AnnealingSolver {
  public static let info = Info(
    "replicated_annealing", "Annealing of replicas that attract each other, to find regions dense in solutions.",
    reference: "Baldassi et al., PNAS 113 (2016) E7655; Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161")
  public static let needs: Capabilities = [.value, .flips, .stochastic]
  public static var options: [Option<Self>] {
    annealingOptions + [
      option("replicas", \.replicas, in: 1...100_000, "y; with 1 and gamma 0 it is simulated annealing."),
      option("gamma_start", \.gammaStart, in: 0...1e6, "Attraction in the first sweep."),
      option("gamma_end", \.gammaEnd, in: 0...1e6, "Attraction in the last sweep."),
      option("center", \.center, choices: ["traced", "explicit"], "Whether the centre is summed over or has spins."),
      option("readout", \.readout, choices: ["best", "center"], "x: the best replica, or the centre."),
      option("stop_at_zero", \.stopAtZero, "End at the first readout without errors, where errors are counted."),
    ]
  }

  public var annealing = Annealing()
  public var replicas = 11
  public var gammaStart = 0.1
  public var gammaEnd = 2.0
  public var center = "traced"
  public var readout = "center"
  public var stopAtZero = true

  public init() {
    annealing.start = 1
    annealing.end = 0.1
  }

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let temperatures = try annealing.plan("solver 'replicated_annealing'")
    let gammas = AnnealingSchedule(
      first: gammaStart, last: gammaEnd, geometric: false, sweepsPerLevel: annealing.sweepsPerTemperature,
      sweeps: annealing.sweeps)
    guard temperatures.moves || gammas.moves else {
      throw Failure(
        .option,
        "neither temperature nor gamma of solver 'replicated_annealing' ever moves: start_temperature and "
          + "end_temperature \(temperatures.first), gamma_start and gamma_end \(gammaStart), \(annealing.sweeps) "
          + "sweeps with sweeps_per_temperature \(annealing.sweepsPerTemperature); give one of them two values")
    }
    return try ReplicatedAnnealingStepper(job, self, temperatures, gammas, x)
  }
}

final class ReplicatedAnnealingStepper<S: Scalar>: Stepper<S> {
  private let temperatures: AnnealingSchedule
  private let gammas: AnnealingSchedule
  private let readsCenter: Bool
  private let walkers: [SpinWalker<S>]
  private let coupling: ReplicaCoupling
  /// s_i; the field of the coupling when the centre is traced out.
  private let sums: Buffer<Int32>
  private let center: Buffer<S>
  private let best: LowestEnergy<S>
  private var stop: ErrorStop<S>
  private var solved: Bool?
  private var overlaps: Series
  private var (temperature, gamma) = (0.0, 0.0)

  init(
    _ job: Job<S>, _ settings: ReplicatedAnnealing, _ temperatures: AnnealingSchedule, _ gammas: AnnealingSchedule,
    _ x: UnsafePointer<S>
  ) throws(Failure) {
    self.temperatures = temperatures
    self.gammas = gammas
    readsCenter = settings.readout == "center"
    let (n, y) = (job.dimension, settings.replicas)
    var made: [SpinWalker<S>] = []
    for a in 0..<y {
      let oracle = a == 0 ? job.oracle : try job.objective.makeOracle(S.self)
      let numbers = try MoveNumbers(sites: n, settings.annealing.sweepOrder, seed: job.seed, replica: a, of: y)
      made.append(try SpinWalker(job, oracle, x, numbers))
    }
    walkers = made
    coupling = try ReplicaCoupling(
      sites: n, replicas: y, traced: settings.center == "traced",
      random: job.random(StreamBase.solver, SpinStreams.center))
    sums = coupling.follows ? coupling.field : try Buffer(n)
    center = try Buffer(n, zeroed: false)
    best = try LowestEnergy(n)
    best.note(made[0].energy, made[0].spins.constant)
    stop = ErrorStop(job, wanted: settings.stopAtZero)
    overlaps = try Series(capacity: min(temperatures.sweeps, 65_536))
    super.init(job)
    addUp()
  }

  override var totalSteps: Int? { temperatures.sweeps }
  override var succeeded: Bool? { stop.active ? solved ?? false : nil }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    (temperature, gamma) = (temperatures.value(job.step), gammas.value(job.step))
    coupling.set(gamma: gamma)
    if !coupling.follows { coupling.drawCenter(sums.constant) }
    for walker in walkers {
      try walker.sweep(temperature, coupled: coupling, floor: readsCenter ? -.infinity : stop.floor)
      if !readsCenter, try stop.isSolution(walker.spins.constant, energy: walker.energy) {
        return solution(walker.energy, walker.spins.constant, x)
      }
      if job.stopping() { break }
    }
    if !coupling.follows { addUp() }
    try overlaps.append(pairOverlap())
    return readsCenter ? try readCenter(x) : readBest(x)
  }

  private func readBest(_ x: UnsafeMutablePointer<S>) -> Reason? {
    var chosen = walkers[0]
    for walker in walkers where walker.energy < chosen.energy { chosen = walker }
    best.noteLatest(chosen.energy, chosen.spins.constant)
    x.update(from: chosen.spins.constant, count: job.dimension)
    job.observe(value: chosen.energy)
    return nil
  }

  private func readCenter(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    setCenter()
    let energy = try job.value(center.constant)
    best.noteLatest(energy, center.constant)
    x.update(from: center.constant, count: job.dimension)
    job.observe(value: energy)
    return try stop.isSolution(center.constant, energy: energy) ? solution(energy, center.constant, x) : nil
  }

  private func solution(_ energy: Double, _ spins: UnsafePointer<S>, _ x: UnsafeMutablePointer<S>) -> Reason {
    best.keep(energy, spins)
    x.update(from: spins, count: job.dimension)
    job.observe(value: energy)
    return .converged
  }

  /// s_i of the replicas as they are.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func addUp() {
    for i in 0..<sums.count { sums.pointer[i] = 0 }
    for walker in walkers {
      let spins = walker.spins.pointer
      for i in 0..<sums.count { sums.pointer[i] += spins[i] < 0 ? -1 : 1 }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setCenter() {
    let first = walkers[0].spins.pointer
    for i in 0..<sums.count {
      let field = coupling.field.pointer[i]
      center.pointer[i] = field == 0 ? first[i] : field > 0 ? 1 : -1
    }
  }

  /// (sum_i s_i^2 / N - y) / (y (y - 1)); NaN for one replica.
  private func pairOverlap() -> Double {
    var squares = 0.0
    for i in 0..<sums.count { squares += Double(sums.pointer[i]) * Double(sums.pointer[i]) }
    let y = Double(walkers.count)
    return y > 1 ? (squares / Double(sums.count) - y) / (y * (y - 1)) : .nan
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    best.write(x)
    let (report, n) = (job.report, job.dimension)
    let replicas = try Buffer<Double>(try checkedProduct([walkers.count, n], "replicas"), zeroed: false)
    let energies = try Buffer<Double>(walkers.count)
    var (proposals, accepted) = (0, 0)
    for (a, walker) in walkers.enumerated() {
      S.toDouble(n, walker.spins.constant, replicas.pointer + a * n)
      energies.pointer[a] = walker.energy
      proposals += walker.proposals
      accepted += walker.accepted
    }
    report.record("replicas", replicas, shape: [walkers.count, n])
    report.record("replica_energies", energies)
    setCenter()
    try report.record("center", vector: center.constant, shape: [n])
    report.record("replica_overlap", try overlaps.trimmed())
    try report.record("temperature", temperature)
    try report.record("gamma", gamma)
    try report.record("proposals", proposals)
    try report.record("acceptance", Double(accepted) / Double(max(proposals, 1)))
    try report.record("energy", try job.oracle.place(x))
    solved = try stop.record(x)
  }
}
