import Glibc
import Swale
import XCTest

@testable import SwaleTheory

/// Franz-Parisi entropies: reference numbers (specification 3.4 and 3.5), limits and bounds.
final class FranzParisiTests: XCTestCase {
  private func reference(
    _ measure: FranzParisiMeasure, _ alpha: Double, _ overlap: EffectiveOverlap = .perceptron
  ) throws -> FranzParisiReference {
    try XCTUnwrap(FranzParisiReference(measure, alpha: alpha, overlap: overlap), "\(measure) \(alpha) \(overlap)")
  }

  private func check(
    _ curve: FranzParisiCurve, _ distances: [Double], _ values: [Double], file: StaticString = #filePath,
    line: UInt = #line
  ) throws {
    for (point, (d, value)) in zip(curve.points(distances: distances), zip(distances, values)) {
      let point = try XCTUnwrap(point, "d = \(d)", file: file, line: line)
      // The numbers come from a 50-node Gauss-Hermite grid.
      XCTAssertEqual(point.entropy, value, accuracy: 5e-4, "d = \(d)", file: file, line: line)
      XCTAssertLessThan(point.residual, 1e-7)
      XCTAssertEqual(point.bound, -d * log(d) - (1 - d) * log(1 - d), accuracy: 1e-14)
    }
  }

  func testTypicalReference() throws {
    let distances = [0.2, 0.1, 0.05, 0.02, 0.01]
    let rows: [(Double, Double, [Double])] = [
      (0.2, 0.126865, [0.42046, 0.27070, 0.16071, 0.07435, 0.03930]),
      (0.4, 0.255843, [0.32344, 0.20438, 0.11443, 0.04526, 0.01875]),
      (0.5, 0.322385, [0.26590, 0.16466, 0.08653, 0.02760, 0.00620]),
      (0.6, 0.391050, [0.20014, 0.11869, 0.05394, 0.00678, -0.00874]),
      (0.7, 0.462571, [0.12368, 0.06410, 0.01469, -0.01876, -0.02745]),
    ]
    for (alpha, q, values) in rows {
      let reference = try reference(.solutions(margin: 0), alpha)
      XCTAssertEqual(reference.q, q, accuracy: 1e-6)
      XCTAssertEqual(reference.trainingError, 0)
      try check(FranzParisiCurve(reference), distances, values)
    }
  }

  func testDistanceOfIsolation() throws {
    for (alpha, range) in [(0.4, 0.00295...0.00305), (0.5, 0.00695...0.00705), (0.6, 0.01...0.02), (0.7, 0.02...0.05)] {
      let curve = FranzParisiCurve(try reference(.solutions(margin: 0), alpha))
      let change = try XCTUnwrap(curve.signChange())
      XCTAssertTrue(range.contains(change), "alpha \(alpha): \(change)")
      XCTAssertEqual(try XCTUnwrap(curve.point(distance: change)).entropy, 0, accuracy: 1e-7)
    }
    XCTAssertNil(FranzParisiCurve(try reference(.solutions(margin: 0), 0.2)).signChange(smallest: 5e-3))
  }

  func testCrossEntropyReference() throws {
    let rows: [(alpha: Double, gamma: Double, error: Double, values: [Double])] = [
      (0.4, 1, 0.0065, [0.3633, 0.2608, 0.1682, 0.0852, 0.0476]),
      (0.4, 2, 0.0078, [0.3482, 0.2413, 0.1529, 0.0771, 0.0432]),
      (0.4, 4, 0.0180, [0.3326, 0.2184, 0.1298, 0.0587, 0.0288]),
      (0.4, 0.5, 0.0214, [0.2609, 0.1624, 0.0735, 0.0309]),
      (0.6, 2, 0.0164, [0.2186, 0.1588, 0.1009, 0.0479, 0.0221]),
      (0.6, 4, 0.0237, [0.2085, 0.1358, 0.0744, 0.0253, 0.0044]),
    ]
    for row in rows {
      let reference = try reference(.crossEntropy(beta: 20, gamma: row.gamma), row.alpha)
      XCTAssertEqual(reference.trainingError, row.error, accuracy: 5e-4)
      let distances = [0.2, 0.1, 0.05, 0.02, 0.01].suffix(row.values.count)
      try check(FranzParisiCurve(reference), Array(distances), row.values)
    }
  }

