import Swale
import XCTest

/// The discrete solvers on the library's own perceptrons, committees and parity machines.
final class AnnealingDeviceTests: XCTestCase {
  /// A registered objective on random patterns.
  func device(
    _ name: String, _ options: Options = [:], features: Int, patterns: Int, seed: Int
  ) throws -> any Objective {
    let data = try RandomPatterns.configured(["samples": .int(patterns), "features": .int(features)])
      .load(seed: UInt64(seed))
    let landscape = try Registry.shared.make(.objective, name, options, as: (any Landscape).self)
    return try landscape.build(LandscapeParts(registry: .shared, data: data))
  }

  func solves<T: Solver & Component>(
    _ type: T.Type, _ options: Options, _ objective: any Objective, seed: Int
  ) throws -> Bool {
    let end = try solved(
      type, options, objective, randomSpins(objective.dimension, seed: UInt64(seed)), run: ["seed": .int(seed)])
    let recount = try objective.makeEvaluator().evaluate(end.x).error
    XCTAssertEqual(end.report.scalar("solved"), recount == 0 ? 1 : 0, type.info.name)
    XCTAssertEqual(end.report.scalar("error"), recount, type.info.name)
    if objective.patterns != nil {
      XCTAssertEqual(
        end.report.scalar("errors") ?? .nan, recount * Double(objective.sampleCount), accuracy: 1e-9, type.info.name)
    }
    return recount == 0
  }

  /// What every annealing carries along agrees with a fresh evaluation, for every energy and precision.
  func testEnergiesAgree() throws {
    let cases: [(String, Options)] = [
      ("perceptron", [:]), ("perceptron", ["loss": .text("cross_entropy"), "gamma": .real(2)]),
      ("perceptron", ["loss": .text("linear"), "precision": .text("f32")]),
      ("perceptron", ["loss": .text("hinge"), "margin": .real(0.5), "reduction": .text("mean")]),
      ("committee", ["loss": .text("cross_entropy"), "precision": .text("f32")]), ("parity", [:]),
    ]
    for (name, options) in cases {
      let objective = try device(name, options, features: 63, patterns: 30, seed: 1)
      let solvers: [any (Solver & Component).Type] = [
        Metropolis.self, SimulatedAnnealing.self, ReplicatedAnnealing.self,
      ]
      for type in solvers {
        let constant = type is Metropolis.Type
        var settings: Options = ["sweeps": .int(300)]
        if !constant { settings["stop_at_zero"] = .bool(false) }
        let start = randomSpins(objective.dimension, seed: 2)
        let end = try solved(type, settings, objective, start, run: ["trajectory_every": .int(50)])
        for k in 1..<end.trajectory.count {
          let value = try objective.makeEvaluator().value(end.trajectory[k], gradient: nil)
          XCTAssertEqual(end.losses[50 * k - 1], value, accuracy: 1e-5 * (1 + value), "\(type.info.name), \(name)")
        }
      }
    }
  }

  /// Spec 3.5, N = 501, 2000 sweeps: cross-entropy with gamma = 1 solves 5/5 at alpha 0.5, the error count 0/5 at 0.4,
  /// five replicas of it 4/5.
  func testAnnealedPerceptrons() throws {
    var (smooth, single, replicated) = (0, 0, 0)
    for seed in 0..<3 {
      let entropy: Options = ["loss": .text("cross_entropy")]
      let soft = try device("perceptron", entropy, features: 501, patterns: 250, seed: seed)
      if try solves(SimulatedAnnealing.self, [:], soft, seed: seed) { smooth += 1 }
      let hard = try device("perceptron", features: 501, patterns: 200, seed: seed)
      if try solves(SimulatedAnnealing.self, ["end_temperature": .real(0.05)], hard, seed: seed) { single += 1 }
      if try solves(ReplicatedAnnealing.self, [:], hard, seed: seed) { replicated += 1 }
    }
    XCTAssertGreaterThanOrEqual(smooth, 2)
    XCTAssertLessThanOrEqual(single, 1)
    XCTAssertGreaterThanOrEqual(replicated, 2)
  }

  /// P = 1.3 N patterns have 2^(N - P) solutions on average, and at alpha = 0.85 and N = 1001 there are none either
  /// (capacity 0.833).
  func testNothingIsClaimedBeyondCapacity() throws {
    for (features, patterns) in [(101, 131), (1001, 851)] {
      let objective = try device("perceptron", features: features, patterns: patterns, seed: 1)
      for type in [SimulatedAnnealing.self, ReplicatedAnnealing.self] as [any (Solver & Component).Type] {
        XCTAssertFalse(try solves(type, ["sweeps": .int(40)], objective, seed: 1))
      }
    }
  }

  /// Spec 3.5, trees of K = 3 units with n = 167 at alpha 0.3: annealing solves committees 3/3 and parities 0/3.
  func testCommitteesAreEasierThanParities() throws {
    var (committees, parities) = (0, 0)
    for seed in 0..<2 {
      let schedule: Options = ["end_temperature": .real(0.05)]
      let committee = try device("committee", features: 501, patterns: 150, seed: seed)
      if try solves(SimulatedAnnealing.self, schedule, committee, seed: seed) { committees += 1 }
      let parity = try device("parity", features: 501, patterns: 150, seed: seed)
      if try solves(SimulatedAnnealing.self, schedule, parity, seed: seed) { parities += 1 }
    }
    XCTAssertGreaterThanOrEqual(committees, 1)
    XCTAssertEqual(parities, 0)
  }

  /// The learning rules, at margin 0 and above it.
  func testLearningRules() throws {
    for margin in [0, 0.3] {
      let perceptron = try device(
        "perceptron", ["margin": .real(margin)], features: 301, patterns: 60, seed: 1)
      XCTAssert(try solves(SBPI.self, [:], perceptron, seed: 1))
      XCTAssert(try solves(EntropicLeastAction.self, ["batch": .int(10)], perceptron, seed: 1))
    }
    let full = try device(
      "committee", ["hidden": .int(5), "architecture": .text("full")], features: 101, patterns: 100, seed: 1)
    XCTAssert(try solves(LeastAction.self, [:], full, seed: 1))
    XCTAssert(try solves(EntropicLeastAction.self, [:], full, seed: 1))
    let parity = try device("parity", features: 63, patterns: 10, seed: 1)
    XCTAssert(
      refusal { _ = try solved(LeastAction.self, [:], parity, randomSpins(63, seed: 1)) }?.message.contains("parity")
        == true)
  }
}
