import Swale
import XCTest

/// Generators: moments, labels recomputed, and the same numbers for a seed whatever the threads and the first sample.
final class DataGeneratorTests: XCTestCase {
  private let names = ["random_patterns", "gaussian_inputs", "teacher_student", "gaussian_mixture"]

  func testSameSeedSameDataForAnyThreads() throws {
    let threads = Parallel.threads
    defer { Parallel.threads = threads }
    // Large enough to be split over threads (12e6 operations at 2 per sign).
    let size: Options = ["samples": .int(16_001), "features": .int(401)]
    for name in names {
      Parallel.threads = 1
      let one = try DataFixture.load(name, size, seed: 5).typed()
      for count in [2, 4] {
        Parallel.threads = count
        let several = try DataFixture.load(name, size, seed: 5).typed()
        XCTAssertTrue(one.0 == several.0 && one.1 == several.1, "\(name) with \(count) threads")
      }
    }
  }

  func testSeedsAndContinuation() throws {
    for name in names {
      var size: Options = ["samples": .int(60), "features": .int(31)]
      let whole = try DataFixture.load(name, size, seed: 3)
      XCTAssertNotEqual(whole.values, try DataFixture.load(name, size, seed: 4).values, name)
      XCTAssertNotEqual(whole.realTargets, try DataFixture.load(name, size, seed: 4).realTargets, name)
      size["samples"] = .int(25)
      size["first"] = .int(35)
      let rest = try DataFixture.load(name, size, seed: 3)
      XCTAssertEqual(rest.values, Array(whole.values[35 * 31..<60 * 31]), name)
      XCTAssertEqual(rest.realTargets, Array(whole.realTargets[35..<60]), name)
      XCTAssertEqual(rest.statistics.mapValues(\.array), whole.statistics.mapValues(\.array), name)
    }
  }

  /// Means within 5 standard errors, and no correlation between labels and inputs.
  func testRandomPatterns() throws {
    for name in ["random_patterns", "gaussian_inputs"] {
      let data = try DataFixture.load(name, ["samples": .int(1000), "features": .int(100)])
      let x = data.values
      let y = data.realTargets
      XCTAssertTrue(y.allSatisfy { abs($0) == 1 })
      XCTAssertEqual(y.reduce(0, +) / 1000, 0, accuracy: 5 / 1000.0.squareRoot())
      let n = Double(x.count)
      XCTAssertEqual(x.reduce(0, +) / n, 0, accuracy: 5 / n.squareRoot())
      XCTAssertEqual(x.reduce(0) { $0 + $1 * $1 } / n, 1, accuracy: 5 * (2 / n).squareRoot())
      let products = zip(x.indices, x).reduce(0) { $0 + $1.1 * y[$1.0 / 100] }
      XCTAssertEqual(products / n, 0, accuracy: 5 / n.squareRoot())
      if name == "random_patterns" { XCTAssertTrue(x.allSatisfy { abs($0) == 1 }) }
    }
  }

  /// Labels recomputed from the teacher that is kept, for every kind of teacher.
  func testTeacherLabels() throws {
    for (hidden, architecture) in [(1, "full"), (3, "full"), (3, "tree"), (5, "tree")] {
      for inputs in ["binary", "gaussian"] {
        for weights in ["binary", "gaussian"] {
          let features = 15 * 7
          let data = try DataFixture.load(
            "teacher_student",
            [
              "samples": .int(200), "features": .int(features), "hidden": .int(hidden), "inputs": .text(inputs),
              "architecture": .text(architecture), "weights": .text(weights),
            ])
          let teacher = try XCTUnwrap(data.statistics["teacher"]).array
          let fanIn = teacher.count / hidden
          XCTAssertEqual(fanIn, architecture == "full" ? features : features / hidden)
          XCTAssertEqual(teacher.allSatisfy { abs($0) == 1 }, weights == "binary")
          for sample in 0..<data.count {
            let x = data.row(sample)
            var votes = 0
            for k in 0..<hidden {
              let start = architecture == "full" ? 0 : k * fanIn
              let field = (0..<fanIn).reduce(0.0) { $0 + teacher[k * fanIn + $1] * x[start + $1] }
              XCTAssertNotEqual(field, 0)
              votes += field > 0 ? 1 : -1
            }
            XCTAssertEqual(data.realTargets[sample], votes > 0 ? 1 : -1)
          }
        }
      }
    }
  }

