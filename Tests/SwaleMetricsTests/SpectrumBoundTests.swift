import Foundation
import Swale
import SwaleTestSupport
import XCTest

/// Counts of negative, zero and positive eigenvalues by quadrature: bounds that hold, and success only where they are
/// narrow.
final class SpectrumBoundTests: XCTestCase {
  private typealias Fixture = CurvatureFixture

  /// 40 values in -1..-0.1, 260 zeros, 100 in 0.1..5.
  private let threeGroups: [Double] =
    (0..<40).map { -1 + 0.9 * Double($0) / 39 } + [Double](repeating: 0, count: 260)
    + (0..<100).map { 0.1 + 4.9 * Double($0) / 99 }

  private func quadratic(_ spectrum: [Double], precision: String = "f64") throws -> any Objective {
    try SurfaceFixture.objective("quadratic", ["diagonal": .reals(spectrum), "precision": .text(precision)])
  }

  private func index(
    _ objective: any Objective, _ x: [Double], _ options: Options = [:], seed: Int = 0
  ) throws -> Report {
    var all = options
    all["method"] = .text("slq")
    return try Fixture.run(HessianIndex.self, all, objective, x, run: Fixture.settings { $0.seed = seed })
  }

  private func assertBounds(
    _ report: Report, _ counts: [Double], prefix: String = "", slack: Double = 1e-9, line: UInt = #line
  ) throws {
    for (name, count) in zip(["negative", "zero", "positive"], counts) {
      let (low, high) = (report.scalar(prefix + name + "_low"), report.scalar(prefix + name + "_high"))
      XCTAssertLessThanOrEqual(try XCTUnwrap(low), count + slack, name, line: line)
      XCTAssertGreaterThanOrEqual(try XCTUnwrap(high), count - slack, name, line: line)
    }
  }

  func testThreeGroups() throws {
    for precision in ["f64", "f32"] {
      for seed in 0..<5 {
        let report = try index(
          try quadratic(threeGroups, precision: precision), [Double](repeating: 0.1, count: 400), seed: seed)
        XCTAssertEqual(report.text("message"), "converged", report.text("status") ?? "")
        // Random signs see a diagonal matrix without sampling error; 80 steps leave half an eigenvalue of each group.
        for (name, count) in [("negative", 40.0), ("zero", 260), ("positive", 100)] {
          let value = try XCTUnwrap(report.scalar(name))
          XCTAssertEqual(value, count, accuracy: 1, name)
          XCTAssertEqual(value, count, accuracy: try XCTUnwrap(report.scalar(name + "_error")) + 1e-9, name)
        }
        try assertBounds(report, [40, 260, 100])
        XCTAssertLessThan(try XCTUnwrap(report.scalar("zero_tolerance")), 0.1)
      }
    }
    let spectrum = try Fixture.run(
      HessianSpectrum.self, [:], try quadratic(threeGroups), [Double](repeating: 0.1, count: 400))
    XCTAssertEqual(spectrum.text("message"), "converged")
    XCTAssertEqual(spectrum.scalar("masses_converged"), 1)
    XCTAssertEqual(try XCTUnwrap(spectrum.scalar("mass_negative")), 0.1, accuracy: 1.0 / 400)
    XCTAssertEqual(try XCTUnwrap(spectrum.scalar("mass_zero")), 0.65, accuracy: 2.0 / 400)
    XCTAssertEqual(try XCTUnwrap(spectrum.scalar("mass_positive")), 0.25, accuracy: 1.0 / 400)
    try assertBounds(spectrum, [0.1, 0.65, 0.25], prefix: "mass_")
  }

