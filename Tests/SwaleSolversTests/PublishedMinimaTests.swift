import Glibc
import Swale
import XCTest

/// `lbfgs` and `newton_cg` on the published test functions of `LeastSquares`, with their default tolerances, at any
/// scale of the value.
final class PublishedMinimaTests: XCTestCase {
  /// The fixture itself: gradients against central differences, whose error is about 1e-10 of the largest value.
  func testGradientsOfTheFixture() {
    for problem in LeastSquares.all {
      let x = problem.start.enumerated().map { $1 * 1.07 + 0.013 * Double($0 + 1) }
      let gradient = problem.gradient(x)
      for i in x.indices {
        let h = 1e-6 * max(abs(x[i]), 1e-3)
        var (up, down) = (x, x)
        up[i] += h
        down[i] -= h
        let difference = (problem.value(up) - problem.value(down)) / (up[i] - down[i])
        let rounding = 1e-15 * abs(problem.value(x)) / h
        XCTAssertEqual(
          gradient[i], difference, accuracy: 1e-6 * norm(gradient) + 10 * rounding, "\(problem.name) \(i)")
      }
    }
  }

  let solvers: [any (Solver & Component).Type] = [LBFGS.self, NewtonCG.self]
  /// max_steps only keeps a failing test from running for ever.
  let limits: Options = ["max_steps": .int(20_000), "history": .bool(false)]
  /// Those that the benchmark set of More and Wild, SIAM J. Optimization 20 (2009) 172, starts from 10 x0 too.
  let alsoFromFar = [
    "rosenbrock", "helical_valley", "powell_singular", "freudenstein_roth", "bard", "watson", "brown_dennis",
    "heart_eight",
  ]

  /// How far the value is from a known minimum, relative to it; minima of 0 are met to 1e-12 of the value 1.
  func gap(_ found: Double, _ problem: LeastSquares) -> Double {
    problem.minima.map { $0 == 0 ? found / 1e-6 : abs(found - $0) / $0 }.min() ?? .nan
  }

  /// Published minima have 6 digits and more.
  func testAll() throws {
    for problem in LeastSquares.all {
      for factor in alsoFromFar.contains(problem.name) ? [1.0, 10] : [1] {
        for type in solvers {
          let start = problem.start.map { factor * $0 }
          let result = try solved(type, [:], try problem.objective(), start, run: limits)
          let label = "\(type.info.name) on \(problem.name) from \(factor) x0"
          XCTAssertEqual(result.reason, .converged, label)
          XCTAssertEqual(result.report.scalar("success"), 1, label)
          XCTAssertLessThan(gap(result.fun, problem), 5e-6, "\(label): \(result.fun)")
          let relative = try XCTUnwrap(result.report.scalar("relative_gradient_norm"))
          XCTAssertLessThan(relative, 1e-6, label)
          XCTAssertEqual(
            relative, result.gradientNorm / norm(problem.gradient(start)), accuracy: 1e-9 * relative, label)
        }
      }
    }
  }

  /// From 10 x0 exponents of osborne_one merge and its terms cancel: values around 0.047, 8e-5 with other memories, where
  /// nothing lower can be told apart. That is no convergence; it was called one at 1.106.
  func testThePlateauOfOsborne() throws {
    for type in solvers {
      let start = LeastSquares.osborne1.start.map { 10 * $0 }
      let result = try solved(
        type, [:], try LeastSquares.osborne1.objective(), start, run: ["max_steps": .int(2000)])
      XCTAssertLessThan(result.fun, 0.05, type.info.name)
      XCTAssertTrue(
        result.reason != .converged || gap(result.fun, .osborne1) < 5e-6, "\(type.info.name): \(result.fun)")
    }
  }

