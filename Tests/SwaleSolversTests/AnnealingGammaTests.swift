import Glibc
import Swale
import XCTest

/// Annealing while the gamma of the loss moves: every sweep happens on the landscape with the gamma of that sweep.
final class AnnealingGammaTests: XCTestCase {
  let (n, p) = (63, 30)

  func data() throws -> Dataset {
    try RandomPatterns.configured(["samples": .int(p), "features": .int(n)]).load(seed: 4)
  }

  func perceptron(_ options: Options) throws -> any Objective {
    let landscape = try Registry.shared.make(.objective, "perceptron", options, as: (any Landscape).self)
    return try landscape.build(LandscapeParts(registry: .shared, data: try data()))
  }

  /// sum_mu ln(1 + exp(-2 gamma x_mu)) / (2 gamma), from the patterns themselves.
  func energies(_ gamma: Double) throws -> ([Double]) -> Double {
    let data = try data()
    let (inputs, labels) = (try Buffer<Double>(n * p), try Buffer<Double>(p))
    data.inputs.read(0, n * p, into: inputs.pointer)
    guard case .real(let targets, _) = data.targets else { throw Failure(.internalError, "no labels") }
    targets.read(0, p, into: labels.pointer)
    return { [n, p] w in
      (0..<p).reduce(0.0) { sum, mu in
        let field = (0..<n).reduce(0.0) { $0 + w[$1] * inputs.pointer[mu * n + $1] }
        return sum + log1p(exp(-2 * gamma * labels.pointer[mu] * field / Double(n).squareRoot())) / (2 * gamma)
      }
    }
  }

  func gamma(_ from: Double, _ to: Double, level: Int, of levels: Int) -> Double {
    from * pow(to / from, min(1, Double(level) / Double(levels - 1)))
  }

  /// Both directions, several sweeps per level, both precisions: the energy after every sweep is that of the formula at
  /// the gamma of the sweep; the energy at the end is that of the objective itself.
  func testEverySweepHasItsGamma() throws {
    for (from, to, each, precision, tolerance) in [
      (0.5, 4.0, 1, "f64", 1e-9), (4, 0.5, 1, "f64", 1e-9), (0.5, 4, 7, "f64", 1e-9), (4, 0.5, 1, "f32", 1e-3),
    ] {
      let own = try perceptron(
        ["loss": .text("cross_entropy"), "gamma": .real(1.5), "precision": .text(precision)])
      let sweeps = 60
      let end = try solved(
        SimulatedAnnealing.self,
        [
          "gamma_start": .real(from), "gamma_end": .real(to), "sweeps": .int(sweeps), "stop_at_zero": .bool(false),
          "sweeps_per_temperature": .int(each),
        ], own, randomSpins(n, seed: 1), run: ["trajectory_every": .int(1)])
      let levels = (sweeps - 1) / each + 1
      let products = try XCTUnwrap(end.report.values("gamma_norm"))
      XCTAssertEqual(products.count, sweeps)
      var lowest = Double.infinity
      for t in 0..<sweeps {
        let now = gamma(from, to, level: t / each, of: levels)
        XCTAssertEqual(products[t], now * Double(n).squareRoot(), accuracy: 1e-9)
        let energy = try energies(now)(end.trajectory[t + 1])
        XCTAssertEqual(end.losses[t], energy, accuracy: tolerance, "gamma \(from) to \(to), sweep \(t)")
        if t / each == levels - 1 { lowest = min(lowest, energy) }
      }
      // x is the lowest of the last level; its reported energy that of the objective's own gamma.
      XCTAssertEqual(try energies(to)(end.x), lowest, accuracy: tolerance)
      XCTAssertEqual(end.report.scalar("energy") ?? .nan, try energies(1.5)(end.x), accuracy: tolerance)
      XCTAssertEqual(end.fun, try energies(1.5)(end.x), accuracy: tolerance)
    }
  }

  /// A fixed temperature is a schedule when gamma moves, and an unmoved gamma_start is the landscape built with it.
  func testFixedTemperatureAndFixedGamma() throws {
    let own = try perceptron(["loss": .text("cross_entropy")])
    _ = try solved(
      SimulatedAnnealing.self,
      [
        "start_temperature": .real(0.2), "end_temperature": .real(0.2), "sweeps": .int(20), "gamma_start": .real(1),
        "gamma_end": .real(3),
      ], own, randomSpins(n, seed: 1))
    let other = try perceptron(["loss": .text("cross_entropy"), "gamma": .real(2)])
    let settings: Options = ["sweeps": .int(40), "stop_at_zero": .bool(false)]
    let set = try solved(
      SimulatedAnnealing.self, ["sweeps": .int(40), "stop_at_zero": .bool(false), "gamma_start": .real(2)], own,
      randomSpins(n, seed: 1))
    let built = try solved(SimulatedAnnealing.self, settings, other, randomSpins(n, seed: 1))
    XCTAssertEqual(set.x, built.x)
    for (a, b) in zip(set.losses, built.losses) { XCTAssertEqual(a, b, accuracy: 1e-9) }
  }

