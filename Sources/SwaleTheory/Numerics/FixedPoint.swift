import Glibc

/// Solves x = F(x) for a few unknowns: damped iteration, accelerated by Anderson's mixing of the last iterates, with
/// safeguards. It never returns a number that is not a solution: the outcome says `converged`, and the residual.
///
/// A step goes from x to x + (1 - damping) (F(x) - x), or to the mixture of the last `memory` iterates whose residual
/// is smallest (Anderson 1965; Walker and Ni, SIAM J. Numer. Anal. 49 (2011) 1715, "type II"). When the residual grows
/// tenfold over the best one, or F is not defined at the new point (nil or NaN), the iteration goes back to the best
/// point, forgets the past and damps twice as strongly.
struct FixedPoint {
  /// Share of the old value that is kept, 0 <= damping < 1.
  var damping = 0.5
  /// Iterates that are mixed; 0: plain damped iteration.
  var memory = 4
  /// Largest |F(x)_i - x_i| / (1 + |x_i|) of a solution.
  var tolerance = 1e-11
  var maxSteps = 2000

  struct Outcome {
    /// The best point found.
    var x: [Double]
    /// Its largest |F(x)_i - x_i| / (1 + |x_i|).
    var residual: Double
    var steps: Int
    var converged: Bool
  }

  /// - Parameter map: F; nil where it is not defined.
  func solve(from start: [Double], _ map: ([Double]) -> [Double]?) -> Outcome {
    var best = Outcome(x: start, residual: .infinity, steps: 0, converged: false)
    var bestGap: [Double] = []
    var x = start
    var keep = damping
    var past: [(x: [Double], gap: [Double])] = []
    for step in 1...max(1, maxSteps) {
      best.steps = step
      var gap: [Double]?
      if let image = map(x) { gap = zip(image, x).map { $0 - $1 } }
      let residual = gap.map { Self.norm($0, at: x) } ?? .nan
      if let gap, residual < best.residual {
        (best.x, best.residual, bestGap) = (x, residual, gap)
        if residual <= tolerance {
          best.converged = true
          return best
        }
      }
      if let gap, residual <= 10 * best.residual {
        past.append((x, gap))
        if past.count > memory + 1 { past.removeFirst() }
        x = Self.mixed(past, mixing: 1 - keep) ?? zip(x, gap).map { $0 + (1 - keep) * $1 }
      } else {
        // Too far: a shorter step from the best point.
        keep = 1 - (1 - keep) / 2
        if bestGap.isEmpty || keep > 1 - 1e-6 { return best }
        past.removeAll()
        x = zip(best.x, bestGap).map { $0 + (1 - keep) * $1 }
      }
    }
    return best
  }

  private static func norm(_ gap: [Double], at x: [Double]) -> Double {
    var largest = 0.0
    for (g, x) in zip(gap, x) {
      if !g.isFinite { return .nan }
      largest = max(largest, abs(g) / (1 + abs(x)))
    }
    return largest
  }

  /// The combination of iterates with the smallest residual (least squares through the normal equations, slightly
  /// regularised), moved along its residual. nil when there is nothing to combine or the weights are out of hand.
  private static func mixed(_ past: [(x: [Double], gap: [Double])], mixing: Double) -> [Double]? {
    let m = past.count - 1
    guard m > 0 else { return nil }
    let last = past[m]
    let differences = past.dropLast().map { zip(last.gap, $0.gap).map { $0 - $1 } }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    var matrix = differences.map { a in differences.map { dot(a, $0) } }
    let scale = (0..<m).reduce(0.0) { max($0, matrix[$1][$1]) }
    for i in 0..<m { matrix[i][i] += 1e-14 * scale }
    guard let weights = solveLinear(matrix, differences.map { dot($0, last.gap) }),
      weights.allSatisfy({ abs($0) < 1e4 })
    else { return nil }
    var x = zip(last.x, last.gap).map { $0 + mixing * $1 }
    for (weight, old) in zip(weights, past) {
      for i in x.indices {
        x[i] -= weight * (last.x[i] - old.x[i] + mixing * (last.gap[i] - old.gap[i]))
      }
    }
    return x
  }
}

/// The solution of a small linear system by elimination with row exchange; nil when it is singular.
func solveLinear(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
  let n = right.count
  var a = matrix
  var b = right
  for k in 0..<n {
    guard let pivot = (k..<n).max(by: { abs(a[$0][k]) < abs(a[$1][k]) }), abs(a[pivot][k]) > 0,
      a[pivot][k].isFinite
    else { return nil }
    a.swapAt(k, pivot)
    b.swapAt(k, pivot)
    for i in (k + 1)..<max(n, k + 1) {
      let factor = a[i][k] / a[k][k]
      for j in k..<n { a[i][j] -= factor * a[k][j] }
      b[i] -= factor * b[k]
    }
  }
  for k in (0..<n).reversed() {
    for j in (k + 1)..<max(n, k + 1) { b[k] -= a[k][j] * b[j] }
    b[k] /= a[k][k]
  }
  return b.allSatisfy(\.isFinite) ? b : nil
}
