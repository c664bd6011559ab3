import Foundation
import Swale
import XCTest

/// The whole range of doubles: everything that squares scales first.
final class CurvatureRangeTests: XCTestCase {
  private typealias Fixture = CurvatureFixture

  private func quadratic(_ diagonal: [Double], _ precision: String = "f64") throws -> any Objective {
    try SurfaceFixture.objective("quadratic", ["diagonal": .reals(diagonal), "precision": .text(precision)])
  }

  /// Relative accuracy of the answers: rounding, and for subnormal numbers their last digits.
  private let scales: [(unit: Double, precision: String, slack: Double)] = [
    (1e200, "f64", 1e-12), (1e-200, "f64", 1e-12), (1e299, "f64", 1e-12), (1e-300, "f64", 1e-12),
    (1e-200 * 1e-112, "f64", 1e-9), (1, "f64", 1e-12), (1e30, "f32", 1e-5), (1e-30, "f32", 1e-5), (1e37, "f32", 1e-5),
    (1e-40, "f32", 1e-3), (1, "f32", 1e-5),
  ]

  func testTopTraceSpectrumIndexAndDense() throws {
    for (unit, precision, slack) in scales {
      let name = "\(unit) \(precision)"
      let objective = try quadratic([1, 2, 3].map { $0 * unit }, precision)
      let x = [0.0, 0, 0]
      for verify in ["combined", "each"] {
        let top = try Fixture.run(HessianTop.self, ["k": .int(2), "verify": .text(verify)], objective, x)
        XCTAssertEqual(top.text("message"), "converged", name)
        for (found, right) in zip(try XCTUnwrap(top.values("eigenvalues")), [3.0, 2]) {
          XCTAssertEqual(found / unit, right, accuracy: 3 * slack, name)
        }
      }
      let one = try Fixture.run(HessianTop.self, [:], objective, x)
      XCTAssertEqual(try XCTUnwrap(one.values("eigenvalues"))[0] / unit, 3, accuracy: 3 * slack, name)
      // Signs see a diagonal matrix exactly; a sketch of 33 normal vectors covers all of it.
      for (method, law) in [("hutchinson", "rademacher"), ("hutch++", "gaussian")] {
        let trace = try Fixture.run(
          HessianTrace.self, ["method": .text(method), "distribution": .text(law)], objective, x)
        XCTAssertEqual(try XCTUnwrap(trace.scalar("trace")) / unit, 6, accuracy: 6 * slack, name)
        XCTAssertEqual(try XCTUnwrap(trace.scalar("trace_error")) / unit, 0, accuracy: 6 * slack, name)
        XCTAssertEqual(trace.text("message"), "converged", name)
      }
      let gaussian = try Fixture.run(
        HessianTrace.self, ["distribution": .text("gaussian"), "probes": .int(400)], objective, x)
      // Var z'Az = 2 tr A^2 = 28.
      XCTAssertEqual(
        try XCTUnwrap(gaussian.scalar("trace_error")) / unit, (28.0 / 400).squareRoot(), accuracy: 0.06, name)
      let spectrum = try Fixture.run(HessianSpectrum.self, ["points": .int(50)], objective, x)
      XCTAssertEqual(spectrum.text("message"), "converged", name + (spectrum.text("status") ?? ""))
      XCTAssertEqual(try XCTUnwrap(spectrum.scalar("lambda_min")) / unit, 1, accuracy: 3 * slack, name)
      XCTAssertEqual(try XCTUnwrap(spectrum.scalar("lambda_max")) / unit, 3, accuracy: 3 * slack, name)
      XCTAssertEqual(try XCTUnwrap(spectrum.scalar("mass_positive")), 1, accuracy: 1e-12, name)
      XCTAssertEqual(try XCTUnwrap(spectrum.values("moments"))[0] / unit, 2, accuracy: 3 * slack, name)
      for method in ["dense", "slq"] {
        let index = try Fixture.run(HessianIndex.self, ["method": .text(method)], objective, x)
        XCTAssertEqual(index.scalar("positive") ?? .nan, 3, accuracy: 1e-12, name)
        XCTAssertEqual(index.scalar("negative") ?? .nan, 0, accuracy: 1e-12, name)
        XCTAssertEqual(index.text("message"), "converged", name)
      }
      let dense = try Fixture.run(HessianDense.self, [:], objective, x)
      XCTAssertEqual(try XCTUnwrap(dense.scalar("frobenius")) / unit, 14.0.squareRoot(), accuracy: 4 * slack, name)
      XCTAssertEqual(try XCTUnwrap(dense.values("eigenvalues"))[2] / unit, 3, accuracy: 3 * slack, name)
      XCTAssertEqual(dense.text("message"), "converged", name)
    }
  }

