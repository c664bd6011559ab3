import Glibc
import Swale
import Synchronization
import XCTest

/// The ensemble of replicas against enumeration, its limits, and its refusals.
final class ReplicatedAnnealingTests: XCTestCase {
  /// Energies by configuration, with the current states of all evaluators in view.
  final class WatchedTable: Objective {
    let name = "watched table"
    let dimension: Int
    let precision: Precision = .f64
    let capabilities: Capabilities = [.value, .flips]
    let energies: [Double]
    private let states = Mutex<[Int]>([])

    init(_ energies: [Double]) {
      self.energies = energies
      dimension = energies.count.trailingZeroBitCount
    }

    /// States of the evaluators, in the order in which they were made.
    var current: [Int] { states.withLock { $0 } }
    func put(_ number: Int, _ state: Int) { states.withLock { $0[number] = state } }
    func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> {
      let number = states.withLock { states in
        states.append(0)
        return states.count - 1
      }
      return WatchedOracle<S>(self, number)
    }
  }

  final class WatchedOracle<S: Scalar>: Oracle<S> {
    private let table: WatchedTable
    private let number: Int
    private var state = 0

    init(_ table: WatchedTable, _ number: Int) {
      self.table = table
      self.number = number
      super.init(table)
    }

    override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
      table.energies[TableLandscape.index(x, dimension)]
    }
    override func place(_ x: UnsafePointer<S>) throws(Failure) -> Double {
      state = TableLandscape.index(x, dimension)
      table.put(number, state)
      return table.energies[state]
    }
    override func flipChange(_ i: Int) -> Double { table.energies[state ^ (1 << i)] - table.energies[state] }
    override func flip(_ i: Int) {
      state ^= 1 << i
      table.put(number, state)
    }
  }

  /// N = 3, y = 2: all 64 joint states against exp(-sum E / T) prod_i 2 cosh(gamma s_i), which is also what is left of
  /// the explicit centre when it is summed over. The schedule has to move: by 1e-7 of its value.
  func testRobustEnsembleOfThreeSpins() throws {
    let energies = [0.3, 1.1, -0.4, 0.9, 0.0, 1.6, 0.7, -0.2]
    let (temperature, gamma) = (0.9, 0.6)
    var exact = [Double](repeating: 0, count: 64)
    for a in 0..<8 {
      for b in 0..<8 {
        var weight = exp(-(energies[a] + energies[b]) / temperature)
        for i in 0..<3 {
          let s = (a >> i & 1 == 0 ? 1.0 : -1.0) + (b >> i & 1 == 0 ? 1.0 : -1.0)
          weight *= 2 * cosh(gamma * s)
        }
        exact[8 * a + b] = weight
      }
    }
    let total = exact.reduce(0, +)
    for center in ["traced", "explicit"] {
      let table = WatchedTable(energies)
      let (sweeps, burnIn) = (200_000, 100)
      var counts = [Double](repeating: 0, count: 64)
      var seen = 0
      let options: Options = [
        "replicas": .int(2), "center": .text(center), "start_temperature": .real(temperature),
        "end_temperature": .real(temperature * (1 + 1e-7)), "gamma_start": .real(gamma), "gamma_end": .real(gamma),
        "sweeps": .int(sweeps),
      ]
      let run: Options = ["progress_every": .real(0), "history": .bool(false), "final_evaluation": .bool(false)]
      // Asked between the sweeps of the replicas too: any moment of a stationary chain is as good.
      _ = try solved(ReplicatedAnnealing.self, options, table, [1, 1, 1], run: run) { progress in
        if progress.step >= burnIn, progress.reason == .running {
          let states = table.current
          counts[8 * states[0] + states[1]] += 1
          seen += 1
        }
        return true
      }
      XCTAssertGreaterThan(seen, sweeps)
      // Three looks at each sweep, correlated over a sweep or two: sweeps / 3 are as good as independent.
      let independent = Double(sweeps) / 3
      var (overlap, seenOverlap, energy, seenEnergy) = (0.0, 0.0, 0.0, 0.0)
      for state in 0..<64 {
        let (p, visits) = (exact[state] / total, counts[state] / Double(seen))
        XCTAssertEqual(visits, p, accuracy: 4 * (p / independent).squareRoot(), "\(center), state \(state)")
        let (a, b) = (state / 8, state % 8)
        let q = 1 - 2 * Double((a ^ b).nonzeroBitCount) / 3
        overlap += p * q
        seenOverlap += visits * q
        energy += p * (energies[a] + energies[b])
        seenEnergy += visits * (energies[a] + energies[b])
      }
      // Standard deviations of single samples are below 0.7 and 1.2.
      XCTAssertEqual(seenOverlap, overlap, accuracy: 4 * 0.7 / independent.squareRoot(), center)
      XCTAssertEqual(seenEnergy, energy, accuracy: 4 * 1.2 / independent.squareRoot(), center)
    }
  }

  /// One replica without attraction makes the very moves of simulated annealing.
  func testOneFreeReplicaIsSimulatedAnnealing() throws {
    let device = try PlainDevice(fanIn: 21, patterns: 15, seed: 3, energy: .crossEntropy(gamma: 1))
    let shared: Options = ["start_temperature": .real(2), "end_temperature": .real(0.05), "sweeps": .int(100)]
    var replicated = shared
    replicated["replicas"] = .int(1)
    replicated["readout"] = .text("best")
    replicated["gamma_start"] = .real(0)
    replicated["gamma_end"] = .real(0)
    let start = randomSpins(21, seed: 2)
    for center in ["traced", "explicit"] {
      replicated["center"] = .text(center)
      let one = try solved(ReplicatedAnnealing.self, replicated, device, start, run: ["seed": .int(4)])
      let plain = try solved(SimulatedAnnealing.self, shared, device, start, run: ["seed": .int(4)])
      XCTAssertEqual(one.losses, plain.losses)
      XCTAssertEqual(one.x, plain.x)
    }
  }

  /// With gamma so large that replicas must agree, they do, and the centre is all of them.
  func testStrongAttractionMakesReplicasAgree() throws {
    let device = try PlainDevice(fanIn: 15, patterns: 9, seed: 3)
    for center in ["traced", "explicit"] {
      let end = try solved(
        ReplicatedAnnealing.self,
        [
          "gamma_end": .real(8), "sweeps": .int(300), "replicas": .int(3), "center": .text(center),
          "stop_at_zero": .bool(false), "readout": .text("center"),
        ], device, randomSpins(15, seed: 2))
      let rows = try XCTUnwrap(end.report.values("replicas"))
      XCTAssertEqual(end.report["replicas"]?.shape, [3, 15])
      let middle = try XCTUnwrap(end.report.values("center"))
      for a in 0..<3 { XCTAssertEqual(Array(rows[15 * a..<15 * (a + 1)]), middle, center) }
      XCTAssertEqual(end.report.values("replica_overlap")?.last, 1)
      let errors = try XCTUnwrap(end.report.values("replica_energies"))
      XCTAssertEqual(errors, [Double](repeating: Double(device.errors(middle.map { Int($0) })), count: 3))
    }
  }

  func testReadoutsAreSolutions() throws {
    let device = try PlainDevice(fanIn: 31, patterns: 12, seed: 5)
    for readout in ["best", "center"] {
      let end = try solved(
        ReplicatedAnnealing.self, ["readout": .text(readout), "sweeps": .int(200)], device, randomSpins(31, seed: 2))
      let errors = device.errors(end.x.map { Int($0) })
      XCTAssertEqual(end.report.scalar("solved"), errors == 0 ? 1 : 0, readout)
      XCTAssertEqual(end.report.scalar("errors"), Double(errors), readout)
      XCTAssertEqual(end.report.scalar("energy"), Double(errors), readout)
      XCTAssertEqual(errors, 0, readout)
      XCTAssertEqual(end.reason, .converged)
    }
  }

  func testRefusals() throws {
    let device = try PlainDevice(fanIn: 5, patterns: 3, seed: 3)
    XCTAssertEqual(
      refusal { _ = try ReplicatedAnnealing.configured(["replicas": .int(0)]) }?.message,
      "option 'replicas' of solver 'replicated_annealing' is 0, allowed 1 ... 100000")
    XCTAssertEqual(
      refusal { _ = try ReplicatedAnnealing.configured(["gamma_start": .real(-0.5)]) }?.message,
      "option 'gamma_start' of solver 'replicated_annealing' is -0.5, allowed 0 ... 1000000")
    let still = refusal {
      _ = try solved(
        ReplicatedAnnealing.self,
        ["gamma_start": .real(1), "gamma_end": .real(1), "start_temperature": .real(1), "end_temperature": .real(1)],
        device, randomSpins(5, seed: 1))
    }
    XCTAssert(still?.message.contains("ever moves") == true, "\(String(describing: still))")
  }
}
