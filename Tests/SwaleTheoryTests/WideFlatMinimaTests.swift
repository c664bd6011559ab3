import Glibc
import Swale
import XCTest

/// The large-deviation curve for y -> infinity, against the reference numbers (specification 3.3) and against its own
/// functional computed in another way.
final class WideFlatMinimaTests: XCTestCase {
  private typealias Row = (overlap: EffectiveOverlap, alpha: Double, entropy: [Double], normalized: [Double])

  /// Four decimals were given; the values agree to rounding, 6e-5.
  func testReferenceNumbers() throws {
    let q1 = [0.7, 0.8, 0.9, 0.95, 0.98]
    let rows: [Row] = [
      (.perceptron, 0.4, [0.2495, 0.1924, 0.1177, 0.0679, 0.0316], [0.882, 0.931, 0.986, 0.999]),
      (.perceptron, 0.6, [0.1668, 0.1346, 0.0951, 0.0635, 0.0316], [0.590, 0.651, 0.797, 0.936]),
      (.perceptron, 0.7, [0.1037, 0.0830, 0.0645, 0.0516, 0.0307], [0.367, 0.401, 0.541, 0.760]),
      (.perceptron, 0.77, [0.0494, 0.0360, 0.0318, 0.0344, 0.0278], []),
      (.sign, 0.6, [0.1463, 0.1196, 0.0931, 0.0652, 0.0316], [0.517, 0.579, 0.781, 0.960]),
      (.relu, 0.6, [0.1788, 0.1489, 0.1057, 0.0668, 0.0316], [0.632, 0.721, 0.886, 0.983]),
      (.sign, 0.8, [0.0419, 0.0343, 0.0482, 0.0540, 0.0315], []),
      (.relu, 0.8, [0.0667, 0.0610, 0.0617, 0.0546, 0.0313], []),
    ]
    for row in rows {
      let curve = WideFlatMinima(overlap: row.overlap).curve(alpha: row.alpha, q1: q1)
      for (i, point) in curve.enumerated() {
        let point = try XCTUnwrap(point, "\(row.overlap) \(row.alpha) \(q1[i])")
        XCTAssertEqual(point.entropy, row.entropy[i], accuracy: 6e-5, "\(row.overlap) \(row.alpha) \(q1[i])")
        if i < row.normalized.count { XCTAssertEqual(point.normalized, row.normalized[i], accuracy: 6e-4) }
        XCTAssertEqual(point.distance, (1 - q1[i].squareRoot()) / 2, accuracy: 1e-15)
        XCTAssertLessThan(point.residual, 1e-10)
      }
    }
  }

  func testUniquenessThresholds() throws {
    for (overlap, range) in [
      (EffectiveOverlap.perceptron, 0.755...0.756), (.sign, 0.714...0.716), (.relu, 0.791...0.792),
    ] {
      let found = try XCTUnwrap(WideFlatMinima(overlap: overlap).uniquenessThreshold(tolerance: 2e-4))
      XCTAssertTrue(range.contains(found.alpha), "\(overlap): \(found.alpha)")
      XCTAssertTrue(found.bracket.contains(found.alpha))
      XCTAssertLessThanOrEqual(found.bracket.upperBound - found.bracket.lowerBound, 2e-4)
    }
  }

  /// Without patterns everything at the distance counts; few patterns lower phi exponentially little at small distance.
  func testFewPatterns() throws {
    for overlap in EffectiveOverlap.allCases {
      let device = WideFlatMinima(overlap: overlap)
      for (alpha, q1, accuracy) in [(0, 0.3, 1e-13), (0, 0.99, 1e-13), (1e-3, 0.8, 1e-7), (0.05, 0.95, 1e-7)] {
        let d = (1 - q1.squareRoot()) / 2
        let point = try XCTUnwrap(device.point(alpha: alpha, q1: q1))
        XCTAssertEqual(point.entropy, -d * log(d) - (1 - d) * log(1 - d), accuracy: accuracy)
        XCTAssertEqual(point.delta, atanh(q1.squareRoot()) / q1.squareRoot(), accuracy: 1e-4)
      }
    }
  }

