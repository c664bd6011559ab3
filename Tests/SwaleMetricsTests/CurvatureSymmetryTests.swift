import Foundation
import Swale
import XCTest

/// Products that are not those of a symmetric matrix, of which nothing may be called converged.
final class CurvatureSymmetryTests: XCTestCase {
  private typealias Fixture = CurvatureFixture

  /// f = x'Ax / 2 with A_ii = 1 + i / n and products (A + skew K) v, K antisymmetric with |K| = |A| in Frobenius norms:
  /// the relative asymmetry is skew / sqrt(1 + skew^2).
  private func objective(_ n: Int, skew: Double) throws -> CallbackObjective {
    let diagonal = (0..<n).map { 1 + Double($0) / Double(n) }
    let norm = diagonal.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let entry = skew * norm / Double(n * (n - 1)).squareRoot()
    return try CallbackObjective(
      CallbackTable(
        dimension: n,
        value: { x, g in
          if let g { for i in 0..<n { g[i] = diagonal[i] * x[i] } }
          return (0..<n).reduce(0) { $0 + diagonal[$1] * x[$1] * x[$1] / 2 }
        },
        hasGradient: true,
        hvp: { _, count, v, out in
          for j in 0..<count {
            for i in 0..<n {
              var sum = diagonal[i] * v[j * n + i]
              for k in 0..<n where k != i { sum += (k > i ? entry : -entry) * v[j * n + k] }
              out[j * n + i] = sum
            }
          }
        }))
  }

  private func assertDistrusted(_ report: Report, line: UInt = #line) {
    XCTAssertEqual(report.text("message"), "stalled", line: line)
    let status = report.text("status") ?? ""
    XCTAssertTrue(status.hasPrefix("not converged: "), status, line: line)
    XCTAssertTrue(status.contains("symmetric matrix"), status, line: line)
  }

  func testTopPairsMustStandTrueProducts() throws {
    let n = 40
    let x = [Double](repeating: 0.1, count: n)
    for skew in [0, 0.5] {
      for verify in ["combined", "each", "none"] {
        let report = try Fixture.run(
          HessianTop.self, ["k": .int(2), "verify": .text(verify)], try objective(n, skew: skew), x)
        let converged = try XCTUnwrap(report.values("converged"))
        if skew > 0, verify != "none" {
          XCTAssertEqual(converged, [0, 0], verify)
          assertDistrusted(report)
          if verify == "combined" {
            XCTAssertGreaterThan(
              try XCTUnwrap(report.scalar("check_residual")), 10 * (try XCTUnwrap(report.scalar("check_bound"))))
          }
        } else if skew == 0 {
          XCTAssertEqual(converged, [1, 1], verify)
          XCTAssertEqual(report.text("status"), "converged")
          XCTAssertEqual(report.text("message"), "converged")
        }
      }
    }
    // Too few steps are said too.
    let short = try Fixture.run(HessianTop.self, ["max_steps": .int(3)], try objective(n, skew: 0), x)
    XCTAssertEqual(short.values("converged"), [0])
    XCTAssertEqual(short.text("message"), "maximum number of steps")
    XCTAssertTrue(try XCTUnwrap(short.text("status")).contains("1 of 1 residuals are above the tolerance after 3 steps"))
  }

  /// Pairs down at rounding, and as many as there are dimensions, stand their own check.
  func testRoundingIsNoDefect() throws {
    for options in [["k": .int(5), "tolerance": .real(1e-14)], ["k": .int(5), "verify": .text("each")]] as [Options] {
      for precision in ["f64", "f32"] {
        let quadratic = try SurfaceFixture.objective(
          "quadratic", ["diagonal": .reals([1e3, 4, 1, 1e-9, 0]), "precision": .text(precision)])
        let report = try Fixture.run(HessianTop.self, options, quadratic, [1, -2, 0.5, 0, 0.3])
        XCTAssertEqual(report.values("converged"), [1, 1, 1, 1, 1], precision)
        XCTAssertEqual(report.text("message"), "converged")
      }
    }
  }

  func testDenseMatrices() throws {
    let n = 20
    let x = [Double](repeating: 0.1, count: n)
    for skew in [0.002, 0.5] {
      let bad = try objective(n, skew: skew)
      for run in [
        { try Fixture.run(HessianDense.self, [:], bad, x) }, { try Fixture.run(HessianIndex.self, [:], bad, x) },
        { try Fixture.run(HessianDense.self, ["eigenvalues": .bool(false), "vectors": .bool(true)], bad, x) },
      ] {
        XCTAssertThrowsError(try run()) { error in
          XCTAssertTrue("\(error)".contains("not those of a symmetric matrix"), "\(error)")
        }
      }
      let matrix = try Fixture.run(HessianDense.self, ["eigenvalues": .bool(false)], bad, x)
      assertDistrusted(matrix)
      XCTAssertEqual(
        try XCTUnwrap(matrix.scalar("relative_asymmetry")), skew / (1 + skew * skew).squareRoot(), accuracy: 1e-13)
      // The symmetric part is what it was.
      XCTAssertEqual(try XCTUnwrap(matrix.values("matrix"))[n + 1], 1 + 1 / Double(n), accuracy: 1e-15)
    }
    let good = try Fixture.run(HessianDense.self, [:], try objective(n, skew: 0.0005), x)
    XCTAssertEqual(good.text("message"), "converged")
    XCTAssertEqual(good.text("status"), "converged")
  }

  /// Ten probes have 45 pairs: the estimate of the relative asymmetry is good to 1 / sqrt(2 * 45) of itself, twice.
  func testQuadratureNoticesToo() throws {
    let n = 60
    let x = [Double](repeating: 0.1, count: n)
    let bad = try objective(n, skew: 0.5)
    let spectrum = try Fixture.run(HessianSpectrum.self, ["steps": .int(20)], bad, x)
    assertDistrusted(spectrum)
    XCTAssertEqual(try XCTUnwrap(spectrum.scalar("relative_asymmetry")), 0.447, accuracy: 0.447 * 4 * 0.15)
    assertDistrusted(try Fixture.run(HessianIndex.self, ["method": .text("slq")], bad, x))
    let good = try Fixture.run(HessianSpectrum.self, ["steps": .int(20)], try objective(n, skew: 0), x)
    XCTAssertEqual(good.text("status"), "converged")
    XCTAssertEqual(good.text("message"), "converged")
    XCTAssertEqual(good.scalar("relative_asymmetry") ?? .nan, 0, accuracy: 1e-14)
  }

  /// Differences of a gradient that is constant are noise without any symmetry, and a Hessian of 0 all the same.
  func testNoiseOfDifferencesIsNoDefect() throws {
    let n = 6
    let slope = (0..<n).map { 100 * sin(Double($0 + 1)) }
    let linear = try CallbackObjective(
      CallbackTable(
        dimension: n,
        value: { x, g in
          // Terms that cancel to a constant slope but for rounding.
          if let g { for i in 0..<n { g[i] = (slope[i] + 7 * x[(i + 1) % n]) - 7 * x[(i + 1) % n] } }
          return (0..<n).reduce(0) { $0 + slope[$1] * x[$1] }
        }, hasGradient: true))
    let x = (0..<n).map { 1 + 0.37 * Double($0) }
    let dense = try Fixture.run(HessianDense.self, [:], linear, x)
    XCTAssertEqual(dense.text("status"), "converged")
    XCTAssertLessThan(try XCTUnwrap(dense.scalar("frobenius")), 1e-7)
    XCTAssertEqual(try Fixture.run(HessianSpectrum.self, [:], linear, x).text("status"), "converged")
  }
}
