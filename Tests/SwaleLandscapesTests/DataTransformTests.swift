import Swale
import XCTest

/// Transforms against independent computations on small data, and their refusals.
final class DataTransformTests: XCTestCase {
  /// n samples of 3 numbers; sample i holds 3i, 3i + 1, 3i + 2 as bytes; labels i mod 4 unless given.
  private func bytes(_ n: Int = 40, labels: [Int32]? = nil, classes: Int = 4) throws -> Dataset {
    let inputs = try Buffer<UInt8>((0..<3 * n).map { UInt8($0) })
    return Dataset(
      name: "bytes", count: n, shape: [3], inputs: SampleStorage(inputs, scale: 0.5),
      targets: .labels(try Buffer(labels ?? (0..<Int32(n)).map { $0 % 4 }), classes: classes))
  }

  private func table(_ rows: [[Double]]) throws -> Dataset {
    Dataset(
      name: "table", count: rows.count, shape: [rows[0].count], inputs: SampleStorage(try Buffer(rows.flatMap { $0 })),
      targets: .none)
  }

  /// The samples of `bytes` that a transform kept, by their first input.
  private func samples(_ data: Dataset) -> [Int] { (0..<data.count).map { Int(data.row($0)[0] / 1.5) } }

  private func areBytes(_ data: Dataset) -> Bool {
    if case .u8 = data.inputs { return true }
    return false
  }

  // MARK: standardize and scale

  func testStandardizePerFeature() throws {
    let data = try table([[1, 7, 1e10], [2, 7, 1e10 + 2], [6, 7, 1e10 + 4]])
    let standard = try data.transformed("standardize")
    // Means 3, 7, 1e10 + 2; population variances 14/3, 0, 8/3; the constant feature has scale 1.
    let scale = [(14.0 / 3).squareRoot(), 1, (8.0 / 3).squareRoot()]
    XCTAssertEqual(standard.statistics["mean"]?.array ?? [], [3, 7, 1e10 + 2])
    for (found, expected) in zip(standard.statistics["scale"]?.array ?? [], scale) {
      XCTAssertEqual(found, expected, accuracy: 1e-15 * 10)
    }
    let expected = [-2 / scale[0], 0, -2 / scale[2], -1 / scale[0], 0, 0, 3 / scale[0], 0, 2 / scale[2]]
    for (found, value) in zip(standard.values, expected) { XCTAssertEqual(found, value, accuracy: 1e-14) }
    guard case .f64 = standard.inputs else { return XCTFail("f64 stays f64") }
  }

  func testStandardizeGlobally() throws {
    let standard = try bytes().transformed("standardize", ["mode": .text("global"), "precision": .text("f64")])
    let x = (0..<120).map { Double($0) / 2 }
    let mean = x.reduce(0, +) / 120
    let sd = (x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 120).squareRoot()
    XCTAssertEqual(standard.statistics["mean"]?.array.first ?? 0, mean, accuracy: 1e-13)
    XCTAssertEqual(standard.statistics["scale"]?.array.first ?? 0, sd, accuracy: 1e-13)
    for (found, value) in zip(standard.values, x) { XCTAssertEqual(found, (value - mean) / sd, accuracy: 1e-14) }
    // Bytes become f32 unless told otherwise.
    guard case .f32 = try bytes().transformed("standardize").inputs else { return XCTFail("bytes become f32") }
  }

  /// A test set takes the training set's statistics.
  func testStandardizeByGivenStatistics() throws {
    let train = try table([[0, 1], [2, 5]]).transformed("standardize")
    let mean = try XCTUnwrap(train.statistics["mean"]).array
    let scale = try XCTUnwrap(train.statistics["scale"]).array
    let test = try table([[4, 3]]).transformed("standardize", ["mean": .reals(mean), "scale": .reals(scale)])
    XCTAssertEqual(test.values, [3, 0])
    DataFixture.assertRefused(.option, ["mean has 2", "scale 0", "needs 2"]) {
      try table([[4, 3]]).transformed("standardize", ["mean": .reals(mean)])
    }
    DataFixture.assertRefused(.option, ["mean has 2", "needs 1 "]) {
      try table([[4, 3]])
        .transformed("standardize", ["mean": .reals(mean), "scale": .reals(scale), "mode": .text("global")])
    }
    DataFixture.assertRefused(.option, ["'scale'"]) {
      try table([[4]]).transformed("standardize", ["mean": .reals([0]), "scale": .reals([0])])
    }
    DataFixture.assertRefused(.nonfinite, ["variance overflows"]) {
      try table([[1e300], [-1e300]]).transformed("standardize")
    }
  }

  /// Every column of a real table: mean 0 and variance 1, also when the rows span many blocks.
  func testStandardizeTable() throws {
    let path = try DataFixture.folder() + "/tables/breast_cancer.csv"
    let data = try DataFixture.load("csv", ["path": .text(path)])
    let standard = try data.transformed("standardize")
    for j in 0..<data.width {
      let column = (0..<data.count).map { standard.values[$0 * data.width + j] }
      let mean = column.reduce(0, +) / Double(data.count)
      let variance = column.reduce(0) { $0 + $1 * $1 } / Double(data.count)
      XCTAssertEqual(mean, 0, accuracy: 1e-13)
      XCTAssertEqual(variance, 1, accuracy: 1e-12)
      if j == 2 { break }
    }
  }

