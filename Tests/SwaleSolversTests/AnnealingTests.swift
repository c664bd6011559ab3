import Glibc
import Swale
import XCTest

/// Metropolis moves and annealing: exact distributions of small systems by enumeration, bookkeeping against direct
/// evaluation, refusals.
final class AnnealingTests: XCTestCase {
  /// 2^n energies: small whole numbers, or real ones.
  func energies(_ n: Int, whole: Bool, seed: UInt64) -> [Double] {
    var values = [Double](repeating: 0, count: 1 << n)
    Double.randomNormal(seed, 5, 0, values.count, 0, 1, &values)
    return whole ? values.map { (1.5 * abs($0)).rounded() } : values
  }

  /// Exact weights exp(-E / T), normalised.
  func boltzmann(_ energies: [Double], _ temperature: Double) -> [Double] {
    let weights = energies.map { exp(-$0 / temperature) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  func testMetropolisSamplesTheBoltzmannDistribution() throws {
    for (order, whole) in [("random", true), ("sequential", true), ("permutation", true), ("random", false)] {
      let table = TableLandscape(energies(10, whole: whole, seed: 3))
      let temperature = 0.7
      let end = try solved(
        Metropolis.self,
        ["temperature": .real(temperature), "sweeps": .int(40_000), "order": .text(order), "histogram_width": .real(1)],
        table, randomSpins(10, seed: 1), run: ["seed": .int(5)])
      let exact = boltzmann(table.energies, temperature)
      let mean = zip(exact, table.energies).reduce(0) { $0 + $1.0 * $1.1 }
      let error = try XCTUnwrap(end.report.scalar("mean_energy_error"))
      XCTAssertEqual(end.report.scalar("mean_energy") ?? .nan, mean, accuracy: 4 * error, "\(order), whole \(whole)")
      XCTAssertLessThan(error, 0.03)
      XCTAssertEqual(end.report.scalar("proposals"), 10 * 40_100)

      // Each bin is within 5 standard errors; correlated samples count as 1 / (2 tau) each.
      let time = max(0.5, try XCTUnwrap(end.report.scalar("correlation_time")))
      let counts = try XCTUnwrap(end.report.values("histogram_counts"))
      let centers = try XCTUnwrap(end.report.values("histogram_energies"))
      XCTAssertEqual(counts.reduce(0, +), 40_000)
      for (center, count) in zip(centers, counts) {
        let p = zip(exact, table.energies).reduce(0) { $0 + ($1.1.rounded() == center ? $1.0 : 0) }
        let spread = (p * (1 - p) * 2 * time / 40_000).squareRoot()
        XCTAssertEqual(count / 40_000, p, accuracy: 5 * spread + 1e-3, "\(order), energy \(center)")
      }
    }
  }

  /// Real-valued losses, sites at random: a sweep is reversible, so every pair of states is passed equally often both
  /// ways.
  func testDetailedBalance() throws {
    let table = TableLandscape(energies(3, whole: false, seed: 8))
    let sweeps = 30_000
    let end = try solved(
      Metropolis.self, ["temperature": .real(0.8), "sweeps": .int(sweeps), "burn_in": .int(0)], table, [1, 1, 1],
      run: ["trajectory_every": .int(1)])
    let states = end.trajectory.map { TableLandscape.index($0, 3) }
    var passed = [[Double]](repeating: [Double](repeating: 0, count: 8), count: 8)
    for (a, b) in zip(states, states.dropFirst()) { passed[a][b] += 1 }
    let exact = boltzmann(table.energies, 0.8)
    for a in 0..<8 {
      for b in 0..<a {
        let total = passed[a][b] + passed[b][a]
        // The two counts of a reversible chain differ by a few standard deviations of a fair coin at most.
        XCTAssertLessThan(abs(passed[a][b] - passed[b][a]), 5 * total.squareRoot() + 1, "\(a) and \(b)")
        XCTAssertGreaterThan(total, 10)
      }
      let visits = Double(states.count { $0 == a }) / Double(states.count)
      XCTAssertEqual(visits, exact[a], accuracy: 5 * (exact[a] * 4 / Double(sweeps)).squareRoot(), "state \(a)")
    }
  }

  /// At temperature 0 only moves that do not raise the energy are accepted.
  func testZeroTemperatureIsGreedy() throws {
    let table = TableLandscape(energies(12, whole: false, seed: 2))
    let settings: Options = ["temperature": .real(0), "sweeps": .int(50)]
    let end = try solved(Metropolis.self, settings, table, randomSpins(12, seed: 4))
    for (before, after) in zip(end.losses, end.losses.dropFirst()) { XCTAssertLessThanOrEqual(after, before) }
    let state = TableLandscape.index(end.x, 12)
    for i in 0..<12 { XCTAssertGreaterThan(table.energies[state ^ (1 << i)], table.energies[state]) }
  }

  /// The blocked error against the sum of autocorrelations of the same series.
  func testErrorsAndHistogramOfFreeSpins() throws {
    // Ten spins in a field, E = number of spins down: mean 10 / (1 + e^(1/T)), sd of one sample from the binomial.
    let table = TableLandscape((0..<1024).map { Double($0.nonzeroBitCount) })
    let (p, sweeps) = (1 / (1 + exp(1 / 1.5)), 20_000)
    let end = try solved(
      Metropolis.self, ["temperature": .real(1.5), "sweeps": .int(sweeps)], table, randomSpins(10, seed: 1))
    let series = try XCTUnwrap(end.report.values("energies"))
    XCTAssertEqual(series.count, sweeps)
    let mean = series.reduce(0, +) / Double(sweeps)
    XCTAssertEqual(end.report.scalar("mean_energy") ?? .nan, mean, accuracy: 1e-9)
    let error = try XCTUnwrap(end.report.scalar("mean_energy_error"))
    XCTAssertEqual(mean, 10 * p, accuracy: 4 * error)
    // Autocorrelations of the series summed directly.
    let variance = series.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sweeps)
    var time = 0.5
    for lag in 1..<20 {
      let products = (0..<sweeps - lag).reduce(0.0) { $0 + (series[$1] - mean) * (series[$1 + lag] - mean) }
      time += products / Double(sweeps - lag) / variance
    }
    // Levels of 32 blocks and more: the largest of several estimates, each good to 1 / sqrt(2 * 32), is a little high.
    XCTAssertEqual(error, (variance * 2 * time / Double(sweeps)).squareRoot(), accuracy: 0.35 * error)
  }

  /// The energy that annealing carries along is the energy of the configuration, in both precisions, for every energy.
  func testEnergyBookkeeping() throws {
    for precision in [Precision.f64, .f32] {
      for energy in [PlainDevice.Energy.errors, .crossEntropy(gamma: 1.5)] {
        let device = try PlainDevice(fanIn: 15, patterns: 12, seed: 1, energy: energy, precision: precision)
        let end = try solved(
          SimulatedAnnealing.self, ["sweeps": .int(300), "stop_at_zero": .bool(false), "start_temperature": .real(2)],
          device, randomSpins(15, seed: 1), run: ["trajectory_every": .int(1)])
        for (point, value) in zip(end.trajectory.dropFirst(), end.losses) {
          XCTAssertEqual(device.value(point.map { Int($0) }), value, accuracy: 1e-9)
        }
        let lowest = end.losses.min() ?? .nan
        XCTAssertEqual(end.report.scalar("energy") ?? .nan, device.value(end.x.map { Int($0) }), accuracy: 1e-12)
        XCTAssertLessThanOrEqual(end.report.scalar("energy") ?? .nan, lowest + 1e-9)
        XCTAssertEqual(end.report.scalar("errors"), Double(device.errors(end.x.map { Int($0) })))
      }
    }
  }

  /// Real points are read by their signs, 0 as +1.
  func testRealStartingPoints() throws {
    let table = TableLandscape(energies(4, whole: false, seed: 2))
    let settings: Options = ["temperature": .real(0.5), "sweeps": .int(20)]
    let real = try solved(Metropolis.self, settings, table, [0, -0.01, 7, -0.0])
    let signs = try solved(Metropolis.self, settings, table, [1, -1, 1, 1])
    XCTAssertEqual(real.losses, signs.losses)
  }

  func testSchedules() throws {
    let table = TableLandscape(energies(6, whole: true, seed: 2))
    // The last temperature is reported; a limit of 5 sweeps of 9 stops half-way down, where both means are easy.
    for (schedule, middle) in [("geometric", 0.2), ("linear", 0.5 * (0.4 + 0.1))] {
      let options: Options = [
        "start_temperature": .real(0.4), "end_temperature": .real(0.1), "schedule": .text(schedule), "sweeps": .int(9),
      ]
      let all = try solved(SimulatedAnnealing.self, options, table, randomSpins(6, seed: 1))
      XCTAssertEqual(all.report.scalar("temperature"), 0.1)
      let half = try solved(
        SimulatedAnnealing.self, options, table, randomSpins(6, seed: 1), run: ["max_steps": .int(5)])
      XCTAssertEqual(half.report.scalar("temperature") ?? .nan, middle, accuracy: 1e-15)
      XCTAssertEqual(half.losses, Array(all.losses.prefix(5)))
    }
  }

  func testRefusals() throws {
    let table = TableLandscape(energies(4, whole: true, seed: 2))
    let start = randomSpins(4, seed: 1)
    let still = refusal {
      _ = try solved(
        SimulatedAnnealing.self, ["start_temperature": .real(0.3), "end_temperature": .real(0.3)], table, start)
    }
    XCTAssert(still?.message.contains("never moves") == true, "\(String(describing: still))")
    let long = refusal {
      _ = try solved(SimulatedAnnealing.self, ["sweeps": .int(10), "sweeps_per_temperature": .int(10)], table, start)
    }
    XCTAssert(long?.message.contains("never moves") == true)
    let zero = refusal { _ = try solved(SimulatedAnnealing.self, ["end_temperature": .real(0)], table, start) }
    XCTAssert(zero?.message.contains("schedule linear") == true, "\(String(describing: zero))")
    // A linear schedule may end at 0.
    _ = try solved(
      SimulatedAnnealing.self, ["end_temperature": .real(0), "schedule": .text("linear"), "sweeps": .int(20)], table,
      start)
    XCTAssertEqual(
      refusal { _ = try Metropolis.configured(["temperature": .real(-1)]) }?.message.hasPrefix(
        "option 'temperature' of solver 'metropolis' is -1, allowed 0"), true)
    let smooth = try landscape(3) { x in (0, x) }
    let spins = refusal { _ = try solved(Metropolis.self, [:], smooth, [1, 1, 1]) }
    XCTAssertEqual(spins?.status, .unsupported)
    XCTAssert(spins?.message.contains("single-spin flips") == true)
  }

  /// Real parameters: from the wrong one of two wells in each coordinate to the bottom of the lower ones, of which the
  /// energy difference 0.6 is far above the temperatures at which the barrier of 1 stops being crossed.
  func testGaussianMoves() throws {
    let wells = try landscape(3) { x in
      let value = x.reduce(0) { $0 + ($1 * $1 - 1) * ($1 * $1 - 1) + 0.3 * $1 }
      return (value, x.map { 4 * $0 * ($0 * $0 - 1) + 0.3 })
    }
    var bottom = -1.0
    for _ in 0..<20 { bottom -= (4 * bottom * (bottom * bottom - 1) + 0.3) / (12 * bottom * bottom - 4) }
    let lowest = 3 * ((bottom * bottom - 1) * (bottom * bottom - 1) + 0.3 * bottom)
    for move in ["all", "one"] {
      let options: Options = [
        "start_temperature": .real(2), "end_temperature": .real(1e-5), "move": .text(move),
        "sweeps": .int(move == "all" ? 20_000 : 5000),
      ]
      let end = try solved(SimulatedAnnealing.self, options, wells, [1, 1, 1], run: ["seed": .int(2)])
      // Three coordinates at temperature T lie 3 T / 2 above the bottom on average; the best of many lies lower.
      XCTAssertEqual(end.fun, lowest, accuracy: 1e-4, move)
      XCTAssertEqual(end.report.scalar("energy") ?? .nan, end.fun, accuracy: 1e-12)
      XCTAssertEqual(end.report.scalar("acceptance") ?? .nan, 0.3, accuracy: 0.05, move)
    }
  }

  func testStepsTakeNoMemory() throws {
    let device = try PlainDevice(fanIn: 21, patterns: 15, seed: 1, energy: .crossEntropy(gamma: 1))
    let machine = try PlainDevice(hidden: 3, fanIn: 21, patterns: 60, seed: 1)
    let solvers: [(any (Solver & Component).Type, PlainDevice)] = [
      (Metropolis.self, device), (SimulatedAnnealing.self, device), (ReplicatedAnnealing.self, device),
      (SBPI.self, try PlainDevice(fanIn: 101, patterns: 90, seed: 1)), (LeastAction.self, machine),
      (EntropicLeastAction.self, machine),
    ]
    for (type, objective) in solvers {
      var used: [Int] = []
      let settings: Options = ["max_steps": .int(20), "history": .bool(false), "progress_every": .real(0)]
      let stops = type is SimulatedAnnealing.Type || type is ReplicatedAnnealing.Type
      _ = try solved(
        type, stops ? ["stop_at_zero": .bool(false)] : [:], objective, randomSpins(objective.dimension, seed: 1),
        run: settings
      ) { progress in
        if progress.reason == .running, progress.step >= 2 { used.append(Memory.used) }
        return true
      }
      XCTAssertGreaterThan(used.count, 10, type.info.name)
      XCTAssertEqual(Set(used).count, 1, type.info.name)
    }
  }

  func testSameBitsForAnyThreads() throws {
    let device = try PlainDevice(fanIn: 21, patterns: 15, seed: 1, energy: .crossEntropy(gamma: 1))
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let solvers: [any (Solver & Component).Type] = [
      Metropolis.self, SimulatedAnnealing.self, ReplicatedAnnealing.self,
    ]
    for type in solvers {
      var ends: [[Double]] = []
      for threads in [1, 2, 4] {
        Parallel.threads = threads
        let end = try solved(
          type, [:], device, randomSpins(21, seed: 1), run: ["seed": .int(6), "max_steps": .int(15)])
        ends.append(end.losses + end.x)
      }
      XCTAssert(ends[0] == ends[1] && ends[0] == ends[2], type.info.name)
    }
  }
}
