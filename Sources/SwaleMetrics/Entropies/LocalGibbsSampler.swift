import Glibc
import SwaleCore

/// One chain of `LocalGibbsSampler`: where it is, and how its steps went.
final class LocalGibbsChain<S: Scalar> {
  // The point, and the gradient of f there.
  fileprivate(set) var x: Buffer<S>
  fileprivate(set) var slope: Buffer<S>
  private(set) var loss = Double.nan
  /// |x - w|^2.
  private(set) var squaredDistance = 0.0
  /// Inverse temperature of its measure.
  var beta = 0.0
  /// eps, in units of 1 / gamma.
  var step: Double
  fileprivate(set) var accepted = 0
  fileprivate(set) var proposed = 0

  init(_ n: Int, step: Double) throws(Failure) {
    self.step = step
    x = try Buffer(n, zeroed: false)
    slope = try Buffer(n, zeroed: false)
  }

  var acceptance: Double { proposed > 0 ? Double(accepted) / Double(proposed) : .nan }

  func resetAcceptance() {
    accepted = 0
    proposed = 0
  }

  fileprivate func stand(loss: Double, squaredDistance: Double) {
    self.loss = loss
    self.squaredDistance = squaredDistance
  }

  /// Goes where another chain is. Temperature and step stay.
  func copy(_ other: LocalGibbsChain<S>) {
    x.pointer.update(from: other.x.constant, count: x.count)
    slope.pointer.update(from: other.slope.constant, count: x.count)
    stand(loss: other.loss, squaredDistance: other.squaredDistance)
  }

  /// The two chains change places. Temperatures and steps stay.
  func exchange(_ other: LocalGibbsChain<S>) {
    swap(&x, &other.x)
    swap(&slope, &other.slope)
    let (loss, distance) = (self.loss, squaredDistance)
    stand(loss: other.loss, squaredDistance: other.squaredDistance)
    other.stand(loss: loss, squaredDistance: distance)
  }
}

/// Langevin dynamics in the neighbourhood of a point w: samples exp(-U), U(x) = beta f(x) + gamma |x - w|^2 / 2.
///
///     y = x - eps grad U(x) + sqrt(2 eps) xi,   xi ~ N(0, 1)
///
/// With `adjusted`, y is accepted with probability min(1, e^{U(x) - U(y)} q(x | y) / q(y | x)), so that the samples
/// have no discretisation error (MALA), and eps is tuned while the chain warms up; without it every y is taken
/// (unadjusted Langevin), with errors of order eps. Source: Roberts, Rosenthal, J. R. Stat. Soc. B 60 (1998) 255
/// (acceptance 0.574).
final class LocalGibbsSampler<S: Scalar> {
  private let job: Job<S>
  private let n: Int
  private let center: UnsafePointer<S>
  private let adjusted: Bool
  var random: RandomStream
  private var proposal: Buffer<S>
  private var proposalSlope: Buffer<S>
  private let noise: Buffer<S>
  private let work: Buffer<S>
  var gamma = 1.0

  private static var targetAcceptance: Double { 0.574 }

  init(_ job: Job<S>, center: UnsafePointer<S>, adjusted: Bool) throws(Failure) {
    self.job = job
    self.center = center
    self.adjusted = adjusted
    n = job.dimension
    random = job.random(StreamBase.metric)
    proposal = try Buffer(n, zeroed: false)
    proposalSlope = try Buffer(n, zeroed: false)
    noise = try Buffer(n, zeroed: false)
    work = try Buffer(n, zeroed: false)
  }

  /// U at the point of a chain.
  func energy(_ chain: LocalGibbsChain<S>) -> Double { chain.beta * chain.loss + gamma * chain.squaredDistance / 2 }

  /// Puts a chain at the centre. Throws when f or its gradient is not finite there.
  func center(_ chain: LocalGibbsChain<S>) throws(Failure) {
    chain.x.pointer.update(from: center, count: n)
    let loss = try job.gradient(chain.x.constant, chain.slope.pointer)
    guard loss.isFinite, S.firstNonfinite(n, chain.slope.constant) < 0 else {
      throw Failure(.nonfinite, "metric 'local_entropy': the loss at the point is \(loss), or its gradient not finite")
    }
    chain.stand(loss: loss, squaredDistance: 0)
  }

