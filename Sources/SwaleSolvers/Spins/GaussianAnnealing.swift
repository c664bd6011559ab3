import Glibc
import SwaleCore

/// Annealing of real parameters: x' = x + sigma z with z standard normal, of all coordinates at once or of one after
/// the other, accepted with probability min(1, exp(-(f(x') - f(x)) / T)).
///
/// After each proposal ln sigma grows by (accepted - target) / 10 per coordinate moved, so that the accepted fraction
/// stays near the target while the temperature falls. The adaptation makes this a search and not a sampler.
/// Source of the adaptation: Andrieu, Thoms, Stat. Comput. 18 (2008) 343, section 5.
final class GaussianAnnealingStepper<S: Scalar>: Stepper<S> {
  private let plan: AnnealingSchedule
  private let gamma: GammaSchedule<S>
  private let target: Double
  private let one: Bool
  private let current: Buffer<S>
  private let noise: Buffer<S>
  private let best: LowestEnergy<S>
  private var normals: RandomStream
  private var uniforms: RandomStream
  private var stop: ErrorStop<S>
  private var solved: Bool?
  private var sigma: Double
  private var value = Double.nan
  private var temperature = 0.0
  private var proposals = 0
  private var accepted = 0

  init(
    _ job: Job<S>, _ settings: SimulatedAnnealing, _ plan: AnnealingSchedule, _ gamma: GammaSchedule<S>,
    _ x: UnsafePointer<S>
  ) throws(Failure) {
    self.plan = plan
    self.gamma = gamma
    target = settings.acceptance
    one = settings.move == "one"
    sigma = settings.stepSize
    current = try Buffer(copying: x, count: job.dimension)
    noise = try Buffer(job.dimension, zeroed: false)
    best = try LowestEnergy(job.dimension)
    normals = job.random(StreamBase.solver, SpinStreams.sites(0))
    uniforms = job.random(StreamBase.solver, SpinStreams.acceptance(0))
    stop = ErrorStop(job, wanted: settings.stopAtZero)
    super.init(job)
  }

  override var totalSteps: Int? { plan.sweeps }
  override var succeeded: Bool? { stop.active ? solved ?? false : nil }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    temperature = plan.value(job.step)
    let changed = try gamma.begin(step: job.step / plan.sweepsPerLevel, x)
    if job.step == 0 || changed {
      value = try job.value(x)
      best.forget()
      best.note(value, x)
    }
    normals.normal(job.dimension, into: noise.pointer)
    if one {
      for i in 0..<job.dimension {
        x[i] += S(sigma) * noise.pointer[i]
        try judge(x, from: i, count: 1)
        if job.stopping() { break }
      }
    } else {
      S.axpy(job.dimension, S(sigma), noise.constant, x)
      try judge(x, from: 0, count: job.dimension)
    }
    job.observe(value: value)
    return try stop.isSolution(x, energy: .infinity) ? solution(x) : nil
  }

  private func solution(_ x: UnsafePointer<S>) -> Reason {
    best.keep(value, x)
    return .converged
  }

  /// Accepts the moved x or takes the move of `count` coordinates back.
  private func judge(_ x: UnsafeMutablePointer<S>, from start: Int, count: Int) throws(Failure) {
    let trial: Double
    do throws(Failure) {
      trial = try job.value(x)
    } catch {
      (x + start).update(from: current.constant + start, count: count)
      throw error
    }
    var u = 0.0
    uniforms.uniform(1, 1, 0, into: &u)
    let accept = trial <= value || trial - value < -temperature * log(u)
    proposals += 1
    if accept {
      accepted += 1
      value = trial
      (current.pointer + start).update(from: x + start, count: count)
      best.note(value, x)
    } else {
      (x + start).update(from: current.constant + start, count: count)
    }
    let rate = one ? 0.1 / Double(job.dimension) : 0.1
    sigma = max(1e-150, min(1e150, sigma * exp(rate * ((accept ? 1 : 0) - target))))
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    best.write(x)
    let own = try gamma.finish()
    let report = job.report
    try report.record("last_energy", value)
    try report.record("energy", own ? best.energy : try job.value(x))
    try report.record("temperature", temperature)
    try report.record("step_size", sigma)
    try report.record("proposals", proposals)
    try report.record("acceptance", Double(accepted) / Double(max(proposals, 1)))
    solved = try stop.record(x)
  }
}
