import Glibc
import Swale
import XCTest

final class TeacherTests: XCTestCase {
  /// Spec 3.2, to the five digits given.
  func testReferenceNumbers() throws {
    let binary = try Theory.perceptron("teacher_student", ["alpha": .reals([0.5, 1, 1.2, 1.4])])
    for (name, expected) in [
      ("uninformed_q", [0.29309, 0.56071, 0.66866, 0.78970]),
      ("uninformed_entropy", [0.37213, 0.10611, 0.01797, -0.05643]),
      ("uninformed_gibbs_error", [0.40532, 0.31053, 0.26687, 0.21024]),
      ("message_passing_error", [0.31790, 0.23063, 0.19524, 0.15164]),
      // The equilibrium at 1.4 is the teacher itself.
      ("q", [0.29309, 0.56071, 0.66866, 1]), ("entropy", [0.37213, 0.10611, 0.01797, 0]),
      ("gibbs_error", [0.40532, 0.31053, 0.26687, 0]), ("bayes_error", [0.31790, 0.23063, 0.19524, 0]),
    ] {
      for (a, b) in zip(try XCTUnwrap(binary.values(name)), expected) { XCTAssertEqual(a, b, accuracy: 6e-6, name) }
    }
    XCTAssertEqual(binary.values("perfect_recovery"), [0, 0, 0, 1])
    XCTAssertEqual(binary.values("metastable"), [0, 0, 0, 1])

    let gaussian = try Theory.perceptron(
      "teacher_student", ["alpha": .reals([0.5, 1, 2, 3, 5, 10]), "prior": .text("gaussian")])
    for (a, b) in zip(
      try XCTUnwrap(gaussian.values("bayes_error")), [0.32240, 0.25437, 0.17453, 0.12985, 0.08394, 0.04357])
    {
      XCTAssertEqual(a, b, accuracy: 6e-6)
    }
    for (a, b) in zip(try XCTUnwrap(gaussian.values("q")), [0.28033, 0.48626]) { XCTAssertEqual(a, b, accuracy: 6e-6) }
    XCTAssertEqual(gaussian.values("perfect_recovery"), [0, 0, 0, 0, 0, 0])
  }

  func testTransition() throws {
    let report = try Theory.perceptron("transition")
    let (first, end) = (try XCTUnwrap(report.scalar("first_order")), try XCTUnwrap(report.scalar("spinodal")))
    XCTAssertEqual(first, 1.244684, accuracy: 6e-7)
    XCTAssertEqual(end, 1.492632, accuracy: 6e-7)
    XCTAssertNil(report.values("alpha"))
    // Above the spinodal there are no uninformed students: the teacher is known.
    let near = try Theory.perceptron("teacher_student", ["alpha": .reals([end - 1e-6, end + 1e-6, 20])])
    XCTAssertEqual(near.values("solved"), [1, 1, 1])
    XCTAssertEqual(near.values("perfect_recovery"), [1, 1, 1])
    XCTAssertEqual(near.values("metastable"), [1, 0, 0])
    XCTAssertEqual(
      try XCTUnwrap(near.values("uninformed_q"))[0], try XCTUnwrap(report.scalar("spinodal_q")), accuracy: 1e-2)
    for (name, value) in [
      ("q", 1.0), ("entropy", 0), ("gibbs_error", 0), ("bayes_error", 0), ("residual", 0), ("uninformed_q", 1),
      ("message_passing_error", 0),
    ] {
      XCTAssertEqual(near.values(name)?.suffix(2), [value, value], name)
    }
  }

