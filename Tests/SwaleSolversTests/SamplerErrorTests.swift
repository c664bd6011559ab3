import Glibc
import Swale
import XCTest

/// Means of samplers: their error bars hold over many seeds against exactly known distributions, and those that mix too
/// slowly say so.
final class SamplerErrorTests: XCTestCase {
  /// x' = rho x + sqrt(1 - rho^2) z, variance 1.
  func autoregression(_ rho: Double, _ n: Int, seed: UInt64) throws -> Autocorrelation.Estimate {
    var noise = [Double](repeating: 0, count: n)
    Double.randomNormal(seed, 9, 0, n, 0, 1, &noise)
    let series = try Autocorrelation()
    let fresh = (1 - rho * rho).squareRoot()
    var x = noise[0]
    for z in noise.dropFirst() {
      series.add(x)
      x = rho * x + fresh * z
    }
    return series.estimate
  }

  /// The mean of n values has the variance (1 + rho) / (1 - rho) / n. Over 100 seeds the root mean square of
  /// (mean / error) is 1 +- 0.07 where errors are right; 0.15 more is left to errors of the errors. 40000 values are kept
  /// as blocks.
  func testAutoregressions() throws {
    for (rho, n) in [(0.0, 5000), (0.5, 5000), (0.9, 20_000), (0.95, 40_000), (-0.5, 5000)] {
      var (squares, time, error, outside) = (0.0, 0.0, 0.0, 0)
      for seed in 0..<100 {
        let found = try autoregression(rho, n, seed: UInt64(seed))
        XCTAssert(found.converged, "rho \(rho) seed \(seed)")
        squares += found.mean * found.mean / (found.error * found.error) / 100
        time += found.time / 100
        error += found.error / 100
        if abs(found.mean) > 2 * found.error { outside += 1 }
      }
      XCTAssertEqual(squares.squareRoot(), 1, accuracy: 0.22, "rho \(rho)")
      // 4.6 of 100 normal numbers are outside of 2, 12 or more in one of 500 experiments.
      XCTAssertLessThanOrEqual(outside, 12, "rho \(rho)")
      let exact = (1 + rho) / (1 - rho)
      // The mean of 100 estimates, each good to some 10 percent.
      XCTAssertEqual(time, 0.5 * exact, accuracy: 0.06 * exact, "rho \(rho)")
      XCTAssertEqual(error, (exact / Double(n)).squareRoot(), accuracy: 0.06 * (exact / Double(n)).squareRoot())
    }
  }

  /// 2000 steps of a series with the correlation time 1000 are two samples.
  func testSlowSeriesSaySo() throws {
    for seed in 0..<100 {
      let found = try autoregression(0.999, 2000, seed: UInt64(seed))
      XCTAssertFalse(found.converged, "seed \(seed)")
      XCTAssertLessThan(found.effectiveCount, 100)
    }
    let constant = try Autocorrelation()
    for _ in 0..<1000 { constant.add(3) }
    XCTAssertEqual(constant.estimate.mean, 3)
    XCTAssert(constant.estimate.error.isNaN && !constant.estimate.converged)
    XCTAssert(try Autocorrelation().estimate.mean.isNaN)
  }

  /// z-scores of mean_energy over seeds; each run must say that it has converged.
  func scores(
    _ seeds: Int, exact: Double, _ run: (Int) throws -> Solved
  ) throws -> (rootMeanSquare: Double, largest: Double) {
    var (squares, largest) = (0.0, 0.0)
    for seed in 0..<seeds {
      let result = try run(seed)
      let mean = try XCTUnwrap(result.report.scalar("mean_energy"))
      let error = try XCTUnwrap(result.report.scalar("mean_energy_error"))
      XCTAssertEqual(result.report.scalar("mean_energy_converged"), 1, "seed \(seed)")
      XCTAssertEqual(result.report.scalar("success"), 1, "seed \(seed)")
      XCTAssertGreaterThan(result.report.scalar("effective_samples") ?? 0, 100)
      squares += (mean - exact) * (mean - exact) / (error * error) / Double(seeds)
      largest = max(largest, abs(mean - exact) / error)
    }
    return (squares.squareRoot(), largest)
  }

