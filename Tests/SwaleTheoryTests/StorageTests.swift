import Glibc
import Swale
import XCTest

/// Reads the theory the way a caller does.
enum Theory {
  static func perceptron(_ quantity: String, _ options: Options = [:]) throws -> Report {
    try run(PerceptronReplica.self, quantity, options)
  }
  static func committee(_ quantity: String, _ options: Options = [:]) throws -> Report {
    try run(CommitteeReplica.self, quantity, options)
  }

  static func run<T: Component & Metric>(
    _ type: T.Type, _ quantity: String, _ options: Options, run: Run = Run()
  ) throws -> Report {
    var options = options
    options["quantity"] = .text(quantity)
    return try measure(
      try T.configured(options), name: T.info.name, needs: T.needs, pointRange: T.points, objective: NoLandscape(),
      points: nil, count: 0, run: run)
  }

  /// E f(z) by the trapezoidal rule with 4001 points on [-10, 10]: another quadrature than the library's.
  static func mean(_ f: (Double) -> Double) -> Double {
    (-2000...2000).reduce(0.0) { sum, i in
      let z = Double(i) / 200
      return sum + f(z) * exp(-z * z / 2)
    } / 200 / (2 * Double.pi).squareRoot()
  }

  static func tail(_ x: Double) -> Double { 0.5 * erfc(x / 2.0.squareRoot()) }
  static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
}

final class StorageTests: XCTestCase {
  /// Spec 3.1: entropies and overlaps of the binary perceptron, to the six digits given.
  func testBinaryEntropies() throws {
    let loads = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8]
    let report = try Theory.perceptron("storage", ["alpha": .reals(loads)])
    let entropies = [0.622779, 0.550120, 0.474829, 0.396455, 0.314390, 0.227785, 0.135400, 0.086477, 0.035306]
    for (value, expected) in zip(try XCTUnwrap(report.values("entropy")), entropies) {
      XCTAssertEqual(value, expected, accuracy: 6e-7)
    }
    let q = try XCTUnwrap(report.values("q"))
    for (i, expected) in [(1, 0.126865), (3, 0.255843), (4, 0.322385), (5, 0.391050), (6, 0.462571)] {
      XCTAssertEqual(q[i], expected, accuracy: 6e-7)
    }
    XCTAssertEqual(report.values("solved"), loads.map { _ in 1 })