  /// Puts a chain at w + z / sqrt gamma, z normal: a sample of the measure at beta = 0, wider than those at other
  /// beta in every direction in which the loss bends upwards. Where the loss is not finite, nearer and nearer.
  func scatter(_ chain: LocalGibbsChain<S>) throws(Failure) {
    random.normal(n, into: noise.pointer)
    var size = 1 / gamma.squareRoot()
    for _ in 0..<60 {
      chain.x.pointer.update(from: center, count: n)
      S.axpy(n, S(size), noise.constant, chain.x.pointer)
      let loss = try job.gradient(chain.x.constant, chain.slope.pointer)
      if loss.isFinite, S.firstNonfinite(n, chain.slope.constant) < 0 {
        chain.stand(loss: loss, squaredDistance: size * size * S.sumSquares(n, noise.constant))
        return
      }
      size /= 2
    }
    try center(chain)
  }

  /// One step; with `rate` > 0 the step size follows the acceptance, ln eps += rate (probability - 0.574).
  @specialized(where S == Float)
  @specialized(where S == Double)
  func advance(_ chain: LocalGibbsChain<S>, tuning rate: Double = 0) throws(Failure) {
    let eps = chain.step / gamma
    let beta = chain.beta
    // y = x - eps (beta g + gamma (x - w)) + sqrt(2 eps) xi
    random.normal(n, into: noise.pointer)
    proposal.pointer.update(from: chain.x.constant, count: n)
    S.axpby(n, S(eps * gamma), center, S(1 - eps * gamma), proposal.pointer)
    S.axpy(n, S(-eps * beta), chain.slope.constant, proposal.pointer)
    S.axpy(n, S((2 * eps).squareRoot()), noise.constant, proposal.pointer)
    let newLoss = try job.gradient(proposal.constant, proposalSlope.pointer)
    S.subtract(n, proposal.constant, center, work.pointer)
    let newDistance = S.sumSquares(n, work.constant)

    chain.proposed += 1
    guard adjusted else {
      chain.accepted += 1
      take(chain, newLoss, newDistance)
      return
    }
    // ln q(y | x) = -|xi|^2 / 2; ln q(x | y) = -|x - y + eps grad U(y)|^2 / (4 eps). `work` holds y - w.
    S.scale(n, S(eps * gamma), work.pointer)
    S.axpy(n, S(eps * beta), proposalSlope.constant, work.pointer)
    S.axpy(n, 1, chain.x.constant, work.pointer)
    S.axpy(n, -1, proposal.constant, work.pointer)
    let back = S.sumSquares(n, work.constant) / (4 * eps)
    let newEnergy = beta * newLoss + gamma * newDistance / 2
    let logRatio = energy(chain) - newEnergy - back + S.sumSquares(n, noise.constant) / 2
    // A proposal where the loss is not finite has no weight.
    let probability = logRatio.isNaN ? 0 : min(1, exp(logRatio))
    if coin() < probability {
      chain.accepted += 1
      take(chain, newLoss, newDistance)
    }
    if rate > 0 { chain.step = min(1.9, chain.step * exp(rate * (probability - Self.targetAcceptance))) }
  }

  /// Lets two chains change places with the probability that keeps both of their measures,
  /// min(1, e^{(beta_1 - beta_2) (f_1 - f_2)}).
  func exchange(_ one: LocalGibbsChain<S>, _ other: LocalGibbsChain<S>) {
    let logRatio = (one.beta - other.beta) * (one.loss - other.loss)
    if coin() < exp(min(logRatio, 0)) { one.exchange(other) }
  }

  private func coin() -> Double {
    var coin = 0.0
    random.uniform(1, 0, 1, into: &coin)
    return coin
  }

  private func take(_ chain: LocalGibbsChain<S>, _ newLoss: Double, _ newDistance: Double) {
    swap(&chain.x, &proposal)
    swap(&chain.slope, &proposalSlope)
    chain.stand(loss: newLoss, squaredDistance: newDistance)
  }
}
