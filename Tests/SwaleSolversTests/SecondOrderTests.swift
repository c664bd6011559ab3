import Glibc
import Swale
import XCTest

/// `lbfgs` and `newton_cg` against known minimisers, conditions and published values.
final class SecondOrderTests: XCTestCase {
  func valley(_ n: Int, _ precision: Precision = .f64) -> AnalyticObjective {
    AnalyticObjective(RosenbrockFunction(dimension: n), precision: precision)
  }
  func far(_ n: Int) -> [Double] { (0..<n).map { $0 % 2 == 0 ? -1.2 : 1 } }

  func testRosenbrock() throws {
    for n in [2, 5, 10, 33] {
      for type in [LBFGS.self as any (Solver & Component).Type, NewtonCG.self] {
        let result = try solved(type, ["gradient_tolerance": .real(1e-9)], valley(n), far(n))
        XCTAssertEqual(result.reason, .converged, "\(type.info.name) \(n)")
        // The other minimum of n >= 4 has x_0 near -1; both are critical points with |g| <= 1e-9, and the least
        // curvature there is above 0.1, so that a minimum is within 1e-8.
        let atMinimum = result.x.allSatisfy { abs($0 - 1) < 1e-8 }
        XCTAssert(atMinimum || (n >= 4 && abs(result.fun - 3.98) < 0.03), "\(type.info.name) \(n): \(result.x)")
      }
    }
  }

  /// SciPy 1.17, minimize(rosen, [-1.2, 1], jac=rosen_der) with gtol 1e-5: L-BFGS-B takes 37 iterations and 45
  /// evaluations, trust-ncg 29 iterations. The same algorithms must be in the same range.
  func testCostOnRosenbrock() throws {
    let lbfgs = try solved(LBFGS.self, [:], valley(2), [-1.2, 1])
    XCTAssertEqual(lbfgs.reason, .converged)
    XCTAssertLessThan(lbfgs.report.scalar("gradients") ?? 1e9, 70)
    let newton = try solved(NewtonCG.self, [:], valley(2), [-1.2, 1])
    XCTAssertEqual(newton.reason, .converged)
    XCTAssertLessThan(newton.steps, 45)
    XCTAssertEqual(newton.report.text("product_method"), "exact")
  }

  /// Minima of the Mueller-Brown potential, found to 1e-12 by SciPy's root on the analytic gradient.
  func testMuellerBrown() throws {
    let minima: [(x: [Double], f: Double)] = [
      ([-0.5582236346, 1.4417258418], -146.6995172099), ([0.6234994049, 0.0280377585], -108.1667241169),
      ([-0.0500108229, 0.4666941049], -80.7678181298),
    ]
    for (minimum, f) in minima {
      for type in [LBFGS.self as any (Solver & Component).Type, NewtonCG.self] {
        let start = [minimum[0] + 0.04, minimum[1] - 0.03]
        let result = try solved(
          type, ["gradient_tolerance": .real(1e-8)], AnalyticObjective(MuellerBrownFunction()), start)
        XCTAssertEqual(result.fun, f, accuracy: 1e-9, type.info.name)
        for (a, b) in zip(result.x, minimum) { XCTAssertEqual(a, b, accuracy: 1e-9, type.info.name) }
      }
    }
  }

  func testNewtonSolvesAQuadraticInOneStep() throws {
    // Conjugate gradients end after as many products as there are different eigenvalues; the sixth step meets the
    // tolerance 1e-10, which inexact steps reach in a few.
    let diagonal = (0..<20).map { 1 + Double($0 % 4) }
    let linear = (0..<20).map { cos(Double($0)) }
    let bowl = try QuadraticObjective(diagonal: diagonal, linear: linear)
    let result = try solved(
      NewtonCG.self, ["radius": .real(100), "gradient_tolerance": .real(1e-10)], bowl,
      (0..<20).map { 1e-3 * Double($0) })
    XCTAssertEqual(result.reason, .converged)
    XCTAssertLessThanOrEqual(result.steps, 6)
    for i in 0..<20 { XCTAssertEqual(result.x[i], -linear[i] / diagonal[i], accuracy: 1e-10) }
  }

