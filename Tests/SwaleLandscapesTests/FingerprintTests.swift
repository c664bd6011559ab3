import Swale
import SwaleTestSupport
import XCTest

/// Published-style fingerprints on real data: softmax regression (F1) and two tiny networks (F2), computed elsewhere
/// with independent code and quoted to ten digits.
final class FingerprintTests: XCTestCase {
  func denseProduct(_ objective: any Objective, _ x: [Double], _ curvature: Curvature) throws -> [[Double]] {
    let d = objective.dimension
    let evaluator = try objective.makeEvaluator()
    var identity = [Double](repeating: 0, count: d * d)
    for i in 0..<d { identity[i * d + i] = 1 }
    var h = identity
    try evaluator.product(curvature, x, identity, d, &h)
    return (0..<d).map { Array(h[($0 * d)..<(($0 + 1) * d)]) }
  }

  func testSoftmaxRegressionOnAllDigits() throws {
    let builder = try ModelBuilder(inputShape: [64])
    try builder.add(Dense(10, bias: false))
    let objective = try NetworkObjective(
      model: builder.finish(), data: Digits.dataset(1797), loss: CrossEntropy())
    let x = [Double](repeating: 0, count: 640)
    let evaluator = try objective.makeEvaluator()
    var g = x
    XCTAssertEqual(try evaluator.value(x, gradient: &g), log(10), accuracy: 1e-14)
    let norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
    XCTAssertEqual(norm, 0.4443795249089308, accuracy: 1e-12)
    let h = try denseProduct(objective, x, .hessian)
    XCTAssertEqual((0..<640).reduce(0) { $0 + h[$1][$1] }, 13.512779111018364, accuracy: 1e-10)
    let hg = h.map { row in zip(row, g).reduce(0) { $0 + $1.0 * $1.1 } }
    XCTAssertEqual(zip(g, hg).reduce(0) { $0 + $1.0 * $1.1 } / (norm * norm), 0.05544757982561, accuracy: 1e-12)
    // Mean squared per-sample gradient, and the noise scale built from it (1/n form).
    var rows = [Double](repeating: 0, count: 1797 * 640)
    try evaluator.sampleGradients(x, first: 0, count: 1797, &rows)
    let meanSquare = rows.reduce(0) { $0 + $1 * $1 } / 1797
    XCTAssertEqual(meanSquare, 13.512779111018364, accuracy: 1e-10)
    XCTAssertEqual((meanSquare - norm * norm) / (norm * norm), 67.42843332901627, accuracy: 1e-8)
  }

  func testTinyNetworks() throws {
    struct Expected { let loss, norm, trace, traceSquare, rayleigh, gaussNewton, fisher: Double; let correct: Int }
    let table = [
      "tanh": Expected(
        loss: 2.3013927517, norm: 0.2610757344, trace: 5.0672296064, traceSquare: 13.5501269851,
        rayleigh: 0.6425724540, gaussNewton: 4.6955540462, fisher: 4.6543757859, correct: 21),
      "relu": Expected(
        loss: 2.3094252877, norm: 0.2238709914, trace: 3.8185572837, traceSquare: 3.4819125226,
        rayleigh: 0.4096931345, gaussNewton: 3.8185572837, fisher: 3.6658848965, correct: 20),
    ]
    for (activation, want) in table {
      let (objective, x) = (try Digits.network(activation), Digits.fingerprint())
      let d = objective.dimension
      XCTAssertEqual(d, 485)
      let evaluator = try objective.makeEvaluator()
      var g = x
      // The references carry ten digits: half a unit of the last one.
      XCTAssertEqual(try evaluator.value(x, gradient: &g), want.loss, accuracy: 1e-10, activation)
      let norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
      XCTAssertEqual(norm, want.norm, accuracy: 1e-10, activation)
      XCTAssertEqual(try evaluator.evaluate(x).error, 1 - Double(want.correct) / 200, accuracy: 1e-12, activation)
      let h = try denseProduct(objective, x, .hessian)
      XCTAssertEqual((0..<d).reduce(0) { $0 + h[$1][$1] }, want.trace, accuracy: 1e-8, activation)
      XCTAssertEqual(
        h.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }, want.traceSquare, accuracy: 1e-8, activation)
      let hg = h.map { row in zip(row, g).reduce(0) { $0 + $1.0 * $1.1 } }
      XCTAssertEqual(
        zip(g, hg).reduce(0) { $0 + $1.0 * $1.1 } / (norm * norm), want.rayleigh, accuracy: 1e-8, activation)
      let ggn = try denseProduct(objective, x, .gaussNewton)
      XCTAssertEqual((0..<d).reduce(0) { $0 + ggn[$1][$1] }, want.gaussNewton, accuracy: 1e-8, activation)
      var rows = [Double](repeating: 0, count: 200 * d)
      try evaluator.sampleGradients(x, first: 0, count: 200, &rows)
      XCTAssertEqual(rows.reduce(0) { $0 + $1 * $1 } / 200, want.fisher, accuracy: 1e-8, activation)
    }
  }
}
