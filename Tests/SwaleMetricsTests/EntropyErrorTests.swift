import Glibc
import Swale
import XCTest

/// What entropies by messages say about their own accuracy, and what they say where there is nothing.
final class EntropyErrorTests: XCTestCase {
  private typealias Fixture = EntropyFixture

  /// The recorded error, 1 / N, holds the difference from exact enumeration in at least 9 of 10 instances, and is not
  /// out of proportion: the mean difference is a tenth of it at least. Relu units, taken as normal together, are off
  /// by more.
  func testBetheErrorHolds() throws {
    for (device, patterns, seeds) in [
      (Device(fanIn: 15), 5, 60), (Device(fanIn: 21), 6, 40), (Device(fanIn: 21), 11, 40),
      (Device(fanIn: 17, margin: 0.4), 3, 40), (Device(hidden: 3, fanIn: 5, tree: true), 5, 60),
      (Device(hidden: 3, fanIn: 5), 4, 60), (Device(hidden: 2, fanIn: 8, tree: true, unit: .relu), 3, 40),
    ] {
      var (held, count, sum) = (0, 0, 0.0)
      for seed in 0..<seeds {
        let graph = try device.graph(patterns, seed: 4000 + seed)
        let exact = try Fixture.run("enumeration", graph).scalar("entropy") ?? .nan
        let report = try Fixture.run("bethe_entropy", graph, [], ["damping": .real(0.2)])
        XCTAssertFalse(report.text("approximation")?.isEmpty ?? true)
        guard report.scalar("converged") == 1 else {
          XCTAssertTrue(report.scalar("entropy_error")?.isNaN ?? false)
          continue
        }
        let error = report.scalar("entropy_error") ?? .nan
        let normal = device.unit == .sign ? 0 : Double(patterns) / Double(device.weights) / 2.0.squareRoot()
        XCTAssertEqual(error, 1 / Double(device.weights) + normal, accuracy: 1e-15)
        count += 1
        guard exact.isFinite else { continue }
        let gap = abs((report.scalar("entropy") ?? .nan) - exact)
        if gap <= error { held += 1 }
        sum += gap / error
      }
      XCTAssertGreaterThan(count, seeds * 7 / 10, "\(device)")
      XCTAssertGreaterThanOrEqual(Double(held), 0.9 * Double(count), "\(device)")
      XCTAssertGreaterThan(sum / Double(count), 0.1, "\(device)")
    }
  }

  /// Above the capacity (0.833) no run ends with a number: messages converge to a negative entropy, which is nothing,
  /// or not at all.
  func testAboveTheCapacity() throws {
    var none = 0
    for (n, patterns) in [(201, 240), (201, 187), (101, 95), (51, 48)] {
      for seed in 0..<4 {
        let graph = try Device(fanIn: n).graph(patterns, seed: 60 + seed)
        let report = try Fixture.run("bethe_entropy", graph, [], ["damping": .real(0.5), "max_sweeps": .int(400)])
        XCTAssertTrue(report.scalar("entropy")?.isNaN ?? false)
        XCTAssertEqual(report.scalar("success"), 0)
        XCTAssertEqual(report.scalar("converged"), 0)
        guard report.scalar("satisfiable") == 0 else { continue }
        none += 1
        XCTAssertEqual(report.scalar("reason"), Double(Reason.noSolution.rawValue))
        XCTAssertTrue(report.text("status")?.hasPrefix("no solution exists") ?? false)
        let point = [[Int](repeating: 1, count: n)]
        let near = try Fixture.run(
          "local_entropy", graph, point, ["fields": .reals([0.1]), "damping": .real(0.5), "max_sweeps": .int(400)])
        XCTAssertTrue(near.values("entropies")?[0].isNaN ?? false)
        let curve = try Fixture.run(
          "franz_parisi", graph, point, ["distances": .reals([0.4]), "damping": .real(0.5), "max_sweeps": .int(400)])
        XCTAssertTrue(curve.values("entropies")?[0].isNaN ?? false)
      }
    }
    XCTAssertGreaterThan(none, 0)
  }

