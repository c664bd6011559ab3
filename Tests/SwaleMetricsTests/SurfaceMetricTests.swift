import Swale
import SwaleTestSupport
import XCTest

/// `local_energy`, `linear_path` and `distance` against closed forms and published numbers.
final class SurfaceMetricTests: XCTestCase {
  private typealias Fixture = SurfaceFixture

  // MARK: local_energy

  /// Of a quadratic with gradient g at w, E dL = sigma^2 tr A / 2 for additive noise, for any g.
  func testAdditiveLocalEnergyIsTheTrace() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([10, 4, 1, 0.1, -0.5])])
    let report = try Fixture.run(
      "local_energy", ["noise": .text("additive"), "sigmas": .reals([0.01, 0.1, 1]), "draws": .int(4000)], objective,
      [[1, -2, 0.5, 0, 0.3]])
    let rises = try XCTUnwrap(report.values("loss_rise"))
    let errors = try XCTUnwrap(report.values("loss_rise_error"))
    for (i, sigma) in [0.01, 0.1, 1].enumerated() {
      XCTAssertEqual(rises[i], sigma * sigma * 14.6 / 2, accuracy: 4.5 * errors[i])
      // Var dL = sigma^2 |g|^2 + sigma^4 tr A^2 / 2, g = A w = (10, -8, 0.5, 0, -0.15).
      let variance = sigma * sigma * (100 + 64 + 0.25 + 0.0225) + 0.5 * pow(sigma, 4) * (100 + 16 + 1 + 0.01 + 0.25)
      // The s.d. of an estimated s.d. from 4000 draws is about 1.5 %.
      XCTAssertEqual(errors[i], (variance / 4000).squareRoot(), accuracy: 0.08 * (variance / 4000).squareRoot())
    }
    XCTAssertEqual(report.scalar("value"), 5 + 8 + 0.125 - 0.0225)
    XCTAssertEqual(report.scalar("draws"), 4000)
    XCTAssertNil(report["error_rise"])
  }

  /// Multiplicative noise sees the curvature along each weight: E dL = sigma^2 sum_i A_ii w_i^2 / 2.
  func testMultiplicativeLocalEnergy() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([10, 4, 1, 0.1, -0.5])])
    let report = try Fixture.run(
      "local_energy", ["sigmas": .reals([0.3]), "draws": .int(4000)], objective, [[1, -2, 0.5, 0, 0.3]])
    let rise = try XCTUnwrap(report.values("loss_rise"))[0]
    let error = try XCTUnwrap(report.values("loss_rise_error"))[0]
    XCTAssertEqual(rise, 0.09 / 2 * (10 + 16 + 0.25 - 0.045), accuracy: 4.5 * error)
  }

  /// On relu networks multiplicative noise does not see the scale of a layer: (W0, b0) x 4 and W1 / 4 change nothing,
  /// to the bit, as the factors are powers of two.
  func testMultiplicativeNoiseIgnoresRescaling() throws {
    let objective = try Fixture.network([Dense(6, "relu"), Dense(5, "relu"), Dense(10)])
    let x = Digits.fingerprint()
    var y = x
    for i in 0..<(64 * 6 + 6) { y[i] *= 4 }
    for i in 390..<420 { y[i] /= 4 }
    let options: Options = ["sigmas": .reals([0.1, 0.5]), "draws": .int(20)]
    let a = try Fixture.run("local_energy", options, objective, [x])
    let b = try Fixture.run("local_energy", options, objective, [y])
    XCTAssertEqual(a.values("loss_rise"), b.values("loss_rise"))
    XCTAssertEqual(a.values("error_rise"), b.values("error_rise"))
    XCTAssertEqual(a.scalar("error") ?? 0, 1 - 20.0 / 200, accuracy: 1e-15)
    // Common random numbers: the same curve for a subset of the sizes.
    let part = try Fixture.run("local_energy", ["sigmas": .reals([0.5]), "draws": .int(20)], objective, [x])
    XCTAssertEqual(part.values("loss_rise")?[0] ?? 0, a.values("loss_rise")?[1] ?? 1, accuracy: 1e-14)
  }

  func testStoppedLocalEnergyKeepsWholeDraws() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([1, 2])])
    let report = try Fixture.run(
      "local_energy", ["sigmas": .reals([0.1, 0.2]), "draws": .int(100)], objective, [[1, 1]]
    ) { $0.maxEvaluations = 8 }
    XCTAssertEqual(report.scalar("draws"), 3)
    XCTAssertEqual(report.scalar("evaluations"), 8)
    XCTAssertEqual(report.scalar("reason"), Double(Reason.maxEvaluations.rawValue))
    XCTAssertTrue(try XCTUnwrap(report.values("loss_rise")).allSatisfy(\.isFinite))
  }

  // MARK: linear_path

  /// Taxonomy F5: straight line between the two deep minima of the Mueller-Brown potential.
  func testMuellerBrownStraightLine() throws {
    let objective = try Fixture.objective("mueller_brown")
    let ends = [[-0.5582236346, 1.4417258418], [0.6234994049, 0.0280377585]]
    let report = try Fixture.run("linear_path", ["points": .int(200_001)], objective, ends)
    let loss = try XCTUnwrap(report.values("loss"))
    XCTAssertEqual(loss[0], -146.69951721, accuracy: 1e-8)
    XCTAssertEqual(loss[200_000], -108.16672412, accuracy: 1e-8)
    // The line depends on its ends, where the values are stationary: ends wrong by 1e-9 move the maximum by 1e-7, and
    // the published one is 4e-7 lower.
    let top = try XCTUnwrap(loss.max())
    XCTAssertEqual(top, 12.67622710, accuracy: 1e-6)
    XCTAssertEqual(Double(loss.firstIndex(of: top) ?? 0) / 200_000, 0.3066, accuracy: 5e-5)
    XCTAssertEqual(
      report.scalar("midpoint_barrier") ?? 0, top + (146.69951721 + 108.16672412) / 2, accuracy: 2e-8)
    XCTAssertEqual(report.scalar("min_delta") ?? 0, top + 146.69951721, accuracy: 2e-8)
  }

  /// f = (x^2 - 1)^2 by hand: between -1 and 1 chord and midpoint barriers are 1; between -1 and 0 the path climbs
  /// and the chord barrier is max t (1 - t)(...) on a concave stretch.
  func testBarriersByHand() throws {
    let well = try CallbackObjective(
      CallbackTable(
        dimension: 1, value: { x, _ in (x[0] * x[0] - 1) * (x[0] * x[0] - 1) + 0.25 * x[0] }, hasGradient: false))
    let report = try Fixture.run("linear_path", ["points": .int(5)], well, [[-1], [1]])
    // Values at x = -1, -.5, 0, .5, 1: -.25, .4375, 1, .6875, .25; chord -.25, -.125, 0, .125, .25.
    XCTAssertEqual(report.values("loss"), [-0.25, 0.4375, 1, 0.6875, 0.25])
    XCTAssertEqual(report.scalar("chord_barrier"), 1)
    XCTAssertEqual(report.scalar("chord_barrier_t"), 0.5)
    XCTAssertEqual(report.scalar("midpoint_barrier"), 1)
    XCTAssertEqual(report.scalar("min_delta"), 1.25)
    XCTAssertEqual(report.scalar("distance"), 2)
    let back = try Fixture.run("linear_path", ["points": .int(5)], well, [[1], [-1]])
    XCTAssertEqual(back.scalar("min_delta"), 0.75)
    // A straight line has no barrier and falls monotonically.
    let line = try CallbackObjective(CallbackTable(dimension: 1, value: { x, _ in -x[0] }, hasGradient: false))
    let flat = try Fixture.run("linear_path", [:], line, [[0], [1]])
    XCTAssertEqual(flat.scalar("chord_barrier") ?? 1, 0, accuracy: 1e-15)
    XCTAssertEqual(flat.scalar("midpoint_barrier"), 0.5)
    XCTAssertEqual(flat.scalar("min_delta"), 0)
    XCTAssertEqual(flat.values("t")?.count, 25)
  }

  func testNetworkPathHasErrors() throws {
    let objective = try Fixture.network([Dense(6, "tanh"), Dense(5, "tanh"), Dense(10)])
    let report = try Fixture.run(
      "linear_path", [:], objective, [Digits.fingerprint(), Digits.fingerprint(shift: 0.5)])
    XCTAssertEqual(report.values("loss")?.first ?? 0, 2.3013927517, accuracy: 1e-9)
    XCTAssertEqual(report.values("error")?.first ?? 0, 1 - 21.0 / 200, accuracy: 1e-14)
    XCTAssertEqual(report.scalar("distance") ?? 0, 2.28804025, accuracy: 1e-8)
    XCTAssertNotNil(report.scalar("error_chord_barrier"))
  }

  // MARK: distance

  func testDistances() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([1, 1])])
    let report = try Fixture.run("distance", [:], objective, [[3, 4], [0, 0], [-4, 3]])
    let root = 50.0.squareRoot()
    let expected = [0, 5, root, 5, 0, 5, root, 5, 0]
    for (a, b) in zip(try XCTUnwrap(report.values("distance")), expected) { XCTAssertEqual(a, b, accuracy: 1e-14) }
    let cosine = try XCTUnwrap(report.values("cosine"))
    XCTAssertEqual(cosine[0], 1)
    XCTAssertEqual(cosine[2], 0)
    XCTAssertTrue(cosine[1].isNaN && cosine[4].isNaN)
    let normalized = try XCTUnwrap(report.values("normalized_distance"))
    XCTAssertEqual(normalized[1], 1)
    XCTAssertEqual(normalized[3], .infinity)
    XCTAssertEqual(report["distance"]?.shape, [3, 3])
    XCTAssertEqual(report.values("norm"), [5, 0, 5])
  }

  // MARK: Refusals

  func testRefusals() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([1, 2])])
    let origin = [0.0, 0]
    XCTAssertEqual(
      Fixture.refusal { try Fixture.run("linear_path", [:], objective, [origin]) },
      "metric 'linear_path' takes exactly 2 point(s), got 1")
    XCTAssertEqual(
      Fixture.refusal { try Fixture.run("distance", [:], objective, [origin]) },
      "metric 'distance' takes at least 2 point(s), got 1")
    XCTAssertEqual(
      Fixture.refusal { try Fixture.run("local_energy", ["sigmas": .reals([])], objective, [origin]) },
      "option 'sigmas' of metric 'local_energy' is an empty list, allowed 1 number and more; leave it out for the "
        + "default")
    XCTAssertTrue(
      Fixture.refusal { try Fixture.run("local_energy", ["sigmas": .reals([0.1, -1])], objective, [origin]) }
        .hasPrefix("option 'sigmas' of metric 'local_energy' is 0.1,-1.0, allowed 0 ..."))
    XCTAssertTrue(
      Fixture.refusal { try Fixture.run("local_energy", ["noise": .text("additiv")], objective, [origin]) }
        .hasSuffix("allowed multiplicative, additive, flips"))
    XCTAssertEqual(
      Fixture.refusal { try Fixture.run("linear_path", [:], objective, [origin, [.nan, 0]]) },
      "point 1: element 0 is nan")
  }
}
