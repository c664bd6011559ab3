import Foundation
import Swale
import XCTest

/// Blocks of parameters, threads, precision of the point, early stops and refusals of the curvature metrics.
final class CurvatureMetricTests: XCTestCase {
  private typealias Fixture = CurvatureFixture

  /// A tanh network small enough for dense matrices, at a point without symmetry.
  private func network(precision: Precision = .f64) throws -> (NetworkObjective, [Double]) {
    let objective = try SurfaceFixture.network(
      [Dense(4, "tanh"), Dense(3, "tanh"), Dense(10)], samples: 50, precision: precision)
    return (objective, (0..<objective.dimension).map { 0.4 * sin(1 + 2.7 * Double($0)) })
  }

  func testBlocksAreTheSubmatrices() throws {
    let (objective, x) = try network()
    let d = objective.dimension
    let whole = try XCTUnwrap(try Fixture.run(HessianDense.self, [:], objective, x).values("matrix"))
    for block in ["dense1", "dense0.bias, dense2.weight", "dense2.bias"] {
      let rows = try objective.layout.select(block).flatMap { Array($0.range) }
      let n = rows.count
      let expected = rows.flatMap { i in rows.map { j in whole[i * d + j] } }
      let dense = try Fixture.run(HessianDense.self, ["block": .text(block)], objective, x)
      XCTAssertEqual(dense["matrix"]?.shape, [n, n])
      XCTAssertEqual(dense.scalar("dimension"), Double(n))
      XCTAssertEqual(dense.text("block"), block)
      for (a, b) in zip(try XCTUnwrap(dense.values("matrix")), expected) { XCTAssertEqual(a, b, accuracy: 1e-15) }
      let values = try SymmetricEigen.solve(n, Buffer(expected), builtin: true).values
      let top = try Fixture.run(
        HessianTop.self, ["k": .int(2), "block": .text(block), "tolerance": .real(1e-8), "vectors": .bool(true)],
        objective, x)
      let found = try XCTUnwrap(top.values("eigenvalues"))
      for k in 0..<2 { XCTAssertEqual(found[k], values.pointer[n - 1 - k], accuracy: 1e-13) }
      XCTAssertEqual(top["eigenvectors"]?.shape, [2, n])
      let trace = (0..<n).reduce(0) { $0 + expected[$1 * n + $1] }
      let hutch = try Fixture.run(HessianTrace.self, ["block": .text(block)], objective, x)
      let error = try XCTUnwrap(hutch.scalar("standard_error"))
      XCTAssertEqual(try XCTUnwrap(hutch.scalar("trace")), trace, accuracy: 4.5 * error)
      let spectrum = try Fixture.run(HessianSpectrum.self, ["block": .text(block)], objective, x)
      XCTAssertEqual(try XCTUnwrap(spectrum.scalar("lambda_max")), values.pointer[n - 1], accuracy: 1e-7)
    }
  }

  func testDenseEigenvectorsReproduceTheMatrix() throws {
    let (objective, x) = try network()
    let d = objective.dimension
    let report = try Fixture.run(HessianDense.self, ["vectors": .bool(true)], objective, x)
    let matrix = try XCTUnwrap(report.values("matrix"))
    let values = try XCTUnwrap(report.values("eigenvalues"))
    let rows = try XCTUnwrap(report.values("eigenvectors"))
    for k in stride(from: 0, to: d, by: 37) {
      let v = Array(rows[k * d..<(k + 1) * d])
      for i in 0..<d {
        let image = (0..<d).reduce(0) { $0 + matrix[i * d + $1] * v[$1] }
        XCTAssertEqual(image, values[k] * v[i], accuracy: 1e-13)
      }
    }
    let bare = try Fixture.run(HessianDense.self, ["eigenvalues": .bool(false)], objective, x)
    XCTAssertNil(bare["eigenvalues"])
    XCTAssertNotNil(bare["matrix"])
  }