  /// beta -> 0: the reference is random, its patterns' fields are normal, and
  /// phi = qh (q - 1)/2 - t theta + E ln 2cosh(sqrt(qh) z + theta) + alpha E ln H(-sqrt(q / (1 - q)) z),
  /// solved here by plain iteration with the trapezoidal rule.
  func testRandomReference() throws {
    let (alpha, t) = (0.4, 0.6)
    var (q, theta, qh) = (0.4, atanh(0.6), 0.0)
    for _ in 0..<50 {
      let noise = (1 - q).squareRoot()
      qh = alpha / (1 - q) * Theory.mean { z in
        let v = -q.squareRoot() / noise * z
        return v > 30 ? v * v : pow(Theory.density(v) / Theory.tail(v), 2)
      }
      var slope = 0.0
      for _ in 0..<2 {
        let mean = Theory.mean { tanh(qh.squareRoot() * $0 + theta) }
        slope = 1 - Theory.mean { pow(tanh(qh.squareRoot() * $0 + theta), 2) }
        theta -= (mean - t) / slope
      }
      q = 1 - slope
    }
    let entropy = 0.5 * qh * (q - 1) - t * theta + Theory.mean { log(2 * cosh(qh.squareRoot() * $0 + theta)) }
      + alpha * Theory.mean { log(Theory.tail(-(q / (1 - q)).squareRoot() * $0)) }
    for beta in [1e-6, 1e-3] {
      let random = try reference(.crossEntropy(beta: beta, gamma: 1), alpha)
      // Each pattern pulls with beta / 2.
      XCTAssertEqual(random.q / (alpha * beta * beta / 4), 1, accuracy: beta)
      XCTAssertEqual(random.trainingError, 0.5, accuracy: beta)
      let point = try XCTUnwrap(FranzParisiCurve(random).point(distance: 0.2))
      XCTAssertEqual(point.entropy, entropy, accuracy: 1e-7 + beta)
      XCTAssertEqual(point.q, q, accuracy: 1e-6 + beta)
    }
    // q reaches 1 at d = 0.1410, soon below the change of sign, which is found all the same.
    let curve = FranzParisiCurve(try reference(.crossEntropy(beta: 0.1, gamma: 1), alpha))
    XCTAssertEqual(try XCTUnwrap(curve.point(distance: try XCTUnwrap(curve.signChange()))).entropy, 0, accuracy: 1e-7)
  }

  /// exp(-beta l) with a sharp bend, averaged over noise, against the midpoint rule; and as a reference, nearly a
  /// typical solution.
  func testSharpCrossEntropy() throws {
    for (beta, gamma) in [(1e4, 1000.0), (20, 1000), (1e4, 1)] {
      let likelihood = FranzParisiLikelihood(.crossEntropy(beta: beta, gamma: gamma), variance: 0.7, tabulated: false)
      for x in [-0.3, 1e-3, 2] {
        var (mass, slope) = (0.0, 0.0)
        let step = 1e-4
        for i in 0..<200_000 {
          let eta = -10 + step * (Double(i) + 0.5)
          let h = x + 0.7.squareRoot() * eta
          let loss = (max(-2 * gamma * h, 0) + log1p(exp(-2 * gamma * abs(h)))) / (2 * gamma)
          let share = step * exp(-beta * loss - eta * eta / 2) / (2 * Double.pi).squareRoot()
          mass += share
          slope += share * beta / (1 + exp(min(2 * gamma * h, 700)))
        }
        let moments = likelihood.moments(x)
        XCTAssertEqual(moments.logValue, log(mass), accuracy: 1e-6, "\(beta) \(gamma) \(x)")
        XCTAssertEqual(moments.slope, slope / mass, accuracy: 1e-5 * (1 + slope / mass), "\(beta) \(gamma) \(x)")
      }
    }
    // A margin of ln(beta / 2 gamma) / (2 gamma) = 8e-4 and a tail of width 1 / beta are left.
    let sharp = try reference(.crossEntropy(beta: 1e4, gamma: 1000), 0.4)
    let typical = try reference(.solutions(margin: 0), 0.4)
    XCTAssertEqual(sharp.q, typical.q, accuracy: 1e-3)
    let distances = [0.2, 0.05]
    let curves = [sharp, typical].map { FranzParisiCurve($0).points(distances: distances) }
    for (a, b) in zip(curves[0], curves[1]) {
      XCTAssertEqual(try XCTUnwrap(a).entropy, try XCTUnwrap(b).entropy, accuracy: 1e-3)
    }
  }

