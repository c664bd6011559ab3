import Glibc
import Swale
import XCTest

/// How long a run takes to notice that it is to stop, on patterns where one sweep or epoch is long.
///
/// Times are processor times of the calling thread, so that a busy machine does not fail the test: the longest stretch
/// between two progress calls, which come from the very function that asks whether to stop.
final class ResponseTests: XCTestCase {
  /// Longest stretch in seconds, from the start of the call to its end after a stop at the given progress call.
  func longestStretch<T: Solver & Component>(
    _ type: T.Type, _ options: Options, _ objective: any Objective, _ start: [Double],
    stop: Int = 30
  ) throws -> Double {
    var (last, longest, calls) = (processorSeconds(), 0.0, 0)
    let end = try solved(
      type, options, objective, start, run: ["progress_every": .real(0), "final_evaluation": .bool(false)]
    ) { _ in
      let now = processorSeconds()
      (longest, last) = (max(longest, now - last), now)
      calls += 1
      return calls < stop
    }
    XCTAssertEqual(end.reason, .cancelled, type.info.name)
    return max(longest, processorSeconds() - last)
  }

  /// N = 4001, P = 12000: the sweep of a cross-entropy walker takes tenths of a second, that of counts of errors and an
  /// epoch of learning some hundredths.
  func testSolversStopWithinATenthOfASecond() throws {
    let (n, p) = (4001, 12_000)
    let data = try RandomPatterns.configured(["samples": .int(p), "features": .int(n)]).load(seed: 1)
    func perceptron(_ options: Options) throws -> any Objective {
      let landscape = try Registry.shared.make(.objective, "perceptron", options, as: (any Landscape).self)
      return try landscape.build(LandscapeParts(registry: .shared, data: data))
    }
    let count = try perceptron([:])
    let smooth = try perceptron(["loss": .text("cross_entropy")])
    let start = randomSpins(n, seed: 1)
    let all: Options = ["batch": .int(p), "learning_rate": .real(2)]
    typealias Case = (any (Solver & Component).Type, Options, any Objective)
    let cases: [Case] = [
      (Metropolis.self, [:], smooth), (SimulatedAnnealing.self, [:], count), (SimulatedAnnealing.self, [:], smooth),
      (ReplicatedAnnealing.self, [:], smooth), (SBPI.self, [:], count), (LeastAction.self, [:], count),
      (LeastAction.self, all, count), (EntropicLeastAction.self, [:], count),
      (EntropicLeastAction.self, ["batch": .int(p)], count),
      (ReplicatedSGD.self, ["replicas": .int(7)], smooth), (EntropySGD.self, [:], smooth),
      (Langevin.self, [:], smooth),
    ]
    for (type, options, objective) in cases {
      let stretch = try longestStretch(type, options, objective, start)
      XCTAssertLessThan(stretch, 0.1, "\(type.info.name), \(objective.name)")
    }
  }

  /// A landscape whose flips are dear: 0.5 ms for a proposal, half a second for a sweep.
  func testDearFlips() throws {
    let table = DearTable(sites: 1000)
    for type in [Metropolis.self, SimulatedAnnealing.self, ReplicatedAnnealing.self] as [any (Solver & Component).Type] {
      XCTAssertLessThan(
        try longestStretch(type, [:], table, randomSpins(1000, seed: 1), stop: 6), 0.1, type.info.name)
    }
  }

  /// A sweep that was cut short is no sample of an average.
  func testCutSweepsAreNotAveraged() throws {
    var calls = 0
    let end = try solved(
      Metropolis.self, ["burn_in": .int(0), "sweeps": .int(50)], DearTable(sites: 256, work: 0),
      randomSpins(256, seed: 1), run: ["progress_every": .real(0)]
    ) { _ in
      calls += 1
      // One call before each sweep and three within: the 11th is in the middle of the third.
      return calls < 11
    }
    XCTAssertEqual(end.reason, .cancelled)
    XCTAssertEqual(end.report.values("energies")?.count, 2)
    XCTAssertLessThan(end.report.scalar("proposals") ?? .infinity, 3 * 256)
  }
}

private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

/// Spins in a field whose energy changes take a while.
private final class DearTable: Objective {
  let name = "dear table"
  let dimension: Int
  let precision: Precision = .f64
  let capabilities: Capabilities = [.value, .flips]
  let work: Double

  /// - Parameter work: seconds of processor time for a proposal.
  init(sites: Int, work: Double = 5e-4) {
    dimension = sites
    self.work = work
  }

  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { DearOracle<S>(self) }
}

private final class DearOracle<S: Scalar>: Oracle<S> {
  private var spins: [S] = []
  private let work: Double

  init(_ table: DearTable) {
    work = table.work
    super.init(table)
  }

  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    (0..<dimension).reduce(0.0) { $0 + (x[$1] < 0 ? 0 : 1) }
  }
  override func place(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    spins = (0..<dimension).map { x[$0] < 0 ? -1 : 1 }
    return try value(x)
  }
  override func flipChange(_ i: Int) -> Double {
    let end = processorSeconds() + work
    while processorSeconds() < end {}
    return spins[i] < 0 ? 1 : -1
  }
  override func flip(_ i: Int) { spins[i] = -spins[i] }
}
