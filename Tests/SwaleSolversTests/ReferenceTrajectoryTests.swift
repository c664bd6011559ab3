import Swale
import SwaleTestSupport
import XCTest

/// Full-batch training of the reference network against the losses of an independent float64 program
/// (reference tables, F3).
final class ReferenceTrajectoryTests: XCTestCase {
  /// Losses after some steps. 1e-8: the tables' ten digits and the growth of rounding over ten steps; 1e-5: the same
  /// over 400 steps, which pass through a region of negative curvature.
  private func check<T: Solver & Component>(
    _ type: T.Type, _ options: Options, _ expected: [(step: Int, loss: Double)]
  ) throws {
    var options = options
    options["steps"] = .int(401)
    let result = try solved(type, options, try Digits.network(), Digits.fingerprint())
    XCTAssertEqual(result.losses[0], 2.3013927517, accuracy: 1e-9)
    for (step, loss) in expected {
      XCTAssertEqual(result.losses[step], loss, accuracy: step <= 10 ? 1e-8 : 1e-5, "\(T.info.name), step \(step)")
    }
  }

  func testGradientDescent() throws {
    try check(
      SGD.self, ["learning_rate": .real(0.5)],
      [(1, 2.2737184244), (10, 2.1644856075), (100, 0.8759745208), (200, 0.4817356428), (400, 0.1395561132)])
  }

  func testMomentum() throws {
    try check(
      SGD.self, ["learning_rate": .real(0.1), "momentum": .real(0.9)],
      [(1, 2.2948049442), (10, 2.0609308353), (100, 0.5895796168), (200, 0.1176985723), (400, 0.0209349375)])
  }

  func testAdam() throws {
    try check(
      Adam.self, ["learning_rate": .real(0.01)],
      [(1, 2.2701830788), (10, 1.9747624632), (100, 0.5955522182), (400, 0.0207677793)])
  }

  func testSinglePrecisionFollows() throws {
    let options: Options = ["learning_rate": .real(0.1), "momentum": .real(0.9), "steps": .int(101)]
    let result = try solved(SGD.self, options, try Digits.network(precision: .f32), Digits.fingerprint())
    // 100 steps of f32 rounding (6e-8 each), amplified by the curvature on the way.
    XCTAssertEqual(result.losses[10], 2.0609308353, accuracy: 1e-5)
    XCTAssertEqual(result.losses[100], 0.5895796168, accuracy: 1e-3)
  }

  func testMiniBatchesTrain() throws {
    let objective = try Digits.network("relu", precision: .f32)
    for (type, rate) in [(SGD.self as any (Solver & Component).Type, 0.2), (Adam.self, 0.01)] {
      let options: Options = ["learning_rate": .real(rate), "batch_size": .int(16), "epochs": .int(100)]
      let result = try solved(type, options, objective, Digits.fingerprint())
      XCTAssertEqual(result.steps, 1300)
      XCTAssertEqual(result.report.values("epoch_loss")?.count, 100)
      XCTAssertLessThan(result.fun, 0.1)
      XCTAssertEqual(result.reason, .maxSteps)
    }
  }

  /// SciPy 1.17's L-BFGS-B on the same function has the losses 0.192 after 100 and 0.141 after 200 iterations; paths
  /// of different line searches separate in this landscape, so only their range can be asked for.
  func testLBFGSDescendsLikeSciPy() throws {
    let result = try solved(
      LBFGS.self, [:], try Digits.network(), Digits.fingerprint(), run: ["max_steps": .int(200)])
    XCTAssertLessThan(result.losses[99], 0.4)
    XCTAssertLessThan(result.losses[199], 0.25)
    XCTAssert(zip(result.losses, result.losses.dropFirst()).allSatisfy { $0 > $1 })
    XCTAssertLessThan(result.report.scalar("gradients") ?? 1e9, 300)
  }

  /// The digits can be told apart: the loss has no minimum but falls towards 0, and its gradient with it.
  func testNewtonReachesTheFloor() throws {
    let result = try solved(
      NewtonCG.self, ["gradient_tolerance": .real(1e-6)], try Digits.network(), Digits.fingerprint(),
      run: ["max_steps": .int(300)])
    XCTAssertEqual(result.reason, .converged)
    XCTAssertLessThanOrEqual(result.gradientNorm, 1e-6)
    XCTAssertLessThan(result.fun, 1e-5)
    XCTAssertEqual(result.report.scalar("error"), 0)
  }
}
