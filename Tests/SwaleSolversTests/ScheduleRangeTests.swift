import Swale
import XCTest

/// Schedules whose length fits no integer, and histograms whose bins do not: runs like any other.
final class ScheduleRangeTests: XCTestCase {
  private func perceptron(_ n: Int, _ patterns: Int) throws -> any Objective {
    let data = try Registry.shared.make(
      .dataset, "random_patterns", ["samples": .int(patterns), "features": .int(n)], as: (any DataSource).self
    ).load(seed: 3)
    return try Perceptron().build(LandscapeParts(registry: Registry.shared, model: nil, data: data))
  }

  func testFocusingAtRatesBelowAnyStep() throws {
    let objective = try perceptron(51, 60)
    for rate in [Double.leastNonzeroMagnitude, 1e-300, 1e-19, 1e-18, 1e-15] {
      let run = try solved(
        FocusingBP.self, ["rate": .real(rate), "stop": .text("end")], objective, [Double](repeating: 1, count: 51),
        run: ["max_steps": .int(3)])
      XCTAssertEqual(run.steps, 3)
      XCTAssertEqual(run.report.values("rho"), [rate, 2 * rate, 3 * rate], "rate \(rate)")
    }
  }

  /// Each energy in a bin around a multiple of the width, whatever the width: counts sum to the sweeps.
  func testHistogramsOfAnyWidth() throws {
    let energies: [[Double]] = [[3, 3, 3, 3], [1e300, 1e300, 1e300, 1e300], [0, 1, 1, 2], [-1e200, 1e200, 0, 0]]
    for levels in energies {
      for width in [Double.leastNonzeroMagnitude, 1e-300, 1e-19, 0.5, 1, 1e150] {
        let run = try solved(
          Metropolis.self,
          ["temperature": .real(1e150), "burn_in": .int(0), "sweeps": .int(64), "histogram_width": .real(width)],
          TableLandscape(levels), [1, 1])
        let counts = try XCTUnwrap(run.report.values("histogram_counts"), "\(levels) \(width)")
        XCTAssertEqual(counts.reduce(0, +), 64, "\(levels) \(width)")
      }
    }
    let exact = try solved(
      Metropolis.self,
      ["temperature": .real(1e150), "burn_in": .int(0), "sweeps": .int(500), "histogram_width": .real(1)],
      TableLandscape([0, 1, 1, 2]), [1, 1])
    XCTAssertEqual(exact.report.values("histogram_energies"), [0, 1, 2])
  }
}
