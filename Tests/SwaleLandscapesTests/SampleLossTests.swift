import Glibc
import Swale
import XCTest

/// What is per sample, and the Gauss-Newton matrix, is of the losses alone: the penalty l2/2 |x|^2 is in the value, the
/// gradient and the Hessian, and nowhere else.
final class SampleLossTests: XCTestCase {
  private func line(
    _ inputs: [[Double]], _ targets: [Double], l2: Double, precision: Precision = .f64
  ) throws -> NetworkObjective {
    let data = Dataset(
      name: "line", count: inputs.count, shape: [inputs[0].count],
      inputs: SampleStorage(try Buffer(inputs.flatMap { $0 })),
      targets: .real(SampleStorage(try Buffer(targets)), width: 1))
    let builder = try ModelBuilder(inputShape: [inputs[0].count])
    try builder.add(Dense(1, bias: false))
    return try NetworkObjective(
      model: builder.finish(), data: data, loss: MeanSquaredError(), l2: l2, precision: precision)
  }

  private func products(
    _ objective: any Objective, _ curvature: Curvature, _ x: [Double]
  ) throws -> [Double] {
    let n = x.count
    let identity = (0..<(n * n)).map { $0 % (n + 1) == 0 ? 1.0 : 0.0 }
    var out = [Double](repeating: .nan, count: n * n)
    try objective.makeEvaluator().product(curvature, x, identity, n, &out)
    return out
  }

  private func rows(_ objective: any Objective, _ x: [Double]) throws -> [Double] {
    var out = [Double](repeating: .nan, count: objective.sampleCount * x.count)
    try objective.makeEvaluator().sampleGradients(x, first: 0, count: objective.sampleCount, &out)
    return out
  }

  private func losses(_ objective: any Objective, _ x: [Double]) throws -> [Double] {
    var out = [Double](repeating: .nan, count: objective.sampleCount)
    try objective.makeEvaluator().sampleLosses(x, first: 0, count: objective.sampleCount, &out)
    return out
  }

  /// Two samples of a linear model, by hand: residuals r = (-.3, .7) at theta = (.3, .2), G = mean x x', gradients r x, H =
  /// G + l2. Products of numbers with few digits: a few units in the last place.
  func testTwoSamplesByHand() throws {
    for (precision, accuracy) in [(Precision.f64, 1e-14), (.f32, 1e-6)] {
      let risk = try line([[1, 2], [3, -1]], [1, 0], l2: 0.5, precision: precision)
      let x = [0.3, 0.2]
      func check(_ found: [Double], _ expected: [Double], line: UInt = #line) {
        for (a, b) in zip(found, expected) { XCTAssertEqual(a, b, accuracy: accuracy, line: line) }
      }
      check(try products(risk, .gaussNewton, x), [5, -0.5, -0.5, 2.5])
      check(try products(risk, .hessian, x), [5.5, -0.5, -0.5, 3])
      check(try rows(risk, x), [-0.3, -0.6, 2.1, -0.7])
      check(try losses(risk, x), [0.045, 0.245])
      var g = [0.0, 0.0]
      let value = try risk.makeEvaluator().value(x, gradient: &g)
      // mean of the sample gradients (.9, -.65) plus l2 x
      check(g, [1.05, -0.55])
      check([value], [0.145 + 0.25 * 0.13])
    }
  }

