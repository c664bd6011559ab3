import Glibc
import SwaleCore

/// Nodes and weights of Gauss-Legendre quadrature on [0, 1]: sum_j weight_j p(node_j) is exact for polynomials p of
/// degree up to 2 count - 1. The nodes are the roots of the Legendre polynomial, by Newton's method.
/// Source: Abramowitz, Stegun, Handbook of Mathematical Functions (1964), 25.4.30.
struct GaussLegendre {
  let nodes: Buffer<Double>
  let weights: Buffer<Double>

  init(_ count: Int) throws(Failure) {
    nodes = try Buffer(count)
    weights = try Buffer(count)
    for j in 0..<count {
      var z = cos(Double.pi * (Double(count - j) - 0.25) / (Double(count) + 0.5))
      var slope = 1.0
      for _ in 0..<50 {
        var (p, before) = (1.0, 0.0)
        for k in 1...count {
          (p, before) = ((Double(2 * k - 1) * z * p - Double(k - 1) * before) / Double(k), p)
        }
        slope = Double(count) * (z * p - before) / (z * z - 1)
        let change = p / slope
        z -= change
        if abs(change) < 1e-15 { break }
      }
      nodes.pointer[j] = (1 + z) / 2
      weights.pointer[j] = 1 / ((1 - z * z) * slope * slope)
    }
  }
}
