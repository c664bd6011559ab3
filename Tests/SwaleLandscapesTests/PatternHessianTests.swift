import Swale
import XCTest

/// Hessian products of devices over patterns with spherical and real weights, away from the sphere too.
final class PatternHessianTests: XCTestCase {
  private struct Case {
    let words: String
    let objective: PatternObjective
    let spherical: Bool
  }

  /// Perceptrons, committees of every unit and the classifier with a bias, on signs and on real inputs.
  private func cases(_ losses: [String], precision: String = "f64") throws -> [Case] {
    var list: [Case] = []
    for (name, hidden, unit) in [
      ("perceptron", 1, PatternFixture.Unit.sign), ("gaussian_mixture", 1, .sign), ("committee", 3, .sign),
      ("committee", 2, .relu), ("committee", 4, .quadratic),
    ] {
      for tree in name == "committee" ? [true, false] : [true] {
        for real in name == "gaussian_mixture" ? [true] : [false, true] {
          var device = PatternFixture(inputs: tree ? 7 * hidden : 7, patterns: 40, seed: 16, real: real)
          (device.hidden, device.tree, device.unit) = (hidden, tree, unit)
          for weights in ["spherical", "real"] {
            for loss in losses {
              var options: Options = [
                "weights": .text(weights), "loss": .text(loss), "reduction": "mean", "precision": .text(precision),
              ]
              if weights == "real" { options["l2"] = 0.2 }
              if name == "gaussian_mixture" { options["bias"] = .bool(true) }
              if name == "committee" { options["beta"] = 1.3 }
              list.append(
                Case(
                  words: "\(name) \(unit) tree \(tree) real inputs \(real) \(weights) \(loss)",
                  objective: try device.objective(name, options), spherical: weights == "spherical"))
            }
          }
        }
      }
    }
    return list
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  /// A point with |x| = 0.6 sqrt N: not on the sphere.
  private func point(_ n: Int) -> [Double] { PatternFixture.normals(n, seed: 1).map { 0.6 * $0 } }

  /// Against central differences of the gradient, which other tests compare with the value: h^2 |v|^3 f'''' / 6 and
  /// rounding 1e-16 / h with h = 1e-5 and |v| near 5 are below 1e-8 of the product.
  func testProductsAgainstDifferencesOfTheGradient() throws {
    for item in try cases(["cross_entropy", "mse", "logistic"]) {
      let objective = item.objective
      XCTAssertTrue(objective.capabilities.contains(.hvp))
      let n = objective.dimension
      let oracle = try objective.makeOracle(Double.self)
      XCTAssertEqual(oracle.productMethod, "exact")
      let x = point(n)
      let v = PatternFixture.normals(2 * n, seed: 2)
      XCTAssertEqual(try oracle.linearize(x), try objective.makeOracle(Double.self).value(x), item.words)
      var product = [Double](repeating: .nan, count: 2 * n)
      try oracle.hvp(2, v, &product)
      let size = max(1, product.map(abs).max() ?? 1)
      for j in 0..<2 {
        var (up, down) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        let h = 1e-5
        _ = try oracle.gradient((0..<n).map { x[$0] + h * v[j * n + $0] }, &up)
        _ = try oracle.gradient((0..<n).map { x[$0] - h * v[j * n + $0] }, &down)
        for i in 0..<n {
          XCTAssertEqual(product[j * n + i], (up[i] - down[i]) / (2 * h), accuracy: 1e-7 * size, item.words)
        }
      }
      XCTAssertThrowsError(try oracle.hvp(1, v, &product), "the gradient moved the point")
    }
  }

  /// u'Hv = v'Hu to rounding, and for spherical weights (no bias) H x = -g, as of every function that is constant along
  /// rays (derive x.g(x) = 0).
  func testProductsAreSymmetric() throws {
    for item in try cases(["cross_entropy"]) {
      let n = item.objective.dimension
      let oracle = try item.objective.makeOracle(Double.self)
      let x = point(n)
      let vectors = PatternFixture.normals(2 * n, seed: 3)
      let (u, v) = (Array(vectors[0..<n]), Array(vectors[n...]))
      var g = [Double](repeating: 0, count: n)
      _ = try oracle.gradient(x, &g)
      _ = try oracle.linearize(x)
      var products = [Double](repeating: .nan, count: 3 * n)
      try oracle.hvp(3, vectors + x, &products)
      let (hu, hv, hx) = (Array(products[0..<n]), Array(products[n..<(2 * n)]), Array(products[(2 * n)...]))
      XCTAssertEqual(dot(u, hv), dot(v, hu), accuracy: 1e-12 * max(1, abs(dot(u, hv))), item.words)
      guard item.spherical, !item.objective.bias else { continue }
      for i in 0..<n { XCTAssertEqual(hx[i], -g[i], accuracy: 1e-12, item.words) }
    }
  }

  /// Sums of 40 terms, each right to 6e-8 of numbers of order 1 to 10.
  func testSinglePrecisionProducts() throws {
    for (single, double) in zip(try cases(["cross_entropy"], precision: "f32"), try cases(["cross_entropy"])) {
      let n = double.objective.dimension
      let x = point(n)
      let v = PatternFixture.normals(n, seed: 2)
      let (a, b) = (try single.objective.makeOracle(Float.self), try double.objective.makeOracle(Double.self))
      _ = try a.linearize(x.map(Float.init))
      _ = try b.linearize(x)
      var (found, expected) = ([Float](repeating: .nan, count: n), [Double](repeating: .nan, count: n))
      try a.hvp(1, v.map(Float.init), &found)
      try b.hvp(1, v, &expected)
      let size = max(1, expected.map(abs).max() ?? 1)
      for i in 0..<n { XCTAssertEqual(Double(found[i]), expected[i], accuracy: 1e-5 * size, single.words) }
    }
  }

  /// Metric hessian_dense against second differences of the value: with h = 1e-4 rounding gives 1e-16 / h^2 = 1e-8 and
  /// truncation h^2 f'''' / 6, |f''''| up to 100.
  func testDenseMatrixAgainstDifferencesOfTheValue() throws {
    let entry = try Registry.shared.find(.metric, "hessian_dense")
    for item in try cases(["cross_entropy"]) {
      let n = item.objective.dimension
      let x = point(n)
      let metric = try Registry.shared.make(.metric, "hessian_dense", [:], as: (any Metric).self)
      let report = try SwaleCore.measure(
        metric, name: "hessian_dense", needs: entry.needs, pointRange: entry.points, objective: item.objective,
        points: x, count: 1, run: Run())
      let matrix = try XCTUnwrap(report.values("matrix"))
      XCTAssertLessThan(try XCTUnwrap(report.scalar("asymmetry")), 1e-13, item.words)
      let oracle = try item.objective.makeOracle(Double.self)
      let h = 1e-4
      func value(_ i: Int, _ a: Double, _ j: Int, _ b: Double) throws -> Double {
        var y = x
        y[i] += a
        y[j] += b
        return try oracle.value(y)
      }
      for i in 0..<n {
        for j in [i, (i + 1) % n, (i + n / 2) % n] {
          let found = try (value(i, h, j, h) - value(i, h, j, -h) - value(i, -h, j, h) + value(i, -h, j, -h)) / (4 * h * h)
          XCTAssertEqual(matrix[i * n + j], found, accuracy: 2e-6, item.words)
        }
      }
    }
  }
}
