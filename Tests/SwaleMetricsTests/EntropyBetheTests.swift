import Glibc
import Swale
import XCTest

/// Entropies by belief propagation against exact enumeration and against closed forms.
final class EntropyBetheTests: XCTestCase {
  private struct Comparison {
    var differences: [Double] = []
    var exact: [Double] = []
    var bethe: [Double] = []
    var lost = 0

    var mean: Double { differences.reduce(0, +) / Double(differences.count) }
    var meanAbsolute: Double { differences.map(abs).reduce(0, +) / Double(differences.count) }
    var largest: Double { differences.map(abs).max() ?? .nan }
    var correlation: Double {
      func center(_ x: [Double]) -> [Double] { x.map { $0 - x.reduce(0, +) / Double(x.count) } }
      let (a, b) = (center(exact), center(bethe))
      func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
      return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
  }

  private func compare(_ device: Device, _ patterns: Int, seeds: Int, _ options: Options = [:]) throws -> Comparison {
    var result = Comparison()
    for seed in 0..<seeds {
      let graph = try device.graph(patterns, seed: 500 + seed)
      let exact = try EntropyFixture.run("enumeration", graph).scalar("entropy") ?? .nan
      let report = try EntropyFixture.run("bethe_entropy", graph, [], options)
      let bethe = report.scalar("entropy") ?? .nan
      XCTAssertEqual(bethe.isNaN, report.scalar("converged") == 0)
      if bethe.isNaN || exact == -.infinity {
        result.lost += 1
        continue
      }
      result.exact.append(exact)
      result.bethe.append(bethe)
      result.differences.append(bethe - exact)
    }
    return result
  }

  /// Spec 3.5: N = 21, P = 6, 60 seeds: mean difference -0.0004, mean absolute 0.0065, largest 0.030, correlation
  /// 0.964.
  func testPerceptronAgainstEnumeration() throws {
    let found = try compare(Device(fanIn: 21), 6, seeds: 60)
    XCTAssertEqual(found.lost, 0)
    XCTAssertEqual(found.mean, 0, accuracy: 0.004)
    XCTAssertLessThan(found.meanAbsolute, 0.01)
    XCTAssertLessThan(found.largest, 0.04)
    XCTAssertGreaterThan(found.correlation, 0.93)
  }

  /// Spec 3.5: P = 11: mean absolute difference 0.010. Instances without solutions have no convergent messages to speak
  /// of.
  func testDenserPerceptronAgainstEnumeration() throws {
    let found = try compare(Device(fanIn: 21), 11, seeds: 40, ["damping": .real(0.3)])
    XCTAssertLessThan(found.lost, 4)
    XCTAssertLessThan(found.meanAbsolute, 0.016)
    XCTAssertEqual(found.mean, 0, accuracy: 0.012)
  }

  /// The sums over all values of a field leave the loops as the only error.
  func testExactMessages() throws {
    let found = try compare(Device(fanIn: 15), 4, seeds: 20, ["exact": .bool(true)])
    XCTAssertLessThan(found.meanAbsolute, 0.01)
    let margin = try compare(Device(fanIn: 17, margin: 0.4), 3, seeds: 20, ["exact": .bool(true)])
    XCTAssertLessThan(margin.meanAbsolute, 0.018)
  }

  func testDevicesAgainstEnumeration() throws {
    for (device, patterns) in [
      (Device(fanIn: 21, margin: 0.3), 5), (Device(hidden: 3, fanIn: 7, tree: true), 6),
      (Device(hidden: 3, fanIn: 7), 5),
    ] {
      let found = try compare(device, patterns, seeds: 20)
      XCTAssertLessThanOrEqual(found.lost, 3, "\(device)")
      XCTAssertLessThan(found.meanAbsolute, 0.015, "\(device)")
    }
  }

  /// One pattern halves the configurations of an odd perceptron, and leaves a tree: the entropy is (N - 1) / N ln 2 and
  /// the messages are right at once. None leaves ln 2.
  func testOnePattern() throws {
    for precision in [Precision.f64, .f32] {
      let one = try EntropyFixture.run(
        "bethe_entropy", try Device(fanIn: 101).graph(1, seed: 4), precision: precision)
      XCTAssertEqual(one.scalar("entropy") ?? .nan, 100.0 / 101 * M_LN2, accuracy: precision == .f64 ? 1e-10 : 1e-5)
      XCTAssertEqual(one.text("status"), "converged")
      let none = try EntropyFixture.run("bethe_entropy", try Device(fanIn: 101).graph(0, seed: 4), precision: precision)
      XCTAssertEqual(none.scalar("entropy") ?? .nan, M_LN2, accuracy: 1e-6)
    }
  }

  /// The replica-symmetric entropies of spec 3.1 for N -> infinity; the measured spread at N = 1001 is 0.004 to 0.014
  /// per instance (spec 3.5), here with three instances.
  func testLargePerceptron() throws {
    for (load, entropy) in [(0.2, 0.550120), (0.5, 0.314390)] {
      var mean = 0.0
      for seed in 0..<3 {
        let graph = try Device(fanIn: 1001).graph(Int(load * 1001), seed: seed)
        let report = try EntropyFixture.run("bethe_entropy", graph, [], ["tolerance": .real(1e-5)], precision: .f32)
        mean += (report.scalar("entropy") ?? .nan) / 3
      }
      XCTAssertEqual(mean, entropy, accuracy: 0.02)
    }
  }

  /// Above capacity the messages do not converge, or say by a negative entropy that there is nothing.
  func testNotConvergedIsAnAnswer() throws {
    let graph = try Device(fanIn: 101).graph(60, seed: 3)
    let report = try EntropyFixture.run("bethe_entropy", graph, [], ["max_sweeps": .int(2)])
    XCTAssertEqual(report.scalar("converged"), 0)
    XCTAssertTrue(report.scalar("entropy")?.isNaN ?? false)
    XCTAssertTrue(report.text("status")?.hasPrefix("not converged: residual") ?? false)
    XCTAssertEqual(report.scalar("sweeps"), 2)
  }

  func testRefusals() throws {
    let refused = SurfaceFixture.refusal {
      try EntropyFixture.run("bethe_entropy", try Device(fanIn: 9).graph(2, seed: 1, weights: .spherical))
    }
    XCTAssertTrue(refused.contains("binary weights"), refused)
  }
}
