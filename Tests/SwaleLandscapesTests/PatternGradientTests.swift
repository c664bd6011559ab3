import Glibc
import Swale
import XCTest

/// Gradients of devices over patterns against central differences of their definitions.
final class PatternGradientTests: XCTestCase {
  /// Central differences with h = 1e-5 of sums of at most 100 losses of order 1: error h^2 + 1e-16 / h, below 1e-8.
  private static let step = 1e-5
  private static let tolerance = 2e-8

  /// Of all coordinates, or of those that `every` divides (0 in place of the others).
  private func differences(_ x: [Double], every: Int = 1, _ f: ([Double]) -> Double) -> [Double] {
    x.indices.map { i in
      if i % every != 0 { return 0 }
      var (up, down) = (x, x)
      up[i] += Self.step
      down[i] -= Self.step
      return (f(up) - f(down)) / (2 * Self.step)
    }
  }

  private func gradient(
    _ objective: PatternObjective, _ x: [Double], batch: [Int64]? = nil
  ) throws -> ([Double], Double) {
    let oracle = try objective.makeOracle(Double.self)
    if let batch { try batch.withUnsafeBufferPointer { try oracle.select($0) } }
    var g = [Double](repeating: .nan, count: objective.dimension)
    let value = try oracle.gradient(x, &g)
    XCTAssertEqual(value, try oracle.value(x), "the gradient's value is f")
    return (g, value)
  }

  func testGradientsAgainstDifferencesOfTheSurrogate() throws {
    let beta = 1.3
    for real in [false, true] {
      for (name, plain) in PatternValueTests.devices() where name != "parity" && (2..<70).contains(plain.width) {
        var device = PatternFixture(inputs: plain.width, patterns: plain.labels.count, seed: 6, real: real)
        (device.hidden, device.tree, device.unit) = (plain.hidden, plain.tree, plain.unit)
        for weights in real ? ["real", "spherical"] : ["real", "spherical", "binary"] {
          for loss in ["cross_entropy", "mse"] {
            var options: Options = ["weights": .text(weights), "loss": .text(loss)]
            if name == "committee" { options["beta"] = .real(beta) }
            let objective = try device.objective(name, options)
            var x = PatternFixture.normals(device.dimension, seed: 12)
            // Spherical weights away from the sphere: f is the loss of the normalised point.
            if weights == "spherical" { x = x.map { 0.4 * $0 } }
            let (g, value) = try gradient(objective, x)
            if weights == "binary" { x = x.map { $0 < 0 ? -1 : 1 } }
            // relu has no derivative where a field of binary weights is 0; the convention is 0.
            if weights == "binary", device.unit == .relu, device.fanIn % 2 == 0 { continue }
            let words = "\(name) K \(device.hidden) \(weights) \(loss) real \(real)"
            let size = max(1, g.map(abs).max() ?? 1)
            func energy(_ x: [Double]) -> Double {
              device.energy(loss, weights == "spherical" ? PatternFixture.onSphere(x) : x, beta: beta)
            }
            if weights != "binary" { XCTAssertEqual(value, energy(x), accuracy: 1e-11 * max(1, value), words) }
            if weights == "spherical" {
              XCTAssertEqual(zip(g, x).reduce(0) { $0 + $1.0 * $1.1 }, 0, accuracy: 1e-9, "\(words), along rays")
            }
            let every = x.count < 20 ? 1 : 7
            let expected = differences(x, every: every, energy)
            for i in stride(from: 0, to: x.count, by: every) {
              XCTAssertEqual(g[i], expected[i], accuracy: 10 * Self.tolerance * size, words)
            }
          }
        }
      }
    }
  }

