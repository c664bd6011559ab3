import Swale
import XCTest

/// Solvers on devices with spherical weights, whose f does not depend on |x|, and line searches on committees.
final class SphericalWeightsTests: XCTestCase {
  private func device(
    _ name: String, _ n: Int, _ patterns: Int, _ options: Options
  ) throws -> any Objective {
    var source = RandomPatterns()
    (source.samples, source.features) = (patterns, n)
    return try Registry.shared.make(.objective, name, options, as: (any Landscape).self)
      .build(LandscapeParts(registry: .shared, data: try source.load(seed: 3)))
  }

  private func start(_ n: Int, scale: Double) -> [Double] {
    var x = [Double](repeating: 0, count: n)
    var random = RandomStream(seed: 1, stream: StreamBase.initialize)
    random.normal(n, sd: scale, into: &x)
    return x
  }

  private func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// The gradient is tangent, so a step of length s takes |x| to sqrt(|x|^2 + s^2), and it falls as 1 / |x|: a small norm
  /// grows until steps are short against it, and no further.
  func testNormsDoNotRunAway() throws {
    let n = 200
    let objective = try device(
      "perceptron", n, 100, ["weights": .text("spherical"), "loss": .text("cross_entropy"), "gamma": .real(4)])
    let radius = Double(n).squareRoot()
    for scale in [0.01, 0.1, 1] {
      let x = start(n, scale: scale)
      let result = try solved(SGD.self, ["learning_rate": .real(0.02), "epochs": .int(300)], objective, x)
      XCTAssertEqual(result.report.scalar("error"), 0, "load 0.5, capacity 2")
      XCTAssertGreaterThanOrEqual(norm(result.x), norm(x))
      XCTAssertLessThan(norm(result.x), 2 * radius)
      let adam = try solved(Adam.self, ["learning_rate": .real(0.01), "epochs": .int(300)], objective, x)
      XCTAssertEqual(adam.report.scalar("error"), 0)
      XCTAssertLessThan(norm(adam.x), 2 * radius)
    }
    let kept = try solved(
      SGD.self, ["learning_rate": .real(0.02), "epochs": .int(300), "norm_start": .real(radius)], objective,
      start(n, scale: 0.1))
    XCTAssertEqual(norm(kept.x), radius, accuracy: 1e-10)
    XCTAssertEqual(kept.report.scalar("error"), 0)
  }

  /// Line searches and Newton steps, which compare values with gradients and Hessians, reach a stationary point; both
  /// find the minimum of a convex loss on the sphere from the same start.
  func testLineSearchesConverge() throws {
    for (name, options, n, patterns) in [
      ("perceptron", ["loss": .text("cross_entropy")], 40, 60),
      ("committee", ["loss": .text("cross_entropy"), "hidden": .int(3)], 45, 60),
      ("committee", ["loss": .text("mse"), "hidden": .int(2), "unit": .text("quadratic")], 40, 80),
    ] as [(String, Options, Int, Int)] {
      for weights in ["spherical", "real"] {
        var options = options
        options["weights"] = .text(weights)
        options["reduction"] = .text("mean")
        if weights == "real" { options["l2"] = .real(0.01) }
        let objective = try device(name, n, patterns, options)
        let x = start(n, scale: 0.5)
        for result in [
          try solved(LBFGS.self, ["gradient_tolerance": .real(1e-7)], objective, x, run: ["max_steps": .int(3000)]),
          try solved(NewtonCG.self, ["gradient_tolerance": .real(1e-7)], objective, x, run: ["max_steps": .int(500)]),
        ] {
          let words = "\(name) \(weights) \(result.report.text("solver") ?? "")"
          XCTAssertEqual(result.reason, .converged, words)
          XCTAssertLessThanOrEqual(result.gradientNorm, 1e-7, words)
        }
      }
    }
  }

  /// Where the gradient is a surrogate, whoever takes it for that of the value refuses; training goes on.
  func testSurrogatesAreRefused() throws {
    for (name, options) in [
      ("perceptron", [:]), ("committee", ["hidden": .int(3)]), ("committee", ["hidden": .int(2), "unit": .text("relu")]),
    ] as [(String, Options)] {
      var options = options
      options["loss"] = .text("cross_entropy")
      let n = options["unit"] == nil ? 21 : 20
      let objective = try device(name, n, 10, options)
      let x = start(n, scale: 1)
      XCTAssertTrue(objective.capabilities.contains(.gradient))
      XCTAssertFalse(objective.capabilities.contains(.exactGradient))
      for type in [LBFGS.self, NewtonCG.self] as [any (Solver & Component).Type] {
        XCTAssertEqual(
          refusal { _ = try solved(type, [:], objective, x) }?.message,
          "solver '\(type.info.name)' needs the gradient of the value, but that of objective '\(name)' is a surrogate "
            + "(straight-through at the signs of binary weights, where the value is piecewise constant); use solver sgd, "
            + "adam, entropy_sgd or replicated_sgd, or other weights")
      }
      for metric in ["hessian_top", "hessian_dense", "hessian_spectrum", "hessian_trace", "hessian_index"] {
        let entry = try Registry.shared.find(.metric, metric)
        let sentence = refusal {
          let made = try Registry.shared.make(.metric, metric, [:], as: (any Metric).self)
          _ = try SwaleCore.measure(
            made, name: metric, needs: entry.needs, pointRange: entry.points, objective: objective, points: x,
            count: 1, run: Run())
        }
        XCTAssertTrue(sentence?.message.contains("metric '\(metric)' needs the gradient of the value") == true, metric)
      }
      var product = [Double](repeating: 0, count: n)
      XCTAssertTrue(
        refusal { try objective.makeEvaluator().product(.hessian, x, x, 1, &product) }?.message.contains("surrogate")
          == true)
      for type in [SGD.self, Adam.self, EntropySGD.self, ReplicatedSGD.self] as [any (Solver & Component).Type] {
        XCTAssertNoThrow(try solved(type, ["epochs": .int(1)], objective, x), type.info.name)
      }
    }
    let count = try device("perceptron", 21, 10, [:])
    XCTAssertEqual(
      refusal { _ = try solved(LBFGS.self, [:], count, start(21, scale: 1)) }?.message,
      "solver 'lbfgs' needs a gradient, which objective 'perceptron' does not have")
  }
}
