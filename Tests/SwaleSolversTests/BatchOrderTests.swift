import Swale
import XCTest

/// Batches in the order of the samples, and in an order that the caller gives.
final class BatchOrderTests: XCTestCase {
  func batches(_ options: Options, samples: Int = 7, epochs: Int = 3) throws -> [[Int]] {
    var options = options
    options["epochs"] = .int(epochs)
    let objective = CloudObjective(samples: samples)
    _ = try solved(SGD.self, options, objective, [0, 0])
    return objective.batches
  }

  func testSequential() throws {
    let found = try batches(["batch_size": .int(3), "batch_order": .text("sequential")])
    XCTAssertEqual(found, Array(repeating: [[0, 1, 2], [3, 4, 5], [6]], count: 3).flatMap { $0 })
    let dropped = try batches(
      ["batch_size": .int(3), "batch_order": .text("sequential"), "drop_last": .bool(true)], epochs: 2)
    XCTAssertEqual(dropped, [[0, 1, 2], [3, 4, 5], [0, 1, 2], [3, 4, 5]])
  }

  func testGivenOrder() throws {
    let one = [6, 0, 5, 1, 4, 2, 3]
    let found = try batches(["batch_size": .int(4), "sample_order": .ints(one)], epochs: 2)
    XCTAssertEqual(found, [[6, 0, 5, 1], [4, 2, 3], [6, 0, 5, 1], [4, 2, 3]])
    // Two epochs, of which the second has one sample only; three epochs begin again.
    let two = one + Array(repeating: 2, count: 7)
    let again = try batches(["batch_size": .int(4), "sample_order": .ints(two)], epochs: 3)
    XCTAssertEqual(again, [[6, 0, 5, 1], [4, 2, 3], [2, 2, 2, 2], [2, 2, 2], [6, 0, 5, 1], [4, 2, 3]])
  }

  /// The same steps as a plain loop over the given batches.
  func testStepsFollowTheGivenOrder() throws {
    let order = [3, 1, 4, 0, 5, 2]
    let result = try solved(
      SGD.self, [
        "batch_size": .int(2), "sample_order": .ints(order), "epochs": .int(2), "learning_rate": .real(0.1),
      ], CloudObjective(samples: 6), [0, 0])
    var x = 0.0
    for _ in 0..<2 {
      for pair in [[3, 1], [4, 0], [5, 2]] { x -= 0.1 * (x - Double(pair[0] + pair[1]) / 2) }
    }
    XCTAssertEqual(result.x[0], x, accuracy: 1e-14)
    XCTAssertEqual(result.x[1], -x, accuracy: 1e-14)
  }

  func testRefusals() throws {
    let bad: [(Options, String)] = [
      (["batch_size": .int(3), "sample_order": .ints([])],
        "option 'sample_order' of solver 'sgd' is an empty list, allowed 1 number and more; leave it out for the default"),
      (["batch_size": .int(3), "sample_order": .ints([0, 1, 2])],
        "option 'sample_order' has 3 samples, allowed 7 for each of one or more epochs"),
      (["batch_size": .int(3), "sample_order": .ints([0, 1, 2, 3, 4, 5, 7])],
        "option 'sample_order': element 6 is 7, allowed 0 ... 6"),
      (["sample_order": .ints([0, 1, 2, 3, 4, 5, 6])],
        "option 'sample_order' has 7 samples, but every step sees all of them; give a batch_size below 7, or take "
          + "sample_order away"),
    ]
    for (options, sentence) in bad {
      let failure = refusal { _ = try batches(options) }
      XCTAssertEqual(failure?.status, .option)
      XCTAssertEqual(failure?.message, sentence)
    }
  }
}