  /// A curved network with several outputs and l2, and the same with a frozen layer: the gradient is the mean of the sample
  /// gradients plus l2 x, the value the mean of the sample losses plus the penalty, G + l2 differs from H only where the
  /// network is curved. Rounding of sums over 30 samples.
  func testIdentitiesOfACurvedNetwork() throws {
    let (n, l2) = (30, 0.7)
    let data = Dataset(
      name: "waves", count: n, shape: [4], inputs: SampleStorage(try Buffer((0..<(4 * n)).map { wave($0) })),
      targets: .labels(try Buffer((0..<n).map { Int32($0 % 3) }), classes: 3))
    let builder = try ModelBuilder(inputShape: [4])
    try builder.add(Dense(5, "erf_sqrt2"))
    try builder.add(Dense(3, "gelu_tanh"))
    let model = try builder.finish()
    let whole = try NetworkObjective(model: model, data: data, loss: CrossEntropy(), l2: l2)
    let plain = try NetworkObjective(model: model, data: data, loss: CrossEntropy())
    let point = (0..<whole.dimension).map { wave($0, 0.4) }
    let frozen = try FrozenObjective(whole, freezing: "dense1", at: point)
    // The frozen part is in the penalty of the value, and in no gradient.
    let everything = l2 / 2 * point.reduce(0) { $0 + $1 * $1 }
    for (risk, x) in [(whole as any Objective, point), (frozen, Array(point[0..<25]))] {
      let d = x.count
      var g = [Double](repeating: .nan, count: d)
      let value = try risk.makeEvaluator().value(x, gradient: &g)
      let gradients = try rows(risk, x)
      for i in 0..<d {
        let mean = (0..<n).reduce(0) { $0 + gradients[$1 * d + i] } / Double(n)
        XCTAssertEqual(g[i], mean + l2 * x[i], accuracy: 1e-14)
      }
      XCTAssertEqual(value, try losses(risk, x).reduce(0, +) / Double(n) + everything, accuracy: 1e-13)
    }
    XCTAssertEqual(try products(whole, .gaussNewton, point), try products(plain, .gaussNewton, point))
    XCTAssertEqual(try losses(whole, point), try losses(plain, point))
  }

  /// Losses of single samples against objectives over that sample alone, for every loss.
  func testLossesAgainstObjectivesOfOneSample() throws {
    for (loss, outputs) in [
      ("cross_entropy", 3), ("cross_entropy", 1), ("mse", 3), ("logistic", 1), ("hinge", 1), ("error_count", 3),
    ] {
      func risk(_ samples: Range<Int>) throws -> any Objective {
        let inputs = SampleStorage(try Buffer(samples.flatMap { i in (0..<4).map { wave(4 * i + $0) } }))
        let targets: Targets =
          outputs == 1
          ? .real(SampleStorage(try Buffer(samples.map { $0 % 2 == 0 ? 1.0 : -1 })), width: 1)
          : .labels(try Buffer(samples.map { Int32($0 % 3) }), classes: 3)
        let data = Dataset(name: "part", count: samples.count, shape: [4], inputs: inputs, targets: targets)
        let builder = try ModelBuilder(inputShape: [4])
        try builder.add(Dense(5, "tanh"))
        try builder.add(Dense(outputs))
        let settings = try Registry.shared.make(.loss, loss, [:], as: (any Loss).self)
        return try NetworkObjective(model: builder.finish(), data: data, loss: settings)
      }
      let all = try risk(0..<11)
      let x = (0..<all.dimension).map { wave($0, 0.9) }
      let found = try losses(all, x)
      for i in 0..<11 {
        XCTAssertEqual(
          found[i], try risk(i..<(i + 1)).makeEvaluator().value(x, gradient: nil), accuracy: 1e-14, "\(loss) \(i)")
      }
    }
  }

  func testActivationsOfEveryLayer() throws {
    let n = 9
    let data = Dataset(
      name: "waves", count: n, shape: [2], inputs: SampleStorage(try Buffer((0..<(2 * n)).map { wave($0) })),
      targets: .labels(try Buffer((0..<n).map { Int32($0 % 2) }), classes: 2))
    let builder = try ModelBuilder(inputShape: [2])
    try builder.add(Dense(3, "tanh"), name: "stem")
    try builder.add(Dense(2))
    let risk = try NetworkObjective(model: builder.finish(), data: data, loss: CrossEntropy())
    let x = (0..<risk.dimension).map { wave($0, 0.1) }
    let evaluator = try risk.makeEvaluator()
    XCTAssertEqual(try evaluator.activationWidth("stem"), 3)
    var stem = [Double](repeating: .nan, count: 3 * n)
    try evaluator.activations(x, layer: "stem", &stem)
    for i in 0..<n {
      for k in 0..<3 {
        let z = x[2 * k] * wave(2 * i) + x[2 * k + 1] * wave(2 * i + 1) + x[6 + k]
        XCTAssertEqual(stem[3 * i + k], tanh(z), accuracy: 1e-15)
      }
    }
    var last = [Double](repeating: .nan, count: 2 * n)
    var outputs = last
    try evaluator.activations(x, layer: "dense1", &last)
    try evaluator.outputs(x, &outputs)
    XCTAssertEqual(last, outputs)
    XCTAssertThrowsError(try evaluator.activationWidth("stme")) {
      XCTAssertTrue("\($0)".contains("did you mean 'stem'"), "\($0)")
    }
  }