  /// An objective without exact products takes central differences and says so.
  func testQuadraticAndDifferences() throws {
    let objective = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([10, 4, 1, 0.1, -0.5])])
    let x = [1.0, -2, 0.5, 0, 0.3]
    let top = try Fixture.run(
      HessianTop.self, ["k": .int(5), "which": .text("magnitude"), "vectors": .bool(true)], objective, x)
    for (a, b) in zip(try XCTUnwrap(top.values("eigenvalues")), [10, 4, 1, -0.5, 0.1]) {
      XCTAssertEqual(a, b, accuracy: 1e-13)
    }
    let vectors = try XCTUnwrap(top.values("eigenvectors"))
    for (i, axis) in [0, 1, 2, 4, 3].enumerated() { XCTAssertEqual(abs(vectors[5 * i + axis]), 1, accuracy: 1e-13) }
    XCTAssertEqual(top.text("product_method"), "exact")
    let index = try Fixture.run(HessianIndex.self, [:], objective, x)
    XCTAssertEqual(["negative", "zero", "positive"].map { index.scalar($0) }, [1, 0, 4])
    // Rademacher probes see a diagonal matrix without any error.
    let trace = try Fixture.run(HessianTrace.self, ["probes": .int(7)], objective, x)
    XCTAssertEqual(try XCTUnwrap(trace.scalar("trace")), 14.6, accuracy: 1e-14)
    XCTAssertEqual(try XCTUnwrap(trace.scalar("standard_error")), 0, accuracy: 1e-14)
    XCTAssertEqual(trace.values("samples")?.count, 7)

    let differences = ValleyObjective()
    let dense = try Fixture.run(HessianDense.self, [:], differences, [0.3, -0.2])
    // f = x^4 + x y + y^2: H = [[12 x^2, 1], [1, 2]]; differences are good to about 1e-10.
    for (a, b) in zip(try XCTUnwrap(dense.values("matrix")), [1.08, 1, 1, 2]) { XCTAssertEqual(a, b, accuracy: 1e-8) }
    XCTAssertEqual(dense.text("product_method"), "central differences of the gradient")
  }

  func testOneDimension() throws {
    let objective = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([-3])])
    let top = try Fixture.run(HessianTop.self, [:], objective, [2])
    XCTAssertEqual(try XCTUnwrap(top.values("eigenvalues"))[0], -3, accuracy: 1e-15)
    let spectrum = try Fixture.run(HessianSpectrum.self, ["points": .int(11)], objective, [2])
    XCTAssertEqual(try XCTUnwrap(spectrum.scalar("mass_negative")), 1, accuracy: 1e-15)
    XCTAssertEqual(spectrum.values("grid")?.count, 11)
    XCTAssertTrue(try XCTUnwrap(spectrum.values("density")).allSatisfy { $0.isFinite })
    let flat = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([0, 0, 0])])
    let zero = try Fixture.run(HessianSpectrum.self, [:], flat, [1, 1, 1])
    XCTAssertEqual(try XCTUnwrap(zero.scalar("mass_zero")), 1, accuracy: 1e-15)
    XCTAssertEqual(try Fixture.run(HessianIndex.self, [:], flat, [1, 1, 1]).scalar("zero"), 3)
    let hutch = try Fixture.run(HessianTrace.self, ["method": .text("hutch++"), "probes": .int(9)], flat, [1, 1, 1])
    XCTAssertEqual(hutch.scalar("trace"), 0)
  }

  /// Same seed, same bits, for any number of threads; another seed, other probes.
  func testSameBitsForAnyNumberOfThreads() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let objective = try SurfaceFixture.network(
      [Dense(120, "tanh"), Dense(10)], samples: 600, precision: .f32)
    let x = (0..<objective.dimension).map { 0.2 * sin(1 + 2.7 * Double($0)) }
    func measureAll(seed: Int) throws -> [UInt64] {
      let run = Fixture.settings { $0.seed = seed }
      let top = try Fixture.run(HessianTop.self, ["k": .int(2), "vectors": .bool(true)], objective, x, run: run)
      let trace = try Fixture.run(
        HessianTrace.self, ["method": .text("hutch++"), "probes": .int(12)], objective, x, run: run)
      let spectrum = try Fixture.run(
        HessianSpectrum.self, ["probes": .int(4), "steps": .int(12)], objective, x, run: run)
      let arrays = [top.values("eigenvalues"), top.values("eigenvectors"), trace.values("samples"),
        spectrum.values("nodes"), spectrum.values("density")]
      return arrays.flatMap { $0 ?? [] }.map(\.bitPattern)
    }
    var all: [[UInt64]] = []
    for threads in [1, 2, 4] {
      Parallel.threads = threads
      all.append(try measureAll(seed: 3))
    }
    XCTAssertEqual(all[0], all[1])
    XCTAssertEqual(all[0], all[2])
    XCTAssertNotEqual(all[0], try measureAll(seed: 4))
  }

  /// A run that is stopped returns what it has, with the reason.
  func testEarlyStops() throws {
    let (objective, x) = try network()
    func limited() -> Run { Fixture.settings { $0.maxEvaluations = 25 } }
    let limit = Double(Reason.maxEvaluations.rawValue)
    let top = try Fixture.run(
      HessianTop.self, ["k": .int(3), "tolerance": .real(1e-12)], objective, x, run: limited())
    XCTAssertEqual(top.scalar("reason"), limit)
    XCTAssertEqual(top.scalar("steps"), 24)
    XCTAssertEqual(top.values("eigenvalues")?.count, 3)
    XCTAssertEqual(top.values("converged")?.contains(0), true)
    let spectrum = try Fixture.run(HessianSpectrum.self, ["probes": .int(10)], objective, x, run: limited())
    XCTAssertEqual(spectrum.values("node_counts"), [Double](repeating: 3, count: 10))
    let trace = try Fixture.run(HessianTrace.self, [:], objective, x, run: limited())
    XCTAssertEqual(trace.values("samples")?.count, 32)
    let dense = try Fixture.run(HessianDense.self, [:], objective, x, run: limited())
    XCTAssertNil(dense["eigenvalues"])
    XCTAssertEqual(dense.scalar("rows"), 64)
    let cancelled = Run(RunSettings())
    cancelled.cancel()
    let nothing = try Fixture.run(HessianSpectrum.self, [:], objective, x, run: cancelled)
    XCTAssertEqual(nothing.scalar("reason"), Double(Reason.cancelled.rawValue))
    XCTAssertNil(nothing["density"])
    for method in ["dense", "slq"] {
      let run = Run(RunSettings())
      run.cancel()
      XCTAssertNil(try Fixture.run(HessianIndex.self, ["method": .text(method)], objective, x, run: run)["negative"])
    }
    let progressed = Run(RunSettings()) {
      XCTAssertEqual($0.totalSteps, -1, "nobody knows how many steps the residuals take")
      return $0.evaluations < 40
    }
    XCTAssertNotNil(try Fixture.run(HessianTop.self, [:], objective, x, run: progressed)["eigenvalues"])
  }

  func testRefusals() throws {
    let (objective, x) = try network()
    let quadratic = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([1, 2])])
    func sentence<M: Component & Metric>(
      _ metric: M.Type, _ options: Options, _ objective: any Objective, _ x: [Double]
    ) -> String {
      SurfaceFixture.refusal { try Fixture.run(metric, options, objective, x) }
    }
    XCTAssertEqual(
      sentence(HessianTop.self, ["k": .int(3)], quadratic, [0, 0]),
      "option 'k' of metric 'hessian_top' is 3, allowed 1 ... 2, the dimension")
    XCTAssertEqual(
      sentence(GaussNewtonTop.self, [:], quadratic, [0, 0]),
      "metric 'gauss_newton_top' needs Gauss-Newton products, which objective 'quadratic' does not have")
    XCTAssertEqual(
      sentence(HessianTop.self, ["block": .text("dense7")], objective, x),
      "unknown parameter tensor 'dense7'; did you mean 'dense0'?")
    XCTAssertEqual(
      sentence(HessianTrace.self, ["method": .text("hutch++"), "probes": .int(2)], objective, x),
      "option 'probes' of metric 'hessian_trace' is 2, allowed at least 3 with method hutch++")
    XCTAssertEqual(
      sentence(HessianTop.self, ["which": .text("upper")], objective, x),
      "option 'which' of metric 'hessian_top' is upper, allowed largest, smallest, both, magnitude")
    let counting = try SurfaceFixture.network([Dense(10)], samples: 20, loss: ErrorCount())
    XCTAssertEqual(
      sentence(HessianDense.self, [:], counting, [Double](repeating: 0, count: 650)),
      "metric 'hessian_dense' needs a gradient, which objective 'network' does not have")
    let wide = try SurfaceFixture.network([Dense(40_000), Dense(10)], samples: 2)
    let refused = sentence(HessianDense.self, [:], wide, [Double](repeating: 0, count: wide.dimension))
    XCTAssertTrue(refused.hasPrefix("metric 'hessian_dense' needs "), refused)
    XCTAssertTrue(refused.contains("GB for matrices of 3000010 x 3000010, allowed "), refused)
    XCTAssertEqual(
      sentence(HessianIndex.self, [:], ValleyObjective(), [1e200, 0]),
      "the value at the point is inf; curvature needs a finite one")
  }
}

/// f = x^4 + x y + y^2 with value and gradient only.
final class ValleyObjective: Objective {
  let name = "valley"
  let dimension = 2
  let precision = Precision.f64
  let capabilities: Capabilities = [.value, .gradient, .exactGradient]
  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { Valley<S>(self) }

  final class Valley<S: Scalar>: Oracle<S> {
    override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
      Double(x[0] * x[0] * x[0] * x[0] + x[0] * x[1] + x[1] * x[1])
    }
    override func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
      g[0] = 4 * x[0] * x[0] * x[0] + x[1]
      g[1] = x[0] + 2 * x[1]
      return try value(x)
    }
  }
}