  func testParity() throws {
    let rows: [(Int, Double, Double)] = [
      (2, 0.3, 0.0032), (2, 0.5, 0.0149), (3, 0.3, 0.0096), (3, 0.5, 0.0449), (3, 0.8, 0.2010), (5, 0.3, 0.0288),
      (5, 0.5, 0.0916),
    ]
    for (hidden, alpha, zero) in rows {
      let machine = try XCTUnwrap(FranzParisiParity(hidden: hidden, alpha: alpha))
      // The given numbers are up to 2e-4 below the zero of the formula they belong to (0.2010 for 0.20117).
      let found = try XCTUnwrap(machine.signChange())
      XCTAssertEqual(found, zero, accuracy: 2.1e-4, "K \(hidden) alpha \(alpha)")
      XCTAssertEqual(machine.entropy(distance: found), 0, accuracy: 1e-12)
      XCTAssertLessThan(machine.entropy(distance: 0.9 * found), 0)
      // Unrelated configurations, even K or odd K: each pattern halves the number of solutions.
      XCTAssertEqual(machine.entropy(distance: 0.5), (1 - alpha) * log(2), accuracy: 1e-12)
    }
    XCTAssertNil(FranzParisiParity(hidden: 0, alpha: 0.3))
    XCTAssertNil(FranzParisiParity(hidden: 3, alpha: -1))
    XCTAssertNil(try XCTUnwrap(FranzParisiParity(hidden: 3, alpha: 1.1)).signChange())
    XCTAssertTrue(try XCTUnwrap(FranzParisiParity(hidden: 3, alpha: 1)).entropy(distance: 1.5).isNaN)
  }

  func testLocalError() throws {
    let typical = try reference(.solutions(margin: 0), 0.4)
    for (d, error) in [(0.005, 0.0533), (0.01, 0.0747), (0.02, 0.1043), (0.05, 0.1615), (0.1, 0.2242)] {
      XCTAssertEqual(typical.localError(distance: d), error, accuracy: 6e-5)
    }
    XCTAssertEqual(try reference(.solutions(margin: 0), 0.3).localError(distance: 0.05), 0.1564, accuracy: 6e-5)
    XCTAssertEqual(typical.localError(distance: 0.5), 0.5, accuracy: 1e-9)
    XCTAssertTrue(typical.localError(distance: 0.6).isNaN)
    // From the density of stabilities, for each kind of reference: mean of H(t h / sqrt(1 - t^2)).
    for measure in [FranzParisiMeasure.solutions(margin: 0.3), .crossEntropy(beta: 20, gamma: 2)] {
      let state = try reference(measure, 0.3)
      let t = 0.9
      var (mass, error, training) = (0.0, 0.0, 0.0)
      let step = 1e-3
      for i in 0..<16_000 {
        let h = -8 + step * (Double(i) + 0.5)
        let density = state.stabilityDensity(h) * step
        mass += density
        error += density * 0.5 * erfc(t * h / (2 * (1 - t * t)).squareRoot())
        if h < 0 { training += density }
      }
      // The midpoint rule over the jump of the density at the margin errs by up to a step times the density there.
      XCTAssertEqual(mass, 1, accuracy: 1e-3)
      XCTAssertEqual(state.localError(distance: 0.05), error, accuracy: 1e-3)
      XCTAssertEqual(state.trainingError, training, accuracy: 1e-6)
    }
  }

  /// At the typical overlap phi has its maximum, the entropy of all solutions (specification 3.1: perceptron at
  /// alpha = 0.4 0.396455, wide committees at 0.5: sign 0.336398, relu 0.330069), whatever the reference.
  func testMaximumIsTheEntropy() throws {
    let cases: [(EffectiveOverlap, Double, Double)] = [
      (.perceptron, 0.4, 0.396455), (.sign, 0.5, 0.336398), (.relu, 0.5, 0.330069),
    ]
    for (overlap, alpha, entropy) in cases {
      let typical = try reference(.solutions(margin: 0), alpha, overlap)
      XCTAssertEqual(typical.freeEntropy, entropy, accuracy: 1e-6)
      let point = try XCTUnwrap(FranzParisiCurve(typical).point(distance: (1 - typical.q) / 2))
      XCTAssertEqual(point.entropy, entropy, accuracy: 1e-6)
      XCTAssertEqual(point.q, typical.q, accuracy: 1e-4)
      let soft = FranzParisiCurve(try reference(.crossEntropy(beta: 20, gamma: 2), alpha, overlap))
      let top = Minimizer.minimum(0.2, 0.45, tolerance: 1e-4) { -(soft.point(distance: $0)?.entropy ?? .nan) }
      XCTAssertTrue(top.inside)
      XCTAssertEqual(-top.value, entropy, accuracy: 1e-6)
    }
  }

