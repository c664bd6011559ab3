import Swale
import XCTest

/// Landscapes with a formula, against values worked out by other means.
final class AnalyticTests: XCTestCase {
  private func make(_ name: String, _ options: Options = [:]) throws -> any Objective {
    try Registry.shared.make(.objective, name, options, as: (any Landscape).self)
      .build(LandscapeParts(registry: Registry.shared))
  }

  private func gradient(_ evaluator: any Evaluator, _ x: [Double]) throws -> (Double, [Double]) {
    var g = [Double](repeating: .nan, count: x.count)
    let value = try evaluator.value(x, gradient: &g)
    return (value, g)
  }

  private func product(_ evaluator: any Evaluator, _ x: [Double], _ v: [Double], count: Int = 1) throws -> [Double] {
    var out = [Double](repeating: .nan, count: v.count)
    try evaluator.product(.hessian, x, v, count, &out)
    return out
  }

  /// Gradient against central differences of the value, Hessian against those of the gradient. With h = 1e-5 both
  /// are exact to about 1e-10 relative to the largest entry; 1e-7 leaves room for the third derivatives.
  private func checkDerivatives(_ objective: any Objective, at x: [Double], line: UInt = #line) throws {
    let evaluator = try objective.makeEvaluator()
    let n = x.count
    let g = try gradient(evaluator, x).1
    let h = 1e-5
    var identity = [Double](repeating: 0, count: n * n)
    for i in 0..<n { identity[i * n + i] = 1 }
    let hessian = try product(evaluator, x, identity, count: n)
    let scale = 1 + (hessian + g).map(abs).reduce(0, max)
    for i in 0..<n {
      var up = x
      var down = x
      up[i] += h
      down[i] -= h
      let (fu, gu) = try gradient(evaluator, up)
      let (fd, gd) = try gradient(evaluator, down)
      XCTAssertEqual(g[i], (fu - fd) / (2 * h), accuracy: 1e-7 * scale, line: line)
      for j in 0..<n {
        XCTAssertEqual(hessian[i * n + j], (gu[j] - gd[j]) / (2 * h), accuracy: 1e-7 * scale, line: line)
        XCTAssertEqual(hessian[i * n + j], hessian[j * n + i], accuracy: 1e-13 * scale, line: line)
      }
    }
  }

  func testDerivatives() throws {
    try checkDerivatives(try make("rosenbrock", ["dimension": .int(5)]), at: [0.3, -0.7, 1.2, 0.1, -0.4])
    try checkDerivatives(try make("rosenbrock"), at: [-1.2, 1])
    for x in [[-0.8, 0.6], [0.2, 0.3], [-0.5, 1.4], [1, 0.1]] {
      try checkDerivatives(try make("mueller_brown"), at: x)
    }
    let matrix: [Double] = [4, 1, -2, 1, 3, 0.5, -2, 0.5, 1]
    try checkDerivatives(
      try make(
        "quadratic", ["matrix": .reals(matrix), "center": .reals([1, 2, 3]), "linear": .reals([0.1, 0, -0.4])]),
      at: [0.3, 0.2, -1])
  }

  /// scipy.optimize.rosen([1.3, 0.7, 0.8, 1.9, 1.2]) = 848.2200 and rosen_der of the same point (its documentation).
  func testRosenbrockAgainstSciPy() throws {
    let evaluator = try make("rosenbrock", ["dimension": .int(5)]).makeEvaluator()
    let (value, g) = try gradient(evaluator, [1.3, 0.7, 0.8, 1.9, 1.2])
    XCTAssertEqual(value, 848.22, accuracy: 1e-10)
    for (mine, theirs) in zip(g, [515.4, -285.4, -341.6, 2085.4, -482.0]) {
      XCTAssertEqual(mine, theirs, accuracy: 1e-10)
    }
    let (minimum, flat) = try gradient(evaluator, [1, 1, 1, 1, 1])
    XCTAssertEqual(minimum, 0)
    XCTAssertEqual(flat, [0, 0, 0, 0, 0])
  }

  /// A block of products equals single ones bit for bit: no vector sees another.
  func testRosenbrockBlock() throws {
    let evaluator = try make("rosenbrock", ["dimension": .int(3)]).makeEvaluator()
    let x = [0.2, 0.4, -0.3]
    let v = [1, 2, 3, -1, 0.5, 0.25]
    let both = try product(evaluator, x, v, count: 2)
    XCTAssertEqual(both, try product(evaluator, x, Array(v[..<3])) + product(evaluator, x, Array(v[3...])))
  }

