import Glibc
import Swale
import XCTest

/// `local_energy` with flips and `stabilities`, against direct evaluation and closed forms.
final class SolutionFlipTests: XCTestCase {
  private func measured(
    _ device: any Objective, _ x: [Double], _ extra: Options = [:], seed: Int = 0
  ) throws -> Report {
    var options: Options = ["noise": .text("flips")]
    for (name, value) in extra.values { options[name] = value }
    return try SurfaceFixture.run("local_energy", options, device, [x], seed: seed)
  }

  /// Spec 3.5: 0.1436 at d = 0.05 for random weights, counted on the patterns that they get right before; and, without
  /// that condition, 1/2 at every distance.
  func testRandomWeights() throws {
    let n = 501
    // Labels given by the weights themselves: zero errors, stabilities |g| with g normal.
    let w = SolutionFixture.signs(n, seed: 4)
    let device = try SolutionDevice(fanIn: n, patterns: 1500, label: { x in
      zip(x, w).reduce(0) { $0 + $1.0 * $1.1 } > 0 ? 1 : -1
    })
    let distances = [0.0, 0.01, 0.05, 0.2, 0.5]
    let report = try measured(device, w, ["distances": .reals(distances), "draws": .int(40)])
    let found = try XCTUnwrap(report.values("error_at_distance"))
    let errors = try XCTUnwrap(report.values("error_at_distance_error"))
    let closed = try XCTUnwrap(report.values("closed_form"))
    XCTAssertEqual(report.values("flips"), [0, 5, 25, 100, 251])
    XCTAssertEqual(found[0], 0)
    XCTAssertEqual(closed[0], 0)
    for (i, flips) in [0, 5, 25, 100, 251].enumerated() {
      let angle = acos(1 - 2 * Double(flips) / Double(n)) / .pi
      // 40 draws of flips on 1500 fixed patterns: the patterns' own fluctuation, sqrt(e (1 - e) / 1500) < 0.013.
      XCTAssertEqual(found[i], angle, accuracy: 0.015)
      XCTAssertEqual(found[i], closed[i], accuracy: 0.01)
      XCTAssertLessThan(errors[i], 0.005)
    }
    XCTAssertEqual(acos(0.9) / .pi, 0.1436, accuracy: 5e-5)
    XCTAssertEqual(found[2], 0.1436, accuracy: 0.015)

    let unrelated = try SolutionDevice(fanIn: n, patterns: 1500)
    let half = try measured(unrelated, w, ["distances": .reals([0.05]), "draws": .int(30)])
    XCTAssertEqual(half.values("error_at_distance")?[0] ?? 0, 0.5, accuracy: 0.04)
  }

  /// Spec 2.1: Monte Carlo and closed form agree within 0.003 on solutions; with margin too.
  func testSolvedWeights() throws {
    for margin in [0.0, 0.3] {
      let device = try SolutionDevice(fanIn: 501, patterns: 100, margin: margin)
      let w = SolutionFixture.clippedPerceptron(device)
      let report = try measured(
        device, w, ["distances": .reals([0.01, 0.02, 0.05, 0.1, 0.3]), "draws": .int(200)])
      if margin == 0 { XCTAssertEqual(report.scalar("error"), 0) }
      let found = try XCTUnwrap(report.values("error_at_distance"))
      let closed = try XCTUnwrap(report.values("closed_form"))
      // At a margin the fields, which are odd, step over it: up to half a step 1 / sqrt N times a density of 0.4.
      for (a, b) in zip(found, closed) { XCTAssertEqual(a, b, accuracy: margin == 0 ? 0.01 : 0.4 / 501.0.squareRoot()) }
      XCTAssertEqual(found, found.sorted())
    }
  }

  /// Small enough to flip every set of weights: the mean over draws is the mean over all sets.
  func testAgainstEverySet() throws {
    let device = try SolutionDevice(hidden: 3, fanIn: 3, patterns: 7, tree: true, seed: 3)
    let w = SolutionFixture.signs(9, seed: 8)
    for perUnit in [false, true] {
      var (sum, sets) = (0.0, 0.0)
      for mask in 0..<512 {
        let counts = (0..<3).map { unit in (0..<3).count { mask >> (3 * unit + $0) & 1 == 1 } }
        guard perUnit ? counts == [1, 1, 1] : counts.reduce(0, +) == 3 else { continue }
        let flipped = (0..<9).map { mask >> $0 & 1 == 1 ? -w[$0] : w[$0] }
        sum += Double(device.stabilities(flipped).count { $0 <= 0 }) / 7
        sets += 1
      }
      let report = try measured(
        device, w, ["distances": .real(1.0 / 3), "draws": .int(4000), "per_unit": .bool(perUnit)])
      let error = try XCTUnwrap(report.values("error_at_distance_error"))[0]
      XCTAssertEqual(try XCTUnwrap(report.values("error_at_distance"))[0], sum / sets, accuracy: 4.5 * error)
      XCTAssertEqual(report.values("flips"), [3])
      XCTAssertNil(report["closed_form"])
    }
  }

