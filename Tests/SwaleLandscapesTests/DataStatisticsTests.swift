import Swale
import XCTest

/// The readers against the statistics, counts and first labels of shared/data/README.md.
final class DataStatisticsTests: XCTestCase {
  private struct Images {
    let folder: String
    let prefix: String
    let count: Int
    let mean: Double
    let sd: Double
    let classCounts: [Int]
    let firstLabels: [Int32]
  }

  // The README has 0.3081079 for MNIST's training images; exact integer sums give 0.30810780.
  private let sets = [
    Images(
      folder: "fashion-mnist", prefix: "train", count: 60_000, mean: 0.2860406, sd: 0.3530242,
      classCounts: Array(repeating: 6000, count: 10), firstLabels: [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]),
    Images(
      folder: "fashion-mnist", prefix: "t10k", count: 10_000, mean: 0.2868493, sd: 0.3524442,
      classCounts: Array(repeating: 1000, count: 10), firstLabels: [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]),
    Images(
      folder: "mnist", prefix: "train", count: 60_000, mean: 0.1306605, sd: 0.3081078,
      classCounts: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
      firstLabels: [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]),
    Images(
      folder: "mnist", prefix: "t10k", count: 10_000, mean: 0.1325146, sd: 0.3104802,
      classCounts: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
      firstLabels: [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]),
  ]

  private func load(_ set: Images) throws -> Dataset {
    let base = try DataFixture.folder() + "/\(set.folder)/\(set.prefix)-"
    return try DataFixture.load(
      "idx", ["images": .text(base + "images-idx3-ubyte.gz"), "labels": .text(base + "labels-idx1-ubyte.gz")])
  }

  /// Means and deviations to the last digit of the table.
  func testImages() throws {
    for set in sets {
      let data = try load(set)
      XCTAssertEqual(data.count, set.count)
      XCTAssertEqual(data.shape, [28, 28])
      XCTAssertEqual(data.classes, 10)
      let values = try data.inputs(as: Double.self)
      let n = data.count * data.width
      let mean = Double.sum(n, values.pointer) / Double(n)
      let variance = Double.sumSquares(n, values.pointer) / Double(n) - mean * mean
      XCTAssertEqual(mean, set.mean, accuracy: 5.1e-8, set.folder)
      XCTAssertEqual(variance.squareRoot(), set.sd, accuracy: 5.1e-8, set.folder)
      let labels = data.labels
      XCTAssertEqual((0..<10).map { c in labels.filter { $0 == c }.count }, set.classCounts)
      XCTAssertEqual(Array(labels.prefix(10)), set.firstLabels)
    }
  }

  /// The library's own statistics, which standardise by one mean and scale, agree with the table as well.
  func testStandardizedImages() throws {
    let data = try load(sets[1])
    let standard = try data.transformed("standardize", ["mode": .text("global")])
    XCTAssertEqual(standard.statistics["mean"]?.array.first ?? 0, 0.2868493, accuracy: 5.1e-8)
    XCTAssertEqual(standard.statistics["scale"]?.array.first ?? 0, 0.3524442, accuracy: 5.1e-8)
  }

  /// Compressed and plain files give the same bytes.
  func testPlainImagesEqualCompressedOnes() throws {
    let data = try load(sets[1])
    guard case .u8(let bytes, _, _) = data.inputs else { return XCTFail("images are bytes") }
    let content = Array(UnsafeBufferPointer(start: bytes, count: data.count * data.width))
    let path = try DataFixture.write("plain-images", DataFixture.idx([10_000, 28, 28], content))
    let plain = try DataFixture.load("idx", ["images": .text(path)])
    XCTAssertEqual(plain.values, data.values)
    guard case .none = plain.targets else { return XCTFail("no labels were given") }
  }

  func testTables() throws {
    let folder = try DataFixture.folder() + "/tables/"
    let tables: [(String, Int, Int, [Int])] = [
      ("digits", 1797, 64, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
      ("breast_cancer", 569, 30, [212, 357]), ("wine", 178, 13, [59, 71, 48]), ("iris", 150, 4, [50, 50, 50]),
    ]
    for (name, rows, width, classCounts) in tables {
      let data = try DataFixture.load("csv", ["path": .text(folder + name + ".csv")])
      XCTAssertEqual(data.count, rows, name)
      XCTAssertEqual(data.shape, [width], name)
      let labels = data.labels
      XCTAssertEqual((0..<data.classes).map { c in labels.filter { $0 == c }.count }, classCounts, name)
      // Every number against Foundation's own conversion.
      let text = try String(contentsOfFile: folder + name + ".csv", encoding: .utf8)
      let expected = text.split(separator: "\n").dropFirst().flatMap {
        $0.split(separator: ",").dropLast().map { Double($0) ?? .nan }
      }
      XCTAssertEqual(data.values, expected, name)
      // The last column is called "label" in all of them.
      let named = try DataFixture.load("csv", ["path": .text(folder + name + ".csv"), "label": .text("label")])
      XCTAssertEqual(named.labels, labels)
    }
  }
}
