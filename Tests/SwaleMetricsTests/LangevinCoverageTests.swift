import Glibc
import Swale
import XCTest

/// What the Langevin estimate of local entropy calls converged holds its error bars, also where chains mix badly; where
/// they do not mix, it does not call it converged.
final class LangevinCoverageTests: XCTestCase {
  /// Deviations of one estimate from the truth in units of its error bars.
  private func deviations(_ report: Report, _ truth: [String: Double]) -> [Double] {
    truth.map { name, value in
      ((report.values(name)?[0] ?? .nan) - value) / (report.values(name + "_error")?[0] ?? .nan)
    }
  }

  /// f = sum a x^2 / 2 + b x around w = 0.
  private func exact(_ a: [Double], _ b: [Double], _ beta: Double, _ gamma: Double) -> [String: Double] {
    let n = Double(a.count)
    var (free, entropy, distance, loss) = (0.0, 0.0, 0.0, 0.0)
    for i in a.indices {
      let precision = gamma + beta * a[i]
      let mean = -beta * b[i] / precision
      free += (-0.5 * log(precision / gamma) + 0.5 * beta * beta * b[i] * b[i] / precision) / n
      entropy += 0.5 * log(2 * .pi * M_E / precision) / n
      distance += (1 / precision + mean * mean) / n
      loss += a[i] / 2 * (1 / precision + mean * mean) + b[i] * mean
    }
    return ["free_entropies": free, "entropies": entropy, "distances": distance.squareRoot(), "losses": loss]
  }

  /// Ill-conditioned wells among them that of diagonal (0, 20), linear (1, 0), gamma 0.1, beta 10, where 2 d^2 =
  /// 10010 (the chain drifts over 100 in steps of 1/20): of all numbers that count as converged over many seeds, 90
  /// percent are within two error bars (95 for ideal ones), and none is off by six.
  func testCoverage() throws {
    let cases: [(a: [Double], b: [Double], beta: Double, gamma: Double, samples: Int, converges: Bool)] = [
      ([0, 20], [1, 0], 10, 0.1, 500, false), ([0, 20], [1, 0], 10, 0.1, 4000, false),
      ([0.1, 20], [1, 0], 1, 0.1, 2000, false), ([0.1, 20], [1, 0], 1, 0.1, 40_000, true),
      ([1, 10], [1, -1], 1, 1, 2000, true),
      ((0..<12).map { 0.3 + 0.4 * Double($0) }, [Double](repeating: 0, count: 12), 2, 3, 2000, true),
      ([100], [0], 2, 2, 2000, true), ([0.5], [3], 2, 1, 500, true),
    ]
    for item in cases {
      let objective = try SurfaceFixture.objective(
        "quadratic", ["diagonal": .reals(item.a), "linear": .reals(item.b)])
      let truth = exact(item.a, item.b, item.beta, item.gamma)
      var all: [Double] = []
      var converged = 0
      let seeds = item.samples > 10_000 ? 12 : 40
      for seed in 0..<seeds {
        let report = try SurfaceFixture.run(
          "local_entropy",
          ["beta": .real(item.beta), "gammas": .reals([item.gamma]), "samples": .int(item.samples)], objective,
          [[Double](repeating: 0, count: item.a.count)], seed: seed)
        if report.values("converged") == [1] {
          converged += 1
          all += deviations(report, truth)
        } else {
          XCTAssertTrue(report.values("entropies")?[0].isNaN ?? false)
          XCTAssertTrue(report.text("status")?.hasPrefix("not converged") ?? false)
          XCTAssertEqual(report.scalar("success"), 0)
        }
      }
      let name = "\(item)"
      if item.converges { XCTAssertGreaterThan(converged, seeds / 2, name) }
      if all.isEmpty { continue }
      XCTAssertFalse(all.contains(where: \.isNaN), name)
      XCTAssertGreaterThanOrEqual(Double(all.count { abs($0) < 2 }), 0.9 * Double(all.count), name)
      XCTAssertLessThan(all.map(abs).max() ?? .nan, 6, name)
    }
  }

