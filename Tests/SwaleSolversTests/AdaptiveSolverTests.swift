import Glibc
import Swale
import XCTest

/// `rmsprop`, `adagrad`, AMSGrad and damped momentum against plain loops written from their formulas, and at gradients
/// whose squares leave the range of single precision.
final class AdaptiveSolverTests: XCTestCase {
  let n = 33
  let diagonal = (0..<33).map { 0.1 + 0.3 * Double($0) }
  let center = (0..<33).map { sin(1.7 * Double($0)) }
  var start: [Double] { (0..<33).map { 2 * cos(Double($0)) } }
  let steps = 60

  /// x after `steps` steps of `update`, which is given the step t = 0, 1, ..., the coordinate, its gradient with weight
  /// decay 0.01 and its value.
  func reference(_ update: (_ t: Int, _ i: Int, _ g: Double, _ x: Double) -> Double) -> [Double] {
    var x = start
    for t in 0..<steps {
      for i in x.indices { x[i] = update(t, i, diagonal[i] * (x[i] - center[i]) + 0.01 * x[i], x[i]) }
    }
    return x
  }

  func check<T: Solver & Component>(
    _ type: T.Type, _ options: Options, _ expected: [Double], line: UInt = #line
  ) throws {
    var options = options
    options["steps"] = .int(steps)
    options["weight_decay"] = .real(0.01)
    // Rounding of 60 steps; where a gradient comes near zero these solvers divide rounding errors by their own size, and
    // a sign turns a step sooner or later in single precision.
    for (precision, accuracy) in [(Precision.f64, 1e-11), (.f32, 5e-3)] {
      let bowl = try QuadraticObjective(diagonal: diagonal, center: center, precision: precision)
      let found = try solved(type, options, bowl, start).x
      for i in 0..<n {
        XCTAssertEqual(
          found[i], expected[i], accuracy: accuracy, "\(T.info.name) \(precision) \(i)", line: line)
      }
    }
  }

  func testRMSprop() throws {
    let (rate, alpha, epsilon) = (0.02, 0.9, 1e-6)
    for (momentum, centered) in [(0.0, false), (0.6, false), (0, true), (0.6, true)] {
      var (square, mean, velocity) = (
        [Double](repeating: 0, count: n), [Double](repeating: 0, count: n), [Double](repeating: 0, count: n)
      )
      let expected = reference { _, i, g, x in
        square[i] = alpha * square[i] + (1 - alpha) * g * g
        mean[i] = alpha * mean[i] + (1 - alpha) * g
        // As the paper has it: the mean square minus the square of the mean, which cancels near zero.
        let under = centered ? max(0, square[i] - mean[i] * mean[i]) : square[i]
        velocity[i] = momentum * velocity[i] + g / (under.squareRoot() + epsilon)
        return x - rate * velocity[i]
      }
      let options: Options = [
        "learning_rate": .real(rate), "alpha": .real(alpha), "epsilon": .real(epsilon), "momentum": .real(momentum),
        "centered": .bool(centered),
      ]
      if !centered {
        try check(RMSprop.self, options, expected)
        continue
      }
      // Where the variance of a gradient is small against its square, the formula of the loop above loses digits.
      var all = options
      all["steps"] = .int(steps)
      all["weight_decay"] = .real(0.01)
      let found = try solved(
        RMSprop.self, all, try QuadraticObjective(diagonal: diagonal, center: center), start).x
      for i in 0..<n { XCTAssertEqual(found[i], expected[i], accuracy: 1e-6, "centred \(i)") }
    }
  }

  func testAdagrad() throws {
    let (rate, decay, first, epsilon) = (0.3, 0.05, 0.2, 1e-8)
    var sum = [Double](repeating: first, count: n)
    let expected = reference { t, i, g, x in
      sum[i] += g * g
      return x - rate / (1 + Double(t) * decay) * g / (sum[i].squareRoot() + epsilon)
    }
    let options: Options = [
      "learning_rate": .real(rate), "lr_decay": .real(decay), "initial_accumulator": .real(first),
      "epsilon": .real(epsilon),
    ]
    try check(Adagrad.self, options, expected)
  }

