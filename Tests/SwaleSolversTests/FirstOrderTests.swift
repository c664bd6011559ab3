import Glibc
import Swale
import XCTest

/// `sgd` and `adam` against plain loops written from the papers' formulas.
final class FirstOrderTests: XCTestCase {
  let diagonal = (0..<33).map { 0.1 + 0.3 * Double($0) }
  let center = (0..<33).map { sin(1.7 * Double($0)) }
  var start: [Double] { (0..<33).map { 2 * cos(Double($0)) } }

  func quadratic(_ precision: Precision = .f64) throws -> QuadraticObjective {
    try QuadraticObjective(diagonal: diagonal, center: center, precision: precision)
  }

  /// 50 steps of x by `update`, which is given the index, the gradient and the coordinate.
  func reference(_ steps: Int, _ update: (_ i: Int, _ t: Int, _ g: Double, _ x: Double) -> Double) -> [Double] {
    var x = start
    for t in 1...steps {
      for i in x.indices { x[i] = update(i, t, diagonal[i] * (x[i] - center[i]), x[i]) }
    }
    return x
  }

  func compare(_ found: [Double], _ expected: [Double], _ accuracy: Double, _ label: String) {
    for (a, b) in zip(found, expected) { XCTAssertEqual(a, b, accuracy: accuracy, label) }
  }

  func testSGDFormula() throws {
    let (rate, decay) = (0.04, 0.01)
    for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
      var velocity = [Double](repeating: 0, count: 33)
      let expected = reference(50) { i, _, g, x in
        let slope = g + decay * x
        velocity[i] = momentum * velocity[i] + slope
        return x - rate * (nesterov ? slope + momentum * velocity[i] : velocity[i])
      }
      let options: Options = [
        "learning_rate": .real(rate), "momentum": .real(momentum), "nesterov": .bool(nesterov),
        "weight_decay": .real(decay), "steps": .int(50),
      ]
      let label = "momentum \(momentum) nesterov \(nesterov)"
      // Rounding of 50 steps of numbers of order one.
      compare(try solved(SGD.self, options, try quadratic(), start).x, expected, 1e-13, label)
      compare(try solved(SGD.self, options, try quadratic(.f32), start).x, expected, 1e-5, label + " f32")
    }
  }

  func testAdamFormula() throws {
    let (rate, decay, b1, b2, epsilon) = (0.05, 0.1, 0.8, 0.95, 1e-6)
    for decoupled in [false, true] {
      var m = [Double](repeating: 0, count: 33)
      var v = m
      let expected = reference(50) { i, t, g, x in
        let slope = decoupled ? g : g + decay * x
        m[i] = b1 * m[i] + (1 - b1) * slope
        v[i] = b2 * v[i] + (1 - b2) * slope * slope
        let mean = m[i] / (1 - pow(b1, Double(t)))
        let square = v[i] / (1 - pow(b2, Double(t)))
        return (decoupled ? x * (1 - rate * decay) : x) - rate * mean / (square.squareRoot() + epsilon)
      }
      let options: Options = [
        "learning_rate": .real(rate), "beta1": .real(b1), "beta2": .real(b2), "epsilon": .real(epsilon),
        "weight_decay": .real(decay), "decoupled": .bool(decoupled), "steps": .int(50),
      ]
      let label = "decoupled \(decoupled)"
      compare(try solved(Adam.self, options, try quadratic(), start).x, expected, 1e-12, label)
      // Where a gradient is near zero, adam divides rounding errors by their own size.
      compare(try solved(Adam.self, options, try quadratic(.f32), start).x, expected, 1e-4, label + " f32")
    }
  }

  /// On f(x) = x every step is the learning rate of that step.
  func rates(_ options: Options, steps: Int) throws -> [Double] {
    var options = options
    options["steps"] = .int(steps)
    options["learning_rate"] = .real(0.5)
    let line = try landscape(1) { (value: $0[0], gradient: [1]) }
    let path = try solved(SGD.self, options, line, [0], run: ["trajectory_every": .int(1)]).trajectory
    return zip(path, path.dropFirst()).map { $0[0] - $1[0] }
  }

  func testSchedules() throws {
    func check(_ found: [Double], _ formula: (Int) -> Double) {
      // Differences of positions of order ten.
      for (t, rate) in found.enumerated() { XCTAssertEqual(rate, 0.5 * formula(t), accuracy: 1e-13, "step \(t)") }
    }
    check(try rates([:], steps: 20)) { _ in 1 }
    check(
      try rates(["schedule": .text("step"), "decay": .real(0.2), "milestones": .reals([0.5, 0.75])], steps: 40)
    ) { $0 < 20 ? 1 : $0 < 30 ? 0.2 : 0.04 }
    // 0.1 * 30 is a little more than 3 in binary.
    check(try rates(["schedule": .text("step"), "milestones": .real(0.1)], steps: 30)) { $0 < 3 ? 1 : 0.1 }
    check(try rates(["schedule": .text("cosine")], steps: 25)) { (1 + cos(.pi * Double($0) / 25)) / 2 }
    check(try rates(["schedule": .text("cosine"), "final_factor": .real(0.1)], steps: 25)) {
      0.1 + 0.9 * (1 + cos(.pi * Double($0) / 25)) / 2
    }
    check(try rates(["schedule": .text("linear"), "final_factor": .real(0.5)], steps: 10)) {
      1 - 0.05 * Double($0)
    }
    check(try rates(["schedule": .text("linear"), "warmup": .real(0.2)], steps: 50)) {
      $0 < 10 ? Double($0 + 1) / 10 : 1 - Double($0 - 10) / 40
    }
    check(try rates(["warmup": .real(1)], steps: 8)) { Double($0 + 1) / 8 }
  }

  func testNormSchedule() throws {
    let options: Options = ["learning_rate": .real(0.1), "steps": .int(20)]
    func norms(_ extra: Options) throws -> [Double] {
      var all = options
      for (name, value) in extra.values { all[name] = value }
      return try solved(SGD.self, all, try quadratic(), start, run: ["trajectory_every": .int(1)]).trajectory.map(norm)
    }
    let both = try norms(["norm_start": .real(2), "norm_end": .real(32)])
    for t in 1...20 { XCTAssertEqual(both[t], 2 * pow(16, Double(t) / 20), accuracy: 1e-12) }
    let end = try norms(["norm_end": .real(1)])
    for t in 1...20 { XCTAssertEqual(end[t], norm(start) * pow(1 / norm(start), Double(t) / 20), accuracy: 1e-12) }
    let fixed = try norms(["norm_start": .real(3)])
    for t in 1...20 { XCTAssertEqual(fixed[t], 3, accuracy: 1e-13) }
    let free = try norms([:])
    XCTAssertNotEqual(free[20], free[1], accuracy: 1e-3)
  }
}
