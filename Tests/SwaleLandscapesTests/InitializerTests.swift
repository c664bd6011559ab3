import Swale
import XCTest

/// Starting points: the moments of each initialiser, the fixed values of biases, and seeds.
final class InitializerTests: XCTestCase {
  /// Weights of 300 x 200 with their biases.
  private func objective() throws -> NetworkObjective {
    let builder = try ModelBuilder(inputShape: [200])
    try builder.add(Dense(300))
    let inputs = try Buffer<Double>(200)
    let targets = try Buffer<Double>(300)
    let data = Dataset(
      name: "zeros", count: 1, shape: [200], inputs: SampleStorage(inputs),
      targets: .real(SampleStorage(targets), width: 300))
    return try NetworkObjective(model: try builder.finish(), data: data, loss: MeanSquaredError())
  }

  private func draw(
    _ name: String, _ options: Options = [:], seed: UInt64 = 1
  ) throws -> (weights: [Double], bias: [Double]) {
    let objective = try objective()
    let initializer = try Registry.shared.make(.initializer, name, options, as: (any Initializer).self)
    var x = [Double](repeating: .nan, count: objective.dimension)
    objective.initialize(initializer, seed: seed, into: &x)
    return (Array(x[..<60_000]), Array(x[60_000...]))
  }

  /// Mean within 5 standard errors of 0, variance within 5 of its own (s.d. of a sample variance: sqrt(2 / n) for a
  /// normal, less for a uniform distribution).
  private func check(_ values: [Double], mean: Double, sd: Double, _ name: String) {
    let n = Double(values.count)
    let average = values.reduce(0, +) / n
    let variance = values.map { ($0 - average) * ($0 - average) }.reduce(0, +) / n
    XCTAssertEqual(average, mean, accuracy: 5 * sd / n.squareRoot(), name)
    XCTAssertEqual(variance / (sd * sd), 1, accuracy: 5 * (2 / n).squareRoot(), name)
  }

  func testMoments() throws {
    check(try draw("he").weights, mean: 0, sd: (2.0 / 200).squareRoot(), "he")
    let bound = (6.0 / 500).squareRoot()
    let xavier = try draw("xavier").weights
    check(xavier, mean: 0, sd: bound / 3.0.squareRoot(), "xavier")
    XCTAssertLessThanOrEqual(xavier.map(abs).reduce(0, max), bound)
    check(try draw("gaussian", ["sd": .real(0.3)]).weights, mean: 0, sd: 0.3, "gaussian")
    let uniform = try draw("uniform", ["low": .real(2), "high": .real(5)]).weights
    check(uniform, mean: 3.5, sd: 3 / 12.0.squareRoot(), "uniform")
    XCTAssertTrue(uniform.allSatisfy { $0 >= 2 && $0 < 5 })
    let binary = try draw("binary").weights
    check(binary, mean: 0, sd: 1, "binary")
    XCTAssertTrue(binary.allSatisfy { abs($0) == 1 })
  }

  func testBiasesStartAtZeroAndSeedsDecide() throws {
    for entry in Registry.shared.list(.initializer) {
      let name = entry.info.name
      let first = try draw(name)
      XCTAssertTrue(first.bias.allSatisfy { $0 == 0 }, name)
      XCTAssertEqual(first.weights, try draw(name).weights, name)
      XCTAssertNotEqual(first.weights, try draw(name, seed: 2).weights, name)
    }
  }

  func testGaussianRefusesNegativeDeviation() throws {
    XCTAssertThrowsError(try draw("gaussian", ["sd": .real(-1)])) { error in
      XCTAssertTrue("\(error)".contains("option 'sd' of initializer 'gaussian' is -1, allowed 0"), "\(error)")
    }
  }
}
