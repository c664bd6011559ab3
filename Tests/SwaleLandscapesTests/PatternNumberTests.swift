import Glibc
import Swale
import XCTest

/// Binary devices over inputs that are numbers: Gaussian patterns, pixels, entries 0.
final class PatternNumberTests: XCTestCase {
  /// Devices over Gaussian patterns, a perceptron over ternary ones (-1, 0, +1) and one over pixels.
  private func devices() -> [(String, PatternFixture)] {
    var found: [(String, PatternFixture)] = []
    for (name, hidden, unit) in [
      ("perceptron", 1, PatternFixture.Unit.sign), ("committee", 3, .sign), ("committee", 4, .relu),
      ("committee", 2, .quadratic), ("parity", 3, .sign),
    ] {
      for tree in hidden == 1 ? [false] : [true, false] {
        // Even numbers of inputs too: fields of Gaussian patterns do not tie.
        var device = PatternFixture(inputs: 24, patterns: 41, seed: UInt64(30 + hidden), real: true)
        (device.hidden, device.tree, device.unit, device.parity) = (hidden, tree, unit, name == "parity")
        found.append((name, device))
      }
    }
    return found
  }

  private func ternary() -> PatternFixture {
    let gauss = PatternFixture(inputs: 15, patterns: 33, seed: 8, real: true)
    return PatternFixture(
      inputs: gauss.inputs.map { row in row.map { $0 > 0.6 ? 1 : $0 < -0.6 ? -1 : 0 } }, labels: gauss.labels)
  }

  /// The graph keeps inputs in f32; the values of f64 objectives do not: rounding of sums of up to 24 products.
  func testValuesAndErrors() throws {
    for (name, fixture) in devices() + [("perceptron", ternary())] {
      for margin in name == "parity" ? [0] : [0, 0.4] {
        var device = fixture
        device.margin = margin
        let losses = name == "parity" ? ["error_count"] : ["error_count", "cross_entropy", "mse", "hinge"]
        for loss in losses {
          let objective = try device.objective(name, ["loss": .text(loss)])
          XCTAssertTrue(objective.capabilities.contains(.flips))
          let x = PatternFixture.normals(device.dimension, seed: 5)
          let w = x.map { $0 < 0 ? -1.0 : 1 }
          let found = try objective.makeEvaluator().evaluate(x)
          let words = "\(name) K \(device.hidden) \(device.unit) tree \(device.tree) \(loss) margin \(margin)"
          XCTAssertEqual(found.value, device.energy(loss, w), accuracy: 1e-11, words)
          XCTAssertEqual(found.error, Double(device.errors(w)) / Double(device.labels.count), words)
        }
      }
    }
  }

  /// The straight-through gradient: that of the smoothed device with respect to the weights, at the signs, by central
  /// differences of the definition (h = 1e-5: 1e-10 of truncation, 1e-10 of rounding).
  func testStraightThroughGradients() throws {
    for (name, device) in devices() where name != "parity" && device.unit == .sign {
      let objective = try device.objective(name, ["loss": "cross_entropy"])
      let x = PatternFixture.normals(device.dimension, seed: 6)
      let w = x.map { $0 < 0 ? -1.0 : 1 }
      var g = [Double](repeating: .nan, count: device.dimension)
      let value = try objective.makeOracle(Double.self).gradient(x, &g)
      XCTAssertEqual(value, device.energy("cross_entropy", w), accuracy: 1e-11)
      for i in g.indices {
        var (up, down) = (w, w)
        (up[i], down[i]) = (up[i] + 1e-5, down[i] - 1e-5)
        let beta = name == "perceptron" ? nil : 1.0
        let slope =
          (device.energy("cross_entropy", up, beta: beta) - device.energy("cross_entropy", down, beta: beta)) / 2e-5
        XCTAssertEqual(g[i], slope, accuracy: 1e-8, "\(name) \(i)")
      }
    }
  }

  /// More flips than there are weights, so that fields are made anew on the way. Counts are exact; others to the rounding
  /// of their sums.
  private func walk<S: Scalar>(_ type: S.Type, tolerance: Double) throws {
    for (name, fixture) in devices() + [("perceptron", ternary())] {
      for margin in name == "parity" ? [0] : [0, 0.45] {
        var device = fixture
        device.margin = margin
        for loss in name == "parity" ? ["error_count"] : ["error_count", "cross_entropy", "hinge"] {
          let objective = try device.objective(name, ["loss": .text(loss), "precision": .text(S.precision.text)])
          let oracle = try objective.makeOracle(S.self)
          XCTAssertTrue(oracle.flipChange(0).isNaN, "before place")
          oracle.flip(0)
          var x = PatternFixture.signs(device.dimension, seed: 21).map { S($0) }
          var energy = try oracle.place(x)
          XCTAssertEqual(energy, device.energy(loss, x.map { Double($0) }), accuracy: tolerance * max(1, energy))
          var sites = RandomStream(seed: 4, stream: 80)
          for step in 0..<(2 * device.dimension) {
            let i = sites.below(device.dimension)
            let change = oracle.flipChange(i)
            XCTAssertEqual(oracle.flipChange(i), change, "a proposal changes nothing")
            var y = x
            y[i] = -y[i]
            let after = device.energy(loss, y.map { Double($0) })
            XCTAssertEqual(
              after - energy, change, accuracy: loss == "error_count" ? 1e-12 : tolerance * max(1, abs(energy)),
              "\(name) K \(device.hidden) \(device.unit) \(loss) margin \(margin) step \(step)")
            if step % 4 != 3 {
              oracle.flip(i)
              (x, energy) = (y, after)
            }
          }
          XCTAssertTrue(oracle.flipChange(device.dimension).isNaN)
          XCTAssertTrue(oracle.flipChange(-1).isNaN)
        }
      }
    }
  }

