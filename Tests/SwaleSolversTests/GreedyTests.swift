import Glibc
import Swale
import XCTest

/// Greedy search on the local entropy: solutions by strict recount, from the flat side.
final class GreedyTests: XCTestCase {
  /// A registered device on random patterns at load alpha.
  private func device(
    _ name: String = "perceptron", _ options: Options = [:], inputs: Int, load: Double, weights: Int, seed: Int
  ) throws -> any Objective {
    var patterns = RandomPatterns()
    patterns.samples = Int((load * Double(weights)).rounded())
    patterns.features = inputs
    let data = try patterns.load(seed: UInt64(seed))
    var all = options
    all["precision"] = .text("f32")
    return try Registry.shared.make(.objective, name, all, as: (any Landscape).self)
      .build(LandscapeParts(registry: .shared, data: data))
  }

  private func perceptron(_ n: Int, _ load: Double, seed: Int) throws -> any Objective {
    try device(inputs: n, load: load, weights: n, seed: seed)
  }

  private func start(_ n: Int, _ seed: Int) -> [Double] {
    var start = [Double](repeating: 0, count: n)
    Double.randomSigns(UInt64(seed), 31, 0, n, &start)
    return start
  }

  private func run(
    _ objective: any Objective, _ options: Options = [:], seed: Int = 0, run: Options = [:]
  ) throws -> Solved {
    var limits = run
    limits["seed"] = .int(seed)
    return try solved(GreedyLocalEntropy.self, options, objective, start(objective.dimension, seed), run: limits)
  }

  /// (1/P) sum H(t Delta / sqrt(1 - t^2)), t = 1 - 2 d, with stabilities Delta from the bits (spec 2.1).
  private func localError(
    _ objective: any Objective, _ w: [Double], _ distance: Double
  ) throws -> (Double, errors: Int) {
    guard let graph = objective.patterns, case .signs(let bits) = graph.inputs else {
      throw Failure(.internalError, "no patterns")
    }
    let t = 1 - 2 * distance
    let scale = t / (1 - t * t).squareRoot() / Double(w.count).squareRoot()
    var (sum, errors) = (0.0, 0)
    for p in 0..<graph.patterns {
      var h = 0.0
      for i in w.indices { h += w[i] * Double(bits.sign(p, i)) }
      h *= Double(graph.labels.pointer[p])
      sum += 0.5 * erfc(scale * h / 2.0.squareRoot())
      if h <= 0 { errors += 1 }
    }
    return (sum / Double(graph.patterns), errors)
  }

  /// N = 301: solutions by an independent recount after some N / 2 flips, in regions flatter than those of typical
  /// solutions (local error at d = 0.05: typical 0.156 at alpha 0.3 and 0.162 at 0.4; spec 3.5).
  func testSolves() throws {
    for (load, bound) in [(0.3, 0.08), (0.4, 0.09), (0.5, 0.12)] {
      let objective = try perceptron(301, load, seed: 3)
      let found = try run(objective)
      XCTAssertEqual(found.reason, .converged)
      XCTAssertEqual(found.report.scalar("solved"), 1)
      XCTAssertEqual(found.report.scalar("errors"), 0)
      XCTAssertEqual(found.report.scalar("error"), 0)
      XCTAssertEqual(found.report.scalar("success"), 1)
      XCTAssertTrue(found.x.allSatisfy { abs($0) == 1 })
      let (local, errors) = try localError(objective, found.x, 0.05)
      XCTAssertEqual(errors, 0)
      XCTAssertLessThan(local, bound)
      XCTAssertLessThan(found.steps, 600)
    }
  }

  /// At one gamma the score only grows, one accepted flip a step: histories that belong together.
  func testHistories() throws {
    let found = try run(try perceptron(201, 0.4, seed: 5), ["sweeps": .int(50), "tolerance": .real(1e-5)])
    guard let scores = found.report.values("scores"), let gammas = found.report.values("gammas"),
      let counts = found.report.values("error_counts"), let flips = found.report.values("flips")
    else { return XCTFail("no histories") }
    XCTAssertEqual([gammas.count, counts.count, flips.count], [scores.count, scores.count, scores.count])
    // f32 sums over 16000 messages: 1e-6 per weight.
    for k in 1..<scores.count where gammas[k] == gammas[k - 1] { XCTAssertGreaterThan(scores[k], scores[k - 1] - 2e-5) }
    XCTAssertEqual(gammas, gammas.sorted())
    XCTAssertGreaterThan(counts[0], 20)
    XCTAssertGreaterThan(flips.last ?? 0, 60)
  }

  func testSameSeedSameRun() throws {
    let objective = try perceptron(201, 0.4, seed: 2)
    let (one, two) = (try run(objective, seed: 4), try run(objective, seed: 4))
    XCTAssertEqual(one.x, two.x)
    XCTAssertEqual(one.report.values("scores"), two.report.values("scores"))
    XCTAssertNotEqual(one.x, try run(objective, seed: 5).x)
  }

  func testCommittees() throws {
    let tree: Options = ["hidden": .int(3), "architecture": .text("tree")]
    let objective = try device("committee", tree, inputs: 303, load: 0.3, weights: 303, seed: 1)
    XCTAssertEqual(try run(objective).report.scalar("solved"), 1)
    let full: Options = ["hidden": .int(3), "architecture": .text("full")]
    let other = try device("committee", full, inputs: 101, load: 0.2, weights: 303, seed: 1)
    XCTAssertEqual(try run(other).report.scalar("solved"), 1)
  }

  /// With a pseudo-temperature some flips that lower the score are taken, and it still ends in a solution.
  func testTemperature() throws {
    let found = try run(
      try perceptron(201, 0.3, seed: 7), ["temperature": .real(0.3), "proposals": .int(400), "gamma_step": .real(0.2)])
    XCTAssertEqual(found.report.scalar("solved"), 1)
  }

  /// Nothing is claimed where nothing is: at alpha = 1.2 there are no solutions.
  func testNoClaimAboveCapacity() throws {
    let found = try run(
      try perceptron(101, 1.2, seed: 1), ["gamma_max": .real(1), "proposals": .int(100)], run: ["max_steps": .int(300)])
    XCTAssertEqual(found.report.scalar("solved"), 0)
    XCTAssertEqual(found.report.scalar("success"), 0)
    XCTAssertGreaterThan(found.report.scalar("errors") ?? 0, 0)
    XCTAssertTrue([.stalled, .maxSteps].contains(found.reason ?? .running))
  }

  func testRefusals() throws {
    let objective = try perceptron(21, 0.2, seed: 1)
    func refusal(_ options: Options, _ objective: any Objective) -> String {
      do {
        _ = try run(objective, options)
        return "not refused"
      } catch { return "\(error)" }
    }
    XCTAssertTrue(refusal(["gamma_step": .real(0)], objective).contains("gamma_step"))
    XCTAssertTrue(refusal(["gamma": .real(3), "gamma_max": .real(2)], objective).contains("gamma_max"))
    XCTAssertTrue(refusal(["gamma": .real(-1)], objective).contains("gamma"))
    let sphere = try device("perceptron", ["weights": .text("spherical")], inputs: 21, load: 0.2, weights: 21, seed: 1)
    XCTAssertTrue(refusal([:], sphere).contains("binary weights"))
    let quadratic = try landscape(3) { x in (0, [0, 0, 0]) }
    XCTAssertTrue(refusal([:], quadratic).contains("patterns"))
  }
}
