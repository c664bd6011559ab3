import Glibc
import Swale
import Synchronization
import XCTest

/// What runs keep when they are broken off inside an evaluation, and how often long computations look.
final class InterruptionTests: XCTestCase {
  private func limited(_ options: Options, _ progress: ((SwaleCore.Progress) -> Bool)? = nil) throws -> Run {
    Run(try RunSettings.configured(options), progress: progress)
  }

  /// Seconds between two looks that `body` leaves at most, its begin and end included.
  private func longestSilence(_ body: () throws(Failure) -> Void) throws -> Double {
    var (last, longest) = (monotonicSeconds(), 0.0)
    let note = {
      let now = monotonicSeconds()
      (last, longest) = (now, max(longest, now - last))
    }
    let interrupter = Interrupter {
      note()
      return nil
    }
    try Interrupter.use(interrupter, body)
    note()
    return longest
  }

  /// An evaluation of some tenths of a second.
  private func heavy() throws -> any Objective { try LongRuns.network(samples: 60_000, hidden: 1024) }

  func testNobodyIsAskedWithoutARun() throws {
    try Interruption.check()
    try Interruption.check(work: 1e12)
  }

  func testChecksThrowTheReasonAndAreScoped() throws {
    var asked = 0
    let interrupter = Interrupter {
      asked += 1
      return asked > 2 ? .cancelled : nil
    }
    var seen: Failure?
    do throws(Failure) {
      try Interrupter.use(interrupter) { () throws(Failure) in
        try Interruption.check()
        // An inner call has its own.
        try Interrupter.use(nil) { () throws(Failure) in for _ in 0..<10 { try Interruption.check() } }
        // Little work does not ask.
        for _ in 0..<100 { try Interruption.check(work: 1) }
        XCTAssertEqual(asked, 1)
        try Interruption.check(work: 1e9)
        let found = try Interruption.attempt { () throws(Failure) -> Int in
          try Interruption.check()
          return 1
        }
        XCTAssertNil(found)
        XCTAssertFalse(try Interruption.completes { () throws(Failure) in try Interruption.check() })
        try Interruption.check()
      }
    } catch { seen = error }
    XCTAssertEqual(seen?.interruption, .cancelled)
    XCTAssertEqual(seen?.status, .interrupted)
    XCTAssertEqual(asked, 5)
    try Interruption.check()
  }

  func testOtherFailuresPassThrough() {
    XCTAssertThrowsError(
      try Interruption.attempt { () throws(Failure) -> Int in throw Failure(.nonfinite, "as it was") }
    ) { XCTAssertEqual("\($0)", "as it was") }
  }

  /// x is where the last whole step left it, however the stop falls into a step.
  func testInterruptedStepsCountForNothing() throws {
    let network = try LongRuns.network(samples: 60_000, hidden: 128)
    let solvers: [(String, Options)] = [
      ("sgd", ["steps": .int(100_000)]), ("adam", ["steps": .int(100_000)]), ("lbfgs", [:]), ("newton_cg", [:]),
      ("langevin", ["steps": .int(100_000), "temperature": .real(1e-6), "metropolis": .bool(true)]),
    ]
    for (name, options) in solvers {
      for limit in [0.15, 0.31] {
        var x = LongRuns.start(network)
        let entry = try Registry.shared.find(.solver, name)
        let solver = try Registry.shared.make(.solver, name, options, as: (any Solver).self)
        let report = try solve(
          solver, name: name, needs: entry.needs, objective: network, x: &x,
          run: limited(["max_seconds": .real(limit), "trajectory_every": .int(1)]))
        XCTAssertEqual(report.scalar("reason"), Double(Reason.maxTime.rawValue), name)
        let path = try XCTUnwrap(report.values("trajectory"))
        XCTAssertEqual(Array(path.suffix(x.count)), x, "\(name) after \(limit) s")
        XCTAssertEqual(path.count / x.count, Int(report.scalar("steps") ?? -1) + 1, name)
        XCTAssertEqual(report.values("loss")?.count, Int(report.scalar("steps") ?? -1), name)
      }
    }
  }

