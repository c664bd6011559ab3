import Glibc

/// What an estimate by messages of the entropy of solutions (natural logarithm of their number, per weight) is worth.
///
/// The Bethe formula and the normal approximation of fields are exact for N -> infinity at loads where the solutions are
/// one replica-symmetric state. At finite N the logarithm of the number is off by a number of order 1: measured against
/// enumeration, by 0.14 on average at N = 21, P = 6 and 0.21 at P = 11 (spec 3.5). So the error per weight is of order
/// 1 / N. It does not average out over sweeps.
public enum SolutionEntropy {
  /// The order of the error per weight, 1 / N: about four times the mean one.
  public static func error(weights n: Int) -> Double { 1 / Double(max(n, 1)) }

  /// The estimate, at least 0, as a number of solutions is at least 1 where there are any; nil where it is negative by more
  /// than its error, so that it describes no solutions; NaN where it is above ln 2, that of all configurations, by more.
  public static func admitted(_ entropy: Double, weights n: Int) -> Double? {
    if entropy.isNaN || entropy > M_LN2 + max(1e-4, error(weights: n)) { return .nan }
    return entropy < -error(weights: n) ? nil : max(entropy, 0)
  }

  /// In words, for reports.
  public static let approximation =
    "Bethe approximation: exact for many weights where the solutions are one replica-symmetric state; the error is of the "
    + "order of 1 / N"
}