  func testFlipsInDouble() throws { try walk(Double.self, tolerance: 1e-10) }
  func testFlipsInFloat() throws { try walk(Float.self, tolerance: 1e-5) }

  func testMeanReductionAndGammaOfFlips() throws {
    var device = PatternFixture(inputs: 20, patterns: 30, seed: 8, real: true)
    let objective = try device.objective("perceptron", ["loss": "cross_entropy", "reduction": "mean", "gamma": 0.5])
    let oracle = try objective.makeOracle(Double.self)
    let x = PatternFixture.signs(20, seed: 2)
    var y = x
    y[7] = -y[7]
    for gamma in [0.5, 3.0] {
      try oracle.setGamma(gamma)
      device.gamma = gamma
      if gamma == 0.5 { _ = try oracle.place(x) }
      let expected = (device.energy("cross_entropy", y) - device.energy("cross_entropy", x)) / 30
      XCTAssertEqual(oracle.flipChange(7), expected, accuracy: 1e-12)
    }
  }

  /// Annealing on Gaussian patterns below capacity ends without errors, by a plain recount.
  func testAnnealingSolvesGaussianPatterns() throws {
    let device = PatternFixture(inputs: 101, patterns: 30, seed: 12, real: true)
    let objective = try device.objective("perceptron", [:])
    var x = PatternFixture.signs(101, seed: 3)
    let entry = try Registry.shared.find(.solver, "simulated_annealing")
    let solver = try Registry.shared.make(.solver, "simulated_annealing", [:], as: (any Solver).self)
    let report = try solve(
      solver, name: "simulated_annealing", needs: entry.needs, objective: objective, x: &x,
      run: Run(try RunSettings.configured(["seed": .int(1)])))
    XCTAssertEqual(report.scalar("fun"), 0)
    XCTAssertEqual(device.errors(x.map { $0 < 0 ? -1 : 1 }), 0)
  }

  func testWhatCannotWorkIsRefused() throws {
    func refused(_ words: [String], _ name: String, _ options: Options, _ inputs: [[Double]], line: UInt = #line) {
      let device = PatternFixture(inputs: inputs, labels: inputs.map { _ in 1 })
      XCTAssertThrowsError(try PatternFixture.make(name, options, try device.dataset()), line: line) {
        for word in words { XCTAssertTrue("\($0)".contains(word), "\($0)", line: line) }
      }
    }
    let gauss = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9]
    refused(["linear", "input 0 of sample 0 is 0.3", "binarize"], "perceptron", ["loss": "linear"], [gauss])
    refused(["linear", "input 0 of sample 0"], "parity", ["loss": "linear", "hidden": .int(3)], [gauss])
    let blank = [0.3, -0.7, 0, 0, -0.4, 0.9]
    for name in ["committee", "parity"] {
      refused(["inputs 2 ... 3 of sample 1", "all 0"], name, ["hidden": .int(3)], [gauss, blank])
      // The sum of 1 and 1 with signs can be 0.
      refused(["inputs 4 ... 5 of sample 0", "even", "0"], name, ["hidden": .int(3)], [[1, 0, 0.5, 0.1, 1, -1]])
    }
    // Odd sums cannot tie, and a perceptron counts a field of 0 as an error.
    let odd = PatternFixture(inputs: [[1, 0, 0, -1, 3, 0]], labels: [1])
    XCTAssertNoThrow(try PatternFixture.make("committee", ["hidden": .int(3)], try odd.dataset()))
    let empty = PatternFixture(inputs: [[0, 0, 0], [1, 0, 0]], labels: [1, 1])
    let perceptron = try PatternFixture.make("perceptron", [:], try empty.dataset())
    XCTAssertEqual(try perceptron.makeEvaluator().evaluate([1, 1, 1]).value, 1)
  }

  /// Solvers and measurements that work on bits say that they need them.
  func testWhatNeedsBitsSaysSo() throws {
    let objective = try PatternFixture(inputs: 15, patterns: 9, seed: 3, real: true).objective("perceptron", [:])
    for name in ["sbpi", "least_action", "max_sum"] {
      let entry = try Registry.shared.find(.solver, name)
      let solver = try Registry.shared.make(.solver, name, [:], as: (any Solver).self)
      var x = PatternFixture.signs(15, seed: 1)
      XCTAssertThrowsError(
        try solve(solver, name: name, needs: entry.needs, objective: objective, x: &x, run: Run())
      ) { XCTAssertTrue("\($0)".contains("+1 or -1"), "\(name): \($0)") }
    }
  }
}
