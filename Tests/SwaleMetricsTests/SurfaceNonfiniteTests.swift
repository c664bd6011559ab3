import Foundation
import Swale
import XCTest

/// Surfaces with values that are no numbers: what is there is returned, and nothing is called converged.
final class SurfaceNonfiniteTests: XCTestCase {
  private typealias Fixture = SurfaceFixture

  /// f = log x_0, which is NaN left of 0 and -infinity at it.
  private func halfPlane() throws -> any Objective {
    try CallbackObjective(CallbackTable(dimension: 2, value: { x, _ in log(x[0]) }, hasGradient: false))
  }

  func testPlanePathAndLocalEnergy() throws {
    let objective = try halfPlane()
    let plane = try Fixture.run(
      "plane", ["directions": .text("points"), "resolution": .int(5)], objective, [[1, 0], [3, 0], [1, 1]])
    // x = 1 + 2 u with u = -1, -.5, 0, .5, 1: NaN and -infinity in each of five rows.
    XCTAssertEqual(plane.text("message"), "not converged")
    XCTAssertEqual(plane.scalar("success"), 0)
    XCTAssertEqual(plane.text("status"), "not converged: 10 of 28 values are not finite")
    XCTAssertEqual(try XCTUnwrap(plane.values("loss"))[2], 0)

    let path = try Fixture.run("linear_path", ["points": .int(5)], objective, [[1, 0], [-1, 0]])
    XCTAssertEqual(path.text("message"), "not converged")
    XCTAssertEqual(path.text("status"), "not converged: 3 of 5 values are not finite")
    XCTAssertTrue(try XCTUnwrap(path.scalar("chord_barrier")).isNaN)

    let energy = try Fixture.run(
      "local_energy", ["noise": .text("additive"), "sigmas": .reals([1e-3, 5])], objective, [[1, 0]])
    XCTAssertEqual(energy.text("message"), "not converged")
    XCTAssertEqual(energy.text("status"), "not converged: 1 of 2 values are not finite")
    XCTAssertTrue(try XCTUnwrap(energy.values("loss_rise"))[0].isFinite)
  }

  func testNumbersConverge() throws {
    let objective = try halfPlane()
    let plane = try Fixture.run(
      "plane", ["directions": .text("points"), "resolution": .int(3), "range": .real(0.1)], objective,
      [[1, 0], [3, 0], [1, 1]])
    XCTAssertEqual(plane.text("message"), "converged")
    XCTAssertEqual(plane.text("status"), "converged")
    let path = try Fixture.run("linear_path", [:], objective, [[1, 0], [2, 0]])
    XCTAssertEqual(path.text("message"), "converged")
    // A run that was stopped keeps the reason of its end.
    let stopped = try Fixture.run("linear_path", [:], objective, [[1, 0], [-1, 0]]) { $0.maxEvaluations = 20 }
    XCTAssertEqual(stopped.scalar("reason"), Double(Reason.maxEvaluations.rawValue))
  }

  /// Directions that are no eigenvectors yet are no eigenvectors.
  func testEigenvectorDirections() throws {
    let n = 3000
    // A bulk without a gap at its end: 300 steps do not find its last two to 1e-4.
    let quadratic = try QuadraticObjective(diagonal: (0..<n).map { 1 - pow(Double($0) / Double(n), 2) * 1e-6 })
    let report = try Fixture.run(
      "plane", ["directions": .text("eigenvectors"), "resolution": .int(3)], quadratic,
      [[Double](repeating: 0, count: n)])
    let residuals = try XCTUnwrap(report.values("eigenvalue_residuals"))
    XCTAssertEqual(report.scalar("success"), residuals.allSatisfy { $0 < 1e-11 } ? 1 : 0)
  }
}