  /// The same groups with eigenvectors of cosines, where probes do sample: errors mean what they say.
  func testThreeGroupsOfADenseMatrix() throws {
    let n = 300
    let spectrum = (0..<10).map { -3 + 2 * Double($0) / 9 } + [Double](repeating: 0, count: 200)
      + (0..<90).map { 0.5 + 1.5 * Double($0) / 89 }
    let matrix = try Fixture.matrix(spectrum)
    let objective = try SurfaceFixture.objective("quadratic", ["matrix": .reals(matrix.array)])
    var outside = 0
    for seed in 0..<20 {
      let report = try index(objective, [Double](repeating: 0.1, count: n), seed: seed)
      XCTAssertEqual(report.text("message"), "converged", report.text("status") ?? "")
      try assertBounds(report, [10, 200, 90])
      let (value, error) = (report.scalar("negative") ?? .nan, report.scalar("negative_error") ?? .nan)
      if abs(value - 10) > 2 * error { outside += 1 }
      // The s.d. of one probe is at most sqrt(2 * 10): ten of them leave 1.4.
      XCTAssertEqual(value, 10, accuracy: 5 * 1.42)
    }
    // More than 2 of 20 outside of two standard deviations of ten samples has a chance of 2 %: five, none.
    XCTAssertLessThanOrEqual(outside, 5)
  }

  /// Too few steps are not converged, and their bounds hold all the same.
  func testThreeStepsAreNotConverged() throws {
    let x = [Double](repeating: 0.1, count: 400)
    for steps in [1, 2, 3, 5, 10] {
      let report = try index(try quadratic(threeGroups), x, ["steps": .int(steps)])
      XCTAssertEqual(report.text("message"), "not converged")
      XCTAssertEqual(report.scalar("success"), 0)
      XCTAssertTrue(try XCTUnwrap(report.text("status")).contains("do not tell the eigenvalues near zero apart"))
      try assertBounds(report, [40, 260, 100])
      let spectrum = try Fixture.run(HessianSpectrum.self, ["steps": .int(steps)], try quadratic(threeGroups), x)
      XCTAssertEqual(spectrum.text("message"), "not converged")
      XCTAssertEqual(spectrum.scalar("masses_converged"), 0)
      try assertBounds(spectrum, [0.1, 0.65, 0.25], prefix: "mass_")
    }
    // Three different eigenvalues need three steps and no more.
    let few = try index(
      try quadratic((0..<60).map { [-1.0, 0, 2][$0 % 3] }), [Double](repeating: 0.1, count: 60), ["steps": .int(3)])
    XCTAssertEqual(few.text("message"), "converged")
    for name in ["negative", "zero", "positive"] { XCTAssertEqual(few.scalar(name) ?? .nan, 20, accuracy: 1e-9) }
  }

  /// A spectrum that is dense at zero: the count at the tolerance that was read from it, of 20 seeds and many steps.
  func testBoundsHoldForADenseSpectrum() throws {
    let n = 500
    let spectrum = (0..<n).map { i in
      let u = 2 * (Double(i) + 0.5) / Double(n) - 1
      return u * u * u * (u > 0 ? 10 : 1)
    }
    let objective = try SurfaceFixture.objective("quadratic", ["matrix": .reals(try Fixture.matrix(spectrum).array)])
    for steps in [4, 20, 80] {
      for seed in 0..<10 {
        let report = try index(objective, [Double](repeating: 0, count: n), ["steps": .int(steps)], seed: seed)
        let zero = try XCTUnwrap(report.scalar("zero_tolerance"))
        let (below, above) = (Double(spectrum.count { $0 < -zero }), Double(spectrum.count { $0 > zero }))
        try assertBounds(report, [below, Double(n) - below - above, above])
        for given in [0.01, 0.3] {
          let at = try index(
            objective, [Double](repeating: 0, count: n), ["steps": .int(steps), "zero_tolerance": .real(given)],
            seed: seed)
          XCTAssertEqual(at.scalar("zero_tolerance"), given)
          let (low, high) = (Double(spectrum.count { $0 < -given }), Double(spectrum.count { $0 > given }))
          try assertBounds(at, [low, Double(n) - low - high, high])
        }
      }
    }
  }

