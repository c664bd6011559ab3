import Swale
import XCTest

/// Every way in which a run of every solver can end.
final class StoppingTests: XCTestCase {
  let solvers: [any (Solver & Component).Type] = [SGD.self, Adam.self, LBFGS.self, NewtonCG.self]
  let valley = AnalyticObjective(RosenbrockFunction(dimension: 6))
  let start = [-1.2, 1, -1.2, 1, -1.2, 1]

  func testCancelThroughProgress() throws {
    for type in solvers {
      var calls = 0
      let result = try solved(type, [:], valley, start, run: ["progress_every": .real(0)]) { progress in
        if progress.reason != .running { return true }
        calls += 1
        return calls < 4
      }
      XCTAssertEqual(result.reason, .cancelled, type.info.name)
      XCTAssert(result.x.allSatisfy(\.isFinite))
    }
  }

  func testCancelBeforeTheCall() throws {
    for type in solvers {
      let run = Run()
      run.cancel()
      let result = try solved(type, [:], valley, start, run)
      XCTAssertEqual(result.reason, .cancelled, type.info.name)
      XCTAssertEqual(result.x, start)
    }
  }

  func testLimits() throws {
    for type in solvers {
      let steps = try solved(type, [:], valley, start, run: ["max_steps": .int(3)])
      XCTAssertEqual(steps.reason, .maxSteps, type.info.name)
      XCTAssertEqual(steps.steps, 3)
      XCTAssertEqual(steps.losses.count, 3)
      let evaluations = try solved(type, [:], valley, start, run: ["max_evaluations": .int(5)])
      XCTAssertEqual(evaluations.reason, .maxEvaluations, type.info.name)
      let time = try solved(type, [:], valley, start, run: ["max_seconds": .real(1e-9)])
      XCTAssertEqual(time.reason, .maxTime, type.info.name)
    }
  }

  func testTargetValue() throws {
    for type in solvers {
      let result = try solved(
        type, [:], valley, start, run: ["target_value": .real(20), "max_steps": .int(100_000)])
      XCTAssertEqual(result.reason, .target, type.info.name)
      XCTAssertLessThanOrEqual(result.fun, 20, "the point handed back is the one that met the target")
      let already = try solved(type, [:], valley, start, run: ["target_value": .real(1e9)])
      XCTAssertEqual(already.reason, .target)
      XCTAssertEqual(already.steps, 1)
      XCTAssertEqual(already.x, start)
    }
  }

  func testGradientTolerance() throws {
    let bowl = try QuadraticObjective(diagonal: [1, 3])
    for type in solvers {
      var options: Options = ["gradient_tolerance": .real(1e-3)]
      if type.info.name == "sgd" || type.info.name == "adam" {
        options["learning_rate"] = .real(0.1)
        options["steps"] = .int(10_000)
      }
      let result = try solved(type, options, bowl, [1, 1])
      XCTAssertEqual(result.reason, .converged, type.info.name)
      XCTAssertLessThanOrEqual(result.gradientNorm, 1e-3, type.info.name)
      let already = try solved(type, options, bowl, [0, 0])
      XCTAssertEqual(already.reason, .converged, type.info.name)
      XCTAssertEqual(already.x, [0, 0])
    }
  }

  /// At x = c_3 the gradient of the batch that is sample 3 is 0. Over the 8 samples 0 ... 7, whose mean is 3.5, it is not:
  /// no convergence. Over 7 samples it is.
  func testTheGradientOfABatchAlone() throws {
    for type in [SGD.self, Adam.self, RMSprop.self, Adagrad.self] as [any (Solver & Component).Type] {
      let options: Options = [
        "batch_size": .int(1), "epochs": .int(3), "learning_rate": .real(0), "gradient_tolerance": .real(1e-9),
      ]
      let chance = try solved(type, options, CloudObjective(samples: 8), [3, -3])
      XCTAssertEqual(chance.reason, .maxSteps, type.info.name)
      XCTAssertEqual(chance.gradientNorm, 0.5.squareRoot(), accuracy: 1e-12)
      // One look an epoch, beside the 24 batches.
      XCTAssertEqual(chance.report.scalar("gradients"), 27, type.info.name)
      let minimum = try solved(type, options, CloudObjective(samples: 7), [3, -3])
      XCTAssertEqual(minimum.reason, .converged, type.info.name)
      XCTAssertLessThanOrEqual(minimum.steps, 7)
    }
  }

  func testLossToleranceLooksAtEpochs() throws {
    let options: Options = [
      "batch_size": .int(5), "epochs": .int(1000), "learning_rate": .real(0.01), "loss_tolerance": .real(60),
    ]
    let result = try solved(SGD.self, options, CloudObjective(samples: 23), [0, 0])
    XCTAssertEqual(result.reason, .target)
    XCTAssertEqual(result.steps % 5, 0)
    let epochs = try XCTUnwrap(result.report.values("epoch_loss"))
    XCTAssertLessThanOrEqual(try XCTUnwrap(epochs.last), 60)
    XCTAssert(epochs.dropLast().allSatisfy { $0 > 60 })
  }

  func testDivergence() throws {
    for precision in [Precision.f32, .f64] {
      let bowl = try QuadraticObjective(diagonal: [1, 100], precision: precision)
      let result = try solved(
        SGD.self, ["learning_rate": .real(1), "steps": .int(100_000)], bowl, [1, 1])
      XCTAssertEqual(result.reason, .diverged)
      XCTAssert(result.x.allSatisfy(\.isFinite))
      XCTAssertEqual(result.report.scalar("success"), 0)
      XCTAssertLessThan(result.steps, 1000)
    }
  }

  /// A landscape that is not a number beyond |x| = 1, and everywhere.
  func testUndefinedValues() throws {
    let hole = try landscape(1) { x in
      abs(x[0]) > 1 ? (value: .nan, gradient: [.nan]) : (value: -x[0], gradient: [-1])
    }
    for type in solvers {
      let result = try solved(type, [:], hole, [0], run: ["max_steps": .int(5000), "max_seconds": .real(5)])
      XCTAssert(result.x[0].isFinite, type.info.name)
    }
    let nowhere = try landscape(1) { _ in (value: .nan, gradient: [.nan]) }
    for type in solvers {
      let result = try solved(type, [:], nowhere, [0.5])
      XCTAssertEqual(result.reason, .diverged, type.info.name)
      XCTAssertEqual(result.x, [0.5], type.info.name)
    }
  }

  func testWhatIsMissingIsNamed() throws {
    let flat = try CallbackObjective(CallbackTable(dimension: 1, value: { _, _ in 0 }, hasGradient: false))
    for type in solvers {
      let failure = refusal { _ = try solved(type, [:], flat, [0]) }
      XCTAssertEqual(failure?.status, .unsupported)
      XCTAssertEqual(
        failure?.message,
        "solver '\(type.info.name)' needs a gradient, which objective 'callback' does not have")
    }
  }
}
