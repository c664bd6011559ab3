import SwaleCore

/// A parameter that moves from `first` to `last` over the levels of a run, level l of L at s = l / (L - 1):
/// geometric first (last / first)^s, linear first + (last - first) s.
struct AnnealingSchedule: Sendable {
  static let names = ["geometric", "linear"]

  let first: Double
  let last: Double
  let geometric: Bool
  /// Sweeps of one level, and of all.
  let sweepsPerLevel: Int
  let sweeps: Int

  var levels: Int { (sweeps - 1) / sweepsPerLevel + 1 }

  /// Value during sweep number `sweep`; beyond the last sweep that of the end.
  func value(_ sweep: Int) -> Double {
    if levels < 2 { return first }
    let s = min(1, Double(sweep / sweepsPerLevel) / Double(levels - 1))
    if s == 1 { return last }
    return geometric ? geometricPath(first, last, at: s) : first + (last - first) * s
  }

  var moves: Bool { first != last && levels > 1 }
}

/// The options that every annealing has: temperatures and lengths.
public struct Annealing: Sendable {
  public var start = 0.5
  public var end = 0.001
  public var schedule = "geometric"
  public var sweeps = 2000
  public var sweepsPerTemperature = 1
  public var order = "random"

  public init() {}

  func plan(_ who: String) throws(Failure) -> AnnealingSchedule {
    let plan = AnnealingSchedule(
      first: start, last: end, geometric: schedule == "geometric", sweepsPerLevel: sweepsPerTemperature,
      sweeps: sweeps)
    if plan.geometric, start == 0 || end == 0 {
      throw Failure(
        .option,
        "option '\(start == 0 ? "start_temperature" : "end_temperature")' of \(who) is 0, which a geometric schedule "
          + "cannot reach; allowed positive numbers, or 0 with schedule linear")
    }
    return plan
  }

  var sweepOrder: SweepOrder { SweepOrder(rawValue: order) ?? .random }
}

/// A solver with the options of `Annealing`.
public protocol AnnealingSolver: Solver, Component {
  var annealing: Annealing { get set }
}

extension AnnealingSolver {
  public static var annealingOptions: [Option<Self>] {
    [
      option("start_temperature", \.annealing.start, in: 0...1e150, "Temperature of the first sweep."),
      option("end_temperature", \.annealing.end, in: 0...1e150,
        "Temperature of the last sweep; at 0 (linear schedule) only moves that do not raise the energy are accepted."),
      option("schedule", \.annealing.schedule, choices: AnnealingSchedule.names, "How the temperature moves."),
      option("sweeps", \.annealing.sweeps, in: 1...9e15,
        "Sweeps of the whole schedule, of as many proposals as spins; a run limit max_steps ends it early."),
      option("sweeps_per_temperature", \.annealing.sweepsPerTemperature, in: 1...9e15,
        "Sweeps at one temperature before it moves."),
      option("order", \.annealing.order, choices: SweepOrder.names,
        "Sites of a sweep: independent uniform draws, one after the other, or each once in a random order."),
    ]
  }
}