  /// A trained network on the digits against its dense Hessian, in both precisions.
  func testTrainedDigits() throws {
    for precision in [Precision.f64, .f32] {
      let objective = try SurfaceFixture.network(
        [Dense(6, "tanh"), Dense(5, "tanh"), Dense(10)], samples: 300, precision: precision)
      let run = Fixture.settings { $0.maxSteps = 100 }
      var x = try SurfaceFixture.start(objective)
      _ = try solve(LBFGS(), name: "lbfgs", needs: LBFGS.needs, objective: objective, x: &x, run: run)
      let values = try XCTUnwrap(try Fixture.run(HessianDense.self, [:], objective, x).values("eigenvalues"))
      let n = Double(values.count)
      for steps in [3, 80, 250] {
        let report = try index(objective, x, ["steps": .int(steps)])
        let zero = try XCTUnwrap(report.scalar("zero_tolerance"))
        let (below, above) = (Double(values.count { $0 < -zero }), Double(values.count { $0 > zero }))
        try assertBounds(report, [below, n - below - above, above])
        XCTAssertEqual(
          report.text("message"), steps == 3 ? "not converged" : "converged", report.text("status") ?? "")
        // Neither by leaving nothing to count: at the tolerance of 80 steps both signs are there.
        if steps > 3 { XCTAssertGreaterThan(min(below, above), 3) }
      }
    }
  }

  /// f = |W2 W1 X - Y|^2 / 2 at W2 W1 X = Y: H = J'J has rank 3 of 16, the rest is zero. Products are differences of
  /// the gradient, whose noise is what zero means.
  func testDifferencesOfGradientsAtZeroLoss() throws {
    // W1 3 x 4, W2 1 x 4 with hidden layer of 4 units: 12 + 4 parameters; two inputs more than outputs make rank 3.
    let inputs: [[Double]] = [[1, 0.5, -0.3], [-0.4, 1.2, 0.7], [0.9, -1.1, 0.2], [0.3, 0.8, -1.5], [1.4, 0.1, 0.6]]
    let point = (0..<16).map { 0.6 * sin(1 + 1.7 * Double($0)) }
    @Sendable func product(_ w: UnsafePointer<Double>, _ x: [Double]) -> Double {
      (0..<4).reduce(0) { sum, h in sum + w[12 + h] * (0..<3).reduce(0) { $0 + w[h * 3 + $1] * x[$1] } }
    }
    let start = try Buffer(point)
    let targets = inputs.map { product(start.constant, $0) }
    let objective = try CallbackObjective(
      CallbackTable(
        dimension: 16,
        value: { w, g in
          if let g { for i in 0..<16 { g[i] = 0 } }
          var loss = 0.0
          for (x, y) in zip(inputs, targets) {
            let gap = product(w, x) - y
            loss += gap * gap / 2
            guard let g else { continue }
            for h in 0..<4 {
              let hidden = (0..<3).reduce(0) { $0 + w[h * 3 + $1] * x[$1] }
              g[12 + h] += gap * hidden
              for i in 0..<3 { g[h * 3 + i] += gap * w[12 + h] * x[i] }
            }
          }
          return loss
        }, hasGradient: true))
    for options in [["method": .text("dense")], ["method": .text("slq")]] as [Options] {
      for seed in 0..<5 {
        let report = try Fixture.run(
          HessianIndex.self, options, objective, point, run: Fixture.settings { $0.seed = seed })
        XCTAssertEqual(report.text("product_method"), "central differences of the gradient")
        XCTAssertEqual(report.text("message"), "converged", report.text("status") ?? "")
        let exact = options["method"] == .text("dense")
        for (name, count) in [("negative", 0.0), ("zero", 13), ("positive", 3)] {
          let value = try XCTUnwrap(report.scalar(name))
          // Ten probes of rank 3: s.d. at most sqrt(2 * 3 * 13 / 16 / 10) = 0.7.
          XCTAssertEqual(value, count, accuracy: exact || name == "negative" ? 1e-6 : 4 * 0.7, "\(name) \(options)")
        }
        try assertBounds(report, [0, 13, 3])
        XCTAssertGreaterThan(try XCTUnwrap(report.scalar("zero_tolerance")), 1e-12)
      }
    }
    // A tolerance below the noise cannot be kept.
    for method in ["dense", "slq"] {
      let fine = try Fixture.run(
        HessianIndex.self, ["method": .text(method), "zero_tolerance": .real(1e-16)], objective, point)
      XCTAssertEqual(fine.text("message"), "not converged", method)
      XCTAssertTrue(try XCTUnwrap(fine.text("status")).contains("that the products resolve"))
    }
  }

