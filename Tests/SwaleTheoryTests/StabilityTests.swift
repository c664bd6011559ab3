import Glibc
import Swale
import XCTest

/// The replicon eigenvalue of de Almeida and Thouless, and what is said where it is negative.
final class StabilityTests: XCTestCase {
  private func capacity(_ margin: Double) throws -> Report {
    try Theory.perceptron("capacity", ["margin": .real(margin), "weights": .text("spherical")])
  }

  /// Spherical perceptron at q -> 1: 1 - alpha_c H(-kappa), alpha_c = 1 / int_{-kappa} Dz (z + kappa)^2. At kappa = -1
  /// the symmetric capacity 13.273 is unstable, as one step says (12.320); at 0 it is marginal, above stable.
  func testSphericalCapacity() throws {
    for (margin, symmetric) in [(-1.0, 13.273), (-0.5, 4.770), (0, 2), (0.5, 0.961205), (1, 0.519572)] {
      let report = try capacity(margin)
      let load = try XCTUnwrap(report.scalar("capacity"))
      let integral = Theory.mean { $0 > -margin ? ($0 + margin) * ($0 + margin) : 0 }
      // The trapezoid rule at a kink.
      XCTAssertEqual(load, 1 / integral, accuracy: 1e-3 * load)
      if margin != -0.5 { XCTAssertEqual(load, symmetric, accuracy: 6e-4) }
      XCTAssertEqual(report.scalar("replicon") ?? .nan, 1 - load * Theory.tail(-margin), accuracy: 1e-10)
      let stable = margin >= 0
      XCTAssertEqual(report.scalar("capacity_converged"), stable ? 1 : 0)
      XCTAssertEqual(report.scalar("success"), stable ? 1 : 0)
      XCTAssertEqual(report.text("status")?.contains("unstable"), !stable)
    }
    let step = try Theory.perceptron("one_step_capacity", ["margin": .real(-1), "weights": .text("spherical")])
    XCTAssertEqual(step.scalar("capacity") ?? .nan, 12.320, accuracy: 6e-4)
  }

  /// Below the capacity, against the definition with derivatives by finite differences: 1 - alpha E (dm/dh)^2 E f''^2
  /// with f = ln H((kappa + x) / sqrt(1 - q)), x = sqrt(q) z.
  func testAgainstFiniteDifferences() throws {
    for (weights, margin, load) in [
      ("binary", 0.0, 0.5), ("binary", 0.4, 0.3), ("binary", -0.5, 1.2), ("spherical", 0, 1.2), ("spherical", -1, 8),
    ] {
      let report = try Theory.perceptron(
        "storage", ["alpha": .real(load), "margin": .real(margin), "weights": .text(weights)])
      let (q, qh) = (try XCTUnwrap(report.scalar("q")), try XCTUnwrap(report.scalar("qh")))
      let h = 1e-3
      func f(_ x: Double) -> Double { log(Theory.tail((margin + x) / (1 - q).squareRoot())) }
      let patterns = Theory.mean { z in
        let x = q.squareRoot() * z
        let bend = (f(x + h) - 2 * f(x) + f(x - h)) / (h * h)
        return bend * bend
      }
      let response =
        weights == "spherical"
        ? (1 - q) * (1 - q) : Theory.mean { 1 / pow(cosh(qh.squareRoot() * $0), 4) }
      XCTAssertEqual(
        report.scalar("replicon") ?? .nan, 1 - load * response * patterns, accuracy: 2e-5, "\(weights) \(margin)")
    }
  }

  /// Binary perceptron: the line of de Almeida and Thouless is at alpha = 1.015 (Krauth, Mezard 1989), above the
  /// capacity.
  func testBinaryPerceptron() throws {
    let report = try Theory.perceptron("storage", ["alpha": .reals([0.8, 1.014, 1.0165])])
    let replicon = try XCTUnwrap(report.values("replicon"))
    XCTAssertGreaterThan(replicon[0], 0.1)
    XCTAssertGreaterThan(replicon[1], 0)
    XCTAssertLessThan(replicon[2], 0)
    XCTAssertEqual(try Theory.perceptron("capacity").scalar("capacity_converged"), 1)
  }