  /// Few patterns: phi = H2 + alpha times the mean logarithm of the probability that a pattern holds at overlap t,
  /// 2 E_{h > 0} ln H(-t h / sqrt(1 - t^2)); corrections of order alpha.
  func testFewPatterns() throws {
    let curve = FranzParisiCurve(try reference(.solutions(margin: 0), 1e-5))
    for d in [0.4, 0.2, 0.05] {
      let t = 1 - 2 * d
      var mean = 0.0
      for i in 0..<80_000 {
        let h = 1e-4 * (Double(i) + 0.5)
        mean += 2e-4 * exp(-h * h / 2) / (2 * Double.pi).squareRoot()
          * log(0.5 * erfc(-t * h / (2 * (1 - t * t)).squareRoot()))
      }
      let point = try XCTUnwrap(curve.point(distance: d))
      XCTAssertEqual((point.entropy - point.bound) / 1e-5, mean, accuracy: 1e-3 * abs(mean))
    }
  }

  /// Solutions with larger margins are surrounded by more solutions (Baldassi et al. 2021), and cross-entropy
  /// minimisers are not isolated where typical solutions are.
  func testOrdering() throws {
    let entropies = try [0, 0.25, 0.5, 0.8].map { margin in
      try XCTUnwrap(FranzParisiCurve(try reference(.solutions(margin: margin), 0.3)).point(distance: 0.02)).entropy
    }
    for (a, b) in zip(entropies, entropies.dropFirst()) { XCTAssertLessThan(a, b) }
    let typical = FranzParisiCurve(try reference(.solutions(margin: 0), 0.6))
    let minimiser = FranzParisiCurve(try reference(.crossEntropy(beta: 20, gamma: 2), 0.6))
    XCTAssertLessThan(try XCTUnwrap(typical.point(distance: 0.01)).entropy, 0)
    XCTAssertGreaterThan(try XCTUnwrap(minimiser.point(distance: 0.01)).entropy, 0.02)
  }

  /// Anywhere: a converged point below H2 or none, the same from a neighbour as from scratch.
  func testScan() throws {
    let distances = [0.47, 0.23, 0.08, 0.03]
    let cases: [(FranzParisiMeasure, Double, EffectiveOverlap, Double)] = [
      (.solutions(margin: 0), 0.83, .perceptron, 0), (.solutions(margin: -0.5), 1.2, .perceptron, -1),
      (.solutions(margin: 0), 0.3, .perceptron, 0.3), (.solutions(margin: 0.5), 0.3, .sign, 0.5),
      (.solutions(margin: 0), 0.83, .relu, 0), (.crossEntropy(beta: 5, gamma: 10), 0.5, .relu, 0),
      (.crossEntropy(beta: 200, gamma: 0.7), 0.37, .perceptron, 0),
      (.crossEntropy(beta: 1000, gamma: 1), 0.6, .perceptron, 0),
    ]
    var found = 0
    for (measure, alpha, overlap, margin) in cases {
      let curve = FranzParisiCurve(try reference(measure, alpha, overlap), margin: margin)
      for (d, chained) in zip(distances, curve.points(distances: distances)) {
        let name = "\(measure) \(alpha) \(overlap) margin \(margin) d \(d)"
        let point = curve.point(distance: d)
        XCTAssertEqual(point == nil, chained == nil, name)
        guard let point, let chained else { continue }
        found += 1
        XCTAssertEqual(point.entropy, chained.entropy, accuracy: 1e-7, name)
        XCTAssertLessThanOrEqual(point.entropy, point.bound, name)
        let t = 1 - 2 * d
        let q = curve.reference.q
        XCTAssertGreaterThanOrEqual(point.q + 1e-9, point.s * point.s / q + (t - point.s) * (t - point.s) / (1 - q))
        XCTAssertLessThan(point.residual, 1e-7, name)
      }
    }
    XCTAssertGreaterThan(found, 25)
  }

  func testRefusals() throws {
    XCTAssertNil(FranzParisiReference(.solutions(margin: 0), alpha: 0))
    XCTAssertNil(FranzParisiReference(.solutions(margin: .nan), alpha: 0.3))
    XCTAssertNil(FranzParisiReference(.solutions(margin: 1e300), alpha: 0.3))
    XCTAssertNil(FranzParisiReference(.crossEntropy(beta: 0, gamma: 1), alpha: 0.3))
    XCTAssertNil(FranzParisiReference(.crossEntropy(beta: 20, gamma: -1), alpha: 0.3))
    // Far above capacity there is no replica-symmetric state.
    XCTAssertNil(FranzParisiReference(.solutions(margin: 2), alpha: 0.5))
    let curve = FranzParisiCurve(try reference(.solutions(margin: 0), 0.3))
    for d in [0, 1, -0.1, .nan] { XCTAssertNil(curve.point(distance: d)) }
    XCTAssertNil(FranzParisiCurve(curve.reference, margin: .infinity).point(distance: 0.1))
  }
}