  /// f = x^2/2 - y^2/2 + y^4/4: a saddle at 0, minima -1/4 at y = +-1. From almost the top of the ridge.
  func testNegativeCurvatureIsFollowed() throws {
    let saddle = try landscape(2) { x in
      let (u, v) = (x[0], x[1])
      return (value: 0.5 * u * u - 0.5 * v * v + 0.25 * v * v * v * v, gradient: [u, v * v * v - v])
    }
    let result = try solved(NewtonCG.self, [:], saddle, [0.5, 1e-4])
    XCTAssertEqual(result.reason, .converged)
    XCTAssertGreaterThan(result.report.scalar("negative_curvature_steps") ?? 0, 0)
    XCTAssertEqual(result.fun, -0.25, accuracy: 1e-9)
    XCTAssertEqual(result.report.text("product_method"), "central differences of the gradient")
  }

  func testDifferencedProductsReachTheSameMinimum() throws {
    let function = RosenbrockFunction(dimension: 10)
    let differenced = try CallbackObjective(
      CallbackTable(
        dimension: 10, value: { x, gradient in function.value(x, gradient: gradient) }, hasGradient: true))
    let result = try solved(NewtonCG.self, ["gradient_tolerance": .real(1e-8)], differenced, far(10))
    XCTAssertEqual(result.reason, .converged)
    let exact = try solved(NewtonCG.self, ["gradient_tolerance": .real(1e-8)], valley(10), far(10))
    for (a, b) in zip(result.x, exact.x) { XCTAssertEqual(a, b, accuracy: 1e-7) }
  }

  /// Every step of lbfgs meets both strong Wolfe conditions with c1 = 1e-4 and c2 = 0.9.
  func testWolfeConditions() throws {
    let function = RosenbrockFunction(dimension: 8)
    func at(_ x: [Double]) -> (Double, [Double]) {
      var g = [Double](repeating: 0, count: 8)
      let f = function.value(x, gradient: &g)
      return (f, g)
    }
    let path = try solved(
      LBFGS.self, [:], AnalyticObjective(function), far(8), run: ["trajectory_every": .int(1)]).trajectory
    XCTAssertGreaterThan(path.count, 10)
    // The step that finds a minimum does not move.
    for (a, b) in zip(path, path.dropFirst()) where a != b {
      let ((fa, ga), (fb, gb)) = (at(a), at(b))
      let s = zip(b, a).map { $0 - $1 }
      let before = zip(ga, s).reduce(0) { $0 + $1.0 * $1.1 }
      let after = zip(gb, s).reduce(0) { $0 + $1.0 * $1.1 }
      XCTAssertLessThan(before, 0)
      // 1e-9: s is a difference of rounded points.
      XCTAssertLessThanOrEqual(fb, fa + 1e-4 * before * (1 - 1e-9))
      XCTAssertLessThanOrEqual(abs(after), -0.9 * before * (1 + 1e-9))
    }
  }

  /// In f32 the gradient has a floor: both solvers must end by themselves, close to the minimum.
  func testSinglePrecisionEnds() throws {
    for type in [LBFGS.self as any (Solver & Component).Type, NewtonCG.self] {
      let result = try solved(
        type, ["gradient_tolerance": .real(0)], valley(4, .f32), [1.3, 0.7, 1.2, 0.9],
        run: ["max_steps": .int(100_000), "max_seconds": .real(20)])
      XCTAssert(result.reason == .stalled || result.reason == .converged, "\(type.info.name) \(result.reason as Any)")
      for value in result.x { XCTAssertEqual(value, 1, accuracy: 2e-4, type.info.name) }
    }
  }

  func testUnattainableToleranceStalls() throws {
    for type in [LBFGS.self as any (Solver & Component).Type, NewtonCG.self] {
      let result = try solved(
        type, ["gradient_tolerance": .real(0)], AnalyticObjective(MuellerBrownFunction()), [-0.5, 1.4],
        run: ["max_seconds": .real(20)])
      XCTAssert(result.reason == .stalled || result.reason == .converged, "\(type.info.name) \(result.reason as Any)")
      XCTAssertEqual(result.fun, -146.6995172099, accuracy: 1e-9)
    }
  }

  func testStepTolerance() throws {
    let result = try solved(
      LBFGS.self, ["gradient_tolerance": .real(0), "step_tolerance": .real(1e-3)], valley(2), [-1.2, 1],
      run: ["trajectory_every": .int(1)])
    XCTAssertEqual(result.reason, .stalled)
    let path = result.trajectory
    let last = zip(path[path.count - 1], path[path.count - 2]).map { $0 - $1 }
    XCTAssertLessThanOrEqual(norm(last), 1e-3 * norm(result.x))
  }
}