  /// Wide relu committee with spherical weights: symmetric 2 pi / (pi - 1), one step 2.6643. Its symmetric capacity is
  /// unstable, and so are the finite sign committee's (K = 3: 4.02) and the infinite one of K -> infinity.
  func testSphericalCommittees() throws {
    for options: Options in [["unit": .text("relu")], ["hidden": .int(3)], [:]] {
      var all = options
      all["weights"] = .text("spherical")
      let report = try Theory.committee("capacity", all)
      XCTAssertEqual(report.scalar("capacity_converged"), 0)
      XCTAssertEqual(report.scalar("success"), 0)
      XCTAssertTrue(report.text("status")?.contains("unstable") ?? false)
    }
  }

  /// One hidden unit is a perceptron: two ways to the same eigenvalue.
  func testOneUnit() throws {
    for (weights, load) in [("binary", 0.6), ("spherical", 1.3)] {
      let options: Options = ["alpha": .real(load), "weights": .text(weights), "hidden": .int(1)]
      let tree = try Theory.committee("storage", options)
      let plain = try Theory.perceptron("storage", ["alpha": .real(load), "weights": .text(weights)])
      XCTAssertEqual(tree.scalar("replicon") ?? .nan, plain.scalar("replicon") ?? 0, accuracy: 1e-6)
    }
  }

  /// Three units, by the trapezoid rule in three dimensions with second derivatives of ln Z by finite differences, of Z
  /// as the sum over the eight votes.
  func testThreeUnits() throws {
    let report = try Theory.committee("storage", ["alpha": .real(0.6), "hidden": .int(3)])
    let (q, qh) = (try XCTUnwrap(report.scalar("q")), try XCTUnwrap(report.scalar("qh")))
    func logZ(_ x: [Double]) -> Double {
      let p = x.map { Theory.tail(-$0 / (1 - q).squareRoot()) }
      return log(p[0] * p[1] + p[0] * p[2] + p[1] * p[2] - 2 * p[0] * p[1] * p[2])
    }
    let h = 2e-3
    func bends(_ x: [Double]) -> Double {
      var sum = 0.0
      func shifted(_ i: Int, _ a: Double, _ j: Int, _ b: Double) -> Double {
        var y = x
        y[i] += a
        y[j] += b
        return logZ(y)
      }
      let middle = logZ(x)
      for i in 0..<3 {
        let own = (shifted(i, h, i, 0) - 2 * middle + shifted(i, -h, i, 0)) / (h * h)
        sum += own * own
        for j in 0..<i {
          let corners = shifted(i, h, j, h) - shifted(i, h, j, -h) - shifted(i, -h, j, h) + shifted(i, -h, j, -h)
          let mixed = corners / (4 * h * h)
          sum += 2 * mixed * mixed
        }
      }
      return sum
    }
    let nodes = (-16...16).map { Double($0) * 0.3 }
    let weights = nodes.map { 0.3 * Theory.density($0) }
    var patterns = 0.0
    for (a, u) in zip(nodes, weights) {
      for (b, v) in zip(nodes, weights) {
        for (c, w) in zip(nodes, weights) { patterns += u * v * w * bends([a, b, c].map { q.squareRoot() * $0 }) }
      }
    }
    let response = Theory.mean { 1 / pow(cosh(qh.squareRoot() * $0), 4) }
    XCTAssertEqual(report.scalar("replicon") ?? .nan, 1 - 0.6 * response * patterns, accuracy: 1e-3)
    // Many units approach K -> infinity, with corrections of order 1 / K.
    let wide = try XCTUnwrap(try Theory.committee("storage", ["alpha": .real(0.6)]).scalar("replicon"))
    let fifteen = try XCTUnwrap(
      try Theory.committee("storage", ["alpha": .real(0.6), "hidden": .int(15)]).scalar("replicon"))
    XCTAssertEqual(fifteen, wide, accuracy: 0.05)
  }
}
