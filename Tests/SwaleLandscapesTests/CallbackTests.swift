import Swale
import Synchronization
import XCTest

/// Landscapes computed by the host: what is passed through, what falls back, what ends with words.
final class CallbackTests: XCTestCase {
  /// f(x) = x1^2 x2 + 3 x2^2, H = [[2 x2, 2 x1], [2 x1, 6]].
  private func table(hasGradient: Bool = true, hvp: Bool = false, onRelease: (@Sendable () -> Void)? = nil)
    -> CallbackTable
  {
    let product: CallbackTable.Product = { x, count, v, out in
      for j in 0..<count {
        out[2 * j] = 2 * x[1] * v[2 * j] + 2 * x[0] * v[2 * j + 1]
        out[2 * j + 1] = 2 * x[0] * v[2 * j] + 6 * v[2 * j + 1]
      }
    }
    return CallbackTable(
      dimension: 2,
      value: { x, g in
        g?[0] = 2 * x[0] * x[1]
        g?[1] = x[0] * x[0] + 6 * x[1]
        return x[0] * x[0] * x[1] + 3 * x[1] * x[1]
      },
      hasGradient: hasGradient,
      hvp: hvp ? product : nil,
      onRelease: onRelease)
  }

  func testValueAndGradientPassThrough() throws {
    let evaluator = try CallbackObjective(table()).makeEvaluator()
    var g = [0.0, 0.0]
    XCTAssertEqual(try evaluator.value([2, 3], gradient: &g), 39)
    XCTAssertEqual(g, [12, 22])
    XCTAssertEqual(try evaluator.value([2, 3], gradient: nil), 39)
  }

  func testExactProductsAndCentralDifferences() throws {
    let exact = try CallbackObjective(table(hvp: true))
    let differences = try CallbackObjective(table())
    XCTAssertTrue(exact.capabilities.contains(.hvp))
    XCTAssertFalse(differences.capabilities.contains(.hvp))
    XCTAssertEqual(try exact.makeOracle(Double.self).productMethod, "exact")
    XCTAssertEqual(
      try differences.makeOracle(Double.self).productMethod, "central differences of the gradient")
    let v: [Double] = [1, 0, 0.5, -2]
    for (objective, tolerance) in [(exact, 0.0), (differences, 1e-8)] {
      // Central differences are exact for a quadratic gradient; what is left is rounding, eps^(2/3) relative.
      var out = [Double](repeating: 0, count: 4)
      try objective.makeEvaluator().product(.hessian, [2, 3], v, 2, &out)
      for (mine, known) in zip(out, [6.0, 4, -5, -10]) { XCTAssertEqual(mine, known, accuracy: tolerance) }
    }
  }

  func testMissingGradientIsRefused() throws {
    let evaluator = try CallbackObjective(table(hasGradient: false)).makeEvaluator()
    var out = [0.0, 0.0]
    XCTAssertEqual(try evaluator.value([2, 3], gradient: nil), 39)
    XCTAssertThrowsError(try evaluator.value([2, 3], gradient: &out)) { error in
      XCTAssertEqual((error as? Failure)?.status, .unsupported)
      XCTAssertEqual("\(error)", "the call needs a gradient, which objective 'callback' does not have")
    }
    XCTAssertThrowsError(try evaluator.product(.hessian, [2, 3], [1, 0], 1, &out))
    XCTAssertEqual(out, [0, 0])
  }

  func testFailureKeepsTheUsersWords() throws {
    let failing = CallbackTable(
      dimension: 1, value: { _, _ throws(Failure) in throw Failure(.callback, "simulator crashed at step 7") },
      hasGradient: true)
    XCTAssertThrowsError(try CallbackObjective(failing).makeEvaluator().value([0], gradient: nil)) { error in
      XCTAssertEqual((error as? Failure)?.status, .callback)
      XCTAssertEqual("\(error)", "simulator crashed at step 7")
    }
  }

  func testNonfiniteValuesArePassedOn() throws {
    let wild = CallbackTable(
      dimension: 1,
      value: { _, g in
        g?[0] = .nan
        return .infinity
      }, hasGradient: true)
    var g = [0.0]
    XCTAssertEqual(try CallbackObjective(wild).makeEvaluator().value([0], gradient: &g), .infinity)
    XCTAssertTrue(g[0].isNaN)
  }

  /// Released once, after the last user: an oracle keeps the host's memory alive.
  func testRelease() throws {
    let counter = Counter()
    var objective: CallbackObjective? = try CallbackObjective(table(onRelease: { counter.add() }))
    var oracle: Oracle<Double>? = try objective?.makeOracle(Double.self)
    objective = nil
    XCTAssertEqual(counter.count, 0)
    XCTAssertEqual(try oracle?.value([2, 3]), 39)
    oracle = nil
    XCTAssertEqual(counter.count, 1)
  }

  func testRefusedTablesAreNotReleased() throws {
    let counter = Counter()
    let empty = CallbackTable(dimension: 0, value: { _, _ in 0 }, hasGradient: false, onRelease: { counter.add() })
    XCTAssertThrowsError(try CallbackObjective(empty)) { error in
      XCTAssertEqual("\(error)", "the dimension of objective 'callback' is 0, allowed 1 and more")
    }
    let blind = CallbackTable(
      dimension: 1, value: { _, _ in 0 }, hasGradient: false, hvp: { _, _, _, _ in }, onRelease: { counter.add() })
    XCTAssertThrowsError(try CallbackObjective(blind)) { error in
      XCTAssertEqual("\(error)", "objective 'callback' has Hessian-vector products but no gradient; give both")
    }
    XCTAssertEqual(counter.count, 0)
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)
  func add() { value.withLock { $0 += 1 } }
  var count: Int { value.withLock { $0 } }
}
