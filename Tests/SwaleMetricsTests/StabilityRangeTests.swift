import Swale
import XCTest

private func stabilities(_ device: SolutionDevice, _ x: [Double]) throws -> Report {
  try measure(
    try Stabilities.configured(["bins": .int(10)]), name: "stabilities", needs: Stabilities.needs, pointRange: 1...1,
    objective: device, points: x, count: 1, run: Run())
}

/// Stabilities at points of every size that a double has: the same numbers where the weights are scaled to the sphere,
/// the numbers times the factor where they are not, and words where a sum leaves the range.
final class StabilityRangeTests: XCTestCase {
  func testTheSphereForgetsTheSize() throws {
    let device = try SolutionDevice(fanIn: 31, patterns: 20, weights: .spherical)
    let x = SolutionFixture.normal(31, seed: 4)
    let expected = device.stabilities(x).sorted()
    for factor in [1.0, 1e-300, 1e300, 0x1p-500, 1e160, 1e-160, 5e-308] {
      let found = try XCTUnwrap(stabilities(device, x.map { $0 * factor }).values("stabilities"))
      // 31 products of weights of a few 1e-16 relative error; at 5e-308 some weights have lost 3 of their 16 digits.
      let tolerance = factor == 5e-308 ? 1e-12 : 1e-13
      for (a, b) in zip(found, expected) { XCTAssertEqual(a, b, accuracy: tolerance * 10, "factor \(factor)") }
    }
    // All weights at the smallest number there is are equal weights.
    let smallest = [Double](repeating: .leastNonzeroMagnitude, count: 31)
    let same = try XCTUnwrap(stabilities(device, smallest).values("stabilities"))
    for (a, b) in zip(same, device.stabilities([Double](repeating: 1, count: 31)).sorted()) {
      XCTAssertEqual(a, b, accuracy: 1e-13)
    }
  }

  func testRealWeightsKeepTheSize() throws {
    let device = try SolutionDevice(fanIn: 31, patterns: 20, weights: .real)
    let x = SolutionFixture.normal(31, seed: 5)
    let unit = try stabilities(device, x)
    // Powers of two: every sum and quotient is the same but for the exponent.
    for factor in [0x1p1000, 0x1p-900, 0x1p600] {
      let report = try stabilities(device, x.map { $0 * factor })
      for name in ["stabilities", "edges"] {
        let (a, b) = (try XCTUnwrap(report.values(name)), try XCTUnwrap(unit.values(name)))
        XCTAssertEqual(a, b.map { $0 * factor }, name)
      }
      for name in ["mean", "deviation", "margin"] {
        let b = try XCTUnwrap(unit.scalar(name)) * factor
        XCTAssertEqual(try XCTUnwrap(report.scalar(name)), b, accuracy: abs(b) * 1e-14, name)
      }
      let density = try XCTUnwrap(report.values("histogram"))
      let edges = try XCTUnwrap(report.values("edges"))
      let integral = density.enumerated().reduce(0.0) { $0 + $1.element * (edges[$1.offset + 1] - edges[$1.offset]) }
      XCTAssertEqual(integral, 1, accuracy: 1e-12)
    }
  }

  func testSumsBeyondTheRangeAreRefused() throws {
    let device = try SolutionDevice(fanIn: 31, patterns: 20, weights: .real)
    XCTAssertThrowsError(try stabilities(device, [Double](repeating: 1e308, count: 31))) { error in
      XCTAssertEqual((error as? Failure)?.status, .nonfinite)
      XCTAssertTrue("\(error)".contains("stability of pattern"), "\(error)")
    }
    // Too close for a density: bins around the common value, all of it in one place.
    let close = try stabilities(device, [.leastNonzeroMagnitude] + [Double](repeating: 0, count: 30))
    XCTAssertEqual(try XCTUnwrap(close.values("histogram")).reduce(0, +) * 0.1, 1, accuracy: 1e-12)
  }

  /// What is finite as a double but not in the precision of the objective is refused, at the border.
  func testPointsBeyondThePrecisionAreRefused() throws {
    let device = try SolutionDevice(fanIn: 31, patterns: 20, weights: .spherical, precision: .f32)
    var x = SolutionFixture.normal(31, seed: 6)
    x[7] = 1e39
    XCTAssertThrowsError(try stabilities(device, x)) { error in
      XCTAssertEqual((error as? Failure)?.status, .nonfinite)
      XCTAssertTrue("\(error)".contains("element 7 is 1e+39, which is infinite in f32"), "\(error)")
    }
    XCTAssertThrowsError(try device.makeEvaluator().evaluate(x))
  }
}
