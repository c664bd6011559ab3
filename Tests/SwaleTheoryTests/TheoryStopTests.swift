import Swale
import XCTest

/// Theory looks at the run inside its loops: a time limit ends every quantity soon, with what was finished before.
final class TheoryStopTests: XCTestCase {
  /// The limit is 0.05 s; half a second more is left to a busy machine, where 31 units took seconds for one average.
  private func check<T: Component & Metric>(_ type: T.Type, _ quantity: String, _ options: Options) throws {
    var settings = RunSettings()
    settings.maxSeconds = 0.05
    let start = monotonicSeconds()
    let report = try Theory.run(type, quantity, options, run: Run(settings))
    let took = monotonicSeconds() - start
    XCTAssertLessThan(took, 0.55, "\(quantity) \(options)")
    if took > 0.1 || report.scalar("reason") == Double(Reason.maxTime.rawValue) {
      XCTAssertEqual(report.scalar("reason"), Double(Reason.maxTime.rawValue), "\(quantity) \(options)")
      XCTAssertEqual(report.scalar("success"), 0)
    }
  }

  func testEveryQuantity() throws {
    let many = (1...200).map { 0.004 * Double($0) }
    for quantity in [
      "storage", "capacity", "max_margin", "teacher_student", "transition", "wide_flat", "alpha_u", "franz_parisi",
    ] {
      try check(PerceptronReplica.self, quantity, ["alpha": .reals(many)])
    }
    try check(PerceptronReplica.self, "one_step_capacity", ["weights": .text("spherical"), "margin": .real(-1)])
    try check(
      PerceptronReplica.self, "franz_parisi", ["alpha": .reals(many), "reference": .text("cross_entropy")])
    for hidden in [5, 15, 31] {
      for quantity in ["storage", "capacity"] {
        for weights in ["binary", "spherical"] {
          try check(
            CommitteeReplica.self, quantity,
            ["hidden": .int(hidden), "alpha": .reals(many), "weights": .text(weights)])
        }
      }
    }
    for unit in ["sign", "relu"] {
      for quantity in ["wide_flat", "alpha_u", "franz_parisi", "max_margin"] {
        if quantity == "max_margin", unit == "sign" { continue }
        try check(CommitteeReplica.self, quantity, ["unit": .text(unit), "alpha": .reals(many)])
      }
    }
  }

  /// Cancelled before it began.
  func testCancelled() throws {
    let run = Run()
    run.cancel()
    let report = try Theory.run(CommitteeReplica.self, "capacity", ["hidden": .int(31)], run: run)
    XCTAssertEqual(report.scalar("reason"), Double(Reason.cancelled.rawValue))
    XCTAssertTrue(report.scalar("capacity")?.isNaN ?? false)
  }
}