  /// The final evaluation of a stopped run is left out, in words, where it takes longer than a stopped run has.
  func testFinalEvaluationIsBounded() throws {
    let objective = try heavy()
    var x = LongRuns.start(objective)
    let report = try solve(
      LBFGS(), name: "lbfgs", needs: LBFGS.needs, objective: objective, x: &x, run: limited(["max_seconds": .real(0.05)]))
    XCTAssertEqual(
      report.text("message"), "maximum time (max_seconds = 0.05); there was no time for the final evaluation")
    XCTAssertTrue(report.scalar("fun")?.isNaN == true)
    XCTAssertTrue(report.scalar("gradient_norm")?.isNaN == true)
    XCTAssertTrue(report.scalar("error")?.isNaN == true)
    XCTAssertEqual(report.scalar("success"), 0)
    // A run that is not stopped has all the time it needs.
    let whole = try solve(
      LBFGS(), name: "lbfgs", needs: LBFGS.needs, objective: objective, x: &x, run: limited(["max_steps": .int(1)]))
    XCTAssertEqual(whole.text("message"), "maximum number of steps (max_steps = 1)")
    XCTAssertTrue(whole.scalar("fun")?.isFinite == true)
  }

  /// Progress is told inside of a long evaluation, on the thread of the call.
  func testProgressDuringOneEvaluation() throws {
    let objective = try heavy()
    let caller = pthread_self()
    var calls = 0
    let options: Options = ["max_steps": .int(1), "progress_every": .real(0.02), "final_evaluation": .bool(false)]
    let watched = try limited(options) { _ in
      XCTAssertEqual(pthread_self(), caller)
      calls += 1
      return true
    }
    var x = LongRuns.start(objective)
    let settings = try SGD.configured(["steps": .int(1)])
    _ = try solve(settings, name: "sgd", needs: SGD.needs, objective: objective, x: &x, run: watched)
    XCTAssertGreaterThan(calls, 3, "one call before and one after the only step, the others inside of it")
  }

  /// A stopped estimate keeps the probes that were complete, and the same ones as a longer run.
  func testStoppedTraceKeepsItsSamples() throws {
    let network = try LongRuns.network(samples: 500, hidden: 128)
    let x = LongRuns.start(network)
    func trace(_ options: Options) throws -> Report {
      let metric = try HessianTrace.configured(["probes": .int(1_000_000)])
      return try SwaleCore.measure(
        metric, name: "hessian_trace", needs: HessianTrace.needs, pointRange: HessianTrace.points, objective: network,
        points: x, count: 1, run: limited(options))
    }
    let timed = try trace(["max_seconds": .real(0.4)])
    let samples = try XCTUnwrap(timed.values("samples"))
    XCTAssertEqual(timed.scalar("reason"), Double(Reason.maxTime.rawValue))
    XCTAssertEqual(timed.scalar("success"), 0)
    XCTAssertGreaterThan(samples.count, 0)
    XCTAssertTrue(timed.scalar("standard_error")?.isFinite == true)
    // The linearisation counts as one; what is left is cut to the limit.
    let counted = try trace(["max_evaluations": .int(41)])
    XCTAssertEqual(counted.values("samples")?.count, 40)
    XCTAssertEqual(counted.scalar("evaluations"), 41)
    XCTAssertEqual(counted.text("message"), "maximum number of evaluations (max_evaluations = 41)")
  }