  func testScale() throws {
    let data = try bytes(4)
    let doubled = try data.transformed("scale", ["factor": .real(2)])
    XCTAssertTrue(areBytes(doubled))
    XCTAssertEqual(doubled.values, (0..<12).map(Double.init))
    let moved = try data.transformed("scale", ["factor": .real(2), "offset": .real(-1)])
    XCTAssertFalse(areBytes(moved))
    XCTAssertEqual(moved.values, (0..<12).map { Double($0) - 1 })
    DataFixture.assertRefused(.nonfinite, ["input 1 of sample 0", "f32"]) {
      try table([[0, 1e30]]).transformed("scale", ["factor": .real(1e30), "precision": .text("f32")])
    }
  }

  // MARK: choosing samples

  func testSelectClasses() throws {
    let data = try bytes()
    let pair = try data.transformed("select_classes", ["classes": .ints([3, 1])])
    XCTAssertTrue(areBytes(pair))
    XCTAssertEqual(samples(pair), (0..<40).filter { $0 % 4 == 1 || $0 % 4 == 3 })
    XCTAssertEqual(pair.realTargets, samples(pair).map { $0 % 4 == 3 ? -1 : 1 })
    XCTAssertEqual(pair.targetWidth, 1)
    let labels = try data.transformed("select_classes", ["classes": .ints([3, 1]), "signs": .bool(false)])
    XCTAssertEqual(labels.labels, samples(pair).map { $0 % 4 == 3 ? 0 : 1 })
    XCTAssertEqual(labels.classes, 2)
    let three = try data.transformed("select_classes", ["classes": .ints([2, 0, 3])])
    XCTAssertEqual(three.labels, samples(three).map { [2: 0, 0: 1, 3: 2][$0 % 4] ?? -1 })
    XCTAssertEqual(three.count, 30)
    for (classes, word) in [([], "empty list"), ([4, 1], "class 4, allowed 0 ... 3"), ([1, 1], "twice")] {
      DataFixture.assertRefused(.option, [word]) {
        try data.transformed("select_classes", ["classes": .ints(classes)])
      }
    }
    DataFixture.assertRefused(.option, ["no sample of class 3"]) {
      try bytes(3).transformed("select_classes", ["classes": .ints([0, 3])])
    }
    DataFixture.assertRefused(.shape, ["labels"]) {
      try pair.transformed("select_classes", ["classes": .ints([0, 1])])
    }
  }

  func testSubset() throws {
    let data = try bytes()
    let first = try data.transformed("subset", ["count": .int(5), "start": .int(2)])
    XCTAssertTrue(areBytes(first))
    XCTAssertEqual(samples(first), [2, 3, 4, 5, 6])
    XCTAssertEqual(first.labels, [2, 3, 0, 1, 2])
    XCTAssertEqual(first.classes, 4)
    let given = try data.transformed("subset", ["indices": .ints([7, 0, 7])])
    XCTAssertEqual(samples(given), [7, 0, 7])
    XCTAssertEqual(given.labels, [3, 0, 3])
    let random = try data.transformed("subset", ["count": .int(10), "order": .text("random")], seed: 4)
    XCTAssertEqual(Set(samples(random)).count, 10)
    XCTAssertEqual(random.labels, samples(random).map { Int32($0 % 4) })
    let again = try data.transformed("subset", ["count": .int(10), "order": .text("random")], seed: 4)
    XCTAssertEqual(samples(again), samples(random))
    let other = try data.transformed("subset", ["count": .int(10), "order": .text("random")], seed: 5)
    XCTAssertNotEqual(samples(other), samples(random))
    // The next ten of the same order share none with the first ten.
    let next = try data.transformed(
      "subset", ["count": .int(10), "start": .int(10), "order": .text("random")], seed: 4)
    XCTAssertTrue(Set(samples(next)).isDisjoint(with: samples(random)))
  }

  func testBalancedSubset() throws {
    let skewed = try bytes(40, labels: (0..<40).map { $0 < 30 ? 0 : $0 < 36 ? 1 : 2 }, classes: 3)
    for order in ["first", "random"] {
      let chosen = try skewed.transformed(
        "subset", ["count": .int(11), "balanced": .bool(true), "order": .text(order)])
      XCTAssertEqual((0..<3).map { c in chosen.labels.filter { $0 == c }.count }, [4, 4, 3])
      XCTAssertEqual(Set(samples(chosen)).count, 11)
    }
    DataFixture.assertRefused(.option, ["1 more of class 2"]) {
      try skewed.transformed("subset", ["count": .int(15), "balanced": .bool(true)])
    }
    DataFixture.assertRefused(.option, ["indices[1] is 40", "0 ... 39"]) {
      try skewed.transformed("subset", ["indices": .ints([0, 40])])
    }
    DataFixture.assertRefused(.option, ["excludes"]) {
      try skewed.transformed("subset", ["indices": .ints([0]), "count": .int(1)])
    }
    DataFixture.assertRefused(.option, ["41 samples"]) { try skewed.transformed("subset", ["count": .int(41)]) }
    DataFixture.assertRefused(.option, ["start is 40"]) { try skewed.transformed("subset", ["start": .int(40)]) }
    DataFixture.assertRefused(.shape, ["no targets"]) {
      try table([[1], [2]]).transformed("subset", ["count": .int(1), "balanced": .bool(true)])
    }
  }

