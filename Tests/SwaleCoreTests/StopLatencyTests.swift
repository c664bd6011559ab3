import Dispatch
import Glibc
import Swale
import Synchronization
import XCTest

/// How soon every solver and every metric of the registry ends when it should.
final class StopLatencyTests: XCTestCase {
  /// Seconds after which a run is stopped.
  static let patience = 0.25
  /// A tenth of a second or one chunk of rows, a tenth for the report of what was reached, and the delays of a machine
  /// with other work.
  static let allowed = 0.35
  /// A busy machine must not fail the test: the least of several attempts counts.
  static let attempts = 4

  /// Seconds from a cancel on another thread to the return of `body`.
  private func secondsAfterCancel(_ run: Run, _ body: () throws -> Void) rethrows -> Double {
    // Waits for its end below, so that nothing outlives the call.
    let done = DispatchSemaphore(value: 0)
    let box = Moment()
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) {
      box.seconds.withLock { $0 = monotonicSeconds() }
      run.cancel()
      done.signal()
    }
    try body()
    let end = monotonicSeconds()
    done.wait()
    return end - box.seconds.withLock { $0 }
  }

  private final class Moment: Sendable { let seconds = Mutex(0.0) }

  private func check(
    _ what: String, _ reason: Reason, _ latency: (LongRuns, Registration, LongRun, inout Double) throws -> Double
  ) throws {
    let runs = try LongRuns()
    for (entry, work) in runs.all() {
      var least = Double.infinity
      var ended = Double.nan
      for _ in 0..<Self.attempts where least > Self.allowed {
        least = min(least, try latency(runs, entry, work, &ended))
      }
      if getenv("SWALE_TEST_PRINT") != nil { print("latency", what, entry.info.name, least, ended) }
      XCTAssertLessThan(least, Self.allowed, "\(entry.info.name): seconds after \(what)")
      if work.isLong { XCTAssertEqual(ended, Double(reason.rawValue), "\(entry.info.name): \(what)") }
    }
  }

  func testCancelFromAnotherThread() throws {
    try check("cancel", .cancelled) { runs, entry, work, ended in
      let run = Run()
      return try secondsAfterCancel(run) {
        let report = try runs.run(entry, work, run)
        ended = report.scalar("reason") ?? .nan
        if ended == Double(Reason.cancelled.rawValue) {
          XCTAssertEqual(report.scalar("success"), 0, entry.info.name)
          XCTAssertTrue(report.text("message")?.hasPrefix("cancelled") == true, entry.info.name)
        }
      }
    }
  }

  func testMaxSeconds() throws {
    try check("max_seconds", .maxTime) { runs, entry, work, ended in
      let began = monotonicSeconds()
      let report = try runs.run(
        entry, work, Run(try RunSettings.configured(["max_seconds": .real(Self.patience)])))
      let seconds = monotonicSeconds() - began
      ended = report.scalar("reason") ?? .nan
      if ended == Double(Reason.maxTime.rawValue) {
        XCTAssertTrue(
          report.text("message")?.hasPrefix("maximum time (max_seconds = 0.25)") == true, report.text("message") ?? "")
      }
      return seconds - Self.patience
    }
  }

  /// Exceeded by less than one block: replicas, probes of one step, or vectors of a block.
  func testMaxEvaluations() throws {
    let runs = try LongRuns()
    let network = try LongRuns.network(samples: 50, hidden: 20)
    let device = try LongRuns.device("perceptron", 301, 201)
    for (entry, heavy) in runs.all() where !entry.needs.isEmpty {
      var work = heavy
      if work.objective === runs.network { work.objective = network }
      if work.objective === runs.unsolvable || work.objective === runs.large { work.objective = device }
      if work.count > 0 { work.points = LongRuns.start(work.objective, work.count) }
      let report = try runs.run(
        entry, work, Run(try RunSettings.configured(["max_evaluations": .int(20), "max_seconds": .real(20)])))
      let name = entry.info.name
      XCTAssertLessThanOrEqual(report.scalar("evaluations") ?? .nan, 20 + 64, name)
      XCTAssertNotEqual(report.scalar("reason"), Double(Reason.maxTime.rawValue), "\(name) ignores max_evaluations")
      let ended = report.scalar("reason") == Double(Reason.maxEvaluations.rawValue)
      if entry.kind == .solver, work.isLong { XCTAssertTrue(ended, "\(name): \(report.text("message") ?? "")") }
      if ended {
        XCTAssertEqual(report.text("message"), "maximum number of evaluations (max_evaluations = 20)", name)
        if entry.kind == .metric { XCTAssertEqual(report.scalar("success"), 0, name) }
      }
    }
  }
}
