import Glibc
import Swale
import XCTest

/// Schedules of the inverse temperature of the loss, on networks.
final class GammaScheduleTests: XCTestCase {
  /// Noisy halves of the plane in four dimensions: two classes, or one output with targets +1 and -1.
  func network(gamma: Double, outputs: Int = 2, loss: (any Loss)? = nil, l2: Double = 0) throws -> NetworkObjective {
    let n = 30
    let inputs = try Buffer<Double>(n * 4)
    Double.randomNormal(1, 1, 0, n * 4, 0, 1, inputs.pointer)
    func positive(_ i: Int) -> Bool { inputs.pointer[4 * i] + 0.5 * inputs.pointer[4 * i + 1] > 0 }
    let targets: Targets =
      outputs == 1
      ? .real(SampleStorage(try Buffer((0..<n).map { positive($0) ? 1.0 : -1 })), width: 1)
      : .labels(try Buffer((0..<n).map { Int32(positive($0) ? 1 : 0) }), classes: 2)
    let data = Dataset(name: "halves", count: n, shape: [4], inputs: SampleStorage(inputs), targets: targets)
    let builder = try ModelBuilder(inputShape: [4])
    try builder.add(Dense(3, "tanh"))
    try builder.add(Dense(outputs))
    var crossEntropy = CrossEntropy()
    crossEntropy.gamma = gamma
    return try NetworkObjective(model: builder.finish(), data: data, loss: loss ?? crossEntropy, l2: l2)
  }

  func start(_ objective: any Objective) -> [Double] { (0..<objective.dimension).map { 0.5 * sin(Double($0) + 1) } }

  /// Every step of a schedule is a step on the landscape built with the gamma of that step.
  func testScheduleIsASequenceOfLandscapes() throws {
    for (outputs, from, to) in [(2, 0.5, 5.0), (1, 0.5, 5.0), (1, 4.0, 0.25)] {
      let steps = 12
      let own = try network(gamma: 1.5, outputs: outputs)
      let options: Options = [
        "gamma_start": .real(from), "gamma_end": .real(to), "steps": .int(steps), "learning_rate": .real(0.3),
      ]
      let result = try solved(SGD.self, options, own, start(own), run: ["trajectory_every": .int(1)])
      var x = start(own)
      var products: [Double] = []
      for t in 0..<steps {
        let gamma = from * pow(to / from, Double(t) / Double(steps - 1))
        var g = x
        _ = try network(gamma: gamma, outputs: outputs).makeEvaluator().value(x, gradient: &g)
        products.append(gamma * norm(x))
        for i in x.indices { x[i] -= 0.3 * g[i] }
      }
      for (a, b) in zip(result.x, x) { XCTAssertEqual(a, b, accuracy: 1e-13) }
      let history = try XCTUnwrap(result.report.values("gamma_norm"))
      XCTAssertEqual(history.count, steps)
      for (a, b) in zip(history, products) { XCTAssertEqual(a, b, accuracy: 1e-12) }
      // The value at the end is that of the objective itself, not of the last gamma.
      XCTAssertEqual(result.fun, try own.makeEvaluator().value(x, gradient: nil), accuracy: 1e-13)
    }
  }

  /// A fixed norm keeps the product of the objective's own gamma and the norm.
  func testNormScheduleKeepsTheProduct() throws {
    let own = try network(gamma: 1.5)
    let options: Options = ["norm_start": .real(2), "norm_end": .real(8), "steps": .int(10)]
    let history = try XCTUnwrap(try solved(SGD.self, options, own, start(own)).report.values("gamma_norm"))
    for (t, product) in history.enumerated() {
      XCTAssertEqual(product, 1.5 * 2 * pow(4, Double(t) / 10), accuracy: 1e-12)
    }
    XCTAssertNil(try solved(SGD.self, ["steps": .int(2)], own, start(own)).report["gamma_norm"])
  }