  func testAMSGrad() throws {
    let (rate, b1, b2, epsilon) = (0.05, 0.8, 0.9, 1e-6)
    var (m, v, peak) = (
      [Double](repeating: 0, count: n), [Double](repeating: 0, count: n), [Double](repeating: 0, count: n)
    )
    let expected = reference { t, i, g, x in
      m[i] = b1 * m[i] + (1 - b1) * g
      v[i] = b2 * v[i] + (1 - b2) * g * g
      peak[i] = max(peak[i], v[i])
      let (mean, square) = (m[i] / (1 - pow(b1, Double(t + 1))), peak[i] / (1 - pow(b2, Double(t + 1))))
      return x - rate * mean / (square.squareRoot() + epsilon)
    }
    let options: Options = [
      "learning_rate": .real(rate), "beta1": .real(b1), "beta2": .real(b2), "epsilon": .real(epsilon),
      "amsgrad": .bool(true),
    ]
    try check(Adam.self, options, expected)
    let plain = try solved(
      Adam.self, ["learning_rate": .real(rate), "beta1": .real(b1), "beta2": .real(b2), "steps": .int(steps)],
      try QuadraticObjective(diagonal: diagonal, center: center), start)
    XCTAssertNotEqual(plain.x, expected)
  }

  func testDampening() throws {
    let (rate, momentum, dampening) = (0.03, 0.9, 0.4)
    var velocity = [Double](repeating: 0, count: n)
    let expected = reference { t, i, g, x in
      velocity[i] = t == 0 ? g : momentum * velocity[i] + (1 - dampening) * g
      return x - rate * velocity[i]
    }
    let options: Options = [
      "learning_rate": .real(rate), "momentum": .real(momentum), "dampening": .real(dampening),
    ]
    try check(SGD.self, options, expected)
    for options in [
      ["dampening": .real(0.1)], ["dampening": .real(0.1), "momentum": .real(0.5), "nesterov": .bool(true)],
    ] as [Options] {
      let words = refusal { _ = try solved(SGD.self, options, try QuadraticObjective(diagonal: [1]), [1]) }
      XCTAssert(words?.message.contains("option 'dampening' of solver 'sgd' is 0.1, which needs momentum") == true)
    }
  }

  /// f(x) = 1e25 x in single precision, where the square of the gradient is infinite: every step is what the largest mean
  /// square allows, and not 0 for ever. And f(x) = 1e-25 x, where it is 0: no step is longer than that of a gradient
  /// whose square is seen, at most rate / sqrt(1 - 0.99).
  func testSquaresBeyondSinglePrecision() throws {
    let types: [(any (Solver & Component).Type, Options)] = [
      (Adam.self, [:]), (Adam.self, ["amsgrad": .bool(true)]), (RMSprop.self, [:]),
      (RMSprop.self, ["centered": .bool(true)]), (Adagrad.self, [:]),
    ]
    for (type, extra) in types {
      for slope in [1e25, 1e-25] {
        var options = extra
        options["learning_rate"] = .real(1e-3)
        options["epsilon"] = .real(1e-30)
        options["steps"] = .int(20)
        let line = try QuadraticObjective(diagonal: [0], linear: [slope], precision: .f32)
        let result = try solved(type, options, line, [1])
        let label = "\(type.info.name) \(slope)"
        XCTAssertEqual(result.reason, .maxSteps, label)
        XCTAssertLessThanOrEqual(result.x[0], 1, label)
        if slope > 1 {
          XCTAssertLessThan(result.x[0], 1, label)
        } else {
          XCTAssertGreaterThan(result.x[0], 1 - 20 * 1e-3 * 10.5, label)
        }
      }
    }
  }
}
