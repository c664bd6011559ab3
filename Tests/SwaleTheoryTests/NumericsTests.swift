import Glibc
import SwaleCore
import XCTest

@testable import SwaleTheory

final class NumericsTests: XCTestCase {
  /// Test vectors computed with 30 digits (mpmath).
  func testGaussianTail() {
    let logH = [
      (0.0, -0.693147180560), (1, -1.841021645009), (5, -15.064998393989), (10, -53.231285150512),
      (20, -203.917155371097), (40, -804.608442013754),
    ]
    for (x, value) in logH { XCTAssertEqual(GaussianTail.logH(x), value, accuracy: 1e-12 * max(1, -value)) }
    for (x, value) in [(0.0, 0.797884560803), (5, 5.186503967126), (40, 40.024968847211)] {
      XCTAssertEqual(GaussianTail.r(x), value, accuracy: 1e-11)
    }
    for (x, value) in [(1.0, 1.230418913806), (3, 5.706749588616), (6, 19.535354176892)] {
      XCTAssertEqual(GaussianTail.atanhErf(x), value, accuracy: 1e-11)
    }
    // Both sides of the switch to the continued fraction, and far out in both tails.
    for x in [4.99, 5.01, -3, -20, 0.3, 100] {
      let slope = (GaussianTail.logH(x + 1e-4) - GaussianTail.logH(x - 1e-4)) / 2e-4
      XCTAssertEqual(GaussianTail.r(x), -slope, accuracy: 1e-7 * max(1, abs(x)))
      let curvature = (GaussianTail.r(x + 1e-4) - GaussianTail.r(x - 1e-4)) / 2e-4
      XCTAssertEqual(GaussianTail.rSlope(x), curvature, accuracy: 1e-7)
    }
    let a = GaussianTail.logH(5), b = GaussianTail.logH(5.0.nextUp)
    XCTAssertEqual(a, b, accuracy: 2e-14 * abs(a))
  }

  /// Moments of the normal distribution, 1, 1, 3, 15, ..., 2 n - 1 of them exact with n Gauss-Hermite nodes.
  func testMoments() {
    for grid in [GaussianGrid.standard, GaussianGrid(hermite: 24), GaussianGrid.resolving(at: 0.3, width: 1e-4)] {
      var expected = 1.0
      for power in stride(from: 0, through: 12, by: 2) {
        if power > 0 { expected *= Double(power - 1) }
        // z^12 exp(-z^2 / 2) beyond 8 is 1e-6 of the moment.
        XCTAssertEqual(grid.mean { pow($0, Double(power)) } / expected, 1, accuracy: power < 8 ? 1e-9 : 1e-5)
      }
    }
  }

  func testKinkIsResolved() {
    // E max(0, z - c) = G(c) - c H(c); ln(1 + e^{x/w}) w -> max(0, x) with the correction w^2 pi^2 / 6 G(c).
    for (c, w) in [(0.0, 1e-3), (1.2, 1e-4), (-2.5, 1e-6)] {
      let grid = GaussianGrid.resolving(at: c, width: w)
      let value = grid.mean { z in
        let x = (z - c) / w
        return w * (max(0, x) + log1p(exp(-abs(x))))
      }
      let exact = GaussianTail.density(c) - c * GaussianTail.h(c) + w * w * .pi * .pi / 6 * GaussianTail.density(c)
      XCTAssertEqual(value, exact, accuracy: 1e-11)
    }
  }

  func testTwoVariables() {
    // E exp(a z1 + b z1 z2) = exp(a^2 / (2 (1 - b^2))) / sqrt(1 - b^2).
    let (a, b) = (0.7, 0.4)
    let value = GaussianGrid.standard.mean { exp(a * $0 + b * $0 * $1) }
    XCTAssertEqual(value, exp(a * a / (2 * (1 - b * b))) / (1 - b * b).squareRoot(), accuracy: 1e-9)
  }

  func testRoots() {
    XCTAssertEqual(RootFinder.root(0, 2) { cos($0) - $0 } ?? .nan, 0.7390851332151607, accuracy: 1e-15)
    XCTAssertEqual(RootFinder.root(-1, 50) { exp($0) - 5 } ?? .nan, log(5.0), accuracy: 1e-14)
    XCTAssertEqual(RootFinder.firstRoot(from: 0, by: 0.3, through: 20) { sin($0) + 0.5 } ?? .nan, 7 * .pi / 6,
      accuracy: 1e-13)
    XCTAssertNil(RootFinder.root(-1, 1) { $0 * $0 + 1 })
    XCTAssertNil(RootFinder.root(-1, 1) { log($0) + 1 })
    XCTAssertNil(RootFinder.firstRoot(from: 0, by: 0.5, through: 9) { 1 + $0 })
  }

  func testMinima() {
    let found = Minimizer.minimum(0, 4) { cosh($0 - 1.3) + 2 }
    XCTAssertEqual(found.x, 1.3, accuracy: 1e-7)
    XCTAssertEqual(found.value, 3, accuracy: 1e-14)
    XCTAssertTrue(found.inside)
    XCTAssertFalse(Minimizer.minimum(0, 1) { $0 }.inside)
    XCTAssertFalse(Minimizer.minimum(0, 1) { -$0 }.inside)
  }

  func testFixedPoints() {
    // x = cos y, y = sin x + 0.3.
    let outcome = FixedPoint().solve(from: [0, 0]) { [cos($0[1]), sin($0[0]) + 0.3] }
    XCTAssertTrue(outcome.converged)
    XCTAssertEqual(outcome.x[0], cos(sin(outcome.x[0]) + 0.3), accuracy: 1e-10)
    // An iteration that plain damping by 1/2 cannot solve: slope -9.
    let steep = FixedPoint().solve(from: [0.0]) { [1 - 9 * $0[0] - $0[0] * $0[0] * $0[0]] }
    XCTAssertTrue(steep.converged)
    XCTAssertEqual(10 * steep.x[0] + pow(steep.x[0], 3), 1, accuracy: 1e-9)
    // No solution: no number.
    XCTAssertFalse(FixedPoint().solve(from: [0.0]) { [$0[0] + 1 + $0[0] * $0[0]] }.converged)
    XCTAssertFalse(FixedPoint().solve(from: [2.0]) { _ in nil }.converged)
  }

  /// x^3 - 3 x + p = 0: the branch through x = 1 at p = 2 ... -2 ends at p = 2.
  func testContinuationStopsWhereTheBranchEnds() {
    func solve(_ p: Double, _ x: Double) -> Double? {
      RootFinder.root(1, x + 0.5) { $0 * $0 * $0 - 3 * $0 + p }
    }
    let path = Continuation(step: 0.3, smallestStep: 1e-6)
    XCTAssertEqual(path.follow(from: 0, 3.0.squareRoot(), to: 1, solve: solve) ?? .nan, 2 * cos(2 * .pi / 9),
      accuracy: 1e-9)
    XCTAssertNil(path.follow(from: 0, 3.0.squareRoot(), to: 2.1, solve: solve))
  }
}
