import Glibc
import Swale
import XCTest

/// Values and errors of perceptrons, committees and parity machines against plain loops over their definitions.
final class PatternValueTests: XCTestCase {
  /// Every device that has flips, with sizes that do not fill words, P on both sides of a word.
  static func devices() -> [(name: String, fixture: PatternFixture)] {
    var list: [(String, PatternFixture)] = []
    for (n, p) in [(1, 5), (21, 30), (63, 64), (64, 65), (130, 100)] {
      list.append(("perceptron", PatternFixture(inputs: n, patterns: p, seed: UInt64(n))))
    }
    for hidden in [1, 3, 5] {
      for tree in [true, false] {
        let n = 13
        var device = PatternFixture(inputs: tree ? n * hidden : n, patterns: 70, seed: UInt64(hidden))
        device.hidden = hidden
        device.tree = tree
        list.append(("committee", device))
        device.parity = true
        list.append(("parity", device))
      }
    }
    for (unit, hidden, n) in [
      (PatternFixture.Unit.relu, 2, 9), (.relu, 4, 10), (.quadratic, 2, 9), (.quadratic, 4, 10),
    ] {
      for tree in [true, false] {
        var device = PatternFixture(inputs: tree ? n * hidden : n, patterns: 66, seed: UInt64(hidden + n))
        device.hidden = hidden
        device.tree = tree
        device.unit = unit
        list.append(("committee", device))
      }
    }
    return list
  }

  static func losses(_ name: String, _ device: PatternFixture) -> [String] {
    if name == "parity" { return ["error_count", "linear"] }
    return (device.unit == .sign ? ["linear"] : [])
      + ["error_count", "margin", "cross_entropy", "hinge", "mse", "logistic"]
  }

  func testValuesOfBinaryDevicesAgreeWithTheirDefinitions() throws {
    for (name, fixture) in Self.devices() {
      for margin in name == "parity" ? [0] : [0, 0.45, -0.3] {
        var device = fixture
        device.margin = margin
        device.gamma = 0.7
        for loss in Self.losses(name, device) {
          var options: Options = ["loss": .text(loss)]
          if name != "parity" { options["gamma"] = .real(device.gamma) }
          let objective = try device.objective(name, options)
          XCTAssertEqual(objective.dimension, device.dimension)
          let oracle = try objective.makeOracle(Double.self)
          let w = PatternFixture.signs(device.dimension, seed: 3)
          // Any positive number is +1, zero included.
          let x = w.enumerated().map { $1 > 0 ? ($0 % 2 == 0 ? 0 : 0.3) : -2.5 }
          let found = try oracle.evaluate(x)
          let expected = device.energy(loss, w)
          XCTAssertEqual(found.value, expected, accuracy: 1e-12 * abs(expected), "\(name) \(device.hidden) \(loss)")
          XCTAssertEqual(found.error, Double(device.errors(w)) / Double(device.labels.count), accuracy: 1e-15)
          XCTAssertEqual(try oracle.value(x), found.value)
          XCTAssertEqual(try oracle.place(x), expected, accuracy: 1e-12 * abs(expected), "\(name) \(loss)")
        }
      }
    }
  }

  /// Real and spherical weights, on signs and on real inputs: f with tanh(beta h / sqrt n) in the place of sign units
  /// where the loss has a derivative, errors always with signs. Sums of n products round: 1e-12 relative to their size.
  func testValuesOfRealWeightsAgreeWithTheirDefinitions() throws {
    let beta = 1.7
    for real in [false, true] {
      for (name, plain) in Self.devices() {
        var device = PatternFixture(inputs: plain.width, patterns: plain.labels.count, seed: 5, real: real)
        (device.hidden, device.tree, device.unit, device.parity) = (plain.hidden, plain.tree, plain.unit, plain.parity)
        for weights in ["real", "spherical"] {
          for loss in name == "parity" ? ["error_count"] : ["error_count", "cross_entropy", "hinge"] {
            var options: Options = ["weights": .text(weights), "loss": .text(loss)]
            if name == "committee" { options["beta"] = .real(beta) }
            let objective = try device.objective(name, options)
            XCTAssertEqual(objective.capabilities.contains(.sphere), weights == "spherical")
            XCTAssertFalse(objective.capabilities.contains(.flips))
            let x = PatternFixture.normals(device.dimension, seed: 9)
            let w = weights == "spherical" ? PatternFixture.onSphere(x) : x
            let found = try objective.makeOracle(Double.self).evaluate(x)
            let expected = device.energy(loss, w, beta: loss == "error_count" ? nil : beta)
            XCTAssertEqual(found.value, expected, accuracy: 1e-12 * max(1, abs(expected)), "\(name) \(weights) \(loss)")
            XCTAssertEqual(found.error * Double(device.labels.count), Double(device.errors(w)), accuracy: 1e-9)
          }
        }
      }
    }
  }

