import Glibc
import Swale
import XCTest

final class CommitteeTests: XCTestCase {
  private func capacity(_ options: Options) throws -> Double {
    try XCTUnwrap(try Theory.committee("capacity", options).scalar("capacity"))
  }

  /// Spec 3.1, to the digits given. K = 7 has no number there: between K = 5 and infinity.
  func testBinaryCapacities() throws {
    let wide = try capacity([:])
    XCTAssertEqual(wide, 0.946952, accuracy: 6e-7)
    XCTAssertEqual(try capacity(["unit": .text("relu")]), 0.903986, accuracy: 6e-7)
    let three = try capacity(["hidden": .int(3)])
    XCTAssertEqual(three, 0.92062, accuracy: 6e-6)
    let report = try Theory.committee("capacity", ["hidden": .int(5)])
    XCTAssertLessThan(try XCTUnwrap(report.scalar("quadrature_error")), 1e-9)
    let five = try XCTUnwrap(report.scalar("capacity"))
    XCTAssertEqual(five, 0.93304, accuracy: 6e-6)
    let seven = try capacity(["hidden": .int(7)])
    let fifteen = try capacity(["hidden": .int(15)])
    XCTAssertLessThan(five, seven)
    XCTAssertLessThan(seven, fifteen)
    XCTAssertLessThan(fifteen, wide)
    XCTAssertLessThan(wide, 1)
    // The approach to K -> infinity is of the order of 1/K.
    XCTAssertEqual((wide - fifteen) * 15, (wide - seven) * 7, accuracy: 0.1 * (wide - seven) * 7)
  }

  func testEntropies() throws {
    for (options, expected) in [
      (["alpha": .real(0.5)] as Options, 0.336398), (["alpha": .real(0.5), "unit": .text("relu")], 0.330069),
      (["alpha": .real(0.3), "hidden": .int(3)], 0.479946), (["alpha": .real(0.5), "hidden": .int(3)], 0.331583),
    ] {
      let report = try Theory.committee("storage", options)
      XCTAssertEqual(try XCTUnwrap(report.scalar("entropy")), expected, accuracy: 6e-7)
    }
  }

  /// One hidden unit is a perceptron.
  func testOneUnit() throws {
    for weights in ["binary", "spherical"] {
      let options: Options = ["alpha": .reals([0.1, 0.5, 0.8]), "weights": .text(weights)]
      var single = options
      single["hidden"] = .int(1)
      let (a, b) = (try Theory.committee("storage", single), try Theory.perceptron("storage", options))
      for name in ["q", "qh", "entropy"] {
        for (x, y) in zip(try XCTUnwrap(a.values(name)), try XCTUnwrap(b.values(name))) {
          XCTAssertEqual(x, y, accuracy: 1e-11)
        }
      }
    }
    XCTAssertEqual(try capacity(["hidden": .int(1), "weights": .text("spherical")]), 2, accuracy: 1e-10)
  }

  /// E ln Z of three units from the definition: all eight internal states, trapezoidal rule in three dimensions (step
  /// 0.35: exact to 1e-9 for functions as smooth as these).
  private func average(_ q: Double, needed: Int) -> Double {
    let scale = (q / (1 - q)).squareRoot()
    let grid = (-19...19).map { Double($0) * 0.35 }
    let plus = grid.map { Theory.tail(-scale * $0) }
    let weight = grid.map { Theory.density($0) * 0.35 }
    var sum = 0.0
    for i in grid.indices {
      for j in grid.indices {
        for k in grid.indices {
          var z = 0.0
          for state in 0..<8 where state.nonzeroBitCount >= needed {
            var p = 1.0
            for (l, node) in [i, j, k].enumerated() { p *= state >> l & 1 == 1 ? plus[node] : 1 - plus[node] }
            z += p
          }
          sum += weight[i] * weight[j] * weight[k] * log(z)
        }
      }
    }
    return sum
  }

  /// Value and stationarity in q of the free entropy from the definition, without and with a margin (all three units).
  func testThreeUnitsFromTheDefinition() throws {
    for (load, margin, needed) in [(0.5, 0.0, 2), (0.15, 1.7, 3)] {
      let report = try Theory.committee(
        "storage", ["alpha": .real(load), "hidden": .int(3), "margin": .real(margin)])
      let (q, qh) = (try XCTUnwrap(report.scalar("q")), try XCTUnwrap(report.scalar("qh")))
      func entropy(_ q: Double) -> Double {
        -qh * (1 - q) / 2 + Theory.mean { log(2 * cosh(qh.squareRoot() * $0)) } + load * average(q, needed: needed)
      }
      XCTAssertEqual(try XCTUnwrap(report.scalar("entropy")), entropy(q), accuracy: 1e-8)
      let h = 1e-3
      XCTAssertEqual((entropy(q + h) - entropy(q - h)) / (2 * h), 0, accuracy: 1e-5)
      XCTAssertEqual(q, Theory.mean { pow(tanh(qh.squareRoot() * $0), 2) }, accuracy: 1e-10)
    }
  }

