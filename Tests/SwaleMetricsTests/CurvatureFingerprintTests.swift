import Foundation
import Swale
import SwaleTestSupport
import XCTest

/// Fingerprints F1 and F2 of the taxonomy: curvature of softmax regression and of two tiny networks on the digits,
/// computed elsewhere with independent code and quoted to ten digits or more.
final class CurvatureFingerprintTests: XCTestCase {
  private typealias Fixture = CurvatureFixture

  private func tiny(_ activation: String, precision: Precision = .f64) throws -> NetworkObjective {
    try SurfaceFixture.network(
      [Dense(6, activation), Dense(5, activation), Dense(10)], precision: precision)
  }

  /// F1: H = 0.1 (I - 11'/10) kron X'X / n has its top eigenvalue nine times and rank 9 x 61.
  func testSoftmaxRegression() throws {
    for bias in [false, true] {
      let objective = try SurfaceFixture.network([Dense(10, bias: bias)], samples: 1797)
      let d = objective.dimension
      let x = [Double](repeating: 0, count: d)
      let (top, trace) = bias ? (1.1443528389172, 14.412779111018365) : (1.04552996869546, 13.512779111018364)
      let dense = try Fixture.run(HessianDense.self, [:], objective, x)
      XCTAssertEqual(try XCTUnwrap(dense.scalar("value")), log(10), accuracy: 1e-14)
      XCTAssertEqual(try XCTUnwrap(dense.scalar("trace")), trace, accuracy: 1e-11)
      XCTAssertLessThan(try XCTUnwrap(dense.scalar("asymmetry")), 1e-15)
      let values = try XCTUnwrap(dense.values("eigenvalues"))
      for k in 1...9 { XCTAssertEqual(values[d - k], top, accuracy: 1e-12) }
      if !bias {
        XCTAssertEqual(values[d - 10], 0.06988325578907, accuracy: 1e-12)
        let index = try Fixture.run(HessianIndex.self, [:], objective, x)
        XCTAssertEqual(index.scalar("negative"), 0)
        XCTAssertEqual(index.scalar("positive"), 549)
        XCTAssertEqual(index.scalar("zero"), 91)
        let pairs = try Fixture.run(
          HessianTop.self, ["k": .int(10), "tolerance": .real(1e-8), "copies": .bool(true)], objective, x)
        let found = try XCTUnwrap(pairs.values("eigenvalues"))
        for k in 0..<9 { XCTAssertEqual(found[k], top, accuracy: 1e-10) }
        XCTAssertEqual(found[9], 0.06988325578907, accuracy: 1e-10)
      }
      let one = try Fixture.run(HessianTop.self, ["tolerance": .real(1e-7)], objective, x)
      XCTAssertEqual(try XCTUnwrap(one.values("eigenvalues"))[0], top, accuracy: 1e-10)
      let hutch = try Fixture.run(HessianTrace.self, ["method": .text("hutch++"), "probes": .int(90)], objective, x)
      let estimate = try XCTUnwrap(hutch.scalar("trace"))
      XCTAssertEqual(estimate, trace, accuracy: 4.5 * (try XCTUnwrap(hutch.scalar("standard_error"))))
      XCTAssertEqual(hutch.scalar("products"), 90)
    }
  }

  private struct Expected { let trace, top, second, low, squares, gaussNewton: Double; let negative: Int }
  private let expected = [
    "tanh": Expected(
      trace: 5.0672296064, top: 2.6911406768, second: 0.6887916901, low: -0.5339139094, squares: 13.5501269851,
      gaussNewton: 2.3349962116, negative: 169),
    "relu": Expected(
      trace: 3.8185572837, top: 1.2769723759, second: 0.7937303071, low: -0.4369298639, squares: 3.4819125226,
      gaussNewton: 1.1857351438, negative: 67),
  ]

  func testTinyNetworks() throws {
    for (activation, want) in expected {
      let objective = try tiny(activation)
      let x = Digits.fingerprint()
      let d = objective.dimension
      let dense = try Fixture.run(HessianDense.self, [:], objective, x)
      XCTAssertEqual(try XCTUnwrap(dense.scalar("trace")), want.trace, accuracy: 1e-8)
      XCTAssertEqual(pow(try XCTUnwrap(dense.scalar("frobenius")), 2), want.squares, accuracy: 1e-8)
      let values = try XCTUnwrap(dense.values("eigenvalues"))
      XCTAssertEqual(values[d - 1], want.top, accuracy: 1e-8)
      XCTAssertEqual(values[d - 2], want.second, accuracy: 1e-8)
      XCTAssertEqual(values[0], want.low, accuracy: 1e-8)
      let index = try Fixture.run(HessianIndex.self, ["zero_tolerance": .real(1e-10)], objective, x)
      XCTAssertEqual(index.scalar("negative"), Double(want.negative), activation)
      XCTAssertEqual(
        (try ["negative", "zero", "positive"].map { try XCTUnwrap(index.scalar($0)) }).reduce(0, +), Double(d))

      let ends = try Fixture.run(
        HessianTop.self, ["k": .int(3), "which": .text("both"), "tolerance": .real(1e-7), "verify": .text("each")],
        objective, x)
      for (got, truth) in zip(try XCTUnwrap(ends.values("eigenvalues")), [want.top, want.second, want.low]) {
        XCTAssertEqual(got, truth, accuracy: 1e-8)
      }
      XCTAssertEqual(ends.values("converged"), [1, 1, 1])
      let claimed = try XCTUnwrap(ends.values("residuals"))
      let measured = try XCTUnwrap(ends.values("true_residuals"))
      for (a, b) in zip(claimed, measured) { XCTAssertEqual(a, b, accuracy: 1e-13) }

      let gauss = try Fixture.run(GaussNewtonTop.self, ["tolerance": .real(1e-7)], objective, x)
      XCTAssertEqual(try XCTUnwrap(gauss.values("eigenvalues"))[0], want.gaussNewton, accuracy: 1e-8)
      // For one pair the bound is attained.
      let bound = try XCTUnwrap(gauss.scalar("check_bound"))
      XCTAssertEqual(try XCTUnwrap(gauss.scalar("check_residual")), bound, accuracy: 1e-13)
    }
  }