  func testBatchesMeansAndPenalties() throws {
    let device = PatternFixture(inputs: 21, patterns: 40, seed: 11)
    let x = PatternFixture.normals(21, seed: 1)
    let chosen: [Int64] = [3, 39, 3, 0, 17]
    for weights in ["binary", "real"] {
      let w = weights == "real" ? x : x.map { $0 < 0 ? -1 : 1 }
      let l2 = weights == "real" ? 0.3 : 0
      let objective = try device.objective(
        "perceptron",
        ["weights": .text(weights), "loss": "cross_entropy", "reduction": "mean", "l2": .real(l2)])
      let oracle = try objective.makeOracle(Double.self)
      let penalty = l2 / 2 * x.reduce(0) { $0 + $1 * $1 }
      let all = device.energy("cross_entropy", w) / 40 + penalty
      try chosen.withUnsafeBufferPointer { try oracle.select($0) }
      let expected =
        chosen.reduce(0.0) { $0 + device.loss("cross_entropy", device.labels[Int($1)] * device.output(w, Int($1))) } / 5
      XCTAssertEqual(try oracle.value(x), expected + penalty, accuracy: 1e-13)
      // An evaluation counts the errors of all patterns whatever is selected.
      XCTAssertEqual(try oracle.evaluate(x).error, Double(device.errors(w)) / 40)
      XCTAssertEqual(try oracle.value(x), expected + penalty, accuracy: 1e-13)
      try oracle.select(nil)
      XCTAssertEqual(try oracle.value(x), all, accuracy: 1e-13)
    }
  }

  /// Averaged over instances, a perceptron of odd N has exactly 2^(N - P) solutions: each pattern halves them
  /// independently. 300 instances with known variance: within 4 standard errors of their own mean.
  func testMeanNumberOfSolutions() throws {
    for (n, p) in [(9, 3), (11, 5), (13, 6), (15, 5)] {
      let instances = n > 13 ? 60 : 200
      var (sum, squares) = (0.0, 0.0)
      for seed in 0..<instances {
        let device = PatternFixture(inputs: n, patterns: p, seed: UInt64(1000 * n + seed))
        let oracle = try device.objective("perceptron", [:]).makeOracle(Double.self)
        var x = [Double](repeating: -1, count: n)
        var errors = try oracle.place(x)
        var solutions = errors == 0 ? 1.0 : 0
        // Gray code: configuration c differs from the one before in the bit of the trailing zeros of c.
        for c in 1..<(1 << n) {
          let i = c.trailingZeroBitCount
          errors += oracle.flipChange(i)
          oracle.flip(i)
          x[i] = -x[i]
          if errors == 0 { solutions += 1 }
        }
        XCTAssertEqual(try oracle.value(x), errors)
        sum += solutions
        squares += solutions * solutions
      }
      let mean = sum / Double(instances)
      let error = ((squares / Double(instances) - mean * mean) / Double(instances)).squareRoot()
      XCTAssertEqual(mean, pow(2, Double(n - p)), accuracy: 4 * error, "N = \(n), P = \(p)")
    }
  }

  /// An even perceptron can have the field 0: an error, as is a stability just below the margin.
  func testTiesAreErrors() throws {
    let data = Dataset(
      name: "tie", count: 2, shape: [4], inputs: SampleStorage(try Buffer<Float>([1, 1, 1, 1, 1, 1, -1, -1])),
      targets: .real(SampleStorage(try Buffer<Float>([1, -1])), width: 1))
    let x: [Double] = [1, 1, 1, 1]
    let oracle = try PatternFixture.make("perceptron", [:], data).makeOracle(Double.self)
    XCTAssertEqual(try oracle.evaluate(x).error, 0.5)
    XCTAssertEqual(try oracle.place(x), 1)
    // Flipping weight 0 leaves pattern 0 right (field 2) and makes the field of pattern 1 -2, which its label wants.
    XCTAssertEqual(oracle.flipChange(0), -1)
    // Stability 2 reaches margin 2 exactly, 0 does not.
    let strict = try PatternFixture.make("perceptron", ["margin": 2.0], data).makeOracle(Double.self)
    XCTAssertEqual(try strict.value(x), 1)
  }
}

extension OptionValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral {
  public init(stringLiteral value: String) { self = .text(value) }
  public init(floatLiteral value: Double) { self = .real(value) }
}
