import Foundation
import Swale
import XCTest

/// Inputs kept as bits, and the transform that makes them.
final class PatternDataTests: XCTestCase {
  private func numbers(_ data: Dataset) throws -> [Double] {
    let typed = try data.inputs(as: Double.self)
    return Array(UnsafeBufferPointer(start: typed.pointer, count: data.count * data.width))
  }

  private func bits(_ data: Dataset) throws -> SignBits {
    guard case .signs(let bits, firstRow: _) = data.inputs else { throw Failure(.internalError, "inputs are not bits") }
    return bits
  }

  private func transform(_ name: String, _ options: Options, _ data: Dataset) throws -> Dataset {
    try Registry.shared.make(.transform, name, options, as: (any DataTransform).self).apply(data, seed: 3)
  }

  func testBitsReadAsTheNumbersOfTheStream() throws {
    for (samples, features) in [(1, 1), (7, 63), (5, 64), (9, 65), (20, 201)] {
      let data = try DataFixture.load(
        "random_patterns", ["samples": .int(samples), "features": .int(features), "first": .int(4)])
      _ = try bits(data)
      var expected = [Float](repeating: 0, count: samples * features)
      Float.randomSigns(1, StreamBase.data, UInt64(4 * features), expected.count, &expected)
      XCTAssertEqual(try numbers(data), expected.map(Double.init))
      // Any range of elements, in either type.
      for start in [0, 1, features - 1, features, features + 3] where start < expected.count {
        let count = min(expected.count - start, 130)
        var part = [Float](repeating: 0, count: count)
        data.inputs.read(start, count, into: &part)
        XCTAssertEqual(part, Array(expected[start..<(start + count)]))
      }
    }
  }

  /// One bit for each input, and numbers only when somebody asks for them.
  func testMemoryOfPatterns() throws {
    let before = Memory.used
    let data = try DataFixture.load("random_patterns", ["samples": .int(500), "features": .int(1001)])
    let held = Memory.used - before
    XCTAssertEqual(held, 500 * 16 * 8 + 500 * 4, accuracy: 128, "16 words and a label each")
    let shown = try data.expandedInputs()
    XCTAssertEqual(shown.constant, try data.expandedInputs().constant)
    XCTAssertEqual(shown.array.map(Double.init), try numbers(data))
  }

  /// Transforms of bits against the same transforms of numbers.
  func testTransformsOfBits() throws {
    let data = try DataFixture.load("random_patterns", ["samples": .int(50), "features": .int(67)])
    let plain = Dataset(
      name: "plain", count: 50, shape: [67], inputs: SampleStorage(try Buffer(try numbers(data))),
      targets: data.targets)
    let cases: [(String, Options)] = [
      ("split", ["fraction": .real(0.3), "part": "test"]), ("shuffle", [:]), ("standardize", [:]),
      ("scale", ["factor": 2.0]), ("subset", ["count": .int(20)]), ("label_noise", ["fraction": .real(0.2)]),
    ]
    for (name, options) in cases {
      let (a, b) = (try transform(name, options, data), try transform(name, options, plain))
      XCTAssertEqual(a.count, b.count)
      for (x, y) in zip(try numbers(a), try numbers(b)) { XCTAssertEqual(x, y, accuracy: 1e-6, name) }
    }
    // A contiguous part of a part still reads the right rows, and objectives take it.
    let part = try transform("subset", ["start": .int(10), "count": .int(30)], data)
    let inner = try transform("subset", ["start": .int(5), "count": .int(10)], part)
    XCTAssertEqual(try numbers(inner), Array(try numbers(data)[(15 * 67)..<(25 * 67)]))
    let x = PatternFixture.signs(67, seed: 5)
    let whole = Dataset(
      name: "copy", count: 10, shape: [67], inputs: SampleStorage(try Buffer(try numbers(inner))),
      targets: inner.targets)
    XCTAssertEqual(
      try PatternFixture.make("perceptron", ["loss": "hinge"], inner).makeOracle(Double.self).value(x),
      try PatternFixture.make("perceptron", ["loss": "hinge"], whole).makeOracle(Double.self).value(x))
  }

  /// Perceptrons and full committees use the dataset's bits; trees have segments of their own.
  func testObjectivesShareBits() throws {
    let data = try DataFixture.load("random_patterns", ["samples": .int(40), "features": .int(195)])
    let own = try bits(data)
    for (name, options, shared) in [
      ("perceptron", [:] as Options, true), ("committee", ["architecture": "full"] as Options, true),
      ("committee", [:] as Options, false),
    ] {
      let graph = try PatternFixture.make(name, options, data).graph
      let used = try graph.signs(for: "this test")
      XCTAssertEqual(used === own, shared, name)
      for p in [0, 17, 39] {
        for i in [0, 63, 64, 65, 129, 130, 194] { XCTAssertEqual(used.sign(p, i), own.sign(p, i)) }
      }
    }
  }

