import SwaleCore

/// What a pattern costs, as a function of its stability, label times output.
enum PatternLoss: Sendable {
  /// 1 when the constraint is violated.
  case count
  /// Fewest flips of binary weights that repair the pattern: for a perceptron (T - label h) / 2 rounded up with the
  /// smallest satisfying field T (1 at margin 0), for a committee of sign units the sum of that number over the fewest
  /// wrong votes and the nearest of those, for a parity machine that of the unit nearest to 0.
  case repair
  /// A loss component of one output against the label.
  case smooth(any Loss)

  init(_ settings: PatternSettings, _ registry: Registry) throws(Failure) {
    switch settings.loss {
    case "error_count", "margin": self = .count
    case "linear": self = .repair
    default: self = .smooth(try registry.loss(settings.loss, gamma: settings.gamma, margin: settings.margin))
    }
  }

  var isRepair: Bool { if case .repair = self { true } else { false } }

  var isDifferentiable: Bool {
    if case .smooth(let loss) = self { type(of: loss).differentiable } else { false }
  }
}
