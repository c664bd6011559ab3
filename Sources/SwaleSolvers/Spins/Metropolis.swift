import SwaleCore

/// Metropolis sampling of spins at one temperature: single flips, accepted with probability min(1, exp(-dE / T)), so
/// that configurations appear with weight exp(-E / T). T = 0 accepts what does not raise the energy. A step is one
/// sweep of N proposals; the first `burn_in` sweeps are not averaged over, and in them the gamma of the loss may move
/// from gamma_start to gamma_end (`GammaSchedule`), the gamma of all averages. Source: Metropolis et al., J. Chem. Phys.
/// 21 (1953) 1087.
///
/// Report, over the energies after each averaged sweep: `mean_energy` with `mean_energy_error`, `correlation_time` in
/// sweeps, `effective_samples` and the flag `mean_energy_converged` (`Autocorrelation`), `energies`; `acceptance`,
/// `proposals`; with histogram_width > 0 `histogram_energies` (centres of the bins) and `histogram_counts`. Where the
/// flag is 0 the run ends as "not converged": it mixes too slowly to know. T = 0 samples nothing and is a descent.
public struct Metropolis: Solver, Component {
  public static let info = Info(
    "metropolis", "Samples spins at one temperature by single flips, with averages and standard errors.",
    reference: "Metropolis et al., J. Chem. Phys. 21 (1953) 1087; Geyer, Statistical Science 7 (1992) 473")
  public static let needs: Capabilities = [.flips, .stochastic]
  public static var options: [Option<Self>] {
    [
      option("temperature", \.temperature, in: 0...1e150, "Temperature, in the units of the objective."),
      option("sweeps", \.sweeps, in: 1...9e15, "Sweeps to average over, of as many proposals as spins."),
      option("burn_in", \.burnIn, in: 0...4e15, "Sweeps before the averages begin."),
      option("gamma_start", \.gammaStart, in: 0...1e6,
        "Inverse temperature gamma of the loss in the first sweep, from where it goes geometrically, up or down, to "
          + "gamma_end while burn_in lasts; 0: leave the loss as it is. For losses with a gamma (cross_entropy)."),
      option("gamma_end", \.gammaEnd, in: 0...1e6,
        "Gamma of the loss in the sweeps that are averaged over; 0: as gamma_start."),
      option("order", \.order, choices: SweepOrder.names,
        "Sites of a sweep: independent uniform draws, one after the other, or each once in a random order."),
      option("readout", \.readout, choices: ["last", "best"], "x: the last configuration or that of lowest energy."),
      option("histogram_width", \.histogramWidth, in: 0...1e150,
        "Width of the bins of a histogram of the energy, 1 for counts of errors; 0: none."),
    ]
  }

  public var temperature = 0.5
  public var sweeps = 1000
  public var burnIn = 100
  public var gammaStart = 0.0
  public var gammaEnd = 0.0
  public var order = "random"
  public var readout = "last"
  public var histogramWidth = 0.0
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let gamma = try GammaSchedule(job, start: gammaStart, end: gammaEnd, steps: burnIn + 1)
    guard burnIn > 0 || !gamma.moves else {
      throw Failure(
        .option,
        "option 'burn_in' of solver 'metropolis' is 0, but gamma moves from \(gammaStart) to \(gammaEnd) while it lasts; "
          + "allowed 1 or more, or gamma_end as gamma_start")
    }
    return try MetropolisStepper(job, self, gamma, x)
  }
}

final class MetropolisStepper<S: Scalar>: Stepper<S> {
  private let settings: Metropolis
  private let gamma: GammaSchedule<S>
  private let walker: SpinWalker<S>
  private let best: LowestEnergy<S>
  private var energies: Series
  private let average: Autocorrelation

  init(
    _ job: Job<S>, _ settings: Metropolis, _ gamma: GammaSchedule<S>, _ x: UnsafePointer<S>
  ) throws(Failure) {
    self.settings = settings
    self.gamma = gamma
    let order = SweepOrder(rawValue: settings.order) ?? .random
    walker = try SpinWalker(job, job.oracle, x, MoveNumbers(sites: job.dimension, order, seed: job.seed))
    best = try LowestEnergy(job.dimension)
    best.note(walker.energy, walker.spins.constant)
    energies = try Series(capacity: min(settings.sweeps, 65_536))
    average = try Autocorrelation()
    super.init(job)
  }

  override var totalSteps: Int? { settings.burnIn + settings.sweeps }
  override var samples: Bool { settings.temperature > 0 }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if try gamma.begin(step: job.step, walker.spins.constant) {
      try walker.refresh()
      best.forget()
    }
    try walker.sweep(settings.temperature)
    if job.step >= settings.burnIn, !walker.interrupted {
      try energies.append(walker.energy)
      average.add(walker.energy)
    }
    if settings.readout == "best" { best.note(walker.energy, walker.spins.constant) }
    x.update(from: walker.spins.constant, count: job.dimension)
    job.observe(value: walker.energy)
    return nil
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try gamma.finish()
    if settings.readout == "best" { best.write(x) }
    let report = job.report
    let kept = try energies.trimmed()
    report.record("energies", kept)
    let mean = average.estimate
    try report.record("mean_energy", mean)
    if samples, !mean.converged { job.conclusion = .unconverged }
    try report.record("proposals", walker.proposals)
    try report.record("acceptance", Double(walker.accepted) / Double(max(walker.proposals, 1)))
    if settings.histogramWidth > 0, kept.count > 0 { try recordHistogram(kept) }
  }

  /// Bins centred on whole multiples of the width; at most a million of them, wider when there would be more.
  private func recordHistogram(_ energies: Buffer<Double>) throws(Failure) {
    var (lowest, highest) = (Double.infinity, -Double.infinity)
    for energy in energies.elements { (lowest, highest) = (min(lowest, energy), max(highest, energy)) }
    guard lowest.isFinite, highest.isFinite else { return }
    let span = max(highest - lowest, abs(lowest), abs(highest))
    guard span.isFinite else { return }
    var width = settings.histogramWidth
    // Bins that whole numbers of them cannot tell apart are as good as none.
    while (highest - lowest) > 1e6 * width || span > 1e15 * width { width *= 2 }
    let first = (lowest / width).rounded()
    let bins = Int(saturating: (highest / width).rounded() - first) + 1
    let centers = try Buffer<Double>(bins, zeroed: false)
    let counts = try Buffer<Int64>(bins)
    for bin in 0..<bins { centers.pointer[bin] = (first + Double(bin)) * width }
    for energy in energies.elements { counts.pointer[Int(saturating: (energy / width).rounded() - first)] += 1 }
    job.report.record("histogram_energies", centers)
    job.report.record("histogram_counts", counts)
  }
}