  /// f32 at the same point: Lanczos vectors in f32, scalars in double, eigenvalues to the rounding of the products.
  func testSinglePrecision() throws {
    let objective = try tiny("tanh", precision: .f32)
    let x = Digits.fingerprint()
    let top = try Fixture.run(HessianTop.self, ["k": .int(2), "tolerance": .real(1e-5)], objective, x)
    let values = try XCTUnwrap(top.values("eigenvalues"))
    XCTAssertEqual(values[0], 2.6911406768, accuracy: 3e-6)
    XCTAssertEqual(values[1], 0.6887916901, accuracy: 3e-6)
    XCTAssertEqual(top.values("converged"), [1, 1])
    let dense = try Fixture.run(HessianDense.self, [:], objective, x)
    XCTAssertEqual(try XCTUnwrap(dense.scalar("trace")), 5.0672296064, accuracy: 1e-5)
    XCTAssertEqual(try XCTUnwrap(dense.values("eigenvalues"))[0], -0.5339139094, accuracy: 3e-6)
  }

  /// Rescaling a relu layer, (W0, b0) x 3 and W1 / 3, leaves the function alone and changes its curvature.
  func testReluRescaling() throws {
    let objective = try tiny("relu")
    var x = Digits.fingerprint()
    for tensor in objective.layout.tensors {
      let factor = tensor.name.hasPrefix("dense0.") ? 3 : tensor.name == "dense1.weight" ? 1.0 / 3 : 1
      for i in tensor.range { x[i] *= factor }
    }
    let dense = try Fixture.run(HessianDense.self, [:], objective, x)
    XCTAssertEqual(try XCTUnwrap(dense.scalar("trace")), 1.97656023, accuracy: 1e-8)
    XCTAssertEqual(try XCTUnwrap(dense.values("eigenvalues")).last ?? 0, 0.67471574, accuracy: 1e-8)
    XCTAssertEqual(try XCTUnwrap(dense.scalar("value")), 2.3094252877, accuracy: 1e-10)
  }

  /// The density against all eigenvalues: moments, mass below zero, extremes, normalisation.
  func testSpectrumOfTinyNetwork() throws {
    let objective = try tiny("tanh")
    let x = Digits.fingerprint()
    let values = try XCTUnwrap(try Fixture.run(HessianDense.self, [:], objective, x).values("eigenvalues"))
    let report = try Fixture.run(HessianSpectrum.self, ["probes": .int(20), "steps": .int(60)], objective, x)
    let moments = try XCTUnwrap(report.values("moments"))
    let errors = try XCTUnwrap(report.values("moments_error"))
    for power in 0..<4 {
      let truth = values.reduce(0) { $0 + pow($1, Double(power + 1)) } / 485
      XCTAssertEqual(moments[power], truth, accuracy: 4.5 * errors[power])
    }
    let grid = try XCTUnwrap(report.values("grid"))
    let density = try XCTUnwrap(report.values("density"))
    let cumulative = try XCTUnwrap(report.values("cumulative"))
    let area = zip(density, density.dropFirst()).reduce(0) { $0 + 0.5 * ($1.0 + $1.1) } * (grid[1] - grid[0])
    // The grid ends four widths beyond the extreme nodes.
    XCTAssertEqual(area, 1, accuracy: 1e-4)
    XCTAssertEqual(cumulative.first, 0)
    XCTAssertEqual(cumulative.last ?? 0, 1, accuracy: 1e-13)
    XCTAssertTrue(zip(cumulative, cumulative.dropFirst()).allSatisfy { $0 <= $1 })
    // A point between the bulk and the top two, where the mass is known from counting.
    let gap = try XCTUnwrap(grid.firstIndex { $0 > 1 })
    let cumulativeError = try XCTUnwrap(report.values("cumulative_error"))
    XCTAssertEqual(cumulative[gap], 484.0 / 485, accuracy: 4.5 * cumulativeError[gap])
    XCTAssertEqual(try XCTUnwrap(report.scalar("lambda_max")), 2.6911406768, accuracy: 1e-8)
    XCTAssertEqual(try XCTUnwrap(report.scalar("lambda_min")), -0.5339139094, accuracy: 1e-8)
    XCTAssertEqual((try XCTUnwrap(report.values("weights"))).reduce(0, +), 1, accuracy: 1e-13)
    XCTAssertEqual(report.scalar("products"), 1200)
    XCTAssertEqual(report.values("node_counts"), [Double](repeating: 60, count: 20))

    let estimate = try Fixture.run(
      HessianIndex.self, ["method": .text("slq"), "zero_tolerance": .real(1e-3), "probes": .int(40)], objective, x)
    let truth = Double(values.count { $0 < -1e-3 })
    let error = try XCTUnwrap(estimate.scalar("negative_error"))
    XCTAssertEqual(try XCTUnwrap(estimate.scalar("negative")), truth, accuracy: 4.5 * error + 0.02 * 485)
    XCTAssertEqual(estimate.scalar("estimate"), 1)
  }
}
