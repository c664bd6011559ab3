import Glibc
import Swale
import XCTest

/// Counts of the solutions around a point.
final class EnumerationBallTests: XCTestCase {
  private typealias Fixture = EntropyFixture

  /// Every device: the shells of the ball are those of the whole enumeration, and the ball counts their sums.
  func testAgainstAllConfigurations() throws {
    for (index, (device, patterns)) in [
      (Device(fanIn: 13), 4), (Device(fanIn: 12, margin: 0.3), 3), (Device(hidden: 3, fanIn: 5), 5),
      (Device(hidden: 3, fanIn: 5, tree: true), 5), (Device(hidden: 4, fanIn: 3, unit: .relu), 3),
      (Device(hidden: 2, fanIn: 6, tree: true, unit: .quadratic, margin: -0.5), 6),
      (Device(hidden: 3, fanIn: 4, tree: true, output: .parity), 4), (Device(fanIn: 11), 0),
    ].enumerated() {
      let graph = try device.graph(patterns, seed: 80 + index)
      let point = device.configuration(0x2d5 + 91 * index)
      let all = try Fixture.run("enumeration", graph, [point])
      let shells = try XCTUnwrap(all.values("local_counts"))
      var sums = shells
      for d in 1..<sums.count { sums[d] += sums[d - 1] }
      XCTAssertEqual(all.values("ball_counts"), sums, "\(device)")
      XCTAssertEqual(all.values("ball_counts")?.last, all.scalar("count"), "\(device)")
      for radius in [1, 2, 3, 5, device.weights, 1000] {
        let ball = try Fixture.run("enumeration", graph, [point], ["radius": .int(radius)])
        let kept = min(radius, device.weights) + 1
        XCTAssertEqual(ball.values("local_counts"), Array(shells.prefix(kept)), "\(device) radius \(radius)")
        XCTAssertEqual(ball.values("ball_counts"), Array(sums.prefix(kept)), "\(device) radius \(radius)")
        XCTAssertEqual(ball.values("distances")?.last, Double(kept - 1) / Double(device.weights))
        XCTAssertEqual(ball.scalar("success"), 1)
      }
    }
  }

  /// N = 101, beyond all configurations: pairs of flips one by one from the definition.
  func testManyWeights() throws {
    let device = Device(fanIn: 101)
    let graph = try device.graph(6, seed: 9)
    var random = RandomStream(seed: 2, stream: 2)
    var point = (0..<101).map { _ in 2 * random.below(2) - 1 }
    while device.errors(point, graph) > 0 { point = (0..<101).map { _ in 2 * random.below(2) - 1 } }
    var shells = [1.0, 0, 0]
    for i in 0..<101 {
      point[i] *= -1
      if device.errors(point, graph) == 0 { shells[1] += 1 }
      for j in 0..<i {
        point[j] *= -1
        if device.errors(point, graph) == 0 { shells[2] += 1 }
        point[j] *= -1
      }
      point[i] *= -1
    }
    let report = try Fixture.run("enumeration", graph, [point], ["radius": .int(2)])
    XCTAssertEqual(report.values("local_counts"), shells)
    XCTAssertGreaterThan(shells[2], 100)
    // Without patterns every configuration counts: binomial coefficients.
    let free = try Fixture.run("enumeration", try device.graph(0, seed: 1), [point], ["radius": .int(3)])
    XCTAssertEqual(free.values("local_counts"), [1, 101, 5050, 166_650])
  }

  /// A run that is stopped has no counts; a device without solutions says so; a radius needs a point.
  func testAnswers() throws {
    let graph = try Device(fanIn: 301).graph(20, seed: 9)
    let point = [[Double](repeating: 1, count: 301)]
    let start = monotonicSeconds()
    let stopped = try SurfaceFixture.run(
      "enumeration", ["radius": .int(8)], GraphLandscape(graph), point, { $0.maxSeconds = 0.05 })
    // Half a second is for a busy machine: all of it would take a century.
    XCTAssertLessThan(monotonicSeconds() - start, 0.55)
    XCTAssertEqual(stopped.scalar("reason"), Double(Reason.maxTime.rawValue))
    XCTAssertNil(stopped["local_counts"])
    let full = try Device(fanIn: 9).graph(60, seed: 3)
    let none = try Fixture.run("enumeration", full)
    XCTAssertEqual(none.scalar("count"), 0)
    XCTAssertEqual(none.scalar("reason"), Double(Reason.noSolution.rawValue))
    let refused = SurfaceFixture.refusal { try Fixture.run("enumeration", full, [], ["radius": .int(2)]) }
    XCTAssertTrue(refused.contains("'radius'"), refused)
    let large = SurfaceFixture.refusal { try Fixture.run("enumeration", graph) }
    XCTAssertTrue(large.contains("'radius'"), large)
  }
}
