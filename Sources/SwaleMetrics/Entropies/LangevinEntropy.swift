import Glibc
import SwaleCore

/// Local entropy of a continuous landscape by Langevin sampling. Around a point w, with the attraction gamma,
///
///     p(x) ~ exp(-beta f(x) - gamma |x - w|^2 / 2),
///     N phi(gamma) = ln E exp(-beta f(w + z / sqrt gamma)),  z ~ N(0, 1);  phi -> -beta f(w) / N for gamma -> infinity
///
/// is the log-partition function relative to the free Gaussian, whose negative is the loss that Entropy-SGD descends.
/// By thermodynamic integration N phi = -beta int_0^1 <f>_{s beta} ds, with a chain for every Gauss-Legendre node in
/// u, s = (e^{5 u} - 1) / (e^5 - 1), and one at s = 1, from which <f>_s is reckoned. A direction of curvature a adds
/// ln(1 + r) / 2, r = beta a / gamma, and its part of <f> falls as 1 / (1 + s r), for which nodes are closer together
/// at small s (`quadratureError`). The derivatives -beta <f> and -<|x - w|^2> / 2 come from the chain at s = 1. The
/// entropy of p itself, per weight, is
///
///     S = phi + ln(2 pi / gamma) / 2 + [beta <f> + gamma <|x - w|^2> / 2] / N,
///
/// at most ln(2 pi e d^2) / 2 with d^2 = <|x - w|^2> / N, that of a Gaussian as wide (`bound`).
///
/// A ladder is the chains at all s, which exchange places (replica exchange: Swendsen, Wang, Phys. Rev. Lett. 57 (1986)
/// 2607), so that one at small s carries the others over barriers. `ladders` of them are independent: the first starts
/// at w, the others scattered over the whole free Gaussian, each led from small s to s = 1. Numbers count as converged
/// when the halves of all ladders agree (`ChainMeans.split`) and their spread leaves enough independent samples: slow
/// drifts and wells that a ladder does not leave are seen, but one that no ladder has found is not.
/// Source: Chaudhari et al., Entropy-SGD, ICLR (2017), equation 4.
struct LangevinEntropy {
  var beta = 1.0
  var nodes = 5
  var samples = 500
  var warmUp = 200
  var adjusted = true
  var step = 0.0
  var ladders = 8

  /// The rate of the nodes' spacing.
  private static let spread = 5.0
  /// Fewer independent samples than this have no error bar worth the name, ...
  private static let fewestIndependent = 60.0
  /// ... and chains above this ratio have not mixed.
  private static let largestSplit = 1.1
  /// Samples of the free Gaussian, for <f> at s = 0.
  private static let freeSamples = 16
  /// Largest beta curvature / gamma that the error of the nodes is reckoned for.
  private static let stiffest = 1e8

  /// Of each chain.
  private var length: Int { max(2, (samples + ladders - 1) / ladders) }

  struct Point {
    var freeEntropy = Estimate(.nan, error: .nan)
    var entropy = Estimate(.nan, error: .nan)
    var loss = Estimate(.nan, error: .nan)
    var squaredDistance = Estimate(.nan, error: .nan)
    /// Part of the error of the free entropy that comes from the number of nodes.
    var quadratureError = Double.nan
    /// Mean of the chains at s = 1, and the lowest of all chains.
    var acceptance = Double.nan
    var lowestAcceptance = Double.nan
    /// Independent samples of the worst quantity.
    var independent = Double.infinity
    /// Largest ratio of all to inner spread.
    var split = 1.0
    var converged = false
  }

  /// The quantities of the chains at one s.
  private struct Rung {
    var loss: ChainMeans
    var distance: ChainMeans
    var energy: ChainMeans

    init(_ length: Int) {
      loss = ChainMeans(length: length)
      distance = ChainMeans(length: length)
      energy = ChainMeans(length: length)
    }

    mutating func begin() {
      loss.begin()
      distance.begin()
      energy.begin()
    }
  }

  /// s and ds/du at the node j, s = 1 behind the last.
  private func place(_ rule: GaussLegendre, _ j: Int) -> (s: Double, slope: Double) {
    let u = j == nodes ? 1 : rule.nodes.pointer[j]
    return (expm1(Self.spread * u) / expm1(Self.spread), Self.spread * exp(Self.spread * u) / expm1(Self.spread))
  }

  /// Estimates at one gamma, or nil when the run was stopped on the way.
  func measure<S: Scalar>(
    _ job: Job<S>, _ sampler: LocalGibbsSampler<S>, gamma: Double, rule: GaussLegendre
  ) throws(Failure) -> Point? {
    sampler.gamma = gamma
    var rungs = [Rung](repeating: Rung(length), count: nodes + 1)
    var chains: [LocalGibbsChain<S>] = []
    for _ in 0...nodes { chains.append(try LocalGibbsChain(job.dimension, step: step > 0 ? step : 0.1)) }
    var free = SampleMean()
    for _ in 0..<Self.freeSamples {
      if job.stopping() { return nil }
      try sampler.scatter(chains[0])
      free.add(chains[0].loss)
    }
    var (acceptance, lowest) = (0.0, 1.0)
    for ladder in 0..<ladders {
      guard try lead(job, sampler, chains, rule, scattered: ladder > 0) else { return nil }
      for j in 0...nodes { rungs[j].begin() }
      for t in 0..<length {
        for chain in chains {
          if job.stopping() { return nil }
          try sampler.advance(chain)
        }
        // Unadjusted steps keep other measures than those that an exchange keeps.
        if adjusted {
          for j in stride(from: t % 2, to: nodes, by: 2) { sampler.exchange(chains[j], chains[j + 1]) }
        }
        for (j, chain) in chains.enumerated() {
          rungs[j].loss.add(chain.loss)
          rungs[j].distance.add(chain.squaredDistance)
          rungs[j].energy.add(sampler.energy(chain))
        }
      }
      acceptance += chains[nodes].acceptance / Double(ladders)
      for chain in chains { lowest = min(lowest, chain.acceptance) }
    }
    var point = summary(rungs, rule, gamma: gamma, dimension: Double(job.dimension), free: free.estimate.value)
    (point.acceptance, point.lowestAcceptance) = (acceptance, lowest)
    point.converged =
      point.independent >= Self.fewestIndependent && point.split <= Self.largestSplit && point.entropy.value.isFinite
      && lowest > 0.05
    return point
  }