  /// f = sum x_i^4: the noise of its differences is symmetric (the Hessian is diagonal), and no eigenvalue at 0.
  func testSymmetricNoiseOfDifferences() throws {
    let n = 30
    let objective = try CallbackObjective(
      CallbackTable(
        dimension: n,
        value: { x, g in
          if let g { for i in 0..<n { g[i] = i % 2 == 0 ? 4 * x[i] * x[i] * x[i] : 0 } }
          return (0..<n).reduce(0) { $0 + ($1 % 2 == 0 ? pow(x[$1], 4) : 0) }
        }, hasGradient: true))
    // Half of the coordinates are free, the others have 12 x^2 = 0 or 12.
    let x = (0..<n).map { $0 % 4 == 0 ? 0.0 : 1 }
    for method in ["dense", "slq"] {
      let report = try Fixture.run(HessianIndex.self, ["method": .text(method)], objective, x)
      XCTAssertEqual(report.scalar("negative") ?? .nan, 0, accuracy: 1e-6, method)
      XCTAssertEqual(report.scalar("positive") ?? .nan, 7, accuracy: 1e-6, method)
      XCTAssertEqual(report.text("message"), "converged", report.text("status") ?? "")
    }
  }

  /// The bounds of one rule against the measure it came from, at many points.
  func testMassBelowBoundsTheMeasure() throws {
    let n = 60
    let spectrum = (0..<n).map { sin(3 * Double($0)) + ($0 % 7 == 0 ? 2 : 0) }
    let probe = (0..<n).map { 1 + 0.5 * cos(Double($0)) }
    let total = probe.reduce(0) { $0 + $1 * $1 }
    let diagonal = try Buffer(spectrum)
    for steps in [1, 2, 5, 20, 59, 60] {
      var found: [SpectralRule] = []
      _ = try SpectralQuadrature(
        DiagonalOperator<Double>(diagonal), probes: 1, steps: steps, finished: { rules, _ in found += rules },
        probe: { (_: Int, out: UnsafeMutablePointer<Double>) in for i in 0..<n { out[i] = probe[i] } })
      let rule = try XCTUnwrap(found.first)
      XCTAssertEqual(rule.isComplete, steps == 60)
      for i in 0...200 {
        let t = -1.5 + 5 * Double(i) / 200 + 1e-4
        let truth = zip(spectrum, probe).reduce(0) { $0 + ($1.0 < t ? $1.1 * $1.1 / total : 0) }
        let bounds = try rule.massBelow(t)
        XCTAssertLessThanOrEqual(bounds.low, truth + 1e-10, "\(steps) \(t)")
        XCTAssertGreaterThanOrEqual(bounds.high, truth - 1e-10, "\(steps) \(t)")
        let width = bounds.high - bounds.low
        if steps < 60 { XCTAssertEqual(width, rule.largestMass(at: t), accuracy: 1e-8, "\(steps) \(t)") }
      }
    }
  }
}

/// A diagonal matrix.
final class DiagonalOperator<S: Scalar>: LinearOperator {
  let dimension: Int
  let method = "exact"
  private let diagonal: Buffer<S>
  private(set) var products = 0

  init(_ diagonal: Buffer<S>) {
    self.diagonal = diagonal
    dimension = diagonal.count
  }

  func apply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    products += count
    for j in 0..<count { S.multiply(dimension, diagonal.constant, v + j * dimension, out + j * dimension) }
  }
}
