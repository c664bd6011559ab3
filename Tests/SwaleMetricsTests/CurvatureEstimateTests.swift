import Foundation
import Swale
import SwaleTestSupport
import XCTest

/// Estimates with error bars or no success; sums over the spectrum; probes of the caller; limits.
final class CurvatureEstimateTests: XCTestCase {
  private typealias Fixture = CurvatureFixture

  private func network(precision: Precision = .f64) throws -> (NetworkObjective, [Double]) {
    let objective = try SurfaceFixture.network(
      [Dense(4, "tanh"), Dense(3, "tanh"), Dense(10)], samples: 50, precision: precision)
    return (objective, (0..<objective.dimension).map { 0.4 * sin(1 + 2.7 * Double($0)) })
  }

  // MARK: Error bars

  func testOneProbeHasNoErrorBar() throws {
    let (objective, x) = try network()
    let cases: [(String, Report)] = [
      ("trace", try Fixture.run(HessianTrace.self, ["probes": .int(1)], objective, x)),
      ("trace", try Fixture.run(HessianTrace.self, ["probes": .int(3), "method": .text("hutch++")], objective, x)),
      ("mass_negative", try Fixture.run(HessianSpectrum.self, ["probes": .int(1)], objective, x)),
      ("log_det", try Fixture.run(
        HessianSpectrum.self, ["probes": .int(1), "log_det": .bool(true), "damping": .real(10)], objective, x)),
    ]
    for (name, report) in cases {
      XCTAssertTrue(try XCTUnwrap(report.scalar(name + "_error")).isNaN, name)
      XCTAssertTrue(try XCTUnwrap(report.scalar(name)).isFinite, name)
      XCTAssertEqual(report.text("message"), "not converged", name)
      XCTAssertEqual(report.scalar("success"), 0, name)
      XCTAssertTrue(try XCTUnwrap(report.text("status")).contains("no standard error"), name)
    }
    let two = try Fixture.run(HessianTrace.self, ["probes": .int(2)], objective, x)
    XCTAssertTrue(try XCTUnwrap(two.scalar("trace_error")) > 0)
    XCTAssertEqual(two.text("message"), "converged")
    XCTAssertEqual(two.scalar("trace_error"), two.scalar("standard_error"))
    // The sketch covers all of a small matrix: exact, without samples.
    let small = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([1, -2])])
    let exact = try Fixture.run(
      HessianTrace.self, ["method": .text("hutch++"), "probes": .int(9), "distribution": .text("gaussian")], small,
      [0, 0])
    XCTAssertEqual(try XCTUnwrap(exact.scalar("trace")), -1, accuracy: 1e-14)
    XCTAssertEqual(exact.scalar("trace_error"), 0)
    XCTAssertEqual(exact.text("message"), "converged")
  }

  // MARK: log det and effective dimension

  private func assertSums(_ report: Report, _ values: [Double], damping: Double, line: UInt = #line) throws {
    let logDet = values.reduce(0) { $0 + log($1 + damping) }
    let effective = values.reduce(0) { $0 + $1 / ($1 + damping) }
    for (name, right) in [("log_det", logDet), ("effective_dimension", effective)] {
      let error = try XCTUnwrap(report.scalar(name + "_error"))
      XCTAssertEqual(
        try XCTUnwrap(report.scalar(name)), right, accuracy: 4 * error + 1e-9 * abs(right), name, line: line)
      XCTAssertEqual(report.scalar(name + "_converged"), 1, name, line: line)
    }
  }

  func testLogDeterminantOfNetworks() throws {
    for precision in [Precision.f64, .f32] {
      let (objective, x) = try network(precision: precision)
      let values = try XCTUnwrap(try Fixture.run(HessianDense.self, [:], objective, x).values("eigenvalues"))
      for factor in [1.05, 2, 10] {
        let damping = -factor * (values.first ?? 0)
        for seed in 0..<5 {
          let report = try Fixture.run(
            HessianSpectrum.self, ["log_det": .bool(true), "damping": .real(damping)], objective, x,
            run: Fixture.settings { $0.seed = seed })
          try assertSums(report, values, damping: damping)
          let error = try XCTUnwrap(report.scalar("log_det_error"))
          XCTAssertLessThan(error, 0.1 * Double(values.count))
        }
      }
      // Below the least eigenvalue there is no logarithm.
      let none = try Fixture.run(
        HessianSpectrum.self, ["log_det": .bool(true), "damping": .real(-0.5 * (values.first ?? 0))], objective, x)
      XCTAssertTrue(try XCTUnwrap(none.scalar("log_det")).isNaN)
      XCTAssertEqual(none.scalar("log_det_converged"), 0)
      XCTAssertEqual(none.scalar("success"), 0)
    }
  }

  /// Without damping, of a positive matrix at several scales; random signs see a diagonal one without sampling error.
  func testLogDeterminantOfQuadratics() throws {
    for unit in [1.0, 1e200, 1e-200] {
      let values = (0..<50).map { unit * (1 + Double($0)) }
      let objective = try SurfaceFixture.objective("quadratic", ["diagonal": .reals(values)])
      let report = try Fixture.run(
        HessianSpectrum.self, ["log_det": .bool(true)], objective, [Double](repeating: 0, count: 50))
      XCTAssertEqual(
        try XCTUnwrap(report.scalar("log_det")), values.reduce(0) { $0 + log($1) }, accuracy: 1e-8, "\(unit)")
      XCTAssertEqual(try XCTUnwrap(report.scalar("effective_dimension")), 50, accuracy: 1e-9)
      XCTAssertEqual(report.text("message"), "converged", report.text("status") ?? "")
      let damped = try Fixture.run(
        HessianSpectrum.self, ["log_det": .bool(true), "damping": .real(5 * unit)], objective,
        [Double](repeating: 0, count: 50))
      try assertSums(damped, values, damping: 5 * unit)
      // Few steps cost accuracy, and say so.
      let few = try Fixture.run(
        HessianSpectrum.self, ["log_det": .bool(true), "steps": .int(4)], objective, [Double](repeating: 0, count: 50))
      let right = values.reduce(0) { $0 + log($1) }
      XCTAssertEqual(
        try XCTUnwrap(few.scalar("log_det")), right, accuracy: try XCTUnwrap(few.scalar("log_det_error")), "\(unit)")
    }
  }

  // MARK: Given probes

  func testGivenProbesAreTaken() throws {
    let objective = try SurfaceFixture.objective(
      "quadratic", ["matrix": .reals([4, 1, 0, 1, 3, -1, 0, -1, 2])])
    let probes = [[1.0, 2, -1], [0.5, 1, 1], [-3, 0.5, 2]]
    let report = try SurfaceFixture.run("hessian_trace", ["probes": .int(77)], objective, [[0.1, 0.2, 0.3]] + probes)
    // z'Az = 4 z0^2 + 3 z1^2 + 2 z2^2 + 2 z0 z1 - 2 z1 z2.
    let samples = probes.map { z in
      4 * z[0] * z[0] + 3 * z[1] * z[1] + 2 * z[2] * z[2] + 2 * z[0] * z[1] - 2 * z[1] * z[2]
    }
    for (a, b) in zip(try XCTUnwrap(report.values("samples")), samples) { XCTAssertEqual(a, b, accuracy: 1e-13) }
    XCTAssertEqual(report.values("samples")?.count, 3)
    XCTAssertEqual(report.scalar("products"), 3)
    XCTAssertEqual(report.text("status"), "converged")

    let spectrum = try SurfaceFixture.run("hessian_spectrum", [:], objective, [[0, 0, 0]] + probes)
    XCTAssertEqual(spectrum.values("node_counts"), [3, 3, 3])
    // First moment: mean of z'Az / z'z.
    let first = zip(probes, samples).reduce(0) { $0 + $1.1 / $1.0.reduce(0) { $0 + $1 * $1 } } / 3
    XCTAssertEqual(try XCTUnwrap(spectrum.values("moments"))[0], first, accuracy: 1e-13)
    XCTAssertEqual(
      SurfaceFixture.refusal {
        try SurfaceFixture.run("hessian_trace", [:], objective, [[0, 0, 0], [1, 0, 0], [0, 0, 0]])
      },
      "metric 'hessian_trace': point 2 is a probe vector and zero, allowed vectors that are not")
    XCTAssertEqual(
      SurfaceFixture.refusal {
        try SurfaceFixture.run("hessian_trace", ["method": .text("hutch++")], objective, [[0, 0, 0], [1, 0, 0]])
      }, "metric 'hessian_trace' with method hutch++ draws its probes itself and takes exactly 1 point, got 2")
  }

  /// Of a block the entries of the block count: unit vectors give its diagonal.
  func testGivenProbesOfABlock() throws {
    let (objective, x) = try network()
    let rows = try objective.layout.select("dense1.bias").flatMap { Array($0.range) }
    let whole = try XCTUnwrap(try Fixture.run(HessianDense.self, [:], objective, x).values("matrix"))
    let units = rows.map { row in (0..<x.count).map { $0 == row ? 1.0 : 0 } }
    let report = try SurfaceFixture.run("hessian_trace", ["block": .text("dense1.bias")], objective, [x] + units)
    for (sample, row) in zip(try XCTUnwrap(report.values("samples")), rows) {
      XCTAssertEqual(sample, whole[row * x.count + row], accuracy: 1e-14)
    }
  }

  // MARK: Symmetry of the trace

  func testTraceChecksSymmetry() throws {
    for skew in [0.0, 0.5] {
      let n = 30
      let objective = try CallbackObjective(
        CallbackTable(
          dimension: n, value: { _, g in
            if let g { for i in 0..<n { g[i] = 0 } }
            return 0
          }, hasGradient: true,
          hvp: { _, count, v, out in
            for j in 0..<count {
              for i in 0..<n { out[j * n + i] = v[j * n + i] + skew * v[j * n + (i + 1) % n] }
            }
          }))
      for method in ["hutchinson", "hutch++"] {
        let report = try Fixture.run(
          HessianTrace.self, ["method": .text(method)], objective, [Double](repeating: 0, count: n))
        XCTAssertEqual(report.text("message"), skew > 0 ? "stalled" : "converged", method)
        // |A|^2 = n (1 + s^2), |A - A'|^2 / 4 = n s^2 / 2; sixteen probes have 120 pairs.
        let right = (skew * skew / 2 / (1 + skew * skew)).squareRoot()
        XCTAssertEqual(try XCTUnwrap(report.scalar("relative_asymmetry")), right, accuracy: 0.3 * right + 1e-14, method)
      }
    }
  }

  // MARK: Limits

  /// A million probes are made as they come: little memory, and an end within the limit.
  func testManyProbesWithinTheirLimit() throws {
    let (objective, x) = try network()
    let small = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([1, -2, 3])])
    for (objective, x) in [(objective as any Objective, x), (small, [0.0, 0, 0])] {
      Memory.resetPeak()
      let before = Memory.used
      let started = Date()
      let report = try Fixture.run(
        HessianSpectrum.self, ["probes": .int(1_000_000)], objective, x, run: Fixture.settings { $0.maxSeconds = 0.3 })
      let seconds = Date().timeIntervalSince(started)
      XCTAssertEqual(report.scalar("reason"), Double(Reason.maxTime.rawValue))
      XCTAssertGreaterThan(try XCTUnwrap(report.scalar("probes")), 0)
      // The limit, a tenth of a second, and what a busy machine adds.
      XCTAssertLessThan(seconds, 0.3 + 0.1 + 0.3)
      XCTAssertLessThan(Memory.peak - before, 300_000_000)
      // A machine that is too slow for the curve after the limit leaves it out.
      XCTAssertTrue((report.values("density") ?? []).allSatisfy(\.isFinite))
      XCTAssertEqual(report.values("cumulative")?.last ?? 1, 1, accuracy: 1e-9)
    }
    let trace = try Fixture.run(
      HessianTrace.self, ["probes": .int(1_000_000_000)], small, [0, 0, 0],
      run: Fixture.settings { $0.maxSeconds = 0.1 })
    XCTAssertEqual(trace.scalar("reason"), Double(Reason.maxTime.rawValue))
    XCTAssertEqual(try XCTUnwrap(trace.scalar("trace")), 2, accuracy: 1e-12)
  }

  /// The error bars of the density are the spread of the densities of single probes; residuals hold an eigenvalue.
  func testErrorBarsOfTheDensityAndTheEnds() throws {
    let (objective, x) = try network()
    let values = try XCTUnwrap(try Fixture.run(HessianDense.self, [:], objective, x).values("eigenvalues"))
    let report = try Fixture.run(
      HessianSpectrum.self, ["probes": .int(20), "steps": .int(10), "points": .int(100)], objective, x)
    let (density, error) = (try XCTUnwrap(report.values("density")), try XCTUnwrap(report.values("density_error")))
    let grid = try XCTUnwrap(report.values("grid"))
    let sigma = try XCTUnwrap(report.scalar("sigma"))
    let cumulative = try XCTUnwrap(report.values("cumulative"))
    let cumulativeError = try XCTUnwrap(report.values("cumulative_error"))
    let (nodes, weights) = (try XCTUnwrap(report.values("nodes")), try XCTUnwrap(report.values("weights")))
    func assertMean(_ value: Double, _ error: Double, of contribution: (Int) -> Double) {
      let samples = (0..<20).map { probe in
        (10 * probe..<10 * probe + 10).reduce(0) { $0 + 20 * weights[$1] * contribution($1) }
      }
      let mean = samples.reduce(0, +) / 20
      let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19
      XCTAssertEqual(value, mean, accuracy: 1e-12 * (1 + mean))
      XCTAssertEqual(error, (variance / 20).squareRoot(), accuracy: 1e-12 * (1 + mean))
    }
    for i in stride(from: 0, to: 100, by: 9) {
      assertMean(density[i], error[i]) { k in
        let u = (grid[i] - nodes[k]) / sigma
        return exp(-u * u / 2) / (sigma * (2 * Double.pi).squareRoot())
      }
      assertMean(cumulative[i], cumulativeError[i]) { nodes[$0] <= grid[i] ? 1 : 0 }
    }
    for name in ["lambda_min", "lambda_max"] {
      let (value, residual) = (try XCTUnwrap(report.scalar(name)), try XCTUnwrap(report.scalar(name + "_error")))
      XCTAssertGreaterThan(residual, 0)
      let nearest = values.map { abs($0 - value) }.min() ?? .nan
      XCTAssertLessThanOrEqual(nearest, residual + 1e-14, name)
    }
    let one = try Fixture.run(HessianSpectrum.self, ["probes": .int(1)], objective, x)
    XCTAssertTrue(try XCTUnwrap(one.values("density_error")).allSatisfy(\.isNaN))
  }

  /// Many probes are gathered before they are smoothed: the same curves.
  func testGatheredDensity() throws {
    let a = DiagonalOperator<Double>(try Buffer((0..<40).map { sin(Double($0)) }))
    func rule(_ probes: Int) throws -> SpectralQuadrature {
      try SpectralQuadrature(a, probes: probes, steps: 30) { (i: Int, out) in
        var random = RandomStream(seed: 3, stream: UInt64(i % 2))
        random.normal(40, into: out)
      }
    }
    // 3000 probes of 30 nodes repeat two, whose curves are smoothed node by node.
    let (few, many) = (try rule(2), try rule(6000))
    let direct = try SpectralDensity(few, points: 200, width: 0.1, steps: 30)
    let gathered = try SpectralDensity(many, points: 200, width: 0.1, steps: 30)
    for i in 0..<200 {
      XCTAssertEqual(gathered.grid.pointer[i], direct.grid.pointer[i], accuracy: 1e-13)
      // Linear sharing on a grid of sigma / 32 changes a Gaussian by (1 / 32)^2 / 8 of itself.
      XCTAssertEqual(gathered.density.pointer[i], direct.density.pointer[i], accuracy: 4e-4)
      XCTAssertEqual(gathered.cumulative.pointer[i], direct.cumulative.pointer[i], accuracy: 1e-12)
    }
  }
}