  /// Leads one chain from its start through all s, warming up at each, and leaves a chain at each. False when the run
  /// was stopped.
  private func lead<S: Scalar>(
    _ job: Job<S>, _ sampler: LocalGibbsSampler<S>, _ chains: [LocalGibbsChain<S>], _ rule: GaussLegendre,
    scattered: Bool
  ) throws(Failure) -> Bool {
    for (j, chain) in chains.enumerated() {
      if j > 0 {
        chain.copy(chains[j - 1])
        if step == 0 { chain.step = chains[j - 1].step }
      } else if scattered {
        try sampler.scatter(chain)
      } else {
        try sampler.center(chain)
      }
      chain.beta = beta * place(rule, j).s
      // Robbins-Monro: the rate of the tuning falls as 1 / sqrt t.
      for t in 0..<warmUp {
        if job.stopping() { return false }
        try sampler.advance(chain, tuning: adjusted && step == 0 ? 1 / Double(t + 1).squareRoot() : 0)
      }
      chain.resetAcceptance()
    }
    return true
  }

  private func summary(
    _ rungs: [Rung], _ rule: GaussLegendre, gamma: Double, dimension n: Double, free: Double
  ) -> Point {
    var point = Point()
    for rung in rungs {
      for means in [rung.loss, rung.distance] {
        point.independent = min(point.independent, means.effectiveCount)
        let split = means.split
        if !(split <= point.split) { point.split = split }
      }
    }
    let last = rungs[nodes]
    let weights = (0..<nodes).map { rule.weights.pointer[$0] * place(rule, $0).slope }
    // int <f>_s ds = <f>_1 + sum of weights (<f>_s - <f>_1): exact for a constant.
    let rest = 1 - weights.reduce(0, +)
    let (means, parts) = (rungs.map(\.loss.estimate), rungs.map(\.loss.halves))
    var integral = rest * means[nodes].value
    var variance = rest * rest * means[nodes].standardError * means[nodes].standardError
    var integrals = parts[nodes].map { rest * $0 }
    for (j, weight) in weights.enumerated() {
      integral += weight * means[j].value
      variance += weight * weight * means[j].standardError * means[j].standardError
      for k in integrals.indices { integrals[k] += weight * parts[j][k] }
    }
    // Chains at different s are not independent where they exchange places: the halves of the ladders are.
    let freeError = beta * max(variance.squareRoot(), ChainMeans.error(ofHalves: integrals))
    let energy = last.energy.estimate
    let whole = zip(integrals, last.energy.halves).map { -beta * $0 + $1 }
    let wholeError = max(
      (beta * beta * variance + energy.standardError * energy.standardError).squareRoot(),
      ChainMeans.error(ofHalves: whole))
    let fall = beta * (means[0].value - means[nodes].value)
    point.quadratureError = quadratureError(rule, fall: fall, whole: beta * (free - means[nodes].value)) / n
    point.loss = means[nodes]
    point.squaredDistance = last.distance.estimate.divided(by: n)
    point.freeEntropy = Estimate(-beta * integral / n, error: hypot(freeError / n, point.quadratureError))
    point.entropy = Estimate(
      (energy.value - beta * integral) / n + Glibc.log(2 * Double.pi / gamma) / 2,
      error: hypot(wholeError / n, point.quadratureError))
    return point
  }

  /// How far the nodes may be wrong about N phi, when beta <f> falls by `fall` from the first node to s = 1, and by
  /// `whole` from s = 0: the worst of what they are wrong about a slope (beta <f> falls as s) and about directions of
  /// curvature r up to the largest that such a fall allows (as r / (1 + s r) / 2, by r / 2 from s = 0), all of which
  /// are known; times three, as other shapes of the loss are worse (a well of fourth order by that much).
  private func quadratureError(_ rule: GaussLegendre, fall: Double, whole: Double) -> Double {
    guard fall.isFinite else { return .nan }
    let places = (0..<nodes).map { place(rule, $0) }
    func ratio(_ f: (Double) -> Double, integral: Double) -> Double {
      var sum = f(1)
      for (j, (s, slope)) in places.enumerated() { sum += rule.weights.pointer[j] * slope * (f(s) - f(1)) }
      return abs(sum - integral) / abs(f(places[0].s) - f(1))
    }
    var worst = ratio({ -$0 }, integral: -0.5)
    let largest = whole.isFinite ? min(2 * max(abs(whole), abs(fall)), Self.stiffest) : Self.stiffest
    var r = 0.1
    repeat {
      worst = max(worst, ratio({ 0.5 * r / (1 + $0 * r) }, integral: 0.5 * log1p(r)))
      r *= 1.5
    } while r < largest
    return 3 * worst * abs(fall)
  }
}

extension Estimate {
  func divided(by n: Double) -> Estimate { Estimate(value / n, error: standardError / n) }
}