  /// E ln Z of seven units: ds/dalpha at a saddle point, against random fields and all 128 internal states.
  func testSevenUnitsFromRandomFields() throws {
    let h = 1e-3
    let report = try Theory.committee("storage", ["alpha": .reals([0.8 - h, 0.8, 0.8 + h]), "hidden": .int(7)])
    let (q, s) = (try XCTUnwrap(report.values("q"))[1], try XCTUnwrap(report.values("entropy")))
    let scale = (q / (1 - q)).squareRoot()
    let draws = 20_000
    let z = try Buffer<Double>(7 * draws)
    var random = RandomStream(seed: 5, stream: 1)
    random.normal(7 * draws, into: z.pointer)
    var (sum, squares) = (0.0, 0.0)
    for draw in 0..<draws {
      let plus = (0..<7).map { Theory.tail(-scale * z.pointer[7 * draw + $0]) }
      var counts = [1.0]
      for p in plus {
        counts = (0...counts.count).map {
          ($0 < counts.count ? (1 - p) * counts[$0] : 0) + ($0 > 0 ? p * counts[$0 - 1] : 0)
        }
      }
      let value = log(counts[4...].reduce(0, +))
      sum += value
      squares += value * value
    }
    let mean = sum / Double(draws)
    let error = ((squares / Double(draws) - mean * mean) / Double(draws)).squareRoot()
    XCTAssertEqual((s[2] - s[0]) / (2 * h), mean, accuracy: 4 * error)
    XCTAssertLessThan(error, 0.01)
  }

  /// Spec 3.1: 4.028, 5.770, 7.314 +- 0.005 by Monte Carlo. Here by order statistics; K = 3 in closed form:
  /// 1/alpha_c = 3/8 E min^2 of two + 1/8 (3 - E max^2 of three half normal variables).
  func testSphericalCapacities() throws {
    func spherical(_ hidden: Int) throws -> Double {
      try capacity(["hidden": .int(hidden), "weights": .text("spherical")])
    }
    let closed = 3.0 / 8 * (1 - 2 / Double.pi) + 1.0 / 8 * (2 - 2 * 3.0.squareRoot() / Double.pi)
    XCTAssertEqual(try spherical(3), 1 / closed, accuracy: 1e-9)
    for (hidden, expected) in [(3, 4.028), (5, 5.770), (7, 7.314)] {
      XCTAssertEqual(try spherical(hidden), expected, accuracy: 0.005)
    }
    // Mean square distance from random fields to the nearest majority, five units.
    let draws = 200_000
    let z = try Buffer<Double>(5 * draws)
    var random = RandomStream(seed: 7, stream: 1)
    random.normal(5 * draws, into: z.pointer)
    var (sum, squares) = (0.0, 0.0)
    for draw in 0..<draws {
      let wrong = (0..<5).map { z.pointer[5 * draw + $0] }.filter { $0 < 0 }.map { $0 * $0 }.sorted()
      let cost = wrong.prefix(max(0, wrong.count - 2)).reduce(0, +)
      sum += cost
      squares += cost * cost
    }
    let mean = sum / Double(draws)
    let error = ((squares / Double(draws) - mean * mean) / Double(draws)).squareRoot()
    XCTAssertEqual(1 / (try spherical(5)), mean, accuracy: 4 * error)

    let relu = try capacity(["unit": .text("relu"), "weights": .text("spherical")])
    XCTAssertEqual(relu, 2 * Double.pi / (Double.pi - 1), accuracy: 1e-12)
    XCTAssertEqual(try capacity(["weights": .text("spherical")]), .infinity)
  }

  /// Spec 3.1: 2.664280; and the expression that is minimised, from its definition with both averages by the
  /// trapezoidal rule, at the minimum and beside it.
  func testOneStepCapacity() throws {
    let report = try Theory.committee("one_step_capacity", ["unit": .text("relu"), "weights": .text("spherical")])
    let (value, c, q0) = (
      try XCTUnwrap(report.scalar("capacity")), try XCTUnwrap(report.scalar("c")), try XCTUnwrap(report.scalar("q0")))
    XCTAssertEqual(value, 2.664280, accuracy: 6e-7)
    func bound(_ c: Double, _ q0: Double) -> Double {
      let weights = log(1 + c * (1 - q0)) + c * q0 / (1 + c * (1 - q0))
      let overlap = EffectiveOverlap.relu
      let (root, rest) = (overlap(q0).squareRoot(), (1 - overlap(q0)).squareRoot())
      let grid = (-70...70).map { Double($0) / 10 }
      let mass = grid.map { Theory.density($0) / 10 }
      var patterns = 0.0
      for (z0, m0) in zip(grid, mass) {
        var inner = 0.0
        for k in -700...700 {
          let u = max(0, root * z0 + rest * Double(k) / 100)
          inner += Theory.density(Double(k) / 100) / 100 * exp(-c / (2 * overlap.slope(1)) * u * u)
        }
        patterns += m0 * log(inner)
      }
      return weights / (-2 * patterns)
    }
    let middle = bound(c, q0)
    // The kink of max(0, u) costs the trapezoidal rule 1e-5.
    XCTAssertEqual(middle, value, accuracy: 5e-5)
    for (dc, dq) in [(1.3, 0.0), (0.7, 0), (1, 0.03), (1, -0.03)] {
      XCTAssertGreaterThan(bound(c * dc, q0 + dq), middle)
    }
  }

