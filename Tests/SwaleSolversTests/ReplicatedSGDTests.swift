import Glibc
import Swale
import XCTest

/// `replicated_sgd` against closed forms on quadratics and against independent runs.
final class ReplicatedSGDTests: XCTestCase {
  let diagonal = (0..<15).map { 0.1 + 0.13 * Double($0) }
  let center = (0..<15).map { sin(1.7 * Double($0)) }
  var start: [Double] { (0..<15).map { 2 * cos(Double($0)) } }

  func rows(_ result: Solved, _ name: String) throws -> [[Double]] {
    let flat = try XCTUnwrap(result.report.values(name))
    return stride(from: 0, to: flat.count, by: result.x.count).map { Array(flat[$0..<($0 + result.x.count)]) }
  }

  /// What the spread adds to replica a: normal numbers of either precision from stream a of solvers.
  func spreads<S: Scalar>(_ type: S.Type, _ y: Int, _ size: S, seed: UInt64) -> [[Double]] {
    (0..<y).map { a in
      var z = [S](repeating: 0, count: start.count)
      var random = RandomStream(seed: seed, stream: StreamBase.solver + UInt64(a))
      random.normal(z.count, sd: size, into: &z)
      return z.map { Double($0) }
    }
  }

  /// Along an eigenvector of curvature l the centre relaxes by 1 - rate l per step, and what parts a replica from it by
  /// 1 - rate (l + gamma_t): the recursion is linear and decouples.
  func testLinearRecursion() throws {
    let (y, rate, gamma0, gamma1, steps, size) = (4, 0.2, 0.3, 0.05, 25, 0.5)
    let options: Options = [
      "replicas": .int(y), "gamma_0": .real(gamma0), "gamma_1": .real(gamma1), "learning_rate": .real(rate),
      "spread": .real(size), "steps": .int(steps),
    ]
    for (precision, accuracy) in [(Precision.f64, 1e-13), (.f32, 2e-6)] {
      let z = precision == .f64 ? spreads(Double.self, y, size, seed: 9) : spreads(Float.self, y, 0.5, seed: 9)
      let bowl = try QuadraticObjective(diagonal: diagonal, center: center, precision: precision)
      let result = try solved(ReplicatedSGD.self, options, bowl, start, run: ["seed": .int(9)])
      let replicas = try rows(result, "replicas")
      XCTAssertEqual(replicas.count, y)
      for i in start.indices {
        let mean = z.reduce(0) { $0 + $1[i] } / Double(y)
        let relaxed = center[i] + pow(1 - rate * diagonal[i], Double(steps)) * (start[i] + mean - center[i])
        XCTAssertEqual(result.x[i], relaxed, accuracy: accuracy)
        var shrink = 1.0
        for t in 0..<steps { shrink *= 1 - rate * (diagonal[i] + gamma0 * pow(1 + gamma1, Double(t))) }
        for a in 0..<y {
          XCTAssertEqual(replicas[a][i], relaxed + shrink * (z[a][i] - mean), accuracy: accuracy)
        }
      }
      let distances = try XCTUnwrap(result.report.values("replica_distance"))
      for (a, w) in replicas.enumerated() {
        XCTAssertEqual(distances[a], norm(zip(w, result.x).map { $0 - $1 }), accuracy: accuracy)
        XCTAssertEqual(
          try XCTUnwrap(result.report.values("replica_loss"))[a], try bowl.makeEvaluator().value(w, gradient: nil),
          accuracy: 10 * accuracy)
      }
      XCTAssertEqual(result.report.scalar("gradients"), Double(y * steps))
      XCTAssertEqual(result.report.values("gradient_evaluations"), (1...steps).map { Double(y * $0) })
    }
  }