  /// Stationary points and values of taxonomy F5, to the digits printed there. Newton's method from the printed
  /// coordinates must end at the printed values.
  func testMuellerBrownStationaryPoints() throws {
    let evaluator = try make("mueller_brown").makeEvaluator()
    let known: [([Double], Double, Int)] = [
      ([-0.558, 1.442], -146.69951721, 0), ([0.623, 0.028], -108.16672412, 0), ([-0.050, 0.467], -80.76781813, 0),
      ([-0.82200156, 0.62431280], -40.66484351, 1), ([0.212, 0.293], -72.24894011, 1),
    ]
    for (start, value, index) in known {
      var x = start
      for _ in 0..<20 {
        let g = try gradient(evaluator, x).1
        let h = try product(evaluator, x, [1, 0, 0, 1], count: 2)
        let determinant = h[0] * h[3] - h[1] * h[2]
        x[0] -= (h[3] * g[0] - h[1] * g[1]) / determinant
        x[1] -= (h[0] * g[1] - h[2] * g[0]) / determinant
      }
      XCTAssertEqual(try evaluator.evaluate(x).value, value, accuracy: 1e-8)
      let h = try product(evaluator, x, [1, 0, 0, 1], count: 2)
      XCTAssertEqual(h[0] * h[3] - h[1] * h[2] < 0 ? 1 : 0, index)
    }
    let (_, slope) = try gradient(evaluator, [-0.82200156, 0.62431280])
    // 8 digits of the coordinates times curvatures near 1e3.
    XCTAssertEqual(slope[0], 0, accuracy: 1e-5)
    XCTAssertEqual(slope[1], 0, accuracy: 1e-5)
  }

  func testQuadraticClosedForm() throws {
    let evaluator = try make(
      "quadratic",
      ["diagonal": .reals([10, 4, 1]), "center": .reals([1, 0, -1]), "linear": .reals([0.5, 0, 2])]
    ).makeEvaluator()
    let (value, g) = try gradient(evaluator, [2, 1, 1])
    XCTAssertEqual(value, 0.5 * (10 + 4 + 4) + 1 + 2)
    XCTAssertEqual(g, [10.5, 4, 4])
    XCTAssertEqual(try product(evaluator, [2, 1, 1], [1, 2, 3, 0, 0, 1], count: 2), [10, 8, 3, 0, 0, 1])
    let matrix = try make("quadratic", ["matrix": .reals([2, -1, -1, 3])]).makeEvaluator()
    XCTAssertEqual(try gradient(matrix, [1, 2]).0, 0.5 * (2 - 4 + 12))
    XCTAssertEqual(try gradient(matrix, [1, 2]).1, [0, 5])
  }

  /// f32 landscapes agree with f64 ones to a few f32 roundings.
  func testPrecisions() throws {
    for (name, options) in [
      ("rosenbrock", Options()), ("mueller_brown", Options()), ("quadratic", ["matrix": .reals([2, -1, -1, 3])]),
    ] {
      var single = options
      single["precision"] = .text("f32")
      let x: [Double] = [0.25, 0.75]
      let wide = try gradient(try make(name, options).makeEvaluator(), x)
      let narrow = try gradient(try make(name, single).makeEvaluator(), x)
      XCTAssertEqual(narrow.0, wide.0, accuracy: 1e-6 * abs(wide.0), name)
      for (a, b) in zip(narrow.1, wide.1) { XCTAssertEqual(a, b, accuracy: 1e-6 * (1 + abs(b)), name) }
    }
  }

  func testRefusals() throws {
    func message(_ options: Options) -> String {
      do {
        _ = try make("quadratic", options)
        return "made"
      } catch { return "\(error)" }
    }
    XCTAssertEqual(
      message([:]), "objective 'quadratic' needs option 'diagonal' (n numbers) or 'matrix' (n x n numbers)")
    XCTAssertEqual(
      message(["diagonal": .reals([1]), "matrix": .reals([1])]),
      "objective 'quadratic' takes option 'diagonal' or 'matrix', not both")
    XCTAssertEqual(
      message(["matrix": .reals([1, 2, 3])]),
      "option 'matrix' of objective 'quadratic' has 3 numbers, which is not a square number")
    XCTAssertEqual(
      message(["matrix": .reals([1, 2, 3, 4])]),
      "option 'matrix' of objective 'quadratic' is not symmetric: element (1, 0) is 3.0, element (0, 1) is 2.0")
    XCTAssertEqual(
      message(["diagonal": .reals([1, 2]), "center": .reals([1])]),
      "option 'center' of objective 'quadratic' has 1 numbers, allowed 2 or none")
    XCTAssertTrue(message(["diagonal": .reals([1, .nan])]).contains("option 'diagonal'"))
    XCTAssertThrowsError(try make("rosenbrock", ["dimension": .int(1)])) { error in
      XCTAssertTrue("\(error)".contains("option 'dimension' of objective 'rosenbrock' is 1, allowed 2"), "\(error)")
    }
  }
}