  func testTeacherLabelsOfBitsAreThoseOfTheTeacher() throws {
    for (hidden, architecture) in [(1, "full"), (3, "full"), (3, "tree")] {
      let data = try DataFixture.load(
        "teacher_student",
        ["samples": .int(60), "features": .int(63), "hidden": .int(hidden), "architecture": .text(architecture)])
      _ = try bits(data)
      let teacher = try XCTUnwrap(data.statistics["teacher"]).array
      let name = hidden == 1 ? "perceptron" : "committee"
      let options: Options =
        hidden == 1 ? [:] : ["hidden": .int(hidden), "architecture": .text(architecture)]
      XCTAssertEqual(try PatternFixture.make(name, options, data).makeOracle(Double.self).value(teacher), 0)
    }
  }

  func testBinarizeAtTheMedian() throws {
    var random = RandomStream(seed: 3, stream: 9)
    for samples in [1, 2, 9, 10, 501] {
      let width = 37
      var x = [Double](repeating: 0, count: samples * width)
      random.normal(x.count, into: &x)
      // A feature with many equal numbers, and a constant one.
      for p in 0..<samples {
        x[p * width + 1] = (x[p * width + 1] * 2).rounded()
        x[p * width + 2] = 7
      }
      let data = Dataset(
        name: "x", count: samples, shape: [width], inputs: SampleStorage(try Buffer(x)), targets: .none)
      let made = try transform("binarize", [:], data)
      let medians = (0..<width).map { j in
        let column = (0..<samples).map { x[$0 * width + j] }.sorted()
        return samples % 2 == 1 ? column[samples / 2] : (column[samples / 2 - 1] + column[samples / 2]) / 2
      }
      let thresholds = try XCTUnwrap(made.statistics["threshold"]).array
      for (a, b) in zip(thresholds, medians) { XCTAssertEqual(a, b, accuracy: 1e-15) }
      let expected = x.indices.map { x[$0] > medians[$0 % width] ? 1.0 : -1 }
      XCTAssertEqual(try numbers(made), expected)
      _ = try bits(made)
      // The training set's medians for other data.
      let again = try transform("binarize", ["threshold": "value", "value": .reals(medians)], data)
      XCTAssertEqual(try numbers(again), expected)
    }
    let data = Dataset(
      name: "x", count: 2, shape: [2], inputs: SampleStorage(try Buffer<UInt8>([0, 100, 200, 50]), scale: 0.01),
      targets: .none)
    XCTAssertEqual(try numbers(try transform("binarize", ["threshold": "value", "value": 0.5], data)), [-1, 1, 1, -1])
    XCTAssertThrowsError(try transform("binarize", ["threshold": "value"], data)) {
      XCTAssertTrue("\($0)".contains("has 0 numbers, allowed 1 or 2"), "\($0)")
    }
  }

  /// Two classes of Fashion-MNIST, binarised, as patterns of a committee.
  func testFashionMNISTAsPatterns() throws {
    let folder = try DataFixture.folder() + "/fashion-mnist/t10k-"
    let all = try DataFixture.load(
      "idx", ["images": .text(folder + "images-idx3-ubyte.gz"), "labels": .text(folder + "labels-idx1-ubyte.gz")])
    let two = try transform("select_classes", ["classes": .ints([3, 4])], all)
    let data = try transform("binarize", [:], two)
    XCTAssertEqual(data.count, 2000)
    let objective = try PatternFixture.make(
      "committee", ["hidden": .int(9), "architecture": "full", "weights": "real", "loss": "cross_entropy"], data)
    XCTAssertNotNil(objective.patterns)
    XCTAssertTrue(objective.capabilities.contains(.gradient))
  }

  func testMixtureKeepsItsNumbers() throws {
    let data = try DataFixture.load("gaussian_mixture", ["features": .int(20), "delta": .real(0.5), "rho": .real(0.3)])
    let objective = try PatternFixture.make("gaussian_mixture", [:], data)
    XCTAssertEqual(objective.data.statistics["delta"]?.array, [0.5])
    XCTAssertEqual(objective.data.statistics["rho"]?.array, [0.3])
    XCTAssertEqual(objective.data.statistics["centroid"]?.count, 20)
  }
}
