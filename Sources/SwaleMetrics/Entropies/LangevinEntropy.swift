import Glibc
import SwaleCore

/// Local entropy of a continuous landscape by Langevin sampling. Around a point w, with the attraction gamma,
///
///     p(x) ~ exp(-beta f(x) - gamma |x - w|^2 / 2),
///     N phi(gamma) = ln E exp(-beta f(w + z / sqrt gamma)),  z ~ N(0, 1);  phi -> -beta f(w) / N for gamma -> infinity
///
/// is the log-partition function relative to the free Gaussian, whose negative is the loss that Entropy-SGD descends.
/// By thermodynamic integration N phi = -beta int_0^1 <f>_{s beta} ds, with one chain for every Gauss-Legendre node in u,
/// s = (e^{5 u} - 1) / (e^5 - 1). A direction of curvature a adds ln(1 + r) / 2, r = beta a / gamma, and its part of <f>
/// falls as 1 / (1 + s r), for which nodes are closer together at small s: 5 nodes are wrong by less than 3e-5 of it for
/// r up to 100 and by 2 percent for r = 1000, 8 nodes by 0.2 percent. Error bars do not contain this. The derivatives -beta <f> and -<|x - w|^2> / 2 come from the chain at s = 1. The entropy of p itself, per
/// weight, is
///
///     S = phi + ln(2 pi / gamma) / 2 + [beta <f> + gamma <|x - w|^2> / 2] / N,
///
/// at most ln(2 pi e d^2) / 2 with d^2 = <|x - w|^2> / N, that of a Gaussian as wide (`bound`).
/// Source: Chaudhari et al., Entropy-SGD, ICLR (2017), equation 4.
struct LangevinEntropy {
  var beta = 1.0
  var nodes = 5
  var samples = 500
  var warmUp = 200
  var adjusted = true
  var step = 0.0

  /// The rate of the nodes' spacing.
  private static let spread = 5.0

  /// Chains with fewer independent samples than this have no error bar worth the name.
  private static let fewestIndependent = 20.0

  struct Point {
    var freeEntropy = Estimate(.nan, error: .nan)
    var entropy = Estimate(.nan, error: .nan)
    var loss = Estimate(.nan, error: .nan)
    var squaredDistance = Estimate(.nan, error: .nan)
    var acceptance = Double.nan
    /// Independent samples of the worst chain.
    var independent = Double.infinity
    var converged = false
  }

  /// Estimates at one gamma, or nil when the run was stopped on the way. The sampler goes on from where it is.
  func measure<S: Scalar>(
    _ job: Job<S>, _ sampler: LocalGibbsSampler<S>, gamma: Double, rule: GaussLegendre
  ) throws(Failure) -> Point? {
    let n = Double(job.dimension)
    var point = Point()
    var (integral, variance) = (0.0, 0.0)
    sampler.gamma = gamma
    for chain in 0...nodes {
      let last = chain == nodes
      let u = last ? 1 : rule.nodes.pointer[chain]
      sampler.beta = beta * expm1(Self.spread * u) / expm1(Self.spread)
      // Robbins-Monro: the rate of the tuning falls as 1 / sqrt t.
      for t in 0..<warmUp {
        if job.stopping() { return nil }
        try sampler.advance(tuning: adjusted && step == 0 ? 1 / Double(t + 1).squareRoot() : 0)
      }
      sampler.resetAcceptance()
      var loss = BlockedMean()
      var distance = BlockedMean()
      var energy = BlockedMean()
      for _ in 0..<samples {
        if job.stopping() { return nil }
        try sampler.advance()
        loss.add(sampler.loss)
        distance.add(sampler.squaredDistance)
        energy.add(sampler.energy)
      }
      point.independent = min(point.independent, loss.effectiveCount, distance.effectiveCount)
      if last {
        point.loss = loss.estimate
        point.squaredDistance = distance.estimate.divided(by: n)
        point.acceptance = sampler.acceptance
        let free = -beta * integral
        let freeVariance = beta * beta * variance
        let mean = energy.estimate
        point.freeEntropy = Estimate(free / n, error: freeVariance.squareRoot() / n)
        point.entropy = Estimate(
          (free + mean.value) / n + Glibc.log(2 * Double.pi / gamma) / 2,
          error: (freeVariance + mean.standardError * mean.standardError).squareRoot() / n)
      } else {
        let mean = loss.estimate
        let weight = rule.weights.pointer[chain] * Self.spread * exp(Self.spread * u) / expm1(Self.spread)
        integral += weight * mean.value
        variance += weight * weight * mean.standardError * mean.standardError
      }
    }
    point.converged =
      point.independent >= Self.fewestIndependent && point.entropy.value.isFinite && point.acceptance > 0.05
    return point
  }
}

extension Estimate {
  func divided(by n: Double) -> Estimate { Estimate(value / n, error: standardError / n) }
}
