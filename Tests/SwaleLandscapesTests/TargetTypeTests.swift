import Swale
import XCTest

/// The type of an array decides whether targets are class labels or real, never the values.
final class TargetTypeTests: XCTestCase {
  private func dataset<T>(_ values: [T], _ type: DataType) throws -> Dataset {
    let inputs = [Double](repeating: 0.5, count: values.count)
    return try inputs.withUnsafeBytes { x in
      try values.withUnsafeBytes { y in
        try Dataset.fromHost(
          inputs: HostArray(data: x.baseAddress, type: .f64, shape: [values.count, 1], release: nil),
          targets: HostArray(data: y.baseAddress, type: type, shape: [values.count], release: nil))
      }
    }
  }

  func testWholeNumbersAreLabelsWhateverTheyAre() throws {
    for values in [[1, 1], [0, 1], [0, 0], [3, 1]] {
      let largest = (values.max() ?? 0) + 1
      XCTAssertEqual(try dataset(values.map { Int64($0) }, .i64).classes, largest)
      XCTAssertEqual(try dataset(values.map { Int32($0) }, .i32).classes, largest)
      XCTAssertEqual(try dataset(values.map { UInt8($0) }, .u8).classes, largest)
    }
    for values in [[-1, 1], [1, -1], [-1, -1]] {
      XCTAssertThrowsError(try dataset(values.map { Int64($0) }, .i64)) {
        for word in ["label -1 is negative", "floating-point numbers"] {
          XCTAssertTrue("\($0)".contains(word), "\($0)")
        }
      }
    }
  }

  func testFloatingPointNumbersAreRealWhateverTheyAre() throws {
    for values in [[1.0, 1], [0, 1], [-1, 1], [2, 3]] {
      XCTAssertEqual(try dataset(values, .f64).classes, 0)
      XCTAssertEqual(try dataset(values.map { Float($0) }, .f32).targetWidth, 1)
    }
  }

  /// Files say it by an option.
  func testNpyFilesSayWhatTheirTargetsAre() throws {
    let x = try DataFixture.write("kind-x.npy", DataFixture.npy("<f8", [2, 1], DataFixture.bytes([0.5, 1.5])))
    func load(_ descr: String, _ content: [UInt8], _ target: String) throws -> Dataset {
      let y = try DataFixture.write("kind-y.npy", DataFixture.npy(descr, [2], content))
      return try DataFixture.load("npy", ["inputs": .text(x), "targets": .text(y), "target": .text(target)])
    }
    let signs = DataFixture.bytes([Int64(-1), 1])
    XCTAssertThrowsError(try load("<i8", signs, "auto"))
    XCTAssertEqual(try load("<i8", signs, "real").realTargets, [-1, 1])
    XCTAssertEqual(try load("<i8", DataFixture.bytes([Int64(1), 1]), "auto").classes, 2)
    XCTAssertEqual(try load("<f8", DataFixture.bytes([1.0, 1.0]), "auto").classes, 0)
    XCTAssertEqual(try load("<f8", DataFixture.bytes([2.0, 1.0]), "labels").labels, [2, 1])
    XCTAssertThrowsError(try load("<f8", DataFixture.bytes([0.5, 1.0]), "labels")) {
      XCTAssertTrue("\($0)".contains("label 0.5 is not a whole number"), "\($0)")
    }
  }

  /// Devices and losses that want +1 and -1 say what they found, and what to do.
  func testRefusalsNameWhatWasFound() throws {
    let labels = try dataset([Int64(1), 1], .i64)
    XCTAssertThrowsError(try PatternFixture.make("perceptron", [:], labels)) {
      for word in ["has class labels (whole numbers)", "floating-point numbers", "select_classes"] {
        XCTAssertTrue("\($0)".contains(word), "\($0)")
      }
    }
    let builder = try ModelBuilder(inputShape: [1])
    try builder.add(Dense(1))
    XCTAssertThrowsError(try NetworkObjective(model: builder.finish(), data: labels, loss: Logistic())) {
      XCTAssertTrue("\($0)".contains("has class labels (whole numbers)"), "\($0)")
    }
  }

  func testClassCount() throws {
    let labels = try dataset([Int64(1), 0], .i64)
    XCTAssertEqual(try labels.transformed("class_count", ["classes": .int(10)]).classes, 10)
    XCTAssertEqual(try labels.transformed("class_count", ["classes": .int(10)]).transformed("class_count").classes, 2)
    DataFixture.assertRefused(.option, ["classes is 1", "label 1"]) {
      try labels.transformed("class_count", ["classes": .int(1)])
    }
    DataFixture.assertRefused(.shape, ["class labels"]) {
      try dataset([0.5, 1.0], .f64).transformed("class_count", ["classes": .int(3)])
    }
  }
}
