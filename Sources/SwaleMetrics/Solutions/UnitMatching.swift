import SwaleCore

/// Which changes of the hidden units leave the output of a device as it is for every input.
struct UnitSymmetry {
  enum Signs {
    case none
    /// Each unit may change its sign (even unit).
    case free
    /// An even number of units may (product of odd units).
    case even
  }
  /// Units that may be exchanged with each other: ranges of unit numbers.
  let groups: [Range<Int>]
  let signs: Signs
  let hidden: Int

  /// Units of a tree see different inputs and cannot be exchanged; units of different output weight c_k neither.
  init(_ graph: PatternGraph) {
    hidden = graph.hidden
    let half = graph.hidden / 2
    if graph.tree {
      groups = (0..<graph.hidden).map { $0..<($0 + 1) }
    } else if graph.output == .parity || graph.unit == .sign {
      groups = [0..<graph.hidden]
    } else {
      groups = [0..<half, half..<graph.hidden].filter { !$0.isEmpty }
    }
    signs = graph.output == .parity ? .even : graph.unit == .quadratic ? .free : .none
  }
}

/// The exchange of hidden units and their signs that brings one point nearest to another: the largest
/// sum_a s_a q(a, pi(a)) over the permutations pi and signs s of the symmetry, with q the products of the units'
/// weights.
///
/// Where only an even number of signs is free and the best choice has an odd number, the sign of the unit with the
/// least |q| is turned back; with exchanges as well, that is a lower bound of the maximum.
struct UnitMatching {
  /// Unit of the other point for each unit of the first.
  let permutation: Buffer<Int64>
  /// +1 or -1 for each unit of the first point.
  let signs: Buffer<Int64>
  /// The sum that was made large.
  private(set) var total = 0.0

  /// - Parameter products: K x K, row-major: q(a, b) of unit a of the first point and unit b of the other.
  init(_ symmetry: UnitSymmetry, products: UnsafePointer<Double>) throws(Failure) {
    let hidden = symmetry.hidden
    permutation = try Buffer(hidden)
    signs = try Buffer(hidden)
    for group in symmetry.groups {
      let m = group.count
      let cost = try Buffer<Double>(try checkedProduct([m, m], "the matching of hidden units"), zeroed: false)
      for (i, a) in group.enumerated() {
        for (j, b) in group.enumerated() {
          let q = products[a * hidden + b]
          cost.pointer[i * m + j] = symmetry.signs == .none ? -q : -abs(q)
        }
      }
      let found = try Assignment(m, cost: cost.constant)
      for (i, a) in group.enumerated() { permutation.pointer[a] = found.columns.pointer[i] + Int64(group.lowerBound) }
    }
    var (negative, weakest, least) = (0, 0, Double.infinity)
    for a in 0..<hidden {
      let q = products[a * hidden + Int(permutation.pointer[a])]
      let turned = symmetry.signs != .none && q < 0
      signs.pointer[a] = turned ? -1 : 1
      negative += turned ? 1 : 0
      if abs(q) < least { (least, weakest) = (abs(q), a) }
      total += turned ? -q : q
    }
    if symmetry.signs == .even, negative % 2 == 1 {
      signs.pointer[weakest] *= -1
      total -= 2 * least
    }
  }
}