  /// Without a tie the replicas are independent runs of sgd, each with an order of batches of its own.
  func testWithoutTieReplicasAreIndependent() throws {
    let (samples, batch, epochs, rate, momentum) = (40, 7, 3, 0.1, 0.8)
    let common: Options = [
      "batch_size": .int(batch), "epochs": .int(epochs), "learning_rate": .real(rate), "momentum": .real(momentum),
    ]
    var options = common
    options["replicas"] = .int(3)
    options["gamma_0"] = .real(0)
    options["spread"] = .real(0)
    let result = try solved(
      ReplicatedSGD.self, options, CloudObjective(samples: samples), [3, 4], run: ["seed": .int(2)])
    let single = try solved(SGD.self, common, CloudObjective(samples: samples), [3, 4], run: ["seed": .int(2)])
    let replicas = try rows(result, "replicas")
    for (a, b) in zip(replicas[0], single.x) { XCTAssertEqual(a, b, accuracy: 1e-14) }
    for a in 0..<3 {
      var (x, v) = ([3.0, 4.0], [0.0, 0.0])
      for epoch in 0..<epochs {
        var order = [Int64](repeating: 0, count: samples)
        let stream = StreamBase.batches + UInt64(a) << 26 + UInt64(epoch)
        RandomStream.permutation(seed: 2, stream: stream, samples, into: &order)
        for first in Swift.stride(from: 0, to: samples, by: batch) {
          let part = order[first..<min(first + batch, samples)]
          let mean = Double(part.reduce(0, +)) / Double(part.count)
          for (i, target) in [mean, -mean].enumerated() {
            v[i] = momentum * v[i] + x[i] - target
            x[i] -= rate * v[i]
          }
        }
      }
      for (found, expected) in zip(replicas[a], x) { XCTAssertEqual(found, expected, accuracy: 1e-12, "replica \(a)") }
    }
    for i in 0..<2 { XCTAssertEqual(result.x[i], replicas.reduce(0) { $0 + $1[i] } / 3, accuracy: 1e-14) }
  }

  /// The tie of a run has a memory of a third of it at the start and of 10 steps at its end, whatever the gradients.
  func testAutomaticTie() throws {
    let bowl = try QuadraticObjective(diagonal: diagonal, center: center)
    for (steps, rate, first) in [(301, 0.2, 3 / 301.0), (61, 0.02, 3 / 61.0), (20, 0.1, 0.1)] {
      let options: Options = ["spread": .real(0.4), "steps": .int(steps), "learning_rate": .real(rate)]
      let result = try solved(ReplicatedSGD.self, options, bowl, start)
      let scope = try XCTUnwrap(result.report.values("scope"))
      for (t, g) in scope.enumerated() {
        // Rounding of a power of a few hundred.
        XCTAssertEqual(rate * g / (first * pow(0.1 / first, Double(t) / Double(steps - 1))), 1, accuracy: 1e-11)
      }
      XCTAssertEqual(result.report.scalar("gamma_0") ?? 0, first / rate, accuracy: 1e-12)
    }
    // Nothing moves at rate 0, and no tie stays none.
    for options: Options in [["learning_rate": .real(0), "steps": .int(3)], ["gamma_0": .real(0), "steps": .int(200)]] {
      let result = try solved(ReplicatedSGD.self, options, bowl, start)
      XCTAssertEqual(result.report.values("scope")?.reduce(0, +), 0)
      XCTAssertEqual(result.report.scalar("gamma_0"), 0)
    }
  }

  /// However strong the tie, a replica never passes the centre: they meet in it.
  func testStrongTieJoinsReplicas() throws {
    let bowl = try QuadraticObjective(diagonal: [Double](repeating: 0.5, count: 4))
    let options: Options = [
      "gamma_0": .real(1e6), "spread": .real(1), "steps": .int(3), "learning_rate": .real(0.1), "norm_start": .real(2),
    ]
    let result = try solved(ReplicatedSGD.self, options, bowl, [1, 2, 3, 4])
    for w in try rows(result, "replicas") { XCTAssertEqual(norm(w), 2, accuracy: 1e-12) }
    // Each step leaves the part that the gradients differ by: 0.1 x 0.5 of the distance.
    XCTAssertLessThan(try XCTUnwrap(result.report.values("replica_distance")).max() ?? 1, 2 * pow(0.06, 3))
  }

  func testRefusals() throws {
    let bowl = try QuadraticObjective(diagonal: diagonal)
    XCTAssertTrue(
      refusal { _ = try solved(ReplicatedSGD.self, ["spread": .real(0)], bowl, start) }?.message
        .contains("the replicas would never part") ?? false)
    XCTAssertTrue(
      refusal { _ = try solved(ReplicatedSGD.self, ["nesterov": .bool(true)], bowl, start) }?.message
        .contains("momentum is 0") ?? false)
    XCTAssertTrue(
      refusal { _ = try solved(ReplicatedSGD.self, ["replicas": .int(1)], bowl, start) }?.message
        .hasPrefix("option 'replicas' of solver 'replicated_sgd' is 1") ?? false)
  }
}