  /// Asymmetry is found at every scale.
  func testAsymmetryAtEveryScale() throws {
    for unit in [1e200, 1e-200, 1] {
      let objective = try CallbackObjective(
        CallbackTable(
          dimension: 3, value: { _, g in
            if let g { for i in 0..<3 { g[i] = 0 } }
            return 0
          }, hasGradient: true,
          hvp: { _, count, v, out in
            for j in 0..<count {
              for i in 0..<3 { out[3 * j + i] = unit * (v[3 * j + i] + 0.5 * v[3 * j + (i + 1) % 3]) }
            }
          }))
      let x = [0.0, 0, 0]
      XCTAssertEqual(try Fixture.run(HessianTop.self, [:], objective, x).text("message"), "stalled", "\(unit)")
      XCTAssertEqual(try Fixture.run(HessianSpectrum.self, [:], objective, x).text("message"), "stalled", "\(unit)")
      XCTAssertEqual(try Fixture.run(HessianTrace.self, [:], objective, x).text("message"), "stalled", "\(unit)")
      XCTAssertThrowsError(try Fixture.run(HessianDense.self, [:], objective, x), "\(unit)")
      let matrix = try Fixture.run(HessianDense.self, ["eigenvalues": .bool(false)], objective, x)
      // Rows (1, .5, 0): |A|^2 = 3 * 1.25, |A - A'|^2 / 4 = 6 * .0625.
      XCTAssertEqual(
        try XCTUnwrap(matrix.scalar("relative_asymmetry")), (0.375 / 3.75).squareRoot(), accuracy: 1e-12, "\(unit)")
    }
  }

  func testEigenproblemsOfEveryScale() throws {
    let n = 40
    let spectrum = (0..<n).map { Double($0) - 7.5 }
    for unit in [1e290, 1e-290, 1e150, 1e-150, 1] {
      let matrix = try Fixture.matrix(spectrum.map { $0 * unit })
      for builtin in [true, false] {
        let copy = try Buffer(copying: matrix.constant, count: n * n)
        let solution = try SymmetricEigen.solve(n, copy, vectors: true, builtin: builtin)
        for i in 0..<n { XCTAssertEqual(solution.values.pointer[i] / unit, spectrum[i], accuracy: 1e-12, "\(unit)") }
        let rows = try XCTUnwrap(solution.vectors)
        XCTAssertEqual(Double.norm(n, rows.constant), 1, accuracy: 1e-13)
      }
    }
  }

  // MARK: Surfaces

  /// (3, 4), 0, (-4, 3) and (4, 3) times any unit.
  func testDistances() throws {
    let objective = try quadratic([1, 1])
    let single = try quadratic([1, 1], "f32")
    for (unit, objective, slack) in [
      (1.0, objective, 1e-14), (1e200, objective, 1e-14), (1e-200, objective, 1e-14), (1e300, objective, 1e-14),
      (1e-310, objective, 1e-10), (1e30, single, 1e-6), (1e-40, single, 1e-4),
    ] as [(Double, any Objective, Double)] {
      let points = [[3.0, 4], [0, 0], [-4, 3], [4, 3]].map { $0.map { $0 * unit } }
      let report = try SurfaceFixture.run("distance", [:], objective, points)
      let root = 50.0.squareRoot()
      let distance = try XCTUnwrap(report.values("distance"))
      let expected = [0, 5, root, 2.0.squareRoot(), 5, 0, 5, 5, root, 5, 0, 8, 2.0.squareRoot(), 5, 8, 0]
      for (a, b) in zip(distance, expected) { XCTAssertEqual(a / unit, b, accuracy: 10 * slack, "\(unit)") }
      for (a, b) in zip(try XCTUnwrap(report.values("norm")), [5.0, 0, 5, 5]) {
        XCTAssertEqual(a / unit, b, accuracy: 10 * slack, "\(unit)")
      }
      let cosine = try XCTUnwrap(report.values("cosine"))
      XCTAssertEqual(cosine[0], 1)
      XCTAssertEqual(cosine[2], 0, accuracy: slack, "\(unit)")
      XCTAssertEqual(cosine[3], 24.0 / 25, accuracy: 10 * slack, "\(unit)")
      XCTAssertTrue(cosine[1].isNaN && cosine[5].isNaN)
      XCTAssertEqual(try XCTUnwrap(report.values("normalized_distance"))[2], root / 5, accuracy: 10 * slack)
    }
  }