    let margin = try Theory.perceptron("storage", ["alpha": .reals([0.1, 0.2]), "margin": .real(0.5)])
    for (name, expected) in [("entropy", [0.570969, 0.437740]), ("q", [0.129198, 0.259784])] {
      for (a, b) in zip(try XCTUnwrap(margin.values(name)), expected) { XCTAssertEqual(a, b, accuracy: 6e-7) }
    }
  }

  func testBinaryCapacities() throws {
    for (margin, expected) in [(0.0, 0.833079), (0.25, 0.60926), (0.5, 0.45566), (1, 0.27070), (-0.5, 1.67884)] {
      let report = try Theory.perceptron("capacity", ["margin": .real(margin)])
      XCTAssertEqual(try XCTUnwrap(report.scalar("capacity")), expected, accuracy: 6e-6)
      if margin == 0 { XCTAssertEqual(try XCTUnwrap(report.scalar("q")), 0.56395, accuracy: 6e-6) }
    }
  }

  func testSphere() throws {
    for (margin, expected) in [(0.0, 2), (0.25, 1.364643), (0.5, 0.961205), (1, 0.519572)] {
      let options: Options = ["margin": .real(margin), "weights": .text("spherical")]
      let symmetric = try Theory.perceptron("capacity", options)
      XCTAssertEqual(try XCTUnwrap(symmetric.scalar("capacity")), expected, accuracy: 6e-7)
      // Gardner's integral by another quadrature.
      let stress = Theory.mean { pow(max(0, $0 + margin), 2) }
      XCTAssertEqual(expected * stress, 1, accuracy: 1e-5)
      // With margin >= 0 symmetry holds.
      let broken = try Theory.perceptron("one_step_capacity", options)
      XCTAssertEqual(try XCTUnwrap(broken.scalar("capacity")), expected, accuracy: 6e-7)
      XCTAssertTrue(try XCTUnwrap(broken.scalar("q0")).isNaN)
    }
    let report = try Theory.perceptron("storage", ["alpha": .reals([0.5, 1, 1.5]), "weights": .text("spherical")])
    for (name, expected, accuracy) in [
      ("entropy", [-0.377670, -0.855821, -1.589208], 6e-7), ("q", [0.307393, 0.585312, 0.821722], 1e-6),
    ] {
      for (a, b) in zip(try XCTUnwrap(report.values(name)), expected) { XCTAssertEqual(a, b, accuracy: accuracy) }
    }
  }

  func testLargestMargin() throws {
    let loads = [0.25, 0.5, 1, 1.5]
    let report = try Theory.perceptron("max_margin", ["alpha": .reals(loads), "weights": .text("spherical")])
    for (a, b) in zip(try XCTUnwrap(report.values("max_margin")), [1.73558, 1.03431, 0.47066, 0.18611]) {
      XCTAssertEqual(a, b, accuracy: 6e-6)
    }
    // Binary weights: the inverse of the capacity.
    let binary = try Theory.perceptron("max_margin", ["alpha": .reals([0.3, 0.833, 1.5])])
    for (margin, load) in zip(try XCTUnwrap(binary.values("max_margin")), [0.3, 0.833, 1.5]) {
      let back = try Theory.perceptron("capacity", ["margin": .real(margin)])
      XCTAssertEqual(try XCTUnwrap(back.scalar("capacity")), load, accuracy: 1e-9)
    }
  }

  /// The equations of spec 2.3 with the trapezoidal rule.
  func testEquations() throws {
    for (load, margin) in [(0.05, 0.0), (0.6, 0.0), (0.83, 0.0), (0.4, 0.5), (1.2, -0.4)] {
      let report = try Theory.perceptron("storage", ["alpha": .real(load), "margin": .real(margin)])
      let (q, qh) = (try XCTUnwrap(report.scalar("q")), try XCTUnwrap(report.scalar("qh")))
      let v = { (z: Double) in (margin + q.squareRoot() * z) / (1 - q).squareRoot() }
      XCTAssertEqual(q, Theory.mean { pow(tanh(qh.squareRoot() * $0), 2) }, accuracy: 1e-11)
      let force = Theory.mean { pow(Theory.density(v($0)) / Theory.tail(v($0)), 2) }
      XCTAssertEqual(qh, load / (1 - q) * force, accuracy: 1e-9)
      let entropy = -qh * (1 - q) / 2 + Theory.mean { log(2 * cosh(qh.squareRoot() * $0)) }
        + load * Theory.mean { log(Theory.tail(v($0))) }
      XCTAssertEqual(try XCTUnwrap(report.scalar("entropy")), entropy, accuracy: 1e-11)
    }
  }

  /// Loads nobody tabulated: from 0.01 to 0.9 of the capacity, at several margins, both laws of the weights.
  func testScan() throws {
    for weights in ["binary", "spherical"] {
      for margin in [-1.5, -0.5, 0, 0.3, 1, 2.5] {
        let setting: Options = ["weights": .text(weights), "margin": .real(margin)]
        let capacity = try XCTUnwrap(try Theory.perceptron("capacity", setting).scalar("capacity"))
        var options = setting
        let loads = [1e-9, 1e-5] + (1...45).map { Double($0) * 0.02 }
        options["alpha"] = .reals(loads.map { $0 * capacity })
        let report = try Theory.perceptron("storage", options)
        XCTAssertEqual(report.values("solved"), loads.map { _ in 1 }, "\(weights) \(margin)")
        XCTAssertLessThan(try XCTUnwrap(report.values("residual")?.max()), 1e-10)
        let (q, s) = (try XCTUnwrap(report.values("q")), try XCTUnwrap(report.values("entropy")))
        for (a, b) in zip(q, q.dropFirst()) { XCTAssertLessThan(a, b) }
        for (a, b) in zip(s, s.dropFirst()) { XCTAssertGreaterThan(a, b) }
        // At small loads every pattern takes its share H(kappa) of the volume.
        let empty = weights == "binary" ? log(2.0) : 0
        let loss = loads[1] * capacity * log(Theory.tail(margin))
        XCTAssertEqual((s[1] - empty) / loss, 1, accuracy: 1e-3)
      }
    }
  }

  func testNoSolutionIsSaid() throws {
    let options: Options = ["alpha": .reals([0, 1.9, 2, 2.1]), "weights": .text("spherical")]
    let sphere = try Theory.perceptron("storage", options)
    XCTAssertEqual(sphere.values("solved"), [1, 1, 0, 0])
    XCTAssertTrue(try XCTUnwrap(sphere.values("q"))[3].isNaN)
    // Binary weights: the symmetric branch lives on above the capacity with negative entropy, up to 4/pi.
    let binary = try Theory.perceptron("storage", ["alpha": .reals([0.833, 0.834, 1.2, 1.28])])
    XCTAssertEqual(binary.values("solved"), [1, 1, 1, 0])
    XCTAssertEqual(binary.values("satisfiable"), [1, 0, 0, 0])
    XCTAssertEqual(sphere.values("satisfiable"), [1, 1, 0, 0])
  }

  func testRefusals() {
    func refused(_ quantity: String, _ options: Options, _ words: String) {
      XCTAssertThrowsError(try Theory.perceptron(quantity, options)) { XCTAssertTrue("\($0)".contains(words), "\($0)") }
    }
    refused("storage", ["alpha": .reals([])], "empty list")
    refused("one_step_capacity", [:], "'capacity'")
    refused("wide_flat", ["weights": .text("spherical")], "binary")
    refused("transition", ["prior": .text("gaussian")], "binary")
    refused("storage", ["alpha": .reals([-1])], "allowed 0")
    refused("franz_parisi", ["gamma": .real(-1)], "allowed")
  }

  /// The wide-flat and Franz-Parisi tables through the component: shapes, one number of spec 3.3 and 3.4 each, and the
  /// places without a solution. (Their own tests check the numbers.)
  func testTables() throws {
    let flat = try Theory.perceptron("wide_flat", ["alpha": .reals([0.4, 0.6, 0.77]), "q1": .reals([0.05, 0.7, 0.9])])
    XCTAssertEqual(flat["entropy"]?.shape, [3, 3])
    let (entropy, solved) = (try XCTUnwrap(flat.values("entropy")), try XCTUnwrap(flat.values("solved")))
    XCTAssertEqual(entropy[1], 0.2495, accuracy: 1e-4)
    XCTAssertEqual(entropy[5], 0.0951, accuracy: 1e-4)
    // q1 = 0.05 is below the overlap of typical solutions.
    XCTAssertEqual(solved, [0, 1, 1, 0, 1, 1, 0, 1, 1])
    XCTAssertTrue(entropy[0].isNaN)

    let near = try Theory.perceptron("franz_parisi", ["alpha": .reals([0.4]), "distances": .reals([0.2, 0.05])])
    XCTAssertEqual(near["entropy"]?.shape, [1, 2])
    for (a, b) in zip(try XCTUnwrap(near.values("entropy")), [0.32344, 0.11443]) {
      XCTAssertEqual(a, b, accuracy: 5e-4)
    }
    XCTAssertEqual(try XCTUnwrap(near.values("local_error"))[1], 0.1615, accuracy: 1e-3)
    XCTAssertEqual(try XCTUnwrap(near.values("sign_change"))[0], 0.0030, accuracy: 2e-4)
  }

  /// H(sqrt(alpha / (Delta (alpha + Delta)))), spec 3.5.
  func testMixture() throws {
    for (load, delta, expected) in [(2.0, 1.0, 0.2071), (1, 0.5, 0.1241)] {
      let report = try Theory.perceptron("mixture", ["alpha": .real(load), "delta": .real(delta)])
      XCTAssertEqual(try XCTUnwrap(report.scalar("bayes_error")), expected, accuracy: 6e-5)
    }
  }
}