  /// At the typical overlap the replicas are typical solutions: phi is the replica-symmetric entropy (specification
  /// 3.1: q = 0.391050, s = 0.227785 at alpha = 0.6), and below it there is no solution.
  func testTypicalEnd() throws {
    let device = WideFlatMinima()
    let point = try XCTUnwrap(device.point(alpha: 0.6, q1: 0.39106))
    XCTAssertEqual(point.entropy, 0.227785, accuracy: 1e-5)
    XCTAssertLessThan(point.delta, 1e-3)
    XCTAssertLessThan(point.eps, 1e-3)
    for q1 in [0.05, 0.3, 0.391] { XCTAssertNil(device.point(alpha: 0.6, q1: q1)) }
  }

  /// Another road to phi: trapezoid over z and a search over x in place of the change of variables.
  private func functional(
    _ device: WideFlatMinima, alpha: Double, q1: Double, qh: Double, delta: Double, eps: Double
  ) -> Double {
    /// Golden section around the best of a coarse grid.
    func maximum(_ reach: Double, _ f: (Double) -> Double) -> Double {
      let grid = (-30...30).map { reach * Double($0) / 30 }
      let values = grid.map(f)
      let best = values.indices.max { values[$0] < values[$1] } ?? 0
      var (a, b) = (grid[max(best - 1, 0)], grid[min(best + 1, 60)])
      let golden = (5.0.squareRoot() - 1) / 2
      var (c, d) = (b - golden * (b - a), a + golden * (b - a))
      var (fc, fd) = (f(c), f(d))
      for _ in 0..<32 {
        if fc > fd {
          (b, d, fd) = (d, c, fc)
          c = b - golden * (b - a)
          fc = f(c)
        } else {
          (a, c, fc) = (c, d, fd)
          d = a + golden * (b - a)
          fd = f(d)
        }
      }
      return max(fc, fd)
    }
    let (effective, slope) = (device.overlap(q1), device.overlap.slope(q1))
    var (spins, constraints) = (0.0, 0.0)
    let step = 0.02
    for i in -400...400 {
      let z = step * Double(i)
      let weight = step * exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      spins += weight
        * maximum(delta.squareRoot() * 1.01 + 0.01) { x in
          let u = abs(qh.squareRoot() * z + delta.squareRoot() * x)
          return u + log1p(exp(-2 * u)) - x * x / 2
        }
      let lowest = -8 * (slope * eps).squareRoot() - 8
      constraints += weight
        * maximum(-lowest) { x in
          let v = device.margin + effective.squareRoot() * z + (slope * eps).squareRoot() * x
          let tail = 0.5 * erfc(v / (2 * (1 - effective)).squareRoot())
          return tail > 0 ? log(tail) - x * x / 2 : -1e9 + x
        }
    }
    return -(qh * (1 - q1) + delta * q1 + qh * eps) / 2 + spins + alpha * constraints
  }

