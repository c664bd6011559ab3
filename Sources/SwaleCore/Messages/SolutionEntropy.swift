import Glibc

/// What an estimate by messages of the entropy of solutions (natural logarithm of their number, per weight) is worth.
///
/// The Bethe formula and the normal approximation of fields are exact for N -> infinity at loads where the solutions
/// are one replica-symmetric state. At finite N the logarithm of the number is off by a number of order 1: measured
/// against enumeration, by 0.14 on average at N = 21, P = 6 and 0.21 at P = 11 (spec 3.5). So the error per weight is
/// of order 1 / N. Relu and quadratic units, whose sum is taken as normal, add an error of order 1 / sqrt K for each
/// pattern. Neither averages out over sweeps.
public enum SolutionEntropy {
  /// The order of the error per weight: 1 / N for sign units, four to seven times the mean one; for others
  /// 1 / N + alpha / sqrt K.
  public static func error(_ graph: PatternGraph) -> Double {
    let n = 1 / Double(max(graph.dimension, 1))
    return graph.unit == .sign ? n : n + graph.load / Double(graph.hidden).squareRoot()
  }

  /// The estimate, at least 0, as a number of solutions is at least 1 where there are any; nil where it is negative
  /// by more than its error, so that it describes no solutions; NaN where it is above ln 2, that of all
  /// configurations, by more.
  public static func admitted(_ entropy: Double, _ graph: PatternGraph) -> Double? {
    let error = error(graph)
    if entropy.isNaN || entropy > M_LN2 + max(1e-4, error) { return .nan }
    return entropy < -error ? nil : max(entropy, 0)
  }

  /// In words, for reports.
  public static let approximation =
    "Bethe approximation: exact for many weights where the solutions are one replica-symmetric state; the error is of "
    + "the order of 1 / N, for units other than sign of 1 / N + alpha / sqrt K"
}