  /// Energies of patterns one by one: their sum is the objective, of every kind of energy and weights.
  func testLossesOfPatterns() throws {
    var device = PatternFixture(inputs: 27, patterns: 23, seed: 9)
    device.hidden = 3
    for weights in ["binary", "real", "spherical"] {
      for loss in ["error_count", "linear", "cross_entropy", "mse"] {
        if loss == "linear", weights != "binary" { continue }
        let objective = try device.objective("committee", ["weights": .text(weights), "loss": .text(loss)])
        let x = PatternFixture.normals(27, seed: 3)
        let found = try losses(objective, x)
        let value = try objective.makeEvaluator().value(x, gradient: nil)
        XCTAssertEqual(found.reduce(0, +), value, accuracy: 1e-12, "\(weights) \(loss)")
        if weights == "binary" {
          var one = PatternFixture(inputs: 27, patterns: 1, seed: 1)
          one.hidden = 3
          let w = x.map { $0 < 0 ? -1.0 : 1 }
          for p in [0, 7, 22] where loss != "linear" {
            XCTAssertEqual(
              found[p], device.loss(loss, device.labels[p] * device.output(w, p)), accuracy: 1e-13, "\(loss) \(p)")
          }
        }
      }
    }
    // A selected batch stays selected.
    let oracle = try device.objective("committee", [:]).makeOracle(Double.self)
    let x = PatternFixture.signs(27, seed: 5)
    let batch: [Int64] = [3, 4, 5]
    try batch.withUnsafeBufferPointer { try oracle.select($0) }
    let before = try oracle.value(x)
    var all = [Double](repeating: .nan, count: 23)
    try oracle.sampleLosses(x, first: 0, count: 23, &all)
    XCTAssertEqual(try oracle.value(x), before)
    XCTAssertEqual(before, all[3] + all[4] + all[5])
  }

  func testSamplesThatAreNotThere() throws {
    let risk = try line([[1, 2], [3, -1]], [1, 0], l2: 0)
    let evaluator = try risk.makeEvaluator()
    var out = [7.0, 7, 7, 7]
    for (first, count) in [(0, 3), (2, 1), (3, 0), (1, Int.max), (-1, 1)] {
      XCTAssertThrowsError(try evaluator.sampleLosses([0, 0], first: first, count: count, &out)) {
        XCTAssertTrue("\($0)".contains("there are 2"), "\($0)")
      }
      XCTAssertThrowsError(try evaluator.sampleGradients([0, 0], first: first, count: count, &out)) {
        XCTAssertTrue("\($0)".contains("there are 2"), "\($0)")
      }
    }
    // No samples are no failure: nothing is written.
    try evaluator.sampleLosses([0, 0], first: 2, count: 0, &out)
    try evaluator.sampleGradients([0, 0], first: 0, count: 0, &out)
    XCTAssertEqual(out, [7, 7, 7, 7])
    let bowl = try QuadraticObjective(diagonal: [1, 2]).makeEvaluator()
    XCTAssertThrowsError(try bowl.sampleLosses([0, 0], first: 0, count: 1, &out)) {
      XCTAssertTrue("\($0)".contains("has no per-sample losses"), "\($0)")
    }
    XCTAssertThrowsError(try bowl.activations([0, 0], layer: "dense0", &out)) {
      XCTAssertTrue("\($0)".contains("has no layers"), "\($0)")
    }
  }
}