  /// phi is the functional's value, stationary in its three parameters, and by the envelope theorem its slopes in q1
  /// and alpha are the partial ones. Tolerances: the trapezoid over the kink at z = 0 errs by about 1e-5.
  func testStationaryAgainstDirectMaximisation() throws {
    let cases: [(WideFlatMinima, Double, Double)] = [
      (WideFlatMinima(), 0.7, 0.9), (WideFlatMinima(overlap: .relu, margin: 0.2), 0.5, 0.8),
      (WideFlatMinima(overlap: .sign, margin: -0.3), 0.9, 0.7),
    ]
    for (device, alpha, q1) in cases {
      let p = try XCTUnwrap(device.point(alpha: alpha, q1: q1))
      func phi(_ q1: Double, _ alpha: Double, _ a: Double, _ b: Double, _ c: Double) -> Double {
        functional(device, alpha: alpha, q1: q1, qh: a, delta: b, eps: c)
      }
      XCTAssertEqual(p.entropy, phi(q1, alpha, p.qh, p.delta, p.eps), accuracy: 3e-5)
      let h = 0.01
      let slopes = [
        (phi(q1, alpha, p.qh * (1 + h), p.delta, p.eps) - phi(q1, alpha, p.qh * (1 - h), p.delta, p.eps)) / (2 * h),
        (phi(q1, alpha, p.qh, p.delta * (1 + h), p.eps) - phi(q1, alpha, p.qh, p.delta * (1 - h), p.eps)) / (2 * h),
        (phi(q1, alpha, p.qh, p.delta, p.eps * (1 + h)) - phi(q1, alpha, p.qh, p.delta, p.eps * (1 - h))) / (2 * h),
      ]
      for slope in slopes { XCTAssertEqual(slope, 0, accuracy: 2e-4, "\(device) \(slopes)") }
      let k = 1e-3
      let along = try XCTUnwrap(device.point(alpha: alpha, q1: q1 + k)).entropy
        - XCTUnwrap(device.point(alpha: alpha, q1: q1 - k)).entropy
      let partial = phi(q1 + k, alpha, p.qh, p.delta, p.eps) - phi(q1 - k, alpha, p.qh, p.delta, p.eps)
      XCTAssertEqual(along / (2 * k), partial / (2 * k), accuracy: 1e-3)
      let load = try XCTUnwrap(device.point(alpha: alpha + k, q1: q1)).entropy
        - XCTUnwrap(device.point(alpha: alpha - k, q1: q1)).entropy
      let patterns = phi(q1, alpha + k, p.qh, p.delta, p.eps) - phi(q1, alpha - k, p.qh, p.delta, p.eps)
      XCTAssertEqual(load / (2 * k), patterns / (2 * k), accuracy: 1e-4)
    }
  }

  /// Anywhere: a solution that respects the bound, or none. Never more solutions with more patterns or margin.
  func testScan() {
    for overlap in EffectiveOverlap.allCases {
      for q1 in [0.02, 0.35, 0.72, 0.93, 0.9995] {
        for margin in [-1.5, 0, 0.6] {
          var last = Double.infinity
          for alpha in [0.003, 0.11, 0.47, 0.83, 1.7] {
            guard let p = WideFlatMinima(overlap: overlap, margin: margin).point(alpha: alpha, q1: q1) else {
              continue
            }
            let name = "\(overlap) q1 \(q1) margin \(margin) alpha \(alpha)"
            XCTAssertLessThanOrEqual(p.normalized, 1 + 1e-9, name)
            XCTAssertTrue(p.entropy.isFinite && p.qh >= 0 && p.delta >= 0 && p.eps >= 0, name)
            XCTAssertLessThan(p.residual, 1e-8, name)
            XCTAssertLessThanOrEqual(p.entropy, last + 1e-10, name)
            last = p.entropy
          }
        }
      }
    }
    // Far corners end, with or without a solution.
    for overlap in EffectiveOverlap.allCases {
      for (q1, margin) in [(1e-9, 0.0), (1 - 1e-9, 0), (1 - 1e-15, 3), (0.5, 90), (0.999, -90)] {
        let point = WideFlatMinima(overlap: overlap, margin: margin).point(alpha: 0.6, q1: q1)
        if let point { XCTAssertLessThanOrEqual(point.normalized, 1 + 1e-6) }
      }
    }
    let device = WideFlatMinima()
    for (alpha, q1) in [(-0.1, 0.5), (0.5, 0), (0.5, 1), (0.5, .nan), (.nan, 0.5), (.infinity, 0.5)] {
      XCTAssertNil(device.point(alpha: alpha, q1: q1))
    }
    XCTAssertNil(WideFlatMinima(margin: .nan).point(alpha: 0.5, q1: 0.5))
  }
}
