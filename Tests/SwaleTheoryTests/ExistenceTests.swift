import Glibc
import Swale
import XCTest

/// "No solution exists" and "not converged" are two answers, and neither is a number.
final class ExistenceTests: XCTestCase {
  private func isNone(_ report: Report, _ row: Int, line: UInt = #line) {
    XCTAssertEqual(report.values("solved")?[row], 0, line: line)
    XCTAssertEqual(report.values("satisfiable")?[row], 0, line: line)
    XCTAssertTrue(report.values("entropy")?[row].isNaN ?? false, line: line)
  }

  private func isThere(_ report: Report, _ row: Int, line: UInt = #line) {
    XCTAssertEqual(report.values("solved")?[row], 1, line: line)
    XCTAssertEqual(report.values("satisfiable")?[row], 1, line: line)
    XCTAssertTrue(report.values("entropy")?[row].isFinite ?? false, line: line)
  }

  /// The equations have solutions above the capacity (0.833 of the perceptron, 0.9470 and 0.9040 of the wide
  /// committees, 0.4557 at margin 0.5), where no configuration does: nothing is reported there, and that is the
  /// reason of the run.
  func testAboveTheCapacity() throws {
    let machines: [(Options, Double, Double)] = [
      ([:], 0.8, 0.84), (["margin": .real(0.5)], 0.42, 0.457), ([:], 0.4, 1e6),
    ]
    for (options, below, above) in machines {
      for quantity in ["wide_flat", "franz_parisi"] {
        var all = options
        all["alpha"] = .reals([below, above])
        all["q1"] = .reals([0.9])
        all["distances"] = .reals([0.2])
        if options["margin"] != nil { all["reference_margin"] = options["margin"] }
        let report = try Theory.perceptron(quantity, all)
        isThere(report, 0)
        isNone(report, 1)
        XCTAssertEqual(report.scalar("reason"), Double(Reason.noSolution.rawValue))
        XCTAssertEqual(report.scalar("success"), 0)
        XCTAssertEqual(report.text("status"), "no solution exists at 1 of 2 points")
        // The storage problem says the same.
        XCTAssertEqual(try Theory.perceptron("storage", all).values("satisfiable"), [1, 0])
      }
    }
    for (unit, below, above) in [("sign", 0.7, 0.95), ("relu", 0.7, 0.91)] {
      let options: Options = [
        "unit": .text(unit), "alpha": .reals([below, above]), "q1": .reals([0.95]), "distances": .reals([0.2]),
      ]
      for quantity in ["wide_flat", "franz_parisi"] {
        let report = try Theory.committee(quantity, options)
        isThere(report, 0)
        isNone(report, 1)
      }
    }
    // A minimiser of the cross-entropy exists at any load; solutions near it do not.
    let soft = try Theory.perceptron(
      "franz_parisi", ["alpha": .reals([0.4, 0.9]), "distances": .reals([0.2]), "reference": .text("cross_entropy")])
    isThere(soft, 0)
    isNone(soft, 1)
    let parity = try Theory.committee(
      "franz_parisi",
      ["output": .text("parity"), "hidden": .int(3), "alpha": .reals([0.9, 1.01]), "distances": .reals([0.4])])
    isThere(parity, 0)
    isNone(parity, 1)
    XCTAssertEqual(parity.scalar("reason"), Double(Reason.noSolution.rawValue))
  }

  /// Around a random configuration the equations end at 8 G(x)^2 = alpha, d = H(x): 0.1410 at alpha = 0.4, whichever
  /// distance is asked for first, and by symmetry at 1 - d too. From 0.1743 on, where the entropy changes its sign,
  /// there are no solutions closer by; there the equations still have numbers.
  func testEndOfTheCurve() throws {
    for distances in [[0.3, 0.18, 0.137, 0.01, 0.7, 0.99], [0.99, 0.01, 0.137, 0.18, 0.7, 0.3]] {
      let report = try Theory.perceptron(
        "franz_parisi",
        [
          "alpha": .reals([0.4]), "distances": .reals(distances), "reference": .text("cross_entropy"),
          "beta": .real(1e-6),
        ])
      for (row, distance) in distances.enumerated() {
        if abs(distance - 0.5) < 0.359 { isThere(report, row) } else { isNone(report, row) }
      }
      XCTAssertEqual(report.scalar("reason"), Double(Reason.noSolution.rawValue))
    }
    let negative = try Theory.perceptron(
      "franz_parisi", ["alpha": .reals([0.4, 0.7]), "distances": .reals([0.05, 0.01])])
    // Spec 3.4: 0.11443, 0.01875; 0.01469, -0.02745.
    XCTAssertEqual(negative.values("solved"), [1, 1, 1, 1])
    XCTAssertEqual(negative.values("satisfiable"), [1, 1, 1, 0])
  }

  /// Overlaps below that of typical solutions: solutions of that overlap are not the densest but do not exist as the
  /// limit that is asked for.
  func testBelowTheTypicalOverlap() throws {
    let report = try Theory.perceptron("wide_flat", ["alpha": .reals([0.4]), "q1": .reals([0.2, 0.3])])
    // The typical overlap is 0.255843 (spec 3.1).
    isNone(report, 0)
    isThere(report, 1)
  }

  /// A run that is stopped has not found out: not solved, but nothing is said to be missing.
  func testStoppedIsNotNone() throws {
    let run = Run()
    run.cancel()
    let report = try Theory.run(
      PerceptronReplica.self, "wide_flat", ["alpha": .reals([0.4, 0.9])], run: run)
    XCTAssertEqual(report.values("solved"), [Double](repeating: 0, count: 10))
    XCTAssertEqual(report.values("satisfiable"), [Double](repeating: 1, count: 10))
    XCTAssertEqual(report.scalar("reason"), Double(Reason.cancelled.rawValue))
  }

