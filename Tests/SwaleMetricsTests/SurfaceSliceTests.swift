import Foundation
import Swale
import SwaleTestSupport
import XCTest

/// The shared work of slices: the same numbers as point by point, and the same bits for any number of threads.
final class SurfaceSliceTests: XCTestCase {
  private typealias Fixture = SurfaceFixture

  /// Values and errors of a slice, by the oracle's own way and point by point.
  private func compare<S: Scalar>(
    _ objective: NetworkObjective, _ type: S.Type, directions: Int, tolerance: Double, _ name: String
  ) throws {
    let n = objective.dimension
    func vector(_ seed: UInt64) throws -> Buffer<S> {
      let start = try Fixture.start(objective, seed: seed)
      return try Buffer(start.map { S($0) })
    }
    let origin = try vector(1)
    let along = try (0..<directions).map { try vector(UInt64(2 + $0)) }
    let count = 9
    let coordinates = try Buffer<Double>((0..<(count * directions)).map { 0.4 * Double($0 % 7) - 1 })
    let slice = AffineSlice(
      origin: origin.constant, directions: along.map(\.constant), coordinates: coordinates.constant, count: count)
    let oracle = try objective.makeOracle(S.self)
    let values = try Buffer<Double>(count)
    let errors = try Buffer<Double>(count)
    try oracle.evaluateAffine(slice, values.pointer, errors.pointer)
    let point = try Buffer<S>(n)
    for i in 0..<count {
      slice.write(i, 0..<n, to: point.pointer)
      let expected = try oracle.evaluate(point.constant)
      XCTAssertEqual(values.pointer[i], expected.value, accuracy: tolerance * (1 + abs(expected.value)), name)
      if expected.error.isNaN {
        XCTAssertTrue(errors.pointer[i].isNaN, name)
      } else if S.precision == .f64 {
        XCTAssertEqual(errors.pointer[i], expected.error, accuracy: 1e-14, name)
      }
    }
  }

  /// Rounding of sums over 64 inputs and 300 samples: 1e-12 in f64, 1e-5 in f32 leave a margin of ten.
  private func compare(_ layers: [any Layer], l2: Double = 0, _ name: String) throws {
    for directions in [1, 2] {
      let wide = try Fixture.network(layers, samples: 301, l2: l2)
      try compare(wide, Double.self, directions: directions, tolerance: 1e-12, name)
      let narrow = try Fixture.network(layers, samples: 301, l2: l2, precision: .f32)
      try compare(narrow, Float.self, directions: directions, tolerance: 1e-5, name)
    }
  }

  func testEveryActivation() throws {
    for activation in ActivationKind.names {
      try compare([Dense(7, activation), Dense(10)], activation)
    }
  }

  func testShapesOfNetworks() throws {
    try compare([Dense(10)], "one layer")
    try compare([Dense(10, bias: false)], l2: 0.1, "no bias, l2")
    try compare(
      [Flatten(), Dense(5, "tanh", bias: false), Dense(6, "relu"), Dense(10)], l2: 0.01, "flatten, three layers")
    try compare([Dense(9), Activation("relu"), Dense(10), Softmax()], "activation and softmax layers")
    try compare([Activation("square"), Dense(8, "gelu"), Dense(10)], "function of the data first")
  }

  /// Losses of one output, with targets +1 and -1.
  func testMarginLosses() throws {
    let digits = try Digits.dataset(301)
    guard case .labels(let labels, _) = digits.targets else { return XCTFail("digits have labels") }
    let signs = try Buffer<Double>(labels.array.map { $0 < 5 ? -1 : 1 })
    let data = Dataset(
      name: "signs", count: 301, shape: [64], inputs: digits.inputs, targets: .real(SampleStorage(signs), width: 1))
    for loss in [CrossEntropy() as any Loss, Logistic(), Hinge(), ErrorCount(), MeanSquaredError()] {
      let builder = try ModelBuilder(inputShape: [64])
      try builder.add(Dense(6, "tanh"))
      try builder.add(Dense(1))
      let objective = try NetworkObjective(model: builder.finish(), data: data, loss: loss)
      try compare(objective, Double.self, directions: 2, tolerance: 1e-12, type(of: loss).info.name)
    }
  }

  /// The loss of columns against a plain formula in double, for every remainder of the tile and with ties; NaN counts
  /// as an error.
  func testCrossEntropyColumns() throws {
    try compareColumns(Double.self, tolerance: 1e-14)
    // Scores of size 3 carry errors of 2e-7 in f32, exponentials and their sum a few more.
    try compareColumns(Float.self, tolerance: 1e-6)
  }

  private func compareColumns<S: Scalar>(_ type: S.Type, tolerance: Double) throws {
    for (classes, n) in [(2, 1), (3, 15), (10, 63), (10, 64), (10, 65), (33, 130), (1, 5)] {
      for gamma in [1.0, 0.5, 4] {
        let z = try Buffer<S>(classes * n)
        S.randomNormal(7, 1, 0, classes * n, 0, 3, z.pointer)
        // Ties: whole numbers.
        for i in 0..<(classes * n) where i % 3 == 0 { z.pointer[i] = z.pointer[i].rounded() }
        let labels = try Buffer((0..<n).map { Int32(($0 * 7) % classes) })
        var loss = 0.0
        var errors: Int64 = 0
        for i in 0..<n {
          let scores = (0..<classes).map { Double(z.pointer[$0 * n + i]) }
          let label = Int(labels.pointer[i])
          let top = scores.max() ?? 0
          let sum = scores.map { exp(gamma * ($0 - top)) }.reduce(0, +)
          loss += (log(sum) + gamma * (top - scores[label])) / gamma
          if scores.firstIndex(of: top) != label { errors += 1 }
        }
        let found = S.crossEntropyColumns(classes, n, z.constant, n, labels.constant, S(gamma))
        XCTAssertEqual(found.loss, loss, accuracy: tolerance * (Double(n) + loss), "\(classes) x \(n)")
        XCTAssertEqual(found.errors, errors, "\(classes) x \(n)")
        let before = found.errors
        let label = Int(labels.pointer[n - 1])
        let wasWrong = (0..<classes).first { z.pointer[$0 * n + n - 1] == (0..<classes).map { c in
          z.pointer[c * n + n - 1] }.max() } != label
        z.pointer[(classes - 1) * n + n - 1] = .nan
        let broken = S.crossEntropyColumns(classes, n, z.constant, n, labels.constant, S(gamma))
        XCTAssertEqual(broken.errors, before + (wasWrong ? 0 : 1))
        XCTAssertTrue(broken.loss.isNaN)
      }
    }
  }

  /// More samples than a chunk holds, and enough work for several threads.
  func testThreadsDoNotChangeBits() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for precision in [Precision.f32, .f64] {
      let objective = try Fixture.network(
        [Dense(32, "relu"), Dense(10)], samples: 1797, precision: precision)
      let x = try Fixture.start(objective)
      var found: [[Double]] = []
      for threads in [1, 2, 4] {
        Parallel.threads = threads
        let report = try Fixture.run("plane", ["resolution": .int(9)], objective, [x], seed: 3)
        found.append(try XCTUnwrap(report.values("loss")) + XCTUnwrap(report.values("error")))
      }
      XCTAssertEqual(found[0], found[1])
      XCTAssertEqual(found[0], found[2])
      let evaluator = try objective.makeEvaluator()
      let centre = try evaluator.evaluate(x)
      XCTAssertEqual(found[0][40], centre.value, accuracy: (precision == .f32 ? 1e-6 : 1e-13) * centre.value)
    }
  }
}
