import Glibc
import SwaleCore

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
  private var random: RandomStream
  // Points and gradients of f there; x is the current one.
  private var x: Buffer<S>
  private var slope: Buffer<S>
  private var proposal: Buffer<S>
  private var proposalSlope: Buffer<S>
  private let noise: Buffer<S>
  private let work: Buffer<S>

  private(set) var loss: Double
  /// |x - w|^2.
  private(set) var squaredDistance = 0.0
  var beta = 0.0
  var gamma = 1.0
  /// eps, in units of 1 / gamma.
  var step: Double
  private(set) var accepted = 0
  private(set) var proposed = 0

  private static var targetAcceptance: Double { 0.574 }

  /// Starts at the centre. Throws when f or its gradient is not finite there.
  init(_ job: Job<S>, center: UnsafePointer<S>, adjusted: Bool, step: Double) throws(Failure) {
    self.job = job
    self.center = center
    self.adjusted = adjusted
    self.step = step
    n = job.dimension
    random = job.random(StreamBase.metric)
    x = try Buffer(copying: center, count: n)
    slope = try Buffer(n, zeroed: false)
    proposal = try Buffer(n, zeroed: false)
    proposalSlope = try Buffer(n, zeroed: false)
    noise = try Buffer(n, zeroed: false)
    work = try Buffer(n, zeroed: false)
    loss = try job.gradient(x.constant, slope.pointer)
    guard loss.isFinite, S.firstNonfinite(n, slope.constant) < 0 else {
      throw Failure(.nonfinite, "metric 'local_entropy': the loss at the point is \(loss), or its gradient not finite")
    }
  }

  /// U at the current point.
  var energy: Double { beta * loss + gamma * squaredDistance / 2 }
  var acceptance: Double { proposed > 0 ? Double(accepted) / Double(proposed) : .nan }

  func resetAcceptance() {
    accepted = 0
    proposed = 0
  }

  /// One step; with `rate` > 0 the step size follows the acceptance, ln eps += rate (probability - 0.574).
  @specialized(where S == Float)
  @specialized(where S == Double)
  func advance(tuning rate: Double = 0) throws(Failure) {
    let eps = step / gamma
    // y = x - eps (beta g + gamma (x - w)) + sqrt(2 eps) xi
    random.normal(n, into: noise.pointer)
    proposal.pointer.update(from: x.constant, count: n)
    S.axpby(n, S(eps * gamma), center, S(1 - eps * gamma), proposal.pointer)
    S.axpy(n, S(-eps * beta), slope.constant, proposal.pointer)
    S.axpy(n, S((2 * eps).squareRoot()), noise.constant, proposal.pointer)
    let newLoss = try job.gradient(proposal.constant, proposalSlope.pointer)
    S.subtract(n, proposal.constant, center, work.pointer)
    let newDistance = S.sumSquares(n, work.constant)

    proposed += 1
    guard adjusted else {
      accepted += 1
      take(newLoss, newDistance)
      return
    }
    // ln q(y | x) = -|xi|^2 / 2; ln q(x | y) = -|x - y + eps grad U(y)|^2 / (4 eps). `work` holds y - w.
    S.scale(n, S(eps * gamma), work.pointer)
    S.axpy(n, S(eps * beta), proposalSlope.constant, work.pointer)
    S.axpy(n, 1, x.constant, work.pointer)
    S.axpy(n, -1, proposal.constant, work.pointer)
    let back = S.sumSquares(n, work.constant) / (4 * eps)
    let newEnergy = beta * newLoss + gamma * newDistance / 2
    let logRatio = energy - newEnergy - back + S.sumSquares(n, noise.constant) / 2
    // A proposal where the loss is not finite has no weight.
    let probability = logRatio.isNaN ? 0 : min(1, exp(logRatio))
    var coin = 0.0
    random.uniform(1, 0, 1, into: &coin)
    if coin < probability {
      accepted += 1
      take(newLoss, newDistance)
    }
    if rate > 0 { step = min(1.9, step * exp(rate * (probability - Self.targetAcceptance))) }
  }

  private func take(_ newLoss: Double, _ newDistance: Double) {
    swap(&x, &proposal)
    swap(&slope, &proposalSlope)
    loss = newLoss
    squaredDistance = newDistance
  }
}
