import Glibc
import Swale
import XCTest

/// The Gray-code enumerator against a plain loop over all masks that evaluates every stability from its definition.
final class EnumerationTests: XCTestCase {
  private static let devices: [(Device, patterns: Int)] = [
    (Device(fanIn: 13), 4), (Device(fanIn: 12), 5), (Device(fanIn: 9), 40), (Device(fanIn: 11), 0),
    (Device(fanIn: 13, margin: 0.5), 4), (Device(fanIn: 13, margin: -0.4), 9),
    (Device(fanIn: 9, margin: 1.0 / 3), 3),  // the margin is exactly a stability
    (Device(hidden: 3, fanIn: 3, tree: true), 4), (Device(hidden: 3, fanIn: 4), 5),
    (Device(hidden: 3, fanIn: 3, margin: 1), 2),
    (Device(hidden: 2, fanIn: 6, tree: true, unit: .relu), 5),
    (Device(hidden: 4, fanIn: 3, unit: .relu, margin: 0.2), 3),
    (Device(hidden: 2, fanIn: 5, unit: .quadratic), 4),
    (Device(hidden: 2, fanIn: 6, tree: true, unit: .quadratic, margin: -0.5), 6),
    (Device(hidden: 3, fanIn: 3, tree: true, output: .parity), 4), (Device(hidden: 2, fanIn: 6, output: .parity), 4),
  ]

  func testAgainstBruteForce() throws {
    for (index, (device, patterns)) in Self.devices.enumerated() {
      let graph = try device.graph(patterns, seed: index)
      let n = device.weights
      let reference = device.configuration(0x5a3 + 37 * index)
      let report = try EntropyFixture.run("enumeration", graph, [reference])

      var histogram = [Double](repeating: 0, count: patterns + 1)
      var magnetization = [Double](repeating: 0, count: n)
      var local = [Double](repeating: 0, count: n + 1)
      for mask in 0..<(1 << n) {
        let w = device.configuration(mask)
        let errors = device.errors(w, graph)
        histogram[errors] += 1
        if errors > 0 { continue }
        for i in 0..<n { magnetization[i] += Double(w[i]) }
        local[zip(w, reference).count { $0 != $1 }] += 1
      }
      XCTAssertEqual(report.values("error_histogram"), histogram, "\(device)")
      XCTAssertEqual(report.scalar("count"), histogram[0], "\(device)")
      XCTAssertEqual(report.values("local_counts"), local, "\(device)")
      guard let marginals = report.values("marginals"), let entropies = report.values("local_entropies") else {
        return XCTFail("no marginals")
      }
      for i in 0..<n where histogram[0] > 0 {
        XCTAssertEqual(marginals[i], magnetization[i] / histogram[0], accuracy: 1e-13, "\(device)")
      }
      for d in 0...n { XCTAssertEqual(entropies[d], Glibc.log(local[d]) / Double(n), "\(device)") }
      XCTAssertEqual(report.scalar("entropy") ?? .nan, Glibc.log(histogram[0]) / Double(n), "\(device)")
    }
  }

  /// For an odd number of inputs every random pattern is satisfied by exactly half of the configurations, whatever the
  /// other patterns: the number of solutions has the mean 2^(N - P) over patterns (spec 3.5).
  func testMeanNumberOfSolutions() throws {
    var counts: [Double] = []
    for seed in 0..<300 {
      let report = try EntropyFixture.run("enumeration", try Device(fanIn: 15).graph(5, seed: 1000 + seed))
      counts.append(report.scalar("count") ?? .nan)
    }
    let mean = counts.reduce(0, +) / 300
    let variance = counts.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 299
    // The spread of the counts makes the standard error about 36; 4 of them.
    XCTAssertEqual(mean, 1024, accuracy: 4 * (variance / 300).squareRoot())
    XCTAssertLessThan((variance / 300).squareRoot(), 60)
  }

  /// One pattern leaves half of the configurations of an odd perceptron.
  func testOnePatternLeavesHalf() throws {
    let report = try EntropyFixture.run("enumeration", try Device(fanIn: 19).graph(1, seed: 3))
    XCTAssertEqual(report.scalar("count"), 262_144)
    XCTAssertEqual(report.scalar("entropy") ?? 0, 18.0 / 19 * M_LN2, accuracy: 1e-15)
  }

  func testThreadsDoNotChangeIt() throws {
    let graph = try Device(hidden: 3, fanIn: 7).graph(8, seed: 5)
    let threads = Parallel.threads
    defer { Parallel.threads = threads }
    Parallel.threads = 1
    let one = try EntropyFixture.run("enumeration", graph, [[Int](repeating: 1, count: 21)])
    Parallel.threads = 5
    let five = try EntropyFixture.run("enumeration", graph, [[Int](repeating: 1, count: 21)])
    for name in ["error_histogram", "marginals", "local_counts"] { XCTAssertEqual(one.values(name), five.values(name)) }
  }

  func testNoSolutionIsSaid() throws {
    let report = try EntropyFixture.run("enumeration", try Device(fanIn: 9).graph(40, seed: 2))
    XCTAssertEqual(report.scalar("entropy"), -.infinity)
    XCTAssertEqual(report.text("status"), "there is no solution")
    XCTAssertTrue(report.values("marginals")?.allSatisfy(\.isNaN) ?? false)
  }

  func testRefusals() throws {
    func refusal(_ graph: PatternGraph) -> String {
      SurfaceFixture.refusal { try EntropyFixture.run("enumeration", graph) }
    }
    XCTAssertTrue(refusal(try Device(fanIn: 33).graph(2, seed: 1)).contains("N is 33, allowed 1 to 32"))
    XCTAssertTrue(refusal(try Device(fanIn: 9).graph(2, seed: 1, weights: .spherical)).contains("binary weights"))
    let real = PatternGraph(
      hidden: 1, fanIn: 2, tree: false, inputs: .real(try Buffer([0.5, 1])), labels: try Buffer([1]))
    XCTAssertEqual(refusal(real), "not refused")
  }

  /// N = 25 within the ten seconds of the specification, even in a debug build on a busy machine.
  func testTwentyFiveWeights() throws {
    let started = monotonicSeconds()
    let report = try EntropyFixture.run("enumeration", try Device(fanIn: 25).graph(12, seed: 1))
    XCTAssertLessThan(monotonicSeconds() - started, 10)
    XCTAssertEqual(report.values("error_histogram")?.reduce(0, +), 33_554_432)
  }
}
