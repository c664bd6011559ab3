import Glibc
import SwaleCore

/// The replica-symmetric state of the measure from which the reference of a Franz-Parisi curve is drawn, and what can
/// be said of one configuration drawn from it. Binary weights, random patterns, load `alpha`.
///
/// Overlap Q of two configurations: Q = E tanh^2(sqrt(Qh) z), Qh = alpha Q'(Q) E g^2, g(z) = d/dx ln T(x) at
/// x = sqrt(Q(Q)) z with T of variance 1 - Q(Q) (`FranzParisiLikelihood`); Q(.) is the device's `EffectiveOverlap`.
/// The pattern's stability is h = sqrt(Q(Q)) z + sqrt(1 - Q(Q)) lambda, lambda weighted by the Gibbs factor for each z.
public struct FranzParisiReference: Sendable {
  public let measure: FranzParisiMeasure
  public let alpha: Double
  public let overlap: EffectiveOverlap
  /// Q and its conjugate Qh.
  public let q: Double
  public let qh: Double
  /// ln of the partition function per weight; for solutions their entropy.
  public let freeEntropy: Double
  /// Relative error of the equation of Q.
  public let residual: Double

  /// Overlap of two fields, Q(Q).
  let effective: Double
  let grid: GaussianGrid
  let interruption: StopRequest
  /// g and ln T at the nodes of the grid.
  let scores: [Double]
  let logNorms: [Double]

  /// nil when the saddle point does not exist or an argument is out of range (alpha > 0, |margin| <= 100, beta and
  /// gamma in (0, 1e4]).
  public init?(
    _ measure: FranzParisiMeasure, alpha: Double, overlap: EffectiveOverlap = .perceptron,
    interruption: StopRequest = .none
  ) {
    guard alpha > 0, alpha.isFinite, measure.isValid else { return nil }
    func state(_ q: Double) -> (grid: GaussianGrid, scores: [Double], logNorms: [Double], qh: Double, image: Double) {
      let effective = overlap(q)
      let root = effective.squareRoot()
      let likelihood = FranzParisiLikelihood(measure, variance: 1 - effective, tabulated: false)
      let grid = GaussianGrid.resolving(at: likelihood.edge / root, width: likelihood.width / root)
      let moments = grid.nodes.map { likelihood.moments(root * $0) }
      var square = 0.0
      for (w, m) in zip(grid.weights, moments) { square += w * m.slope * m.slope }
      let qh = alpha * overlap.slope(q) * square
      let scale = qh.squareRoot()
      let image = GaussianGrid.resolving(at: 0, width: 1 / scale).mean { z in
        let t = tanh(scale * z)
        return t * t
      }
      return (grid, moments.map(\.slope), moments.map(\.logValue), qh, image)
    }
    // The ladder is in -ln(1 - Q): Q comes close to 1 at large beta, and is alpha (beta / 2)^2 at small beta.
    guard
      let depth = RootFinder.firstRoot(
        from: 1e-20, by: 0.05, through: 16, tolerance: 1e-14,
        {
          let q = -expm1(-$0)
          return interruption() ? .nan : state(q).image - q
        })
    else { return nil }
    let q = -expm1(-depth)
    let found = state(q)
    self.measure = measure
    self.alpha = alpha
    self.overlap = overlap
    self.interruption = interruption
    self.q = q
    grid = found.grid
    qh = found.qh
    effective = overlap(q)
    scores = found.scores
    logNorms = found.logNorms
    let root = found.qh.squareRoot()
    var energetic = 0.0
    for (w, value) in zip(found.grid.weights, found.logNorms) { energetic += w * value }
    let entropic = GaussianGrid.resolving(at: 0, width: 1 / root).mean { logTwoCosh(root * $0) }
    freeEntropy = entropic - 0.5 * found.qh * (1 - q) + alpha * energetic
    residual = abs(found.image / q - 1)
    guard freeEntropy.isFinite, residual < 1e-8 else { return nil }
  }

  /// Entropy per weight of the measure. Negative: beta is so large that the replica-symmetric state is only an
  /// approximation.
  public var entropy: Double {
    guard case .crossEntropy = measure else { return freeEntropy }
    let factor = FranzParisiLikelihood(measure, variance: 0, tabulated: false)
    return freeEntropy
      - alpha
      * FranzParisiFields(self).mean(square: 1, reference: effective, target: 1, kink: 0, width: 1) {
        factor.moments($0).logValue
      }
  }

  /// Whether the reference itself is a solution of a margin.
  func isSolution(margin: Double) -> Bool {
    if case .solutions(let own) = measure { own >= margin } else { false }
  }

  /// Fraction of patterns that the reference misclassifies (stability < 0).
  public var trainingError: Double {
    if case .solutions(let margin) = measure, margin >= 0 { return 0 }
    return localError(distance: 0)
  }

  /// Mean fraction of misclassified patterns after flipping a fraction `distance` of the reference's weights at random:
  /// E H(t h / sqrt(1 - t^2)) over the stabilities h, t = Q(1 - 2 distance). NaN outside 0 <= distance <= 1/2.
  public func localError(distance: Double) -> Double {
    guard distance >= 0, distance <= 0.5 else { return .nan }
    let t = overlap(1 - 2 * distance)
    return FranzParisiFields(self).mean(square: 1, reference: t * effective, target: t, kink: 0, width: 0) {
      $0 < 0 ? 1 : 0
    }
  }

  /// Density of the stabilities h of the reference's patterns.
  public func stabilityDensity(_ h: Double) -> Double {
    if case .solutions(let margin) = measure, h < margin { return 0 }
    let noise = (1 - effective).squareRoot()
    let factor = FranzParisiLikelihood(measure, variance: 0, tabulated: false)
    var logFactor = 0.0
    if case .crossEntropy = measure { logFactor = factor.moments(h).logValue }
    var density = 0.0
    for i in grid.nodes.indices {
      let lambda = (h - effective.squareRoot() * grid.nodes[i]) / noise
      density += grid.weights[i] * exp(logFactor - logNorms[i] - 0.5 * lambda * lambda - GaussianTail.logRootTwoPi)
    }
    return density / noise
  }
}
