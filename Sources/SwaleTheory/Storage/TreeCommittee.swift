import Glibc
import SwaleCore

/// Tree committee of K sign units, K finite and odd: at least `needed` of the K hidden units must say +1.
///
///     Z(z_1 ... z_K) = sum over tau with enough +1 of prod_l H(-tau_l x_l),  x_l = sqrt(q / (1 - q)) z_l
///     energy = E ln Z,  force = sum_l E [G(x_l) (Z without l having exactly needed - 1) / Z]^2 / (1 - q)
///
/// The average over K normal variables is a Gauss-Hermite product rule. Z is symmetric, so that only sorted tuples of
/// nodes are visited: binomial(n + K - 1, K) of them, as many as `budget` allows. The error falls like exp(-2.8
/// sqrt(2 n (1 - q) / q)) (the zeros of H in the complex plane) and is estimated by the rule with fewer nodes: at the
/// capacity of binary weights 1e-14 for K <= 5, 4e-10 for K = 7, 1e-8 for K = 9, 1e-5 for K = 15. For q -> 1, where Z
/// has kinks, the rule loses its digits: K = 3, q = 0.9: 1e-5.
struct TreeCommittee: PatternAverage {
  let hidden: Int
  /// How many units must say +1: smallest count with (2 count - K) / sqrt K >= margin.
  let needed: Int
  let interruption: StopRequest
  private let nodes: Int
  private let rule: GaussianGrid

  /// The most hidden units the product rule is offered for; beyond, K -> infinity is closer than its error.
  static let mostHidden = 31
  /// Tuples times K that one average may visit: 0.05 s, for many units 0.3 s.
  private static func budget(_ hidden: Int) -> Double { hidden > mostParallel ? 3e7 : 6e6 }
  private static let mostParallel = 15

  /// nil when the margin asks for nothing or for more than all units.
  init?(hidden: Int, margin: Double, interruption: StopRequest = .none) {
    // The small shift keeps margins that are exactly a possible stability.
    let sum = (Double(hidden) + margin * Double(hidden).squareRoot()) / 2
    let needed = Int(saturating: (sum - 1e-9).rounded(.up))
    guard needed >= 1, needed <= hidden, hidden >= 1 else { return nil }
    var nodes = 4
    while nodes < 128, Self.tuples(nodes + 1, hidden) * Double(hidden) <= Self.budget(hidden) { nodes += 1 }
    self.init(hidden: hidden, needed: needed, nodes: nodes, interruption: interruption)
  }

  private init(hidden: Int, needed: Int, nodes: Int, interruption: StopRequest) {
    self.hidden = hidden
    self.needed = needed
    self.interruption = interruption
    self.nodes = nodes
    rule = GaussianGrid(hermite: nodes)
  }

  /// Sorted tuples of k out of n nodes.
  static func tuples(_ n: Int, _ k: Int) -> Double {
    (1...k).reduce(1.0) { $0 * Double(n - 1 + $1) / Double($1) }
  }

  var coarse: TreeCommittee? {
    nodes > 6
      ? TreeCommittee(hidden: hidden, needed: needed, nodes: max(6, nodes / 2), interruption: interruption) : nil
  }

  func error(_ q: Double) -> Double {
    let fewer = TreeCommittee(
      hidden: hidden, needed: needed, nodes: nodes - 1 - nodes / 20, interruption: interruption)
    return abs(fewer.averages(q).energy - averages(q).energy)
  }

  func replicon(_ q: Double) -> Double { CommitteeReplicon.value(self, q: q) }

  /// Where all units must say +1, those that do not push, each with probability 1/2; units that take turns in pushing
  /// make it infinite.
  var fullReplicon: Double { needed == hidden ? Double(hidden) / 2 : .infinity }

  func averages(_ q: Double) -> (energy: Double, force: Double) {
    if interruption() { return (.nan, .nan) }
    let scale = (q / (1 - q)).squareRoot()
    let unit = rule.nodes.map { UnitNode(at: scale * $0) }
    if hidden > Self.mostParallel {
      // The tuples of the first node are nearly all there are: nothing to share out, but enough to be asked on the way.
      var (energy, force) = (0.0, 0.0)
      for first in unit.indices {
        var walk = CommitteeWalk(
          hidden: hidden, needed: needed, unit: unit, weights: rule.weights, interruption: interruption)
        walk.start(first)
        energy += walk.energy
        force += walk.force
      }
      return (energy, force / (1 - q))
    }
    // One piece per node of the first unit; summed in order, for the same bits with any number of threads.
    var sums = [(Double, Double)](repeating: (0, 0), count: unit.count)
    sums.withUnsafeMutableBufferPointer { sums in
      let target = PieceSums(sums)
      Parallel.run(unit.count) { first in
        var walk = CommitteeWalk(hidden: hidden, needed: needed, unit: unit, weights: rule.weights)
        walk.start(first)
        target.store(first, (walk.energy, walk.force))
      }
    }
    let (energy, force) = sums.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
    return (energy, force / (1 - q))
  }

  /// For q -> 1 the fields are known, and a pattern that misses by s votes costs the s smallest squares z^2 among the
  /// m units that vote -1. By order statistics of half normal variables,
  /// stress = sum_m binomial(K, m) 2^-K m E[z^2 P(fewer than s of the other m - 1 are smaller)], s = needed - (K - m).
  var stress: Double {
    let grid = GaussianGrid(breaks: (0...16).map(Double.init).map { $0 / 2 }, order: 20)
    var total = 0.0
    var share = pow(0.5, Double(hidden))
    for m in 1...hidden {
      share *= Double(hidden - m + 1) / Double(m)
      let missing = needed - (hidden - m)
      if missing < 1 { continue }
      let mean = grid.mean { z in
        let smaller = erf(z * 0.5.squareRoot())
        return 2 * z * z * Self.fewer(than: missing, of: m - 1, probability: smaller)
      }
      total += share * Double(m) * mean
    }
    return total
  }

  /// P(binomial(n, p) < count).
  private static func fewer(than count: Int, of n: Int, probability p: Double) -> Double {
    if count > n { return 1 }
    var (sum, choose) = (0.0, 1.0)
    for j in 0..<count {
      sum += choose * pow(p, Double(j)) * pow(1 - p, Double(n - j))
      choose *= Double(n - j) / Double(j + 1)
    }
    return sum
  }
}

/// Partial sums written by several threads, each to its own place.
private struct PieceSums: @unchecked Sendable {
  private let sums: UnsafeMutableBufferPointer<(Double, Double)>
  init(_ sums: UnsafeMutableBufferPointer<(Double, Double)>) { self.sums = sums }
  func store(_ piece: Int, _ value: (Double, Double)) { sums[piece] = value }
}
