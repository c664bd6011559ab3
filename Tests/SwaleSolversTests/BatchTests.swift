import Swale
import XCTest

/// Batches of an epoch, their order, and what is reported about epochs.
final class BatchTests: XCTestCase {
  func run(
    _ objective: CloudObjective, batch: Int, epochs: Int, dropLast: Bool = false, seed: Int = 7
  ) throws -> Solved {
    let options: Options = [
      "batch_size": .int(batch), "epochs": .int(epochs), "drop_last": .bool(dropLast), "learning_rate": .real(0.1),
    ]
    return try solved(SGD.self, options, objective, [0, 0], run: ["seed": .int(seed)])
  }

  func testEveryEpochHasEverySampleOnce() throws {
    for precision in [Precision.f32, .f64] {
      let objective = CloudObjective(samples: 23, precision: precision)
      let result = try run(objective, batch: 5, epochs: 4)
      XCTAssertEqual(result.steps, 20)
      XCTAssertEqual(objective.batches.map(\.count), Array(repeating: [5, 5, 5, 5, 3], count: 4).flatMap { $0 })
      var orders = Set<[Int]>()
      for epoch in 0..<4 {
        let order = objective.batches[(5 * epoch)..<(5 * epoch + 5)].flatMap { $0 }
        XCTAssertEqual(order.sorted(), Array(0..<23))
        orders.insert(order)
      }
      XCTAssertEqual(orders.count, 4, "every epoch has an order of its own")
    }
  }

  func testDropLast() throws {
    let objective = CloudObjective(samples: 23)
    let result = try run(objective, batch: 5, epochs: 3, dropLast: true)
    XCTAssertEqual(result.steps, 12)
    XCTAssertEqual(objective.batches.map(\.count), Array(repeating: 5, count: 12))
    for epoch in 0..<3 {
      XCTAssertEqual(Set(objective.batches[(4 * epoch)..<(4 * epoch + 4)].flatMap { $0 }).count, 20)
    }
  }

  func testOrderDependsOnSeedAlone() throws {
    let (a, b, c) = (CloudObjective(samples: 50), CloudObjective(samples: 50), CloudObjective(samples: 50))
    let first = try run(a, batch: 7, epochs: 2)
    let again = try run(b, batch: 7, epochs: 2)
    _ = try run(c, batch: 7, epochs: 2, seed: 8)
    XCTAssertEqual(a.batches, b.batches)
    XCTAssertEqual(first.x, again.x)
    XCTAssertNotEqual(a.batches, c.batches)
    // The order of an epoch does not depend on the batch size.
    let d = CloudObjective(samples: 50)
    _ = try run(d, batch: 11, epochs: 2)
    XCTAssertEqual(a.batches.flatMap { $0 }, d.batches.flatMap { $0 })
  }

  func testAllSamplesNeedNoSelection() throws {
    for batch in [0, 23, 1000] {
      let objective = CloudObjective(samples: 23)
      let result = try run(objective, batch: batch, epochs: 6, dropLast: true)
      XCTAssertEqual(result.steps, 6)
      XCTAssertEqual(objective.batches, [])
      // x' = x - 0.1 (x - 11): after 6 steps 11 (1 - 0.9^6).
      XCTAssertEqual(result.x[0], 11 * (1 - 0.531441), accuracy: 1e-12)
    }
  }

  func testEpochLossIsTheMeanOverSamples() throws {
    let objective = CloudObjective(samples: 23)
    let result = try run(objective, batch: 5, epochs: 2)
    let weights = [5, 5, 5, 5, 3].map(Double.init)
    let epochs = try XCTUnwrap(result.report.values("epoch_loss"))
    for epoch in 0..<2 {
      let losses = result.losses[(5 * epoch)..<(5 * epoch + 5)]
      let mean = zip(losses, weights).reduce(0) { $0 + $1.0 * $1.1 } / 23
      XCTAssertEqual(epochs[epoch], mean, accuracy: 1e-12)
    }
    let norms = try XCTUnwrap(result.report.values("gradient_norms"))
    let epochNorms = try XCTUnwrap(result.report.values("epoch_gradient_norm"))
    XCTAssertEqual(norms.map(\.isNaN), (0..<10).map { $0 % 5 != 4 }, "the norm is taken at the end of an epoch")
    XCTAssertEqual(epochNorms, [norms[4], norms[9]])
  }

  func testUnfinishedEpochIsReported() throws {
    let options: Options = ["batch_size": .int(5), "steps": .int(7)]
    let result = try solved(SGD.self, options, CloudObjective(samples: 23), [0, 0])
    let epochs = try XCTUnwrap(result.report.values("epoch_loss"))
    XCTAssertEqual(epochs.count, 2)
    XCTAssertEqual(epochs[1], (result.losses[5] + result.losses[6]) / 2, accuracy: 1e-12)
  }

  func testLengthOfTheRun() throws {
    func steps(_ options: Options, _ settings: Options = [:]) throws -> Int {
      try solved(SGD.self, options, CloudObjective(samples: 10), [0, 0], run: settings).steps
    }
    XCTAssertEqual(try steps(["batch_size": .int(4)]), 300, "100 epochs when nothing is said")
    XCTAssertEqual(try steps(["batch_size": .int(4), "epochs": .int(2)]), 6)
    XCTAssertEqual(try steps(["batch_size": .int(4), "epochs": .int(2), "steps": .int(5)]), 5)
    XCTAssertEqual(try steps(["batch_size": .int(4)], ["max_steps": .int(777)]), 777)
    XCTAssertEqual(try steps(["epochs": .int(5)], ["max_steps": .int(777)]), 5, "a limit does not lengthen a run")
    XCTAssertEqual(try steps(["epochs": .int(5)], ["max_steps": .int(3)]), 3)
  }

  func testBatchesNeedAnObjectiveThatHasThem() throws {
    let plain = try QuadraticObjective(diagonal: [1, 2])
    XCTAssertEqual(try solved(SGD.self, ["epochs": .int(3)], plain, [1, 1]).steps, 3)
    for type in [SGD.self as any (Solver & Component).Type, Adam.self] {
      let failure = refusal { _ = try solved(type, ["batch_size": .int(8)], plain, [1, 1]) }
      XCTAssertEqual(failure?.status, .unsupported)
      XCTAssertEqual(
        failure?.message, "option 'batch_size' = 8 needs mini-batches, which objective 'quadratic' does not have")
    }
  }
}
