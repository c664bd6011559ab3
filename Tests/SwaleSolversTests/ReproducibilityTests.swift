import Glibc
import Swale
import SwaleTestSupport
import XCTest

/// Same seed, same bits: for any number of threads. No memory is taken by a step.
final class ReproducibilityTests: XCTestCase {
  let solvers: [any (Solver & Component).Type] = [SGD.self, Adam.self, LBFGS.self, NewtonCG.self]

  /// Long enough that every elementwise loop is split over all four threads.
  func testThreadsDoNotChangeBits() throws {
    let n = 2_500_000
    let bowl = try QuadraticObjective(
      diagonal: (0..<n).map { 0.5 + Double($0 % 97) / 97 }, precision: .f32)
    let start = (0..<n).map { Double($0 % 31) - 15 }
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for type in solvers {
      var options: Options = [:]
      if type.info.name == "sgd" { options = ["momentum": .real(0.9), "learning_rate": .real(0.1)] }
      if type.info.name == "adam" { options = ["weight_decay": .real(0.1), "decoupled": .bool(true)] }
      var ends: [[Double]] = []
      for threads in [1, 2, 4] {
        Parallel.threads = threads
        ends.append(try solved(type, options, bowl, start, run: ["max_steps": .int(3)]).x)
      }
      XCTAssert(ends[0] == ends[1] && ends[0] == ends[2], type.info.name)
      XCTAssertNotEqual(ends[0][5], start[5])
    }
  }

  func testNetworkRunsRepeat() throws {
    let objective = try Digits.network("relu", precision: .f32)
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for type in solvers {
      var options: Options = [:]
      if type.info.name == "sgd" || type.info.name == "adam" { options["batch_size"] = .int(32) }
      var ends: [[Double]] = []
      for threads in [1, 2, 4] {
        Parallel.threads = threads
        ends.append(
          try solved(type, options, objective, Digits.fingerprint(), run: ["max_steps": .int(20), "seed": .int(3)]).x)
      }
      XCTAssert(ends[0] == ends[1] && ends[0] == ends[2], type.info.name)
    }
  }

  func testStepsTakeNoMemory() throws {
    let objective = try Digits.network()
    for type in solvers {
      var options: Options = [:]
      if type.info.name == "sgd" || type.info.name == "adam" { options["batch_size"] = .int(32) }
      var used: [Int] = []
      // The final evaluation is watched too, with a gradient of its own.
      let settings: Options = [
        "max_steps": .int(40), "history": .bool(false), "progress_every": .real(0), "final_evaluation": .bool(false),
      ]
      _ = try solved(type, options, objective, Digits.fingerprint(), run: settings) { progress in
        if progress.reason == .running, progress.step >= 2 { used.append(Memory.used) }
        return true
      }
      XCTAssertGreaterThan(used.count, 10)
      XCTAssertEqual(Set(used).count, 1, type.info.name)
    }
  }
}
