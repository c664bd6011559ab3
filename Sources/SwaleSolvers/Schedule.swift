import Glibc
import SwaleCore

/// first (last / first)^s of positive numbers, in logarithms where their quotient leaves the range of doubles.
func geometricPath(_ first: Double, _ last: Double, at s: Double) -> Double {
  let ratio = last / first
  return ratio > 0 && ratio.isFinite ? first * pow(ratio, s) : exp(log(first) + s * (log(last) - log(first)))
}

/// How the learning rate changes over a run: a factor f(t) of step t = 0, 1, ... of T.
///
/// The first w = round(warmup T) steps rise linearly, f = (t + 1) / w. After them, with s = (t - w) / (T - w):
/// - constant: 1
/// - step: decay^k, k = number of milestones m with t >= round(m T)
/// - cosine: e + (1 - e) (1 + cos(pi s)) / 2, e the final factor (SGDR without restarts)
/// - linear: 1 - (1 - e) s
///
/// s is 0 at step w and would be 1 at step T, as in PyTorch's schedulers when they are stepped once per batch.
/// Source of cosine: Loshchilov, Hutter, arXiv:1608.03983, eq. 5.
public struct Schedule: Sendable {
  static let names = ["constant", "step", "cosine", "linear"]

  public var name = "constant"
  public var decay = 0.1
  /// Fractions of the run.
  public var milestones = [0.5, 0.75]
  public var finalFactor = 0.0
  /// Fraction of the run.
  public var warmup = 0.0

  public init() {}

  /// The schedule of a run of `total` steps.
  func plan(_ total: Int) -> Plan { Plan(self, total) }

  /// A schedule with its fractions turned into step numbers.
  struct Plan: Sendable {
    private enum Shape { case constant, step, cosine, linear }
    private let shape: Shape
    private let decay: Double
    private let milestones: [Int]
    private let finalFactor: Double
    private let warmup: Int
    private let length: Double

    fileprivate init(_ schedule: Schedule, _ total: Int) {
      shape =
        switch schedule.name {
        case "step": .step
        case "cosine": .cosine
        case "linear": .linear
        default: .constant
        }
      decay = schedule.decay
      milestones = schedule.milestones.map { Int(saturating: ($0 * Double(total)).rounded()) }
      finalFactor = schedule.finalFactor
      warmup = Int(saturating: (schedule.warmup * Double(total)).rounded())
      length = Double(max(total - warmup, 1))
    }

    /// f(t). Steps beyond the planned run keep the value of its end.
    func factor(_ t: Int) -> Double {
      if t < warmup { return Double(t + 1) / Double(warmup) }
      switch shape {
      case .constant:
        return 1
      case .step:
        var factor = 1.0
        for milestone in milestones where t >= milestone { factor *= decay }
        return factor
      case .cosine:
        let s = min(1, Double(t - warmup) / length)
        return finalFactor + (1 - finalFactor) * 0.5 * (1 + cos(.pi * s))
      case .linear:
        let s = min(1, Double(t - warmup) / length)
        return 1 - (1 - finalFactor) * s
      }
    }
  }
}
