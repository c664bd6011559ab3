import Glibc
import Swale
import XCTest

final class EffectiveOverlapTests: XCTestCase {
  /// Q against its definition: covariance of phi(u), phi(v) by a two-dimensional trapezoid (step 0.01; the jump of
  /// sign leaves errors of the order of the step).
  func testDefinition() {
    let grid = (0..<1600).map { -8 + 0.01 * (Double($0) + 0.5) }
    func mean(_ f: (Double) -> Double) -> Double {
      grid.reduce(0) { $0 + f($1) * exp(-$1 * $1 / 2) } * 0.01 / (2 * Double.pi).squareRoot()
    }
    for q in [0.1, 0.5, 0.9] {
      let rest = (1 - q * q).squareRoot()
      func covariance(_ phi: @escaping (Double) -> Double) -> Double {
        let m = mean(phi)
        return mean { u in phi(u) * mean { phi(q * u + rest * $0) } } - m * m
      }
      let sign: (Double) -> Double = { $0 > 0 ? 1 : -1 }
      let relu: (Double) -> Double = { max(0, $0) }
      XCTAssertEqual(EffectiveOverlap.sign(q), covariance(sign), accuracy: 2e-3)
      let m = mean(relu)
      let variance = mean { relu($0) * relu($0) } - m * m
      XCTAssertEqual(EffectiveOverlap.relu(q), covariance(relu) / variance, accuracy: 1e-3)
    }
  }

  func testSlope() {
    for device in EffectiveOverlap.allCases {
      for q in [0.1, 0.5, 0.9] {
        let difference = (device(q + 1e-5) - device(q - 1e-5)) / 2e-5
        XCTAssertEqual(device.slope(q), difference, accuracy: 1e-7, "\(device) at \(q)")
      }
    }
  }
}
