import Glibc
import Swale
import XCTest

/// `langevin` against the stationary distributions of quadratic landscapes.
final class LangevinTests: XCTestCase {
  /// Without acceptance the chain on f = l x^2 / 2 is an autoregression: variance 2 h T / (1 - (1 - h l)^2), reached
  /// from 0 with the factor 1 - (1 - h l)^(2 t).
  func testUnadjustedVariance() throws {
    let (n, rate, temperature, curvature, steps) = (100_000, 0.3, 0.7, 0.9, 25)
    let bowl = try QuadraticObjective(diagonal: [Double](repeating: curvature, count: n))
    let options: Options = ["learning_rate": .real(rate), "temperature": .real(temperature), "steps": .int(steps)]
    let x = try solved(Langevin.self, options, bowl, [Double](repeating: 0, count: n)).x
    let keep = pow(1 - rate * curvature, 2)
    let expected = 2 * rate * temperature / (1 - keep) * (1 - pow(keep, Double(steps)))
    // Standard deviation of a variance from n numbers: sqrt(2 / n) = 0.45 %.
    XCTAssertEqual(x.reduce(0) { $0 + $1 * $1 } / Double(n), expected, accuracy: 0.02 * expected)
  }

  /// With it the distribution is exact for any step: variance T / l in each direction, where the unadjusted chain is
  /// wrong by 1 / (1 - h l / 2), here a third and a seventh.
  func testMetropolisIsExact() throws {
    let (curvatures, rate, temperature, steps) = ([1.0, 0.5], 0.5, 0.4, 60_000)
    let bowl = try QuadraticObjective(diagonal: curvatures)
    let options: Options = [
      "learning_rate": .real(rate), "temperature": .real(temperature), "steps": .int(steps), "metropolis": .bool(true),
    ]
    let result = try solved(Langevin.self, options, bowl, [0.3, -0.2], run: ["trajectory_every": .int(1)])
    let path = try XCTUnwrap(result.report.values("trajectory"))
    for (i, curvature) in curvatures.enumerated() {
      let variance = (0...steps).reduce(0) { $0 + path[2 * $1 + i] * path[2 * $1 + i] } / Double(steps + 1)
      // The squares decorrelate in less than 1 / (h l) steps: the error is about sqrt(2 * 8 / 60000) = 1.6 %.
      XCTAssertEqual(variance, temperature / curvature, accuracy: 0.06 * temperature / curvature)
    }
    let acceptance = try XCTUnwrap(result.report.scalar("acceptance"))
    XCTAssertTrue(acceptance > 0.7 && acceptance < 0.999, "\(acceptance)")
    // One gradient per move: those of the present point are kept.
    XCTAssertEqual(result.report.scalar("gradients"), Double(steps + 1))
  }

  func testZeroTemperatureIsGradientDescent() throws {
    let bowl = try QuadraticObjective(diagonal: [1, 3], center: [1, 2])
    let common: Options = ["learning_rate": .real(0.2), "steps": .int(9)]
    var options = common
    options["temperature"] = .real(0)
    let a = try solved(Langevin.self, options, bowl, [4, 5])
    let b = try solved(SGD.self, common, bowl, [4, 5])
    for (p, q) in zip(a.x, b.x) { XCTAssertEqual(p, q, accuracy: 1e-15) }
  }

  func testRefusals() throws {
    let cloud = CloudObjective(samples: 10)
    for (options, words) in [
      (["metropolis": .bool(true), "temperature": .real(0)], "temperature is 0"),
      (["metropolis": .bool(true), "batch_size": .int(3)], "batch_size is 3"),
      (["metropolis": .bool(true), "norm_start": .real(3)], "samples one landscape"),
    ] as [(Options, String)] {
      let found = refusal { _ = try solved(Langevin.self, options, cloud, [1, 2]) }
      XCTAssertTrue(found?.message.contains(words) ?? false, "\(String(describing: found))")
    }
  }
}