  func testBatchGradientsAddUp() throws {
    for weights in ["binary", "real"] {
      var device = PatternFixture(inputs: 39, patterns: 70, seed: 6)
      device.hidden = 3
      for tree in [true, false] {
        device.tree = tree
        let objective = try device.objective("committee", ["weights": .text(weights), "loss": "cross_entropy"])
        let x = PatternFixture.normals(device.dimension, seed: 12)
        let (all, value) = try gradient(objective, x)
        let (first, a) = try gradient(objective, x, batch: Array(0..<33))
        let (second, b) = try gradient(objective, x, batch: Array(33..<70))
        XCTAssertEqual(a + b, value, accuracy: 1e-11)
        for i in all.indices { XCTAssertEqual(all[i], first[i] + second[i], accuracy: 1e-11) }
      }
    }
  }

  /// f32 gradients against f64: sums of up to 100 terms, each right to 6e-8.
  func testSinglePrecisionGradients() throws {
    for weights in ["binary", "real", "spherical"] {
      var device = PatternFixture(inputs: 65, patterns: 90, seed: 6)
      device.hidden = 5
      let options: Options = ["weights": .text(weights), "loss": "cross_entropy"]
      let x = PatternFixture.normals(device.dimension, seed: 12)
      let (expected, value) = try gradient(try device.objective("committee", options), x)
      var single = options
      single["precision"] = "f32"
      let oracle = try device.objective("committee", single).makeOracle(Float.self)
      var g = [Float](repeating: .nan, count: device.dimension)
      XCTAssertEqual(try oracle.gradient(x.map(Float.init), &g), value, accuracy: 1e-4)
      for i in g.indices { XCTAssertEqual(Double(g[i]), expected[i], accuracy: 2e-5) }
    }
  }

  func testBiasOfTheMixtureClassifier() throws {
    let device = PatternFixture(inputs: 10, patterns: 33, seed: 3, real: true)
    let objective = try device.objective("gaussian_mixture", ["bias": .bool(true)])
    XCTAssertEqual(objective.dimension, 11)
    XCTAssertEqual(objective.layout.count, 11)
    XCTAssertNil(objective.patterns)
    let x = PatternFixture.normals(11, seed: 4)
    func energy(_ x: [Double]) -> Double {
      device.labels.indices.reduce(0.0) {
        let z = device.output(Array(x[0..<10]), $1) + x[10]
        return $0 + (z - device.labels[$1]) * (z - device.labels[$1]) / 2
      }
    }
    let (g, value) = try gradient(objective, x)
    XCTAssertEqual(value, energy(x), accuracy: 1e-11)
    for (a, b) in zip(g, differences(x, energy)) { XCTAssertEqual(a, b, accuracy: 1e-7) }
  }

  /// setGamma rescales the sharpness of the surrogate with gamma.
  func testGammaMovesBeta() throws {
    var device = PatternFixture(inputs: 27, patterns: 20, seed: 3)
    device.hidden = 3
    let oracle = try device.objective("committee", ["weights": "real", "loss": "cross_entropy", "beta": 0.5])
      .makeOracle(Double.self)
    try oracle.setGamma(4)
    device.gamma = 4
    let x = PatternFixture.normals(27, seed: 4)
    var g = [Double](repeating: 0, count: 27)
    let value = try oracle.gradient(x, &g)
    XCTAssertEqual(value, device.energy("cross_entropy", x, beta: 2), accuracy: 1e-11)
    for (a, b) in zip(g, differences(x) { device.energy("cross_entropy", $0, beta: 2) }) {
      XCTAssertEqual(a, b, accuracy: 1e-6)
    }
  }

  /// Large enough for several pieces of work: the same bits whatever the number of threads.
  func testThreadsDoNotChangeABit() throws {
    let data = try DataFixture.load("random_patterns", ["samples": .int(7000), "features": .int(7001)])
    let x = PatternFixture.normals(7001, seed: 4)
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for weights in ["real", "binary"] {
      let objective = try PatternFixture.make("perceptron", ["weights": .text(weights), "loss": "cross_entropy"], data)
      var found: [[Double]] = []
      for threads in [1, 2, 3] {
        Parallel.threads = threads
        found.append(try gradient(objective, x).0)
      }
      XCTAssertEqual(found[0], found[1], weights)
      XCTAssertEqual(found[0], found[2], weights)
    }
  }
}
