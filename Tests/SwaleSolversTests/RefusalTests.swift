import Swale
import XCTest

/// What no solver can do is refused before the first step, in a sentence with the name, the value and what is allowed.
final class RefusalTests: XCTestCase {
  func device(_ name: String, _ options: Options, features: Int) throws -> any Objective {
    let data = try RandomPatterns.configured(["samples": .int(5), "features": .int(features)]).load(seed: 1)
    let landscape = try Registry.shared.make(.objective, name, options, as: (any Landscape).self)
    return try landscape.build(LandscapeParts(registry: .shared, data: data))
  }

  /// Solvers that follow a gradient, on counts of errors.
  func testGradientSolversOnCounts() throws {
    let count = try device("perceptron", [:], features: 21)
    let flips = try device("perceptron", ["loss": .text("linear")], features: 21)
    let solvers: [any (Solver & Component).Type] = [
      SGD.self, Adam.self, EntropySGD.self, ReplicatedSGD.self, Langevin.self, LBFGS.self, NewtonCG.self,
    ]
    for type in solvers {
      for objective in [count, flips] {
        XCTAssertEqual(
          refusal { _ = try solved(type, [:], objective, randomSpins(21, seed: 1)) }?.message,
          "solver '\(type.info.name)' needs a gradient, which objective 'perceptron' does not have")
      }
    }
  }

  /// Solvers of patterns and spins, on a landscape that has none.
  func testSolversOfPatternsOnOtherLandscapes() throws {
    let bowl = try QuadraticObjective(diagonal: [1, 2, 3])
    let solvers: [any (Solver & Component).Type] = [
      BeliefPropagation.self, FocusingBP.self, MaxSum.self, AMP.self, MinOver.self, GreedyLocalEntropy.self, SBPI.self,
      LeastAction.self, EntropicLeastAction.self,
    ]
    for type in solvers {
      let words = refusal { _ = try solved(type, [:], bowl, [1, 1, 1]) }?.message ?? ""
      XCTAssertTrue(
        words.hasPrefix("solver '\(type.info.name)' needs ") && words.contains("patterns")
          && words.contains("objective 'quadratic'"), words)
    }
    for type in [Metropolis.self, ReplicatedAnnealing.self] as [any (Solver & Component).Type] {
      let words = refusal { _ = try solved(type, [:], bowl, [1, 1, 1]) }?.message ?? ""
      XCTAssertTrue(words.contains("single-spin flips") && words.contains("'\(type.info.name)'"), words)
    }
  }

  /// Fewer than one replica, attraction below 0, a gamma below 0: the option, its value and its range.
  func testReplicasAndGammas() throws {
    let cases: [(any (Solver & Component).Type, String, OptionValue, String)] = [
      (FocusingBP.self, "replicas", .real(0.5), "is 0.5, allowed 1 ... "),
      (FocusingBP.self, "ys", .reals([2, 0.5]), "is 2.0,0.5, allowed 1 ... "),
      (FocusingBP.self, "gamma_end", .real(-1), "is -1, allowed 0 ... "),
      (ReplicatedAnnealing.self, "replicas", .int(0), "is 0, allowed 1 ... "),
      (ReplicatedAnnealing.self, "gamma_end", .real(-0.5), "is -0.5, allowed 0 ... "),
      (EntropicLeastAction.self, "replicas", .int(0), "is 0, allowed 1 ... "),
      (EntropicLeastAction.self, "gamma", .real(-2), "is -2, allowed 0 ... "),
      (ReplicatedSGD.self, "replicas", .int(1), "is 1, allowed 2 ... 64"),
      (SGD.self, "gamma_start", .real(-1), "is -1, allowed 0 ... "), (Adam.self, "gamma_end", .real(-1), "is -1, allowed 0"),
      (GreedyLocalEntropy.self, "gamma", .real(-1), "is -1, allowed "),
    ]
    for (type, name, value, words) in cases {
      var options = Options()
      options[name] = value
      let sentence = refusal { _ = try type.configured(options) }?.message ?? ""
      XCTAssertTrue(
        sentence.hasPrefix("option '\(name)' of solver '\(type.info.name)' ") && sentence.contains(words), sentence)
    }
  }

  /// A perceptron with an even number of weights can have a field of 0. That is an error there (h label > 0 is asked), so
  /// what learning rules call a solution a strict recount confirms; max-sum, which divides by such fields, refuses.
  func testFieldsOfZero() throws {
    let even = try device("perceptron", [:], features: 20)
    for type in [SBPI.self, LeastAction.self, EntropicLeastAction.self] as [any (Solver & Component).Type] {
      for seed in 0..<5 {
        let end = try solved(
          type, ["epochs": .int(500)], even, randomSpins(20, seed: UInt64(seed)), run: ["seed": .int(seed)])
        XCTAssertEqual(end.report.scalar("solved"), end.report.scalar("error") == 0 ? 1 : 0, type.info.name)
      }
    }
    XCTAssertTrue(
      refusal { _ = try solved(MaxSum.self, [:], even, randomSpins(20, seed: 1)) }?.message.contains(
        "needs an odd number of weights, at least 3, so that no field is 0; got 20") == true)
  }

  /// min_over finds weights of any length: the sentence says which weights to ask for.
  func testWeightsOfMinOver() throws {
    let binary = try device("perceptron", [:], features: 21)
    XCTAssertEqual(
      refusal { _ = try solved(MinOver.self, [:], binary, randomSpins(21, seed: 1)) }?.message,
      "solver 'min_over' finds real weights, but those of objective 'perceptron' are +1 and -1; use weights 'spherical', "
        + "or solver 'belief_propagation' or 'sbpi'")
    let sphere = try device("perceptron", ["weights": .text("spherical")], features: 21)
    XCTAssertEqual(try solved(MinOver.self, [:], sphere, randomSpins(21, seed: 1)).report.scalar("error"), 0)
    // AMP takes spherical weights as normal ones, whose length is free: a margin would mean nothing.
    XCTAssertEqual(try solved(AMP.self, [:], sphere, randomSpins(21, seed: 1)).x.count, 21)
    let margin = try device("perceptron", ["weights": .text("spherical"), "margin": .real(0.5)], features: 21)
    XCTAssertEqual(
      refusal { _ = try solved(AMP.self, [:], margin, randomSpins(21, seed: 1)) }?.message,
      "solver 'amp': margin is 0.5, but with a normal prior the length of the weights is free and only margin 0 has a "
        + "meaning; use weights +-1 or solver 'min_over'")
  }

  /// An annealing without a level to move to.
  func testSchedulesThatNeverMove() throws {
    let count = try device("perceptron", [:], features: 21)
    let sentence = refusal {
      _ = try solved(
        SimulatedAnnealing.self, ["start_temperature": .real(0.3), "end_temperature": .real(0.3)], count,
        randomSpins(21, seed: 1))
    }
    XCTAssertEqual(
      sentence?.message,
      "the temperature of solver 'simulated_annealing' never moves: start_temperature 0.3, end_temperature 0.3, 2000 "
        + "sweeps with sweeps_per_temperature 1; give it two values, or gamma two (gamma_start, gamma_end); for one "
        + "temperature use solver 'metropolis'")
  }
}
