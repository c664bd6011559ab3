import Glibc
import Swale
import XCTest

/// `local_energy` with flips over inputs that are numbers: the closed form knows how long each pattern is.
final class FlipEnergyNumberTests: XCTestCase {
  /// Gaussian inputs three times as large as signs in one half of the patterns and mostly 0 in the other; labels given by
  /// the weights, so that errors start at 0 and short and long patterns err alike.
  func testClosedFormOfPatternsOfAnyLength() throws {
    let (n, patterns) = (401, 1200)
    var random = RandomStream(seed: 6, stream: 91)
    var draws = [Double](repeating: 0, count: n * patterns)
    random.normal(draws.count, into: &draws)
    var w = [Double](repeating: 0, count: n)
    random.signs(n, into: &w)
    var labels = [Double](repeating: 1, count: patterns)
    for p in 0..<patterns {
      for j in 0..<n { draws[p * n + j] = p % 2 == 0 ? 3 * draws[p * n + j] : j % 4 == 0 ? draws[p * n + j] : 0 }
      let field = (0..<n).reduce(0) { $0 + draws[p * n + $1] * w[$1] }
      labels[p] = field < 0 ? -1 : 1
    }
    let data = Dataset(
      name: "lengths", count: patterns, shape: [n], inputs: SampleStorage(try Buffer(draws)),
      targets: .real(SampleStorage(try Buffer(labels)), width: 1))
    let landscape = try Registry.shared.make(.objective, "perceptron", [:], as: (any Landscape).self)
    let device = try landscape.build(LandscapeParts(registry: .shared, data: data))
    let report = try SurfaceFixture.run(
      "local_energy",
      ["noise": .text("flips"), "distances": .reals([0.01, 0.05, 0.2]), "draws": .int(60)], device, [w])
    let found = try XCTUnwrap(report.values("error_at_distance"))
    let closed = try XCTUnwrap(report.values("closed_form"))
    for (i, d) in [0.01, 0.05, 0.2].enumerated() {
      // 60 draws on fixed patterns; with lengths of sqrt N for all, the closed form would be off by 0.07 at 0.05.
      XCTAssertEqual(found[i], closed[i], accuracy: 0.01, "\(d)")
      // The patterns' own fluctuation, sqrt(e (1 - e) / 1200) < 0.015.
      XCTAssertEqual(found[i], acos(1 - 2 * (d * Double(n)).rounded() / Double(n)) / .pi, accuracy: 0.03, "\(d)")
    }
  }
}