  /// A pattern with both labels, for every kind of device: exactly no solution, said with the numbers of the patterns.
  func testContradiction() throws {
    for device in [
      Device(fanIn: 31), Device(hidden: 3, fanIn: 21), Device(hidden: 3, fanIn: 21, tree: true, output: .parity),
    ] {
      let plain = try device.graph(9, seed: 3)
      guard case .signs(let bits) = plain.inputs else { return XCTFail("inputs") }
      for word in 0..<bits.stride { bits.words(7)[word] = bits.words(2)[word] }
      plain.labels.pointer[7] = -plain.labels.pointer[2]
      let report = try Fixture.run("bethe_entropy", plain)
      XCTAssertEqual(report.scalar("reason"), Double(Reason.noSolution.rawValue))
      XCTAssertEqual(report.text("status")?.contains("patterns 2 and 7 contradict"), true, report.text("status") ?? "")
      XCTAssertTrue(report.scalar("entropy")?.isNaN ?? false)
      let point = [[Int](repeating: 1, count: device.weights)]
      for options: Options in [["fields": .reals([0.5, 1])], ["distances": .reals([0.2, 0.1])]] {
        let near = try Fixture.run("local_entropy", plain, point, options)
        XCTAssertEqual(near.values("satisfiable"), [0, 0])
        XCTAssertEqual(near.scalar("reason"), Double(Reason.noSolution.rawValue))
      }
      let curve = try Fixture.run("franz_parisi", plain, point, ["distances": .reals([0.3])])
      XCTAssertEqual(curve.values("empty"), [1])
      XCTAssertEqual(curve.scalar("reason"), Double(Reason.noSolution.rawValue))
      plain.labels.pointer[7] = plain.labels.pointer[2]
      XCTAssertNil(try plain.conflict())
      XCTAssertEqual(try Fixture.run("bethe_entropy", plain).scalar("satisfiable"), 1)
    }
    // The mirror image of a pattern with the same label, for the odd perceptron only.
    for (device, found) in [(Device(fanIn: 31), true), (Device(hidden: 2, fanIn: 20, unit: .quadratic), false)] {
      let graph = try device.graph(9, seed: 4)
      guard case .signs(let bits) = graph.inputs else { return XCTFail("inputs") }
      bits.words(5)[0] = ~bits.words(1)[0] & ((1 << UInt64(device.fanIn)) - 1)
      graph.labels.pointer[5] = graph.labels.pointer[1]
      XCTAssertEqual(try graph.conflict() != nil, found)
    }
    // Margins below 0 can be kept by both.
    XCTAssertNil(try Device(fanIn: 1, margin: -2).graph(9, seed: 4).conflict())
  }

  /// Around a solution of N = 21, P = 7, also as close as a hundredth of a weight: an entropy is at least 0, as the
  /// solution counts itself, and within twice its error of the exact one of the solutions weighted by exp(g w.w~).
  func testLocalEntropyIsNotNegative() throws {
    let device = Device(fanIn: 21)
    var (points, held) = (0, 0)
    for seed in 0..<8 {
      let graph = try device.graph(7, seed: 700 + seed)
      var mask = 12345 * (seed + 1)
      while device.errors(device.configuration(mask), graph) > 0 { mask = (mask + 1) % (1 << 21) }
      let reference = device.configuration(mask)
      let counts = try Fixture.run("enumeration", graph, [reference]).values("local_counts") ?? []
      let options: [Options] = [
        ["distances": .reals([0.1, 0.05, 0.02, 0.005, 0.0005])], ["fields": .reals([0.5, 1, 2, 3, 5, 20])],
      ]
      for option in options {
        let report = try Fixture.run("local_entropy", graph, [reference], option)
        let found = try XCTUnwrap(report.values("entropies"))
        let (fields, flags) = (report.values("fields") ?? [], report.values("converged") ?? [])
        for (row, entropy) in found.enumerated() {
          XCTAssertEqual(entropy.isNaN, flags[row] == 0)
          guard !entropy.isNaN else { continue }
          XCTAssertGreaterThanOrEqual(entropy, 0)
          let error = report.values("entropies_error")?[row] ?? .nan
          var (z, first) = (0.0, 0.0)
          for (d, number) in counts.enumerated() {
            z += number * exp(-2 * fields[row] * Double(d))
            first += number * exp(-2 * fields[row] * Double(d)) * Double(d)
          }
          let exact = (log(z) + 2 * fields[row] * first / z) / 21
          points += 1
          if abs(entropy - exact) <= 2 * error { held += 1 }
        }
      }
    }
    XCTAssertGreaterThan(points, 40)
    XCTAssertGreaterThanOrEqual(Double(held), 0.95 * Double(points))
  }
}