  /// No load at all: all configurations, in closed form.
  func testNoLoad() throws {
    let flat = try Theory.perceptron("wide_flat", ["alpha": .reals([0]), "q1": .reals([0.8])])
    let d = (1 - 0.8.squareRoot()) / 2
    XCTAssertEqual(flat.values("entropy")?[0] ?? .nan, -d * log(d) - (1 - d) * log(1 - d), accuracy: 1e-12)
    for reference in ["solutions", "cross_entropy"] {
      let near = try Theory.perceptron(
        "franz_parisi", ["alpha": .reals([0]), "distances": .reals([0.1]), "reference": .text(reference)])
      XCTAssertEqual(near.values("entropy")?[0] ?? .nan, -0.1 * log(0.1) - 0.9 * log(0.9), accuracy: 1e-12)
      isThere(near, 0)
    }
    XCTAssertEqual(
      try Theory.perceptron("storage", ["alpha": .reals([0])]).scalar("entropy") ?? .nan, log(2), accuracy: 1e-13)
  }

  /// The ends of the distances: the reference itself counts where it is a solution, its mirror image never is one.
  func testEnds() throws {
    let near = try Theory.perceptron(
      "franz_parisi", ["alpha": .reals([0.4]), "distances": .reals([0, 0.2, 1]), "reference_margin": .real(0.1)])
    isThere(near, 0)
    isThere(near, 1)
    isNone(near, 2)
    XCTAssertEqual(near.values("entropy")?[0], 0)
    let stricter = try Theory.perceptron(
      "franz_parisi", ["alpha": .reals([0.4]), "distances": .reals([0]), "margin": .real(0.1)])
    isNone(stricter, 0)
    let flat = try Theory.perceptron("wide_flat", ["alpha": .reals([0.4, 0.9]), "q1": .reals([0, 1])])
    for (row, there) in [false, true, false, false].enumerated() {
      if there { isThere(flat, row) } else { isNone(flat, row) }
    }
    XCTAssertEqual(try Theory.perceptron("max_margin", ["alpha": .reals([0])]).values("max_margin"), [.infinity])
  }

  /// Every quantity at both ends of its options ends within seconds, and each number that counts as solved is one.
  func testEndsOfTheOptions() throws {
    let settings: [Options] = [
      ["margin": .real(-10)], ["margin": .real(10)], ["reference_margin": .real(-10)], ["reference_margin": .real(10)],
      ["reference": .text("cross_entropy"), "beta": .real(1e-6), "gamma": .real(1e4)],
      ["reference": .text("cross_entropy"), "beta": .real(1e4), "gamma": .real(1e-6)],
      ["delta": .real(1e-12)], ["delta": .real(1e12)], ["prior": .text("gaussian")], ["weights": .text("spherical")],
      ["weights": .text("spherical"), "margin": .real(-10)], ["weights": .text("spherical"), "margin": .real(10)],
    ]
    for quantity in [
      "storage", "capacity", "max_margin", "one_step_capacity", "teacher_student", "transition", "wide_flat",
      "franz_parisi", "mixture",
    ] {
      for setting in settings { try checkEnds(PerceptronReplica.self, quantity, setting) }
    }
  }

  func testEndsOfTheOptionsOfCommittees() throws {
    let settings: [Options] = [
      [:], ["margin": .real(-10)], ["margin": .real(10)], ["hidden": .int(1)], ["hidden": .int(1), "margin": .real(1)],
      ["hidden": .int(3), "margin": .real(3.0.squareRoot())], ["hidden": .int(31)],
      ["unit": .text("relu"), "margin": .real(10)],
      ["unit": .text("relu"), "margin": .real(-10)], ["unit": .text("relu"), "weights": .text("spherical")],
      ["hidden": .int(2), "output": .text("parity")], ["hidden": .int(31), "output": .text("parity")],
    ]
    for quantity in ["storage", "capacity", "max_margin", "one_step_capacity", "wide_flat", "franz_parisi"] {
      for setting in settings { try checkEnds(CommitteeReplica.self, quantity, setting) }
    }
  }

  private func checkEnds<T: Component & Metric>(_ type: T.Type, _ quantity: String, _ setting: Options) throws {
    var runSettings = RunSettings()
    runSettings.maxSeconds = 1
    var options = setting
    options["alpha"] = .reals([0, .leastNonzeroMagnitude, 1e-300, 1e6])
    options["q1"] = .reals([0, .leastNonzeroMagnitude, 0.5, 1 - 1e-16, 1])
    options["distances"] = .reals([0, .leastNonzeroMagnitude, 1e-9, 0.5, 1 - 1e-9, 1])
    let start = monotonicSeconds()
    let report: Report
    do {
      report = try Theory.run(type, quantity, options, run: Run(runSettings))
    } catch let failure as Failure {
      return XCTAssertEqual(failure.status, .option, "\(failure)")
    }
    XCTAssertLessThan(monotonicSeconds() - start, 2, "\(quantity) \(setting)")
    if let entropy = report.values("entropy"), let solved = report.values("solved"), solved.count == entropy.count {
      for (value, flag) in zip(entropy, solved) {
        XCTAssertEqual(value.isNaN, flag == 0, "\(quantity) \(setting): \(value) with solved \(flag)")
      }
    }
  }
}