  func testSplit() throws {
    let skewed = try bytes(40, labels: (0..<40).map { $0 < 30 ? 0 : $0 < 36 ? 1 : 2 }, classes: 3)
    for stratified in [false, true] {
      func part(_ name: String) throws -> Dataset {
        try skewed.transformed(
          "split", ["fraction": .real(0.7), "part": .text(name), "stratified": .bool(stratified)], seed: 9)
      }
      let (train, test) = (try part("train"), try part("test"))
      XCTAssertTrue(areBytes(train))
      XCTAssertEqual([train.count, test.count], [28, 12])
      XCTAssertEqual((samples(train) + samples(test)).sorted(), Array(0..<40))
      if stratified {
        // 0.7 of 30, 6 and 4 samples: 21, 4.2 and 2.8, each within one.
        XCTAssertEqual((0..<3).map { c in train.labels.filter { $0 == c }.count }, [21, 4, 3])
      }
    }
    DataFixture.assertRefused(.option, ["nothing for part 'test'"]) {
      try skewed.transformed("split", ["fraction": .real(1), "part": .text("test")])
    }
    XCTAssertEqual(samples(try skewed.transformed("shuffle")).sorted(), Array(0..<40))
    XCTAssertNotEqual(samples(try skewed.transformed("shuffle")), Array(0..<40))
  }

  // MARK: targets

  /// round(p n) samples are chosen; the number of wrong ones among them is binomial with 1 - 1/C.
  func testLabelNoise() throws {
    let n = 20_000
    let inputs = try Buffer<Float>(n)
    for classes in [2, 10] {
      let labels = (0..<Int32(n)).map { $0 % Int32(classes) }
      let data = Dataset(
        name: "noise", count: n, shape: [1], inputs: SampleStorage(inputs),
        targets: .labels(try Buffer(labels), classes: classes))
      let noisy = try data.transformed("label_noise", ["fraction": .real(0.3)])
      let chosen = try XCTUnwrap(noisy.statistics["noise_samples"]).array.map { Int($0) }
      XCTAssertEqual(chosen.count, 6000)
      XCTAssertEqual(chosen, Array(Set(chosen)).sorted())
      let wrong = (0..<n).filter { noisy.labels[$0] != labels[$0] }
      XCTAssertTrue(Set(wrong).isSubset(of: chosen))
      let p = 1 - 1 / Double(classes)
      XCTAssertEqual(Double(wrong.count), 6000 * p, accuracy: 5 * (6000 * p * (1 - p)).squareRoot())
      // New labels are uniform over all classes: each count within 5 standard deviations.
      for c in 0..<Int32(classes) {
        let count = chosen.filter { noisy.labels[$0] == c }.count
        XCTAssertEqual(Double(count), 6000 * (1 - p), accuracy: 5 * (6000 * p * (1 - p)).squareRoot())
      }
      XCTAssertEqual(try data.transformed("label_noise", ["fraction": .real(0.3)]).labels, noisy.labels)
      XCTAssertNotEqual(try data.transformed("label_noise", ["fraction": .real(0.3)], seed: 2).labels, noisy.labels)
      XCTAssertEqual(try data.transformed("label_noise", ["fraction": .real(0)]).labels, labels)
    }
  }

  func testLabelNoiseOfSigns() throws {
    let data = try DataFixture.load("random_patterns", ["samples": .int(10_000), "features": .int(1)])
    let noisy = try data.transformed("label_noise", ["fraction": .real(0.2)])
    XCTAssertTrue(noisy.realTargets.allSatisfy { abs($0) == 1 })
    let wrong = zip(noisy.realTargets, data.realTargets).filter { $0 != $1 }.count
    XCTAssertEqual(Double(wrong), 1000, accuracy: 5 * 500.0.squareRoot())
    DataFixture.assertRefused(.argument, ["sample 1", "0.5"]) {
      let real = Dataset(
        name: "real", count: 2, shape: [1], inputs: data.inputs,
        targets: .real(SampleStorage(try Buffer([1, 0.5])), width: 1))
      return try real.transformed("label_noise")
    }
  }

  func testOneHot() throws {
    let rows = try bytes(5).transformed("one_hot", ["on": .real(1), "off": .real(-1)])
    XCTAssertEqual(rows.targetWidth, 4)
    XCTAssertEqual(rows.realTargets, (0..<5).flatMap { i in (0..<4).map { i % 4 == $0 ? 1.0 : -1.0 } })
    DataFixture.assertRefused(.shape, ["labels"]) { try rows.transformed("one_hot") }
  }
}