  /// With acceptance the mean energy of a quadratic in n dimensions is n T / 2; without, direction by direction
  /// h T l / (1 - (1 - h l)^2).
  func testLangevinOnQuadratics() throws {
    let (curvatures, rate, temperature) = ([1.0, 2, 4], 0.2, 0.3)
    let bowl = try QuadraticObjective(diagonal: curvatures)
    for metropolis in [true, false] {
      let exact = curvatures.reduce(0) { sum, l in
        sum + (metropolis ? temperature / 2 : rate * temperature * l / (1 - (1 - rate * l) * (1 - rate * l)))
      }
      let found = try scores(60, exact: exact) { seed in
        let options: Options = [
          "learning_rate": .real(rate), "temperature": .real(temperature), "steps": .int(6000),
          "metropolis": .bool(metropolis),
        ]
        return try solved(
          Langevin.self, options, bowl, [0.3, 0, 0], run: ["seed": .int(seed), "history": .bool(false)])
      }
      // 1 +- 0.09 for 60 normal numbers; the largest of them is below 4 in all but 0.4 percent of the experiments.
      XCTAssertEqual(found.rootMeanSquare, 1, accuracy: 0.3, "metropolis \(metropolis)")
      XCTAssertLessThan(found.largest, 4, "metropolis \(metropolis)")
    }
  }

  /// Ten spins with an energy each for all configurations, against their enumeration.
  func testMetropolisAgainstEnumeration() throws {
    var energies = [Double](repeating: 0, count: 1024)
    Double.randomNormal(3, 5, 0, 1024, 0, 1, &energies)
    let weights = energies.map { exp(-$0 / 0.8) }
    let exact = zip(weights, energies).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
    let table = TableLandscape(energies)
    let found = try scores(60, exact: exact) { seed in
      try solved(
        Metropolis.self, ["temperature": .real(0.8), "sweeps": .int(4000)], table, randomSpins(10, seed: 1),
        run: ["seed": .int(seed), "history": .bool(false)])
    }
    XCTAssertEqual(found.rootMeanSquare, 1, accuracy: 0.3)
    XCTAssertLessThan(found.largest, 4)
  }

  /// Too short a run, and steps too small for the well, end as "not converged".
  func testSlowSamplersSaySo() throws {
    let bowl = try QuadraticObjective(diagonal: [1])
    let slow: Options = ["learning_rate": .real(1e-3), "temperature": .real(1), "steps": .int(2000)]
    let table = TableLandscape((0..<1024).map { Double($0.nonzeroBitCount) })
    for seed in 0..<20 {
      let results = [
        try solved(Langevin.self, slow, bowl, [0], run: ["seed": .int(seed)]),
        try solved(
          Metropolis.self, ["temperature": .real(1), "sweeps": .int(50)], table, randomSpins(10, seed: 1),
          run: ["seed": .int(seed)]),
      ]
      for result in results {
        XCTAssertEqual(result.report.scalar("mean_energy_converged"), 0)
        XCTAssertEqual(result.reason, .unconverged)
        XCTAssertEqual(result.report.scalar("success"), 0)
      }
    }
  }

  /// Where the rate moves there is no one distribution, and no mean of one.
  func testAnnealedLangevinHasNoMean() throws {
    let bowl = try QuadraticObjective(diagonal: [1])
    let result = try solved(
      Langevin.self, ["steps": .int(100), "schedule": .text("cosine"), "temperature": .real(0.1)], bowl, [1])
    XCTAssertNil(result.report.scalar("mean_energy"))
    XCTAssertEqual(result.reason, .maxSteps)
    XCTAssertEqual(result.report.scalar("success"), 1)
  }
}
