import Glibc
import Swale
import XCTest

/// Points of extreme size: metrics of solutions answer with right numbers or refuse, and nothing traps.
final class SolutionRangeTests: XCTestCase {
  private let sizes = [1e308, 1.7e308, 1e200, 1e-200, 1e-308, Double.leastNonzeroMagnitude]

  private func run(
    _ metric: String, _ device: any Objective, _ points: [[Double]], _ options: Options = [:]
  ) throws -> Report {
    try SurfaceFixture.run(metric, options, device, points)
  }

  /// Weights that are only a direction (signs, or a sphere) have the stabilities of the same direction at length 1;
  /// real ones those times the size, where that is a number.
  func testStabilities() throws {
    for kind in [PatternGraph.Weights.binary, .spherical, .real] {
      for real in kind == .binary ? [false] : [false, true] {
        let device = try SolutionDevice(fanIn: 12, patterns: 7, weights: kind, real: real, seed: 5)
        let direction = (0..<12).map { $0 % 3 == 0 ? -1.0 : $0 % 3 == 1 ? 1 : kind == .binary ? 1 : 0.5 }
        let plain = try XCTUnwrap(try run("stabilities", device, [direction]).values("stabilities"))
        for size in sizes {
          let point = direction.map { $0 * size }
          if kind == .real, plain.contains(where: { abs($0 * size) == .infinity }) {
            let refused = SurfaceFixture.refusal { try run("stabilities", device, [point]) }
            XCTAssertTrue(refused.contains("beyond the range"), refused)
            continue
          }
          let report = try run("stabilities", device, [point])
          let found = try XCTUnwrap(report.values("stabilities"))
          for (a, b) in zip(found, plain) {
            // Halves of the smallest number there is are not numbers.
            let expected = kind == .real ? b * size : b
            if size > 1e-300 {
              XCTAssertEqual(a, expected, accuracy: 1e-12 * abs(expected), "\(kind) \(size)")
            } else if kind == .real {
              XCTAssertEqual(a, expected, accuracy: 1e-300)
            }
          }
          let (edges, density) = (try XCTUnwrap(report.values("edges")), try XCTUnwrap(report.values("histogram")))
          XCTAssertTrue((edges + density + found).allSatisfy(\.isFinite), "\(kind) \(size)")
          var mass = 0.0
          for (bin, value) in density.enumerated() { mass += value * (edges[bin + 1] - edges[bin]) }
          XCTAssertEqual(mass, 1, accuracy: 1e-6, "\(kind) \(size)")
          XCTAssertTrue(report.scalar("deviation")?.isFinite ?? false)
        }
      }
    }
  }

  func testOverlapsAndErrors() throws {
    let device = try SolutionDevice(fanIn: 9, patterns: 7, weights: .spherical, seed: 5)
    let (a, b) = ((0..<9).map { Double($0) - 3.5 }, (0..<9).map { Double(($0 * 5) % 7) - 2.5 })
    let plain = try run("overlaps", device, [a, b])
    let angle = try run("generalization_error", device, [a, b], ["method": .text("teacher")])
    for size in [1e300, 1e200, 1e-200, 1e-300] {
      let report = try run("overlaps", device, [a.map { $0 * size }, b])
      for name in ["overlap", "aligned_overlap"] {
        for (x, y) in zip(report.values(name) ?? [], plain.values(name) ?? [.nan]) { XCTAssertEqual(x, y, accuracy: 1e-12) }
      }
      let error = try run("generalization_error", device, [a.map { $0 * size }, b], ["method": .text("teacher")])
      XCTAssertEqual(
        error.scalar("generalization_error") ?? .nan, angle.scalar("generalization_error") ?? 0, accuracy: 1e-12)
      // The length of the weights does not matter without a bias.
      let mixture: Options = ["method": .text("mixture"), "delta": .real(0.5)]
      let long = try run("generalization_error", device, [a.map { $0 * size }, b], mixture)
      let short = try run("generalization_error", device, [a, b], mixture)
      XCTAssertEqual(
        long.scalar("generalization_error") ?? .nan, short.scalar("generalization_error") ?? 0, accuracy: 1e-12)
    }
    for size in sizes {
      for metric in ["overlaps", "generalization_error"] {
        let options: Options = metric == "overlaps" ? [:] : ["method": .text("teacher")]
        _ = try run(metric, device, [[Double](repeating: size, count: 9), b], options)
      }
    }
  }
}