  /// Powers of two change nothing but the range: newton_cg takes the same steps, lbfgs (whose first step and scaling of
  /// H know small and huge numbers) ends at the same value.
  func testScales() throws {
    for problem in LeastSquares.all {
      for type in solvers {
        let plain = try solved(type, [:], try problem.objective(), problem.start, run: limits)
        for exponent in [-660, 660] {
          let scale = Double(sign: .plus, exponent: exponent, significand: 1)
          let result = try solved(type, [:], try problem.objective(scale: scale), problem.start, run: limits)
          let label = "\(type.info.name) on 2^\(exponent) \(problem.name)"
          // lbfgs takes other roundings to the same value, and may end where a sum of squares that cancel is noisier than
          // its size says: no better point, a gradient just above the floor that "converged" asks for.
          let atFloor = result.reason == .stalled && result.report.scalar("relative_gradient_norm") ?? 1 < 1e-6
          XCTAssertTrue(result.reason == .converged || (type.info.name == "lbfgs" && atFloor), label)
          XCTAssertLessThan(gap(result.fun / scale, problem), 5e-6, label)
          if type.info.name == "newton_cg" { XCTAssertEqual(result.x, plain.x, label) }
        }
      }
    }
  }

  /// Gradients of size 1e-20 at values of size 1, and at values as small as they.
  func testTinyGradients() throws {
    for offset in [0.0, 1] {
      for type in solvers {
        let tiny = try landscape(2) { x in
          let (u, v) = (x[0] - 1, x[1] + 2)
          return (value: offset + 1e-20 * (u * u + 10 * v * v), gradient: [2e-20 * u, 2e-19 * v])
        }
        let result = try solved(type, [:], tiny, [0, 0], run: limits)
        XCTAssertEqual(result.reason, .converged, "\(type.info.name) \(offset)")
        XCTAssertEqual(result.x[0], 1, accuracy: 1e-6, "\(type.info.name) \(offset)")
        XCTAssertEqual(result.x[1], -2, accuracy: 1e-6, "\(type.info.name) \(offset)")
      }
    }
  }

  /// diag(1, 2, 3) times 1e200 and 1e-200, where the squares of gradients leave the range of doubles, and starts that
  /// are far or near.
  func testQuadraticsOfAnySize() throws {
    for scale in [1e200, 1e-200, 1e290, 1e-290] {
      for start in [1.0, 1e5, 1e-5] {
        for type in solvers {
          let bowl = try QuadraticObjective(diagonal: [scale, 2 * scale, 3 * scale], center: [1, 1, 1])
          let result = try solved(type, [:], bowl, [1 + start, 1 - start, 1 + 0.5 * start], run: limits)
          let label = "\(type.info.name) scale \(scale) start \(start)"
          XCTAssertEqual(result.reason, .converged, label)
          for x in result.x { XCTAssertEqual(x, 1, accuracy: 1e-7, label) }
        }
      }
    }
  }

  /// f = -x and -x^2 have no minimum: whatever ends the run, it is no success. exp(-x) has its infimum at infinity.
  func testLandscapesWithoutAMinimum() throws {
    for type in solvers {
      let falls = try landscape(1) { (value: -$0[0], gradient: [-1]) }
      let top = try landscape(1) { (value: -$0[0] * $0[0], gradient: [-2 * $0[0]]) }
      for objective in [falls, top] {
        let result = try solved(type, [:], objective, [1], run: ["max_steps": .int(200)])
        XCTAssertNotEqual(result.reason, .converged, type.info.name)
        XCTAssertEqual(result.report.scalar("success"), 0, type.info.name)
      }
      let tail = try landscape(1) { (value: exp(-$0[0]), gradient: [-exp(-$0[0])]) }
      let result = try solved(type, [:], tail, [1], run: limits)
      XCTAssertEqual(result.reason, .converged, type.info.name)
      XCTAssertLessThan(result.fun, 1e-20, type.info.name)
    }
  }

  /// A second run from where the first ended has nothing left to do and says so.
  func testRestartAtTheMinimum() throws {
    for problem in [LeastSquares.freudensteinRoth, .jennrichSampson, .bard, .brownDennis, .chebyquad] {
      for type in solvers {
        let first = try solved(type, [:], try problem.objective(), problem.start, run: limits)
        let again = try solved(type, [:], try problem.objective(), first.x, run: limits)
        XCTAssertEqual(again.reason, .converged, "\(type.info.name) on \(problem.name)")
        XCTAssertLessThan(again.report.scalar("gradients") ?? .nan, 1000, "\(type.info.name) on \(problem.name)")
        XCTAssertLessThan(gap(again.fun, problem), 5e-6)
      }
    }
  }
}
