import Glibc
import SwaleCore

/// One hidden unit at a quadrature node.
struct UnitNode: Sendable {
  /// H(-x), H(x), G(x) and x itself.
  let plus: Double
  let minus: Double
  let density: Double
  let x: Double

  init(at x: Double) {
    (plus, minus, density) = (GaussianTail.h(-x), GaussianTail.h(x), GaussianTail.density(x))
    self.x = x
  }
}

/// Sums over all sorted tuples of nodes of K hidden units, for `TreeCommittee`.
///
/// Going down the tuple, the distribution of the number of units that say +1 is built up one unit at a time, so that a
/// complete tuple costs O(K): the last unit enters Z and its derivatives linearly.
struct CommitteeWalk {
  private let hidden: Int
  private let needed: Int
  private let unit: [UnitNode]
  private let weights: [Double]
  private let interruption: StopRequest
  /// Nodes of the units so far.
  private var tuple: [Int]
  /// counts[d][j] = P(j of the first d units say +1).
  private var counts: [[Double]]
  /// P(needed - 2 and needed - 1 units say +1) among the first K - 1 units without one of them.
  private var rest: [(fewer: Double, just: Double)]

  /// Sums of weight * ln Z and weight * sum_l (d ln Z / dx_l)^2.
  private(set) var energy = 0.0
  private(set) var force = 0.0
  private var visits = 0

  /// - Parameter interruption: asked once in a while; the sums are NaN when the run ends.
  init(hidden: Int, needed: Int, unit: [UnitNode], weights: [Double], interruption: StopRequest = .none) {
    self.hidden = hidden
    self.needed = needed
    self.unit = unit
    self.weights = weights
    self.interruption = interruption
    tuple = Array(repeating: 0, count: hidden)
    counts = Array(repeating: Array(repeating: 0, count: hidden + 1), count: hidden + 1)
    counts[0][0] = 1
    rest = Array(repeating: (0, 0), count: hidden)
  }

  /// All tuples whose first (smallest) node is `first`.
  mutating func start(_ first: Int) {
    let weight = Double(hidden) * weights[first]
    if hidden == 1 {
      finish(weight: 1, from: first, through: first, repeats: 0)
      return
    }
    add(first, at: 0)
    descend(depth: 1, weight: weight, repeats: 1)
  }

  private mutating func add(_ node: Int, at depth: Int) {
    tuple[depth] = node
    let (a, b) = (unit[node].plus, unit[node].minus)
    counts[depth + 1][0] = b * counts[depth][0]
    for j in 1...(depth + 1) { counts[depth + 1][j] = b * counts[depth][j] + a * counts[depth][j - 1] }
  }

  /// - Parameters:
  ///   - weight: K! / (K - depth)! prod of weights / prod of multiplicities! of the units so far.
  ///   - repeats: multiplicity of the last node so far.
  private mutating func descend(depth: Int, weight: Double, repeats: Int) {
    let last = tuple[depth - 1]
    // Below this nothing is left of double precision.
    if weight < 1e-25 || energy.isNaN { return }
    if depth == hidden - 1 {
      finish(weight: weight, from: last, through: unit.count - 1, repeats: repeats)
      return
    }
    for node in last..<unit.count {
      let times = node == last ? repeats + 1 : 1
      add(node, at: depth)
      descend(depth: depth + 1, weight: weight * weights[node] * Double(hidden - depth) / Double(times), repeats: times)
    }
  }

  /// The last unit at the nodes from ... through.
  private mutating func finish(weight: Double, from first: Int, through end: Int, repeats: Int) {
    visits += 1
    if visits % 256 == 0, interruption() { (energy, force) = (.nan, .nan) }
    let depth = hidden - 1
    let before = counts[depth]
    let enough = before[needed...].reduce(0, +)
    let just = before[needed - 1]
    leaveOneOut()
    for node in first...end {
      let (a, b) = (unit[node].plus, unit[node].minus)
      let z = a * (enough + just) + b * enough
      let mass = weight * weights[node] / Double(node == first ? repeats + 1 : 1)
      tuple[depth] = node
      if z < 1e-140 {
        addTilted(mass)
        continue
      }
      let scale = 1 / z
      let own = unit[node].density * just * scale
      var squares = own * own
      for l in 0..<depth {
        let slope = unit[tuple[l]].density * (a * rest[l].fewer + b * rest[l].just) * scale
        squares += slope * slope
      }
      energy += mass * log(z)
      force += mass * squares
    }
  }

  /// `rest` from the counts before each unit and those after it; sums of positive numbers only.
  private mutating func leaveOneOut() {
    let depth = hidden - 1
    var after = [Double](repeating: 0, count: hidden + 1)
    after[0] = 1
    for l in stride(from: depth - 1, through: 0, by: -1) {
      let behind = depth - 1 - l
      var (fewer, just) = (0.0, 0.0)
      for j in 0...behind {
        let (f, k) = (needed - 2 - j, needed - 1 - j)
        if f >= 0, f <= l { fewer += after[j] * counts[l][f] }
        if k >= 0, k <= l { just += after[j] * counts[l][k] }
      }
      rest[l] = (fewer, just)
      let (a, b) = (unit[tuple[l]].plus, unit[tuple[l]].minus)
      for j in stride(from: behind + 1, through: 1, by: -1) { after[j] = b * after[j] + a * after[j - 1] }
      after[0] *= b
    }
  }

  /// A tuple whose Z would underflow. The odds of all units are multiplied by e^L until as many units as needed say +1;
  /// Z = e^{-L needed} prod_l (H(x_l) + e^L H(-x_l)) sum_{j >= needed} P_L(j) e^{-L (j - needed)}.
  private mutating func addTilted(_ mass: Double) {
    let odds = tuple.map { GaussianTail.logH(-unit[$0].x) - GaussianTail.logH(unit[$0].x) }
    let tilt = -odds.sorted(by: >)[needed - 1]
    let plus = odds.map { 1 / (1 + exp(-$0 - tilt)) }
    let minus = odds.map { 1 / (1 + exp($0 + tilt)) }
    let logs = zip(tuple, odds).map { node, odd in
      GaussianTail.logH(unit[node].x) + max(odd + tilt, 0) + log1p(exp(-abs(odd + tilt)))
    }
    func distribution(without skipped: Int?) -> [Double] {
      var p = [Double](repeating: 0, count: hidden + 1)
      p[0] = 1
      for l in 0..<hidden where l != skipped {
        for j in stride(from: hidden, through: 1, by: -1) { p[j] = minus[l] * p[j] + plus[l] * p[j - 1] }
        p[0] *= minus[l]
      }
      return p
    }
    let all = distribution(without: nil)
    let total = logs.reduce(0, +)
    let sum = (needed...hidden).reduce(0.0) { $0 + all[$1] * exp(-tilt * Double($1 - needed)) }
    let logZ = total - tilt * Double(needed) + log(sum)
    energy += mass * logZ
    for l in 0..<hidden {
      let x = unit[tuple[l]].x
      let just = distribution(without: l)[needed - 1]
      let logSlope = -0.5 * x * x - GaussianTail.logRootTwoPi + total - logs[l] - tilt * Double(needed - 1)
        + log(just) - logZ
      force += mass * exp(2 * logSlope)
    }
  }
}