  /// All that an oracle computes follows its gamma: value, gradient, products, slices.
  func testOracleFollowsGamma() throws {
    for outputs in [1, 2] {
      let other = try network(gamma: 3, outputs: outputs)
      let expected = try other.makeOracle(Double.self)
      let oracle = try network(gamma: 1, outputs: outputs).makeOracle(Double.self)
      let n = other.dimension
      let x = start(other)
      let direction = (0..<n).map { cos(Double($0)) }
      let coordinates = (0..<9).map { 0.1 * Double($0) }
      func everything(_ o: Oracle<Double>) throws -> [Double] {
        var (g, h, values, errors) = (x, x, coordinates, coordinates)
        let value = try o.gradient(x, &g)
        _ = try o.linearize(x)
        try o.hvp(1, direction, &h)
        try x.withUnsafeBufferPointer { base throws in
          try direction.withUnsafeBufferPointer { along throws in
            guard let origin = base.baseAddress, let u = along.baseAddress else { return }
            let at = try Buffer(coordinates)
            let slice = AffineSlice(origin: origin, directions: [u], coordinates: at.constant, count: 9)
            try o.evaluateAffine(slice, &values, &errors)
          }
        }
        return [value] + g + h + values
      }
      let before = try everything(oracle)
      XCTAssertEqual(oracle.gamma, 1)
      try oracle.setGamma(3)
      XCTAssertEqual(oracle.gamma, 3)
      let (found, wanted) = (try everything(oracle), try everything(expected))
      for (a, b) in zip(found, wanted) { XCTAssertEqual(a, b, accuracy: 1e-14) }
      try oracle.setGamma(1)
      XCTAssertEqual(try everything(oracle), before)
      // Products at a point linearised under another gamma are refused.
      _ = try oracle.linearize(x)
      try oracle.setGamma(2)
      var h = x
      XCTAssertNotNil(refusal { try oracle.hvp(1, direction, &h) })
      XCTAssertTrue(refusal { try oracle.setGamma(0) }?.message.contains("is 0.0, allowed") ?? false)
    }
  }

  func testRefusals() throws {
    let bowl = try QuadraticObjective(diagonal: [1, 2])
    XCTAssertEqual(
      refusal { _ = try solved(SGD.self, ["gamma_start": .real(1)], bowl, [1, 1]) }?.message,
      "option 'gamma_start' is 1.0, but the loss of objective 'quadratic' has no gamma; allowed 0, or a loss with a "
        + "gamma (cross_entropy)")
    let hinge = try network(gamma: 1, outputs: 1, loss: Hinge())
    XCTAssertTrue(
      refusal { _ = try solved(Adam.self, ["gamma_start": .real(1)], hinge, start(hinge)) }?.message
        .contains("the loss of objective 'network' has no gamma") == true)
    let own = try network(gamma: 1)
    XCTAssertEqual(
      refusal { _ = try solved(SGD.self, ["gamma_end": .real(2)], own, start(own)) }?.message,
      "option 'gamma_end' is 2.0 but gamma_start is 0; give both, each above 0")
    XCTAssertTrue(
      refusal { _ = try solved(SGD.self, ["stop_when_solved": .bool(true)], bowl, [1, 1]) }?.message
        .contains("needs an error count") ?? false)
  }

  /// The run ends at the end of the epoch after which a recount finds no error.
  func testStopWhenSolved() throws {
    let own = try network(gamma: 1)
    let options: Options = [
      "learning_rate": .real(0.5), "batch_size": .int(10), "epochs": .int(400), "stop_when_solved": .bool(true),
    ]
    let result = try solved(SGD.self, options, own, start(own))
    XCTAssertEqual(result.reason, .converged)
    XCTAssertEqual(result.report.scalar("error"), 0)
    XCTAssertEqual(result.steps % 3, 0)
    XCTAssertLessThan(result.steps, 1200)
  }
}
