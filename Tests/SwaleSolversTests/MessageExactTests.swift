import Glibc
import Swale
import XCTest

/// One pattern is a tree, on which exact messages are exact and normal ones nearly so: marginals and ln Z under random
/// external fields against enumeration.
final class MessageExactTests: XCTestCase {
  private struct Compared {
    var means = 0.0
    var logZ = 0.0
    var entropy = 0.0
  }

  /// Largest errors of marginals, and those of ln Z and the entropy.
  private func compare<S: Scalar>(
    _ type: S.Type, _ device: BitDevice, fields size: Double, exact: Bool, seed: UInt64
  ) throws -> Compared {
    var settings = MessagePassing<S>.Settings()
    settings.exact = exact
    let engine = try MessagePassing<S>(device.graph, settings, random: RandomStream(seed: 1, stream: 2), for: "the test")
    let fields = randomFields(device.dimension, size, seed: seed)
    for i in fields.indices { engine.setExternal(i, fields[i]) }
    engine.sweep()
    XCTAssertLessThan(engine.sweep(), S.self == Float.self ? 1e-5 : 1e-12, "one pattern takes one sweep")
    let wanted = OnePattern(device, fields)
    var result = Compared()
    var energy = 0.0
    for i in fields.indices {
      result.means = max(result.means, abs(engine.magnetization(i) - wanted.magnetizations[i]))
      energy += fields[i] * wanted.magnetizations[i]
    }
    result.logZ = abs(engine.logPartition() - wanted.logZ)
    result.entropy = abs(engine.entropy() - (wanted.logZ - energy))
    return result
  }

  func testExactPerceptron() throws {
    for n in 1...11 {
      for margin in [0, 0.4, 1.2, -0.5] where margin <= Double(n - 2) / Double(n).squareRoot() {
        for seed in 0..<4 {
          let device = try BitDevice(fanIn: n, patterns: 1, margin: margin, seed: 10 * n + seed)
          let found = try compare(Double.self, device, fields: 1, exact: true, seed: UInt64(seed))
          XCTAssertLessThan(found.means, 1e-12, "n \(n) margin \(margin)")
          XCTAssertLessThan(found.logZ, 1e-11, "n \(n) margin \(margin)")
          XCTAssertLessThan(found.entropy, 1e-11, "n \(n) margin \(margin)")
          XCTAssertLessThan(try compare(Float.self, device, fields: 1, exact: true, seed: 3).means, 1e-5)
        }
      }
    }
  }

  func testExactMachines() throws {
    for (hidden, n) in [(3, 3), (3, 7), (5, 5), (7, 3)] {
      for tree in [true, false] {
        for (output, margin) in [(PatternGraph.Output.sum, 0.0), (.sum, 1.2), (.parity, 0)] {
          let device = try BitDevice(
            hidden: hidden, fanIn: n, patterns: 1, tree: tree, output: output, margin: margin, seed: hidden + n)
          let found = try compare(Double.self, device, fields: 0.8, exact: true, seed: 4)
          let what = "K \(hidden) n \(n) tree \(tree) \(output) margin \(margin)"
          XCTAssertLessThan(found.means, 1e-11, what)
          XCTAssertLessThan(found.logZ, 1e-10, what)
          XCTAssertLessThan(found.entropy, 1e-10, what)
        }
      }
    }
    // Even K of a parity machine.
    let two = try BitDevice(hidden: 2, fanIn: 5, patterns: 1, output: .parity, seed: 3)
    XCTAssertLessThan(try compare(Double.self, two, fields: 1, exact: true, seed: 4).means, 1e-11)
  }

  /// Fields as normal variables: n = 9, K = 3 within 0.02: the normal law errs by (x^3 - 3 x) / 12 n
  /// times its density, up to 0.01 a unit at n = 9.
  func testNormalFields() throws {
    for (hidden, output) in [(1, PatternGraph.Output.sum), (3, .sum), (3, .parity), (5, .sum)] {
      for tree in [true, false] {
        var worst = Compared()
        for seed in 0..<6 {
          let device = try BitDevice(hidden: hidden, fanIn: 9, patterns: 1, tree: tree, output: output, seed: 40 + seed)
          let found = try compare(Double.self, device, fields: 0.4, exact: false, seed: UInt64(seed))
          worst.means = max(worst.means, found.means)
          worst.logZ = max(worst.logZ, found.logZ)
        }
        XCTAssertLessThan(worst.means, 0.02, "K \(hidden) \(output)")
        XCTAssertLessThan(worst.logZ, 0.02, "K \(hidden) \(output)")
      }
    }
  }

  /// Where hardly a weight is free, normal messages still agree with exact ones on what is forced.
  func testFrozenWeights() throws {
    let device = try BitDevice(fanIn: 9, patterns: 1, seed: 8)
    let wrong = (0..<9).map { Double(-device.labels[0] * device.bits.sign(0, $0)) }
    for exact in [true, false] {
      var settings = MessagePassing<Double>.Settings()
      settings.exact = exact
      let engine = try MessagePassing(device.graph, settings, random: RandomStream(seed: 1, stream: 2), for: "the test")
      // Four weights held right, four held wrong: the free one decides.
      for i in 0..<8 { engine.setExternal(i, (i < 4 ? -8 : 8) * wrong[i]) }
      engine.sweep()
      engine.sweep()
      XCTAssertLessThan(engine.magnetization(8) * wrong[8], -0.9, "exact \(exact)")
    }
  }
}
