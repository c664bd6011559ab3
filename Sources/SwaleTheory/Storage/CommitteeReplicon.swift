import Glibc
import SwaleCore

/// What the patterns of a tree committee with K sign units contribute to the replicon eigenvalue at overlap q:
///
///     E sum_ll' (d^2 ln Z / dx_l dx_l')^2 / (1 - q)^2,  d^2 ln Z / dx_l dx_l' = Z_ll' / Z - Z_l Z_l' / Z^2,
///     Z_l = G(x_l) P(needed - 1 of the others),  Z_ll = -x_l Z_l,
///     Z_ll' = G(x_l) G(x_l') [P(needed - 2 of the others) - P(needed - 1 of the others)]
///
/// with Z of `TreeCommittee`. Gauss-Hermite product rule over how many units sit at each node; units at the same node
/// are alike. Only the sign of the eigenvalue decides about stability, for which fewer nodes do than for entropies.
struct CommitteeReplicon {
  private let hidden: Int
  private let needed: Int
  private let rule: GaussianGrid
  private let interruption: StopRequest
  private let unit: [UnitNode]
  /// Units at each node.
  private var many: [Int]
  private var counts: [Double]
  private var sum = 0.0
  /// Weight of tuples whose Z underflows.
  private var lost = 0.0
  private var visited = 0

  /// Tuples times the work of one, some tenths of a second.
  private static let budget = 3e8

  private init(_ tree: TreeCommittee, q: Double) {
    (hidden, needed, interruption) = (tree.hidden, tree.needed, tree.interruption)
    var nodes = 4
    while nodes < 40, TreeCommittee.tuples(nodes + 1, hidden) * Self.work(nodes + 1, hidden) <= Self.budget {
      nodes += 1
    }
    rule = GaussianGrid(hermite: nodes)
    let scale = (q / (1 - q)).squareRoot()
    unit = rule.nodes.map { UnitNode(at: scale * $0) }
    many = Array(repeating: 0, count: nodes)
    counts = Array(repeating: 0, count: hidden + 1)
  }

  /// Distributions of the other units for all pairs of nodes.
  private static func work(_ nodes: Int, _ hidden: Int) -> Double {
    let distinct = Double(min(nodes, hidden))
    return distinct * (distinct + 1) / 2 * Double(hidden * hidden)
  }

  /// NaN where the run was stopped, or the fields are too large for the rule (q -> 1).
  static func value(_ tree: TreeCommittee, q: Double) -> Double {
    var walk = CommitteeReplicon(tree, q: q)
    walk.descend(0, left: walk.hidden, weight: 1)
    return walk.lost < 1e-6 ? walk.sum / ((1 - q) * (1 - q)) : .nan
  }

  /// Chooses how many of the `left` units sit at `node`.
  private mutating func descend(_ node: Int, left: Int, weight: Double) {
    if weight < 1e-15 || lost > 1 { return }
    if node == many.count - 1 {
      many[node] = left
      add(weight * pow(rule.weights[node], Double(left)))
      return
    }
    var share = weight
    for m in 0...left {
      many[node] = m
      descend(node + 1, left: left - m, weight: share)
      share *= rule.weights[node] * Double(left - m) / Double(m + 1)
    }
  }

  /// counts[j] = P(j say +1) of the units without one at each of the nodes `first` and `second` (-1: without none).
  private mutating func distribute(without first: Int, _ second: Int) {
    for j in counts.indices { counts[j] = 0 }
    counts[0] = 1
    var units = 0
    for node in many.indices {
      let (a, b) = (unit[node].plus, unit[node].minus)
      let here = many[node] - (node == first ? 1 : 0) - (node == second ? 1 : 0)
      for _ in 0..<max(here, 0) {
        units += 1
        for j in stride(from: units, through: 1, by: -1) { counts[j] = b * counts[j] + a * counts[j - 1] }
        counts[0] *= b
      }
    }
  }

  private mutating func add(_ weight: Double) {
    visited += 1
    if visited % 16 == 0, interruption() { lost = .infinity }
    if weight < 1e-18 || lost > 1 { return }
    distribute(without: -1, -1)
    let z = counts[needed...].reduce(0, +)
    guard z > 1e-140 else {
      lost += weight
      return
    }
    var slopes = [Double](repeating: 0, count: many.count)
    for node in many.indices where many[node] > 0 {
      distribute(without: node, -1)
      slopes[node] = unit[node].density * counts[needed - 1] / z
    }
    var squares = 0.0
    for u in many.indices where many[u] > 0 {
      let own = -unit[u].x * slopes[u] - slopes[u] * slopes[u]
      squares += Double(many[u]) * own * own
      for v in u..<many.count where many[v] > (u == v ? 1 : 0) {
        distribute(without: u, v)
        let change = (needed >= 2 ? counts[needed - 2] : 0) - counts[needed - 1]
        let mixed = unit[u].density * unit[v].density * change / z - slopes[u] * slopes[v]
        let pairs = u == v ? many[u] * (many[u] - 1) : 2 * many[u] * many[v]
        squares += Double(pairs) * mixed * mixed
      }
    }
    sum += weight * squares
  }
}
