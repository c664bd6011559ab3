import Glibc
import Swale
import XCTest

@testable import SwaleTheory

/// The functional of the Franz-Parisi entropy as it is written (three integrals for the patterns, two for the weights,
/// no integration by parts), at the solver's order parameters.
final class FranzParisiSaddleTests: XCTestCase {
  private struct Parameters {
    var q: Double
    var s: Double
    var qh: Double
    var sh: Double
    var th: Double

    init(_ point: FranzParisiCurve.Point) { (q, s, qh, sh, th) = (point.q, point.s, point.qh, point.sh, point.th) }
  }

  private static let normal: [(x: Double, w: Double)] = (0..<81).map { i in
    let x = -7 + 14.0 / 80 * Double(i)
    return (x, 14.0 / 80 * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
  }

  private func phi(_ p: Parameters, _ t: Double, _ reference: FranzParisiReference, margin: Double) -> Double {
    let device = reference.overlap
    let (bigQ, bigQh) = (reference.q, reference.qh)
    let k = bigQh.squareRoot()
    var weights = 0.0
    for (z, w) in Self.normal {
      for spin in [-1.0, 1] {
        let share = w * exp(spin * k * z) / (2 * cosh(k * z))
        for (eta, v) in Self.normal {
          let b = p.sh * z / k + (p.qh - p.sh * p.sh / bigQh).squareRoot() * eta + (p.th - p.sh) * spin
          weights += share * v * (abs(b) + log1p(exp(-2 * abs(b))))
        }
      }
    }
    let (q, s, own, overlap) = (device(p.q), device(p.s), device(t), device(bigQ))
    let noise = (q - s * s / overlap - (own - s) * (own - s) / (1 - overlap)).squareRoot()
    let rule = QuadratureNodes.legendre(40)
    var patterns = 0.0
    for (z, w) in Self.normal {
      let x = overlap.squareRoot() * z
      var (low, high) = (-7.0, 7.0)
      if case .solutions(let bound) = reference.measure {
        low = max((bound - x) / (1 - overlap).squareRoot(), -7)
        high = max(low + 5, 7)
      }
      var (mass, mean) = (0.0, 0.0)
      for (node, weight) in zip(rule.nodes, rule.weights) {
        let lambda = 0.5 * (low + high) + 0.5 * (high - low) * node
        var exponent = -0.5 * (lambda * lambda - min(max(low, 0), 7) * min(max(low, 0), 7))
        if case .crossEntropy(let beta, let gamma) = reference.measure {
          let h = x + (1 - overlap).squareRoot() * lambda
          exponent -= beta * (max(-2 * gamma * h, 0) + log1p(exp(-2 * gamma * abs(h)))) / (2 * gamma)
        }
        let share = weight * exp(exponent)
        mass += share
        let centre = s * z / overlap.squareRoot() + (own - s) * lambda / (1 - overlap).squareRoot()
        for (eta, v) in Self.normal {
          mean += share * v * GaussianTail.logH((margin - centre - noise * eta) / (1 - q).squareRoot())
        }
      }
      patterns += w * mean / mass
    }
    return 0.5 * p.qh * (p.q - 1) + p.s * p.sh - t * p.th + weights + reference.alpha * patterns
  }

  /// phi is the functional's value and stationary in all five parameters; its slope in t is the partial one (envelope
  /// theorem). Tolerances: the quadratures here are good to about 1e-6, the differences of step h to h^2.
  func testStationary() throws {
    let cases: [(FranzParisiMeasure, Double, EffectiveOverlap, Double, Double)] = [
      (.solutions(margin: 0), 0.6, .perceptron, 0, 0.1), (.solutions(margin: 0.4), 0.3, .perceptron, 0.2, 0.2),
      (.crossEntropy(beta: 5, gamma: 1), 0.4, .perceptron, 0, 0.15), (.solutions(margin: 0), 0.5, .relu, 0, 0.15),
      (.solutions(margin: 0.2), 0.4, .sign, 0, 0.2),
    ]
    for (measure, alpha, overlap, margin, distance) in cases {
      let reference = try XCTUnwrap(FranzParisiReference(measure, alpha: alpha, overlap: overlap))
      let curve = FranzParisiCurve(reference, margin: margin)
      let point = try XCTUnwrap(curve.point(distance: distance))
      let t = 1 - 2 * distance
      let p = Parameters(point)
      let name = "\(measure) \(alpha) \(overlap)"
      XCTAssertEqual(phi(p, t, reference, margin: margin), point.entropy, accuracy: 1e-5, name)
      let paths: [WritableKeyPath<Parameters, Double>] = [\.q, \.s, \.qh, \.sh, \.th]
      for path in paths {
        let h = 1e-3 * abs(p[keyPath: path])
        var (up, down) = (p, p)
        up[keyPath: path] += h
        down[keyPath: path] -= h
        let slope = (phi(up, t, reference, margin: margin) - phi(down, t, reference, margin: margin)) / (2 * h)
        XCTAssertEqual(slope, 0, accuracy: 5e-5, "\(name) \(path)")
      }
      let h = 1e-3
      let total = try XCTUnwrap(curve.point(distance: distance - h / 2)).entropy
        - XCTUnwrap(curve.point(distance: distance + h / 2)).entropy
      let partial = phi(p, t + h, reference, margin: margin) - phi(p, t - h, reference, margin: margin)
      XCTAssertEqual(total / (2 * h), partial / (2 * h), accuracy: 1e-4, name)
    }
  }
}