  /// The state evolution of message passing, iterated from no knowledge with the trapezoidal rule, ends in the branch
  /// below the spinodal and recovers the teacher above it.
  private func overlap(_ load: Double) -> Double {
    var q = 0.0
    for _ in 0..<400 {
      let scale = (q / (1 - q)).squareRoot()
      // Where H underflows (z > 10 sigma) nothing is left of G^2 / H.
      let square = Theory.mean { z in
        let tail = Theory.tail(scale * z)
        return tail > 0 ? pow(Theory.density(scale * z), 2) / tail : 0
      }
      let field = 2 * load / (1 - q) * square
      // E tanh = E tanh^2 on the Nishimori line: the other form than the library's.
      let next = Theory.mean { pow(tanh(field + field.squareRoot() * $0), 2) }
      if next > 0.999 || abs(next - q) < 1e-11 { return next }
      q = next
    }
    return q
  }

  func testStateEvolution() throws {
    for load in [0.3, 1, 1.35] {
      let report = try Theory.perceptron("teacher_student", ["alpha": .real(load)])
      XCTAssertEqual(try XCTUnwrap(report.scalar("uninformed_q")), overlap(load), accuracy: 1e-8)
    }
    XCTAssertGreaterThan(overlap(1.52), 0.99)
  }

  /// s of both priors is the integral of its slope, ds/dalpha = 2 E[H(v) ln H(v)] (the energy term at a saddle point).
  func testEntropySlope() throws {
    for prior in ["binary", "gaussian"] {
      for load in [0.2, 0.9, 1.3] {
        let h = 1e-4
        let report = try Theory.perceptron(
          "teacher_student", ["alpha": .reals([load - h, load, load + h]), "prior": .text(prior)])
        let (q, s) =
          (try XCTUnwrap(report.values("uninformed_q")), try XCTUnwrap(report.values("uninformed_entropy")))
        let scale = (q[1] / (1 - q[1])).squareRoot()
        let slope = 2 * Theory.mean { Theory.tail(scale * $0) * log(Theory.tail(scale * $0)) }
        XCTAssertEqual((s[2] - s[0]) / (2 * h), slope, accuracy: 1e-6)
      }
    }
  }

  /// Between the first-order transition and the spinodal the best error is 0, while message passing stays at its own:
  /// at 1.3 the state evolution of message passing, iterated here from no knowledge, ends at 0.1754.
  func testHardPhase() throws {
    let loads = [1.2, 1.25, 1.3, 1.49, 1.5]
    let report = try Theory.perceptron("teacher_student", ["alpha": .reals(loads)])
    let (best, reached) =
      (try XCTUnwrap(report.values("bayes_error")), try XCTUnwrap(report.values("message_passing_error")))
    XCTAssertEqual(best[0], 0.19524, accuracy: 6e-6)
    XCTAssertEqual(best[0], reached[0])
    XCTAssertEqual(Array(best.dropFirst()), [0, 0, 0, 0])
    XCTAssertEqual(reached[2], acos(overlap(1.3).squareRoot()) / .pi, accuracy: 1e-8)
    XCTAssertEqual(reached[2], 0.1754, accuracy: 6e-5)
    XCTAssertGreaterThan(reached[3], 0.1)
    XCTAssertEqual(reached[4], 0)
    XCTAssertEqual(report.values("metastable"), [0, 1, 1, 1, 0])
    XCTAssertEqual(report.scalar("reason"), Double(Reason.converged.rawValue))
  }

  func testScan() throws {
    for (prior, end) in [("binary", 1.49), ("gaussian", 100.0)] {
      let loads = [0, 1e-9, 1e-4] + (1...60).map { Double($0) / 60 * end }
      let report = try Theory.perceptron("teacher_student", ["alpha": .reals(loads), "prior": .text(prior)])
      XCTAssertEqual(report.values("solved"), loads.map { _ in 1 })
      XCTAssertLessThan(try XCTUnwrap(report.values("residual")?.max()), 1e-10)
      for name in ["uninformed_entropy", "uninformed_gibbs_error", "message_passing_error"] {
        let values = try XCTUnwrap(report.values(name))
        for (a, b) in zip(values, values.dropFirst()) { XCTAssertGreaterThan(a, b, "\(prior) \(name)") }
      }
    }
  }
}
