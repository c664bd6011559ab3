import Glibc

/// Nodes and weights of Gauss quadrature, computed once per order.
enum QuadratureNodes {
  /// Gauss-Legendre on [-1, 1], weight 1: exact for polynomials of degree 2 n - 1. Newton's iteration on the Legendre
  /// polynomial from the asymptotic roots cos(pi (i + 3/4) / (n + 1/2)).
  static func legendre(_ n: Int) -> (nodes: [Double], weights: [Double]) {
    var nodes = [Double](repeating: 0, count: n)
    var weights = nodes
    for i in 0..<(n + 1) / 2 {
      var x = cos(.pi * (Double(i) + 0.75) / (Double(n) + 0.5))
      var slope = 0.0
      for _ in 0..<20 {
        var (previous, value) = (1.0, x)
        for k in stride(from: 2, through: n, by: 1) {
          (previous, value) = (value, (Double(2 * k - 1) * x * value - Double(k - 1) * previous) / Double(k))
        }
        slope = Double(n) * (x * value - previous) / (x * x - 1)
        let step = value / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      if 2 * i + 1 == n { x = 0 }
      let weight = 2 / ((1 - x * x) * slope * slope)
      (nodes[i], nodes[n - 1 - i]) = (-x, x)
      (weights[i], weights[n - 1 - i]) = (weight, weight)
    }
    return (nodes, weights)
  }

  /// Gauss-Hermite for the standard normal weight (weights sum to 1): exact for polynomials of degree 2 n - 1.
  ///
  /// The roots of each Hermite polynomial separate those of the next, so that every root is found between two known
  /// bounds. The orthonormal recurrence keeps all numbers in range for n up to 200.
  static func hermite(_ n: Int) -> (nodes: [Double], weights: [Double]) {
    /// h_k(x) and h_{k-1}(x), orthonormal under the normal weight.
    func orthonormal(_ k: Int, _ x: Double) -> (value: Double, previous: Double) {
      var (previous, value) = (0.0, 1.0)
      for j in 0..<k {
        let next = (x * value - Double(j).squareRoot() * previous) / Double(j + 1).squareRoot()
        (previous, value) = (value, next)
      }
      return (value, previous)
    }
    // The positive roots, ascending; with 0 and the mirror images they are all.
    var roots: [Double] = []
    for k in stride(from: 1, through: n, by: 1) {
      let bound = 2 * Double(k).squareRoot()
      // Below the first positive root of an even polynomial lies the root 0 of the one before.
      let ends = (k % 2 == 0 ? [0] : []) + roots + [bound]
      roots = zip(ends, ends.dropFirst()).map { low, high in
        RootFinder.root(low, high, tolerance: 1e-16) { orthonormal(k, $0).value } ?? .nan
      }
    }
    roots = roots.reversed().map { -$0 } + (n % 2 == 1 ? [0] : []) + roots
    let weights = roots.map { x in
      let previous = orthonormal(n, x).previous
      return 1 / (Double(n) * previous * previous)
    }
    return (roots, weights)
  }
}