  /// A million probes are neither prepared nor held at once, and those that were made count.
  func testSpectraTakeMemoryAsTheyGo() throws {
    let bowl = try QuadraticObjective(diagonal: (0..<200).map { Double($0) - 50 })
    let x = LongRuns.start(bowl)
    let metric = try HessianSpectrum.configured(["probes": .int(1_000_000)])
    Memory.resetPeak()
    let before = Memory.used
    let report = try SwaleCore.measure(
      metric, name: "hessian_spectrum", needs: HessianSpectrum.needs, pointRange: HessianSpectrum.points,
      objective: bowl, points: x, count: 1, run: limited(["max_seconds": .real(0.3)]))
    XCTAssertLessThan(Memory.peak - before, 100_000_000, "2.1 GB when all probes are held")
    XCTAssertEqual(report.scalar("reason"), Double(Reason.maxTime.rawValue))
    XCTAssertGreaterThan(report.values("node_counts")?.count ?? 0, 10)
    // The first moment is the mean of the eigenvalues, 49.5, which Rademacher probes have without error.
    XCTAssertEqual(report.values("moments")?.first ?? .nan, 49.5, accuracy: 1e-9)
  }

  /// Least of some attempts, because a busy machine makes silences of its own.
  private func expectLooks(_ what: String, _ body: () throws(Failure) -> Void) throws {
    var least = Double.infinity
    for _ in 0..<4 where least > 0.1 { least = min(least, try longestSilence(body)) }
    XCTAssertLessThan(least, 0.1, "\(what): seconds without a look")
  }

  func testDenseEigenproblemsLook() throws {
    let n = 1200
    let matrix = try Buffer<Double>(n * n)
    for i in 0..<n { for j in 0..<n { matrix.pointer[i * n + j] = sin(Double(i * j + i + j)) } }
    for vectors in [false, true] {
      try expectLooks("eigenvalues, vectors \(vectors)") { () throws(Failure) in
        _ = try SymmetricEigen.solve(
          n, try Buffer(copying: matrix.constant, count: n * n), vectors: vectors, builtin: true)
      }
    }
  }

  func testDataLooks() throws {
    try expectLooks("random patterns") { () throws(Failure) in
      _ = try RandomPatterns.configured(["samples": .int(300_000), "features": .int(1000)]).load(seed: 1)
    }
    let data = try GaussianInputs.configured(["samples": .int(20_000), "features": .int(1000)]).load(seed: 1)
    try expectLooks("gaussian inputs") { () throws(Failure) in
      _ = try GaussianInputs.configured(["samples": .int(20_000), "features": .int(1000)]).load(seed: 1)
    }
    try expectLooks("standardize") { () throws(Failure) in
      _ = try Standardize.configured([:]).apply(data, seed: 1)
    }
    try expectLooks("binarize") { () throws(Failure) in
      _ = try Binarize.configured([:]).apply(data, seed: 1)
    }
    try expectLooks("subset") { () throws(Failure) in
      _ = try Subset.configured(["count": .int(15_000), "order": .text("random")]).apply(data, seed: 1)
    }
  }

  /// Reading files: a table of two million numbers.
  func testCsvLooks() throws {
    let path = temporaryPath("swale-interruption.csv")
    let stream = try XCTUnwrap(fopen(path, "w"))
    let line = (0..<50).map { "\(sin(Double($0)))" }.joined(separator: ",") + "\n"
    for _ in 0..<40_000 { fputs(line, stream) }
    fclose(stream)
    defer { remove(path) }
    try expectLooks("csv") { () throws(Failure) in
      _ = try CsvFile.configured(["path": .text(path), "label": .text("none")]).load(seed: 0)
    }
    // And a file that is being read is let go of.
    let stop = Interrupter { .cancelled }
    XCTAssertThrowsError(
      try Interrupter.use(stop) { () throws(Failure) in
        _ = try CsvFile.configured(["path": .text(path), "label": .text("none")]).load(seed: 0)
      }
    ) { XCTAssertEqual(($0 as? Failure)?.interruption, .cancelled) }
  }

  private func temporaryPath(_ name: String) -> String { "/tmp/\(getpid())-\(name)" }
}
