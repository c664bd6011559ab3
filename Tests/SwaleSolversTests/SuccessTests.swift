import Swale
import SwaleTestSupport
import XCTest

/// What `success` means: a schedule that was done and did not raise the value, and nothing that was cut short.
final class SuccessTests: XCTestCase {
  /// Solvers with a schedule of their own on real numbers, with options of a run of 40 steps.
  let schedules: [(any (Solver & Component).Type, Options)] = [
    (SGD.self, ["steps": .int(40), "learning_rate": .real(0.1)]),
    (Adam.self, ["steps": .int(40), "learning_rate": .real(0.1)]),
    (RMSprop.self, ["steps": .int(40)]), (Adagrad.self, ["steps": .int(40), "learning_rate": .real(0.1)]),
    (EntropySGD.self, ["steps": .int(40), "langevin_steps": .int(5)]),
    (ReplicatedSGD.self, ["steps": .int(40), "learning_rate": .real(0.1)]),
    (Langevin.self, ["steps": .int(40), "temperature": .real(0)]),
    (SimulatedAnnealing.self, ["sweeps": .int(40)]),
  ]
  func bowl() throws -> QuadraticObjective { try QuadraticObjective(diagonal: [1, 2, 3]) }
  let start = [3.0, -2, 1]

  func testWholeSchedules() throws {
    for (type, options) in schedules {
      let result = try solved(type, options, try bowl(), start)
      XCTAssertEqual(result.reason, .maxSteps, type.info.name)
      XCTAssertEqual(result.report.scalar("success"), 1, type.info.name)
      // (9 + 8 + 3) / 2.
      XCTAssertEqual(result.report.scalar("fun_start"), 10, type.info.name)
    }
  }

  func testRunsThatAreCutShort() throws {
    let limits: [(Options, Reason)] = [
      (["max_evaluations": .int(10)], .maxEvaluations), (["max_seconds": .real(1e-9)], .maxTime),
      (["max_steps": .int(39)], .maxSteps),
    ]
    for (type, options) in schedules {
      for (limit, reason) in limits {
        let result = try solved(type, options, try bowl(), start, run: limit)
        XCTAssertEqual(result.reason, reason, type.info.name)
        XCTAssertEqual(result.report.scalar("success"), 0, "\(type.info.name) \(reason)")
        XCTAssertNil(result.report.scalar("fun_start"), type.info.name)
      }
      let cancelled = try solved(
        type, options, try bowl(), start, run: ["progress_every": .real(0)]) { $0.step < 5 || $0.reason != .running }
      XCTAssertEqual(cancelled.reason, .cancelled, type.info.name)
      XCTAssertEqual(cancelled.report.scalar("success"), 0, type.info.name)
    }
    // The target of the whole run was met all the same.
    let target = try solved(LBFGS.self, [:], try bowl(), start, run: ["target_value": .real(0.5)])
    XCTAssertEqual(target.report.scalar("success"), 1)
    // A search that a limit ended is none.
    let search = try solved(LBFGS.self, [:], try bowl(), start, run: ["max_steps": .int(2)])
    XCTAssertEqual(search.report.scalar("success"), 0)
  }

  /// Without a length of its own the schedule is as long as max_steps says, and done with it.
  func testMaxStepsAsTheSchedule() throws {
    let result = try solved(SGD.self, ["learning_rate": .real(0.1)], try bowl(), start, run: ["max_steps": .int(20)])
    XCTAssertEqual(result.steps, 20)
    XCTAssertEqual(result.report.scalar("success"), 1)
  }

  /// x' = (1 - rate) x: at rate 2.5 the value grows by 2.25 in every step and stays finite.
  func testValuesThatRose() throws {
    let line = try QuadraticObjective(diagonal: [1])
    for (rate, success) in [(2.5, 0.0), (2, 1), (1.5, 1)] {
      let result = try solved(SGD.self, ["learning_rate": .real(rate), "steps": .int(10)], line, [1])
      XCTAssertEqual(result.reason, .maxSteps)
      XCTAssertEqual(result.report.scalar("success"), success, "rate \(rate)")
      XCTAssertEqual(result.report.scalar("fun_start"), 0.5)
    }
    let unknown = try solved(
      SGD.self, ["learning_rate": .real(2.5), "steps": .int(10)], line, [1], run: ["final_evaluation": .bool(false)])
    XCTAssertEqual(unknown.report.scalar("success"), 1, "no values are compared")
  }

  /// Learning rate 50 on digits, with mini-batches and without: the loss ends far above its start.
  func testLearningRateFifty() throws {
    for precision in [Precision.f32, .f64] {
      let objective = try Digits.network("relu", precision: precision)
      for batch in [0, 16] {
        let options: Options = ["learning_rate": .real(50), "batch_size": .int(batch), "epochs": .int(3)]
        let result = try solved(SGD.self, options, objective, Digits.fingerprint())
        XCTAssertEqual(result.report.scalar("success"), 0, "batch \(batch)")
        if result.reason == .maxSteps {
          XCTAssertGreaterThan(result.fun, try XCTUnwrap(result.report.scalar("fun_start")))
        }
      }
    }
  }

  /// From the minimum mini-batches can only raise the value. f at the minimum is 833 with standard error 74.5 (samples
  /// (i - 49.5)^2 of i = 0 ... 99); a walk at rate 0.02 stays within one, at rate 1.2 it leaves it by far.
  func testNoiseOfBatchesIsNoFailure() throws {
    let cloud = CloudObjective(samples: 100)
    for (rate, success) in [(0.02, 1.0), (1.99, 0)] {
      let options: Options = ["learning_rate": .real(rate), "batch_size": .int(5), "epochs": .int(5)]
      let result = try solved(SGD.self, options, cloud, [49.5, -49.5])
      let from = try XCTUnwrap(result.report.scalar("fun_start"))
      XCTAssertEqual(from, 833.25, accuracy: 1e-9)
      XCTAssertGreaterThan(result.fun, from)
      XCTAssertEqual(result.report.scalar("success"), success, "rate \(rate): \(from) to \(result.fun)")
    }
  }

  /// A target that one batch met is no success while the value over all samples is above it.
  func testTargetOfABatch() throws {
    let cloud = CloudObjective(samples: 100)
    let options: Options = ["learning_rate": .real(0.01), "batch_size": .int(1), "epochs": .int(50)]
    let result = try solved(SGD.self, options, cloud, [49.5, -49.5], run: ["target_value": .real(10)])
    XCTAssertEqual(result.reason, .target)
    XCTAssertGreaterThan(result.fun, 800)
    XCTAssertEqual(result.report.scalar("success"), 0)
  }
}