  /// A plane through three far points, and its projections.
  func testPlanesOfEveryScale() throws {
    for unit in [1.0, 1e160, 1e-160] {
      // f is constant: only the geometry is asked for.
      let flat = try CallbackObjective(CallbackTable(dimension: 3, value: { _, _ in 1 }, hasGradient: false))
      let points = [[0.0, 0, 0], [3, 4, 0], [0, 0, 2], [3, 4, 2], [4, -3, 0]].map { $0.map { $0 * unit } }
      for directions in ["points", "three_point"] {
        let report = try SurfaceFixture.run(
          "plane", ["directions": .text(directions), "resolution": .int(3)], flat, points)
        let coordinates = try XCTUnwrap(report.values("coordinates"))
        let lengths = directions == "points" ? [1.0, 1] : [5 * unit, 2 * unit]
        XCTAssertEqual(coordinates[2] / lengths[0], 1, accuracy: 1e-13, "\(unit) \(directions)")
        XCTAssertEqual(coordinates[6] / lengths[0], 1, accuracy: 1e-13, "\(unit) \(directions)")
        XCTAssertEqual(coordinates[7] / lengths[1], 1, accuracy: 1e-13, "\(unit) \(directions)")
        let out = try XCTUnwrap(report.values("out_of_plane"))
        XCTAssertEqual(out[3] / unit, 0, accuracy: 1e-13)
        XCTAssertEqual(out[4] / unit, 5, accuracy: 1e-12, "\(unit) \(directions)")
        XCTAssertEqual(try XCTUnwrap(report.scalar("direction_cosine")), 0, accuracy: 1e-14)
        XCTAssertEqual(report.text("message"), "converged")
      }
      let path = try SurfaceFixture.run("linear_path", [:], flat, [points[0], points[1]])
      XCTAssertEqual(try XCTUnwrap(path.scalar("distance")) / unit, 5, accuracy: 1e-13)
      for normalization in ["unit", "filter"] {
        let drawn = try SurfaceFixture.run(
          "plane", ["normalization": .text(normalization), "resolution": .int(3)], flat, [points[1]])
        let length = normalization == "unit" ? 1 : 5 * unit
        XCTAssertEqual(try XCTUnwrap(drawn.values("direction_norms"))[0] / length, 1, accuracy: 1e-13)
      }
    }
  }

  /// Error bars of a loss of any size: additive noise on f = unit sum a_i x_i^2 / 2 at 0.
  func testErrorBarsOfLocalEnergy() throws {
    var bars: [Double] = []
    for unit in [1.0, 1e200, 1e-200] {
      let report = try SurfaceFixture.run(
        "local_energy", ["noise": .text("additive"), "sigmas": .reals([0.1]), "draws": .int(50)],
        try quadratic([1, 2, 3].map { $0 * unit }), [[0, 0, 0]])
      let error = try XCTUnwrap(report.values("loss_rise_error"))[0]
      bars.append(error / unit)
      XCTAssertEqual(report.text("message"), "converged")
    }
    XCTAssertEqual(bars[1], bars[0], accuracy: 1e-12 * bars[0])
    XCTAssertEqual(bars[2], bars[0], accuracy: 1e-12 * bars[0])
    XCTAssertGreaterThan(bars[0], 0)
  }
}