  /// Metropolis: gamma moves while burn_in lasts, averages are those of gamma_end.
  func testMetropolisBurnsIn() throws {
    for (from, to) in [(0.5, 3.0), (3, 0.5)] {
      let own = try perceptron(["loss": .text("cross_entropy")])
      let (burnIn, sweeps) = (10, 15)
      let end = try solved(
        Metropolis.self,
        [
          "gamma_start": .real(from), "gamma_end": .real(to), "burn_in": .int(burnIn), "sweeps": .int(sweeps),
          "readout": .text("best"),
        ], own, randomSpins(n, seed: 1), run: ["trajectory_every": .int(1)])
      for t in 0..<burnIn + sweeps {
        let now = gamma(from, to, level: t, of: burnIn + 1)
        XCTAssertEqual(end.losses[t], try energies(now)(end.trajectory[t + 1]), accuracy: 1e-9)
      }
      let series = try XCTUnwrap(end.report.values("energies"))
      XCTAssertEqual(series, Array(end.losses.suffix(sweeps)))
      XCTAssertEqual(try energies(to)(end.x), series.min() ?? .nan, accuracy: 1e-9)
      XCTAssertEqual(end.fun, try energies(1)(end.x), accuracy: 1e-9)
    }
  }

  /// Gaussian moves of real weights.
  func testRealWeights() throws {
    for (from, to) in [(0.5, 4.0), (4, 0.5)] {
      let own = try perceptron(["loss": .text("cross_entropy"), "weights": .text("real"), "gamma": .real(1.5)])
      let sweeps = 30
      let end = try solved(
        SimulatedAnnealing.self,
        ["gamma_start": .real(from), "gamma_end": .real(to), "sweeps": .int(sweeps), "stop_at_zero": .bool(false)],
        own, randomSpins(n, seed: 1), run: ["trajectory_every": .int(1)])
      for t in 0..<sweeps {
        let now = gamma(from, to, level: t, of: sweeps)
        XCTAssertEqual(end.losses[t], try energies(now)(end.trajectory[t + 1]), accuracy: 1e-9)
      }
      XCTAssertEqual(end.report.scalar("energy") ?? .nan, try energies(1.5)(end.x), accuracy: 1e-9)
    }
  }

  func testRefusals() throws {
    let (count, smooth) = (try perceptron([:]), try perceptron(["loss": .text("cross_entropy")]))
    let start = randomSpins(n, seed: 1)
    for message in [
      refusal { _ = try solved(SimulatedAnnealing.self, ["gamma_start": .real(2)], count, start) }?.message,
      refusal { _ = try solved(Metropolis.self, ["gamma_start": .real(2)], count, start) }?.message,
    ] {
      XCTAssertEqual(
        message,
        "option 'gamma_start' is 2.0, but the loss of objective 'perceptron' has no gamma; allowed 0, or a loss with a "
          + "gamma (cross_entropy)")
    }
    for name in ["gamma_start", "gamma_end"] {
      for message in [
        refusal { _ = try SimulatedAnnealing.configured([name: .real(-1)]) }?.message,
        refusal { _ = try Metropolis.configured([name: .real(-1)]) }?.message,
      ] {
        XCTAssertTrue(message?.contains("option '\(name)'") == true && message?.contains("is -1, allowed 0") == true)
      }
    }
    XCTAssertEqual(
      refusal { _ = try solved(SimulatedAnnealing.self, ["gamma_end": .real(2)], smooth, start) }?.message,
      "option 'gamma_end' is 2.0 but gamma_start is 0; give both, each above 0")
    XCTAssertEqual(
      refusal {
        _ = try solved(
          Metropolis.self, ["gamma_start": .real(1), "gamma_end": .real(2), "burn_in": .int(0)], smooth, start)
      }?.message,
      "option 'burn_in' of solver 'metropolis' is 0, but gamma moves from 1.0 to 2.0 while it lasts; allowed 1 or more, "
        + "or gamma_end as gamma_start")
    let still: Options = [
      "start_temperature": .real(0.2), "end_temperature": .real(0.2), "gamma_start": .real(2), "gamma_end": .real(2),
    ]
    XCTAssertTrue(
      refusal { _ = try solved(SimulatedAnnealing.self, still, smooth, start) }?.message.contains("never moves") == true)
  }
}
