import Swale
import XCTest

/// Data and options that devices over patterns do not take, and the sentences that say so.
final class PatternRefusalTests: XCTestCase {
  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      XCTFail("accepted")
      return ""
    } catch { return "\(error)" }
  }

  private func dataset(_ inputs: [Float], width: Int, labels: [Float]) throws -> Dataset {
    Dataset(
      name: "given", count: labels.count, shape: [width], inputs: SampleStorage(try Buffer(inputs)),
      targets: .real(SampleStorage(try Buffer(labels)), width: 1))
  }

  private func assertRefused(
    _ parts: [String], line: UInt = #line, _ name: String, _ options: Options, _ data: Dataset
  ) {
    let sentence = refusal { _ = try PatternFixture.make(name, options, data) }
    for part in parts { XCTAssertTrue(sentence.contains(part), sentence, line: line) }
  }

  func testInputsAndLabels() throws {
    let other = try dataset([1, -1, 1, 1, 0.5, -1], width: 3, labels: [1, -1])
    assertRefused(
      ["linear", "input 1 of sample 1 is 0.5", "binarize"], "perceptron", ["loss": "linear"], other)
    for weights in ["binary", "real"] {
      XCTAssertNoThrow(try PatternFixture.make("perceptron", ["weights": .text(weights)], other))
    }
    let label = try dataset([1, -1, 1, 1, 1, -1], width: 3, labels: [1, 0])
    assertRefused(["target of sample 1 is 0"], "perceptron", [:], label)
    let classes = Dataset(
      name: "classes", count: 2, shape: [3], inputs: other.inputs,
      targets: .labels(try Buffer<Int32>([0, 1]), classes: 2))
    assertRefused(["targets +1 and -1", "select_classes"], "perceptron", [:], classes)
  }

  func testSizesThatCouldTie() throws {
    let data = try dataset([Float](repeating: 1, count: 24), width: 12, labels: [1, -1])
    assertRefused(["hidden is 4", "odd"], "committee", ["hidden": .int(4)], data)
    assertRefused(["4 inputs", "odd"], "committee", ["hidden": .int(3)], data)
    assertRefused(["hidden is 3", "even", "relu"], "committee", ["hidden": .int(3), "unit": "relu"], data)
    assertRefused(["4 inputs", "odd"], "parity", ["hidden": .int(3)], data)
    assertRefused(["hidden divides", "12", "5"], "committee", ["hidden": .int(5)], data)
    // Real weights have no ties to speak of, and a perceptron counts them as errors.
    XCTAssertNoThrow(try PatternFixture.make("committee", ["hidden": .int(3), "weights": "real"], data))
    XCTAssertNoThrow(try PatternFixture.make("perceptron", [:], data))
    XCTAssertNoThrow(try PatternFixture.make("committee", ["hidden": .int(4), "unit": "relu"], data))
  }

  func testOptionsThatDoNotFit() throws {
    let data = try dataset([Float](repeating: 1, count: 18), width: 9, labels: [1, -1])
    assertRefused(["linear", "weights is real"], "perceptron", ["loss": "linear", "weights": "real"], data)
    assertRefused(
      ["linear", "sign units", "relu"], "committee",
      ["loss": "linear", "unit": "relu", "hidden": .int(2), "architecture": "full"],
      data)
    assertRefused(["l2", "binary"], "perceptron", ["l2": 0.1], data)
    assertRefused(["l2", "spherical"], "perceptron", ["l2": 0.1, "weights": "spherical", "loss": "mse"], data)
    assertRefused(["unknown loss", "hinge"], "perceptron", ["loss": "hinges"], data)
    assertRefused(["margin", "sqrt K"], "committee", ["loss": "linear", "margin": 2.0], data)
    assertRefused(["gamma"], "perceptron", ["loss": "cross_entropy", "gamma": -1.0], data)
    XCTAssertTrue(refusal { _ = try Registry.shared.make(.objective, "perceptron", [:], as: (any Landscape).self)
      .build(LandscapeParts(registry: .shared)) }.contains("needs a dataset"))
  }

  func testCapabilitiesThatAreMissing() throws {
    let data = try dataset([Float](repeating: 1, count: 18), width: 9, labels: [1, -1])
    let count = try PatternFixture.make("perceptron", [:], data)
    XCTAssertFalse(count.capabilities.contains(.gradient))
    var g = [Double](repeating: 0, count: 9)
    let x = [Double](repeating: 1, count: 9)
    XCTAssertTrue(refusal { _ = try count.makeOracle(Double.self).gradient(x, &g) }.contains("has no gradient"))
    XCTAssertTrue(refusal { try count.makeOracle(Double.self).setGamma(2) }.contains("gamma"))
    let real = try PatternFixture.make("perceptron", ["weights": "real", "loss": "mse"], data)
    XCTAssertTrue(refusal { _ = try real.makeOracle(Double.self).place(x) }.contains("single-spin flips"))
    let sphere = try PatternFixture.make("perceptron", ["weights": "spherical"], data)
    XCTAssertTrue(refusal { _ = try sphere.makeOracle(Double.self).value(g) }.contains("norm of x is 0"))
  }
}
