import Swale
import XCTest

/// Changes of energy by single flips, along random walks that make most of them, against evaluations from nothing.
final class PatternFlipTests: XCTestCase {
  /// Counts and flips to repair are whole numbers: exact. Real losses: 1e-9 of the energy in f64; sums of up to 100
  /// numbers with relative errors of 6e-8 each, against themselves, in f32.
  private func walk<S: Scalar>(_ type: S.Type, tolerance: Double) throws {
    for (name, fixture) in PatternValueTests.devices() {
      for margin in name == "parity" ? [0] : [0, 0.45] {
        var device = fixture
        device.margin = margin
        for loss in PatternValueTests.losses(name, device) where loss != "margin" {
          let precision = S.precision.text
          let objective = try device.objective(name, ["loss": .text(loss), "precision": .text(precision)])
          let oracle = try objective.makeOracle(S.self)
          let exact = loss == "error_count" || loss == "linear"
          var x = PatternFixture.signs(device.dimension, seed: 21).map { S($0) }
          var energy = try oracle.place(x)
          var sites = RandomStream(seed: 4, stream: 80)
          for step in 0..<60 {
            let i = sites.below(device.dimension)
            let change = oracle.flipChange(i)
            XCTAssertEqual(oracle.flipChange(i), change, "a proposal changes nothing")
            var y = x
            y[i] = -y[i]
            let after = try oracle.value(y)
            if exact {
              XCTAssertEqual(after - energy, change, "\(name) K \(device.hidden) \(device.unit) \(loss) step \(step)")
            } else {
              XCTAssertEqual(
                after - energy, change, accuracy: tolerance * max(1, abs(energy)),
                "\(name) K \(device.hidden) \(device.unit) \(loss) step \(step)")
            }
            if step % 5 != 4 {
              oracle.flip(i)
              (x, energy) = (y, after)
            }
          }
        }
      }
    }
  }

  func testWalksInDouble() throws { try walk(Double.self, tolerance: 1e-9) }
  func testWalksInFloat() throws { try walk(Float.self, tolerance: 1e-5) }

  func testMeanReductionAndGammaOfFlips() throws {
    var device = PatternFixture(inputs: 35, patterns: 30, seed: 8)
    let objective = try device.objective("perceptron", ["loss": "cross_entropy", "reduction": "mean", "gamma": 0.5])
    let oracle = try objective.makeOracle(Double.self)
    let x = PatternFixture.signs(35, seed: 2)
    var y = x
    y[7] = -y[7]
    XCTAssertEqual(oracle.gamma, 0.5)
    for gamma in [0.5, 3.0] {
      try oracle.setGamma(gamma)
      device.gamma = gamma
      if gamma == 0.5 { _ = try oracle.place(x) }
      // After a change of gamma the current spins stay, and their energy is the new one.
      let expected = (device.energy("cross_entropy", y) - device.energy("cross_entropy", x)) / 30
      XCTAssertEqual(oracle.flipChange(7), expected, accuracy: 1e-12)
    }
    XCTAssertEqual(try oracle.place(x), device.energy("cross_entropy", x) / 30, accuracy: 1e-12)
  }

  func testBeforePlacingAndBeyondTheSpins() throws {
    for loss in ["error_count", "hinge"] {
      let oracle = try PatternFixture(inputs: 9, patterns: 4, seed: 1).objective("perceptron", ["loss": .text(loss)])
        .makeOracle(Double.self)
      XCTAssertTrue(oracle.flipChange(0).isNaN)
      oracle.flip(0)
      _ = try oracle.place(PatternFixture.signs(9, seed: 1))
      XCTAssertTrue(oracle.flipChange(9).isNaN)
      XCTAssertTrue(oracle.flipChange(-1).isNaN)
      oracle.flip(9)
    }
  }
}