  func testTeachersWithUndefinedLabelsAreRefused() throws {
    func refused(_ options: Options, _ word: String, line: UInt = #line) {
      DataFixture.assertRefused(.option, [word], line: line) { try DataFixture.load("teacher_student", options) }
    }
    refused(["features": .int(200)], "200 inputs")
    refused(["features": .int(201), "hidden": .int(2)], "hidden is 2")
    refused(["features": .int(202), "hidden": .int(3), "architecture": .text("tree")], "divides")
    XCTAssertNoThrow(try DataFixture.load("teacher_student", ["features": .int(200), "inputs": .text("gaussian")]))
    DataFixture.assertRefused(.shape, ["overflows"]) {
      try DataFixture.load("random_patterns", ["samples": .int(1_000_000_000_000), "features": .int(1_000_000_000)])
    }
  }

  /// Labels by rho, noise variance and centre; and the error of the Hebb rule w = sum y x, whose Bayes-optimal value is
  /// H(sqrt(alpha / (Delta (alpha + Delta)))) = 0.2071 at alpha = 2, Delta = 1 (spec/wide_flat_minima.md: 0.206).
  func testGaussianMixture() throws {
    let features = 1000
    let size: Options = ["features": .int(features), "delta": .real(1), "centroid": .text("binary")]
    var train = size
    train["samples"] = .int(2 * features)
    let data = try DataFixture.load("gaussian_mixture", train, seed: 11)
    let y = data.realTargets
    let center = try XCTUnwrap(data.statistics["centroid"]).array.map { $0 / Double(features).squareRoot() }
    var noise = 0.0
    var hebb = [Double](repeating: 0, count: features)
    let x = data.values
    x.withUnsafeBufferPointer { x in
      guard let start = x.baseAddress else { return }
      for sample in 0..<data.count {
        var rest = Array(x[sample * features..<(sample + 1) * features])
        Double.axpy(features, -y[sample], center, &rest)
        noise += Double.sumSquares(features, rest)
        Double.axpy(features, y[sample], start + sample * features, &hebb)
      }
    }
    let n = Double(x.count)
    XCTAssertEqual(noise / n, 1, accuracy: 5 * (2 / n).squareRoot())

    var test = size
    test["samples"] = .int(4000)
    test["first"] = .int(2 * features)
    let fresh = try DataFixture.load("gaussian_mixture", test, seed: 11)
    let samples = try fresh.inputs(as: Double.self)
    let errors = fresh.realTargets.enumerated().filter { sample, label in
      Double.dot(features, hebb, samples.pointer + sample * features) * label <= 0
    }.count
    // Four standard errors of 4000 samples, and about 0.01 of fluctuation of the centre's overlap at N = 1000.
    XCTAssertEqual(Double(errors) / 4000, 0.2071, accuracy: 4 * (0.2071 * 0.7929 / 4000).squareRoot() + 0.01)

    let biased = try DataFixture.load(
      "gaussian_mixture", ["samples": .int(10_000), "features": .int(1), "rho": .real(0.2)])
    let positive = Double(biased.realTargets.filter { $0 == 1 }.count) / 10_000
    XCTAssertEqual(positive, 0.2, accuracy: 5 * (0.16 / 10_000).squareRoot())
  }
}

extension Dataset {
  /// Inputs and targets as compact arrays that compare fast.
  fileprivate func typed() throws -> ([Float], [Float]) {
    let inputs = try inputs(as: Float.self)
    let targets = try XCTUnwrap(try realTargets(as: Float.self))
    return (
      Array(UnsafeBufferPointer(start: inputs.pointer, count: count * width)),
      Array(UnsafeBufferPointer(start: targets.pointer, count: count))
    )
  }
}