  /// Loads nobody tabulated. Spherical committees lose digits towards q = 1 and say so.
  func testScan() throws {
    for (hidden, unit) in [(0, "sign"), (0, "relu"), (3, "sign"), (5, "sign")] {
      let device: Options = ["hidden": .int(hidden), "unit": .text(unit)]
      let end = try capacity(device)
      XCTAssertLessThanOrEqual(end, 1)
      var options = device
      let steps = hidden == 5 ? 4 : 20
      options["alpha"] = .reals((1...steps).map { 0.9 * end * Double($0) / Double(steps) })
      let report = try Theory.committee("storage", options)
      XCTAssertEqual(report.values("solved"), Array(repeating: 1, count: steps))
      XCTAssertLessThan(try XCTUnwrap(report.values("residual")?.max()), 1e-10)
      let s = try XCTUnwrap(report.values("entropy"))
      for (a, b) in zip(s, s.dropFirst()) { XCTAssertGreaterThan(a, b) }
    }
    let sphere = try Theory.committee(
      "storage", ["alpha": .reals([1, 3, 4.1]), "hidden": .int(3), "weights": .text("spherical")])
    XCTAssertEqual(sphere.values("solved"), [1, 1, 0])
  }

  func testParity() throws {
    for hidden in [2, 3] {
      let machine: Options = ["hidden": .int(hidden), "output": .text("parity"), "alpha": .reals([0.3, 1.2])]
      let report = try Theory.committee("storage", machine)
      for (a, b) in zip(try XCTUnwrap(report.values("entropy")), [0.7, -0.2]) {
        XCTAssertEqual(a, b * log(2.0), accuracy: 1e-14)
      }
      XCTAssertEqual(report.values("q"), [0, 0])
      XCTAssertEqual(report.values("satisfiable"), [1, 0])
      XCTAssertEqual(try capacity(machine), 1)
    }
    let curve = try Theory.committee(
      "franz_parisi", ["hidden": .int(3), "output": .text("parity"), "alpha": .reals([0.3, 0.5, 0.8])])
    // Spec 3.4, whose last digits are those of a grid below the root: here the root of the closed form.
    let changes = try XCTUnwrap(curve.values("sign_change"))
    for (d, (load, expected)) in zip(changes, [(0.3, 0.0096), (0.5, 0.0449), (0.8, 0.2010)]) {
      XCTAssertEqual(d, expected, accuracy: 2e-4)
      let agreement = pow(1 - 2 / Double.pi * acos(1 - 2 * d), 3)
      XCTAssertEqual(-d * log(d) - (1 - d) * log(1 - d) + load * log((1 + agreement) / 2), 0, accuracy: 1e-12)
    }
  }

  /// The curves of wide machines through the component: one number of spec 3.3 each.
  func testWideFlat() throws {
    for (unit, expected) in [("sign", 0.1463), ("relu", 0.1788)] {
      let report = try Theory.committee(
        "wide_flat", ["unit": .text(unit), "alpha": .reals([0.6]), "q1": .reals([0.7])])
      XCTAssertEqual(try XCTUnwrap(report.scalar("entropy")), expected, accuracy: 1e-4)
    }
  }

  func testRefusals() {
    func refused(_ quantity: String, _ options: Options, _ words: String) {
      XCTAssertThrowsError(try Theory.committee(quantity, options)) { XCTAssertTrue("\($0)".contains(words), "\($0)") }
    }
    refused("capacity", ["hidden": .int(4)], "odd")
    refused("capacity", ["hidden": .int(33)], "31")
    refused("capacity", ["hidden": .int(3), "unit": .text("relu")], "hidden 0")
    refused("wide_flat", ["hidden": .int(3)], "hidden 0")
    refused("capacity", ["hidden": .int(3), "margin": .real(2)], "margin is 2.0")
    refused("one_step_capacity", ["weights": .text("spherical")], "relu")
    refused("capacity", ["hidden": .int(3), "output": .text("parity"), "weights": .text("spherical")], "parity")
    refused("alpha_u", ["hidden": .int(3), "output": .text("parity")], "parity")
    refused("max_margin", ["weights": .text("spherical")], "infinite")
  }
}