  /// A distance's number does not depend on the others, and repeats with the seed.
  func testCommonDraws() throws {
    let device = try SolutionDevice(fanIn: 101, patterns: 60)
    let w = SolutionFixture.signs(101, seed: 1)
    let all = try measured(device, w, ["distances": .reals([0.3, 0.05, 0.1])], seed: 6)
    let one = try measured(device, w, ["distances": .reals([0.1])], seed: 6)
    XCTAssertEqual(all.values("error_at_distance")?[2], one.values("error_at_distance")?[0])
    let other = try measured(device, w, ["distances": .reals([0.1])], seed: 7)
    XCTAssertNotEqual(other.values("error_at_distance"), one.values("error_at_distance"))
    let f32 = try SolutionDevice(fanIn: 101, patterns: 60, precision: .f32)
    XCTAssertEqual(
      try measured(f32, w, ["distances": .reals([0.1])], seed: 6).values("error_at_distance"),
      one.values("error_at_distance"))
  }

  /// `distances` are those of the weights really flipped.
  func testDistancesAreReal() throws {
    let device = try SolutionDevice(fanIn: 501, patterns: 20)
    let w = SolutionFixture.signs(501, seed: 1)
    let report = try measured(device, w, ["distances": .reals([0, 0.003, 0.1]), "draws": .int(2)])
    XCTAssertEqual(report.values("flips"), [0, 2, 50])
    XCTAssertEqual(report.values("distances"), [0, 2.0 / 501, 50.0 / 501])
    XCTAssertEqual(report.values("requested_distances"), [0, 0.003, 0.1])
  }

  func testRefusals() throws {
    let device = try SolutionDevice(fanIn: 11, patterns: 5, weights: .spherical)
    let w = SolutionFixture.signs(11, seed: 1)
    XCTAssertTrue(SurfaceFixture.refusal { try measured(device, w) }.contains("needs binary weights"))
    let bowl = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([1, 2])])
    XCTAssertTrue(SurfaceFixture.refusal { try measured(bowl, [1, 1]) }.contains("needs binary weights"))
    let binary = try SolutionDevice(fanIn: 11, patterns: 5)
    XCTAssertTrue(
      SurfaceFixture.refusal { try measured(binary, w, ["distances": .reals([])]) }.contains("'distances'"))
    XCTAssertTrue(
      SurfaceFixture.refusal { try measured(binary, w, ["distances": .reals([1.5])]) }.contains("allowed 0 ... 1"))
  }

  func testStabilities() throws {
    var devices: [SolutionDevice] = []
    for precision in [Precision.f64, .f32] {
      devices.append(try SolutionDevice(fanIn: 131, patterns: 80, precision: precision))
      devices.append(try SolutionDevice(hidden: 5, fanIn: 67, patterns: 40, tree: true, precision: precision))
      devices.append(try SolutionDevice(hidden: 3, fanIn: 67, patterns: 40, tree: false, precision: precision))
      devices.append(
        try SolutionDevice(hidden: 4, fanIn: 66, patterns: 40, tree: false, unit: .relu, precision: precision))
      devices.append(
        try SolutionDevice(hidden: 4, fanIn: 66, patterns: 40, unit: .quadratic, weights: .real, precision: precision))
      devices.append(
        try SolutionDevice(hidden: 3, fanIn: 67, patterns: 40, tree: true, output: .parity, precision: precision))
      devices.append(
        try SolutionDevice(fanIn: 50, patterns: 30, weights: .spherical, real: true, margin: 0.5, precision: precision))
      devices.append(
        try SolutionDevice(hidden: 3, fanIn: 21, patterns: 30, tree: true, real: true, precision: precision))
    }
    for (number, device) in devices.enumerated() {
      let x = SolutionFixture.normal(device.dimension, seed: 5).map { Double(Float($0)) }
      let report = try SurfaceFixture.run("stabilities", ["bins": .int(9)], device, [x])
      // Inputs of real devices are stored in f32.
      let expected = device.stabilities(x).sorted()
      let found = try XCTUnwrap(report.values("stabilities"))
      for (a, b) in zip(found, expected) { XCTAssertEqual(a, b, accuracy: 1e-6, "device \(number)") }
      XCTAssertEqual(report.scalar("margin"), found[0])
      let mean = found.reduce(0, +) / Double(found.count)
      XCTAssertEqual(report.scalar("mean") ?? 0, mean, accuracy: 1e-12)
      let variance = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(found.count - 1)
      XCTAssertEqual(report.scalar("deviation") ?? 0, variance.squareRoot(), accuracy: 1e-12)
      let kappa = device.graph.margin
      XCTAssertEqual(report.scalar("errors"), Double(expected.count { kappa == 0 ? $0 <= 0 : $0 < kappa }))
      let (density, edges) = (try XCTUnwrap(report.values("histogram")), try XCTUnwrap(report.values("edges")))
      XCTAssertEqual(edges.count, 10)
      for i in 0..<9 {
        let inside = found.count { $0 >= edges[i] && ($0 < edges[i + 1] || i == 8) }
        // A stability on an edge may fall on either side of it.
        let onEdge = found.count { abs($0 - edges[i]) < 1e-9 || abs($0 - edges[i + 1]) < 1e-9 }
        XCTAssertEqual(
          density[i] * (edges[1] - edges[0]) * Double(found.count), Double(inside), accuracy: Double(onEdge) + 1e-9)
      }
    }
  }
}