  /// f = h (x^2 - 1)^2 + t x in one dimension, the point in the upper or the lower well: the truth by quadrature.
  private func well(height: Double, tilt: Double, center: Double, beta: Double, gamma: Double) throws -> (
    objective: any Objective, truth: [String: Double]
  ) {
    @Sendable func f(_ x: Double) -> Double { height * (x * x - 1) * (x * x - 1) + tilt * x }
    let objective = try CallbackObjective(
      CallbackTable(
        dimension: 1,
        value: { x, gradient in
          if let gradient { gradient[0] = 4 * height * x[0] * (x[0] * x[0] - 1) + tilt }
          return f(x[0])
        }, hasGradient: true))
    // The trapezoid rule on a range outside of which nothing is left.
    var (z, free, energy, square, loss) = (0.0, 0.0, 0.0, 0.0, 0.0)
    let least = (-3000...3000).map { f(Double($0) / 1000) }.min() ?? 0
    let step = 1e-3
    for k in -20_000...20_000 {
      let x = center + step * Double(k)
      let own = 0.5 * gamma * (x - center) * (x - center)
      let weight = exp(-beta * (f(x) - least) - own)
      z += weight * step
      energy += weight * step * (beta * f(x) + own)
      square += weight * step * (x - center) * (x - center)
      loss += weight * step * f(x)
    }
    let logZ = log(z) - beta * least
    free = logZ - 0.5 * log(2 * .pi / gamma)
    return (
      objective,
      [
        "free_entropies": free, "entropies": logZ + energy / z, "distances": (square / z).squareRoot(),
        "losses": loss / z,
      ]
    )
  }

  /// Two wells: estimates that count as converged hold both. Their error bars come from eight ladders, few of which
  /// change wells: 85 percent within two of them are asked for.
  func testTwoWells() throws {
    for (height, tilt, center, beta, gamma) in [
      (1.0, 0.0, 1.0, 1.0, 0.5), (1, 0.3, 1, 5, 0.2), (1, 0, 1, 10, 0.1), (1, 0.3, 1, 20, 0.5), (5, 0.2, 1, 10, 0.2),
    ] {
      let (objective, truth) = try well(height: height, tilt: tilt, center: center, beta: beta, gamma: gamma)
      var all: [Double] = []
      for seed in 0..<40 {
        let report = try SurfaceFixture.run(
          "local_entropy", ["beta": .real(beta), "gammas": .reals([gamma]), "samples": .int(2000)], objective, [[center]],
          seed: seed)
        if report.values("converged") == [1] { all += deviations(report, truth) }
      }
      let name = "height \(height) tilt \(tilt) beta \(beta) gamma \(gamma)"
      if all.isEmpty { continue }
      XCTAssertGreaterThanOrEqual(Double(all.count { abs($0) < 2 }), 0.85 * Double(all.count), name)
      XCTAssertLessThan(all.map(abs).max() ?? .nan, 6, name)
    }
    // The easy one does converge.
    let (objective, _) = try well(height: 1, tilt: 0, center: 1, beta: 1, gamma: 0.5)
    let easy = try SurfaceFixture.run(
      "local_entropy", ["beta": .real(1), "gammas": .reals([0.5]), "samples": .int(4000)], objective, [[1]])
    XCTAssertEqual(easy.values("converged"), [1])
  }

  /// The error of too few nodes is in the bars: directions of curvature 2000 gamma / beta, and a slope.
  func testNodes() throws {
    for (a, b) in [([1000.0], [0.0]), ([0.0], [20.0])] {
      let objective = try SurfaceFixture.objective("quadratic", ["diagonal": .reals(a), "linear": .reals(b)])
      for nodes in [2, 5] {
        let report = try SurfaceFixture.run(
          "local_entropy",
          ["beta": .real(2), "gammas": .reals([1]), "samples": .int(20_000), "nodes": .int(nodes), "warm_up": .int(1000)],
          objective, [[0]])
        let truth = exact(a, b, 2, 1)
        guard report.values("converged") == [1] else { continue }
        for z in deviations(report, truth) { XCTAssertLessThan(abs(z), 4, "\(a) \(b) nodes \(nodes)") }
        XCTAssertGreaterThan(report.values("quadrature_errors")?[0] ?? 0, 0)
      }
    }
  }
}
