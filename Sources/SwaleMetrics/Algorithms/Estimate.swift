import Glibc
import SwaleCore

/// An estimate with its standard error.
public struct Estimate: Sendable {
  public let value: Double
  /// Standard deviation of the mean, s / sqrt(count) with s^2 = sum (x - mean)^2 / (count - 1); NaN for one sample.
  public let standardError: Double

  public init(_ value: Double, error: Double) {
    self.value = value
    standardError = error
  }

  /// The same quantity in other units.
  func scaled(by unit: Double) -> Estimate { Estimate(unit * value, error: unit * standardError) }
}

/// Running mean and variance (Welford 1962).
struct SampleMean {
  private(set) var count = 0
  private var mean = 0.0
  private var squares = 0.0
  /// sqrt(squares), kept beside them for samples whose squares leave the range of doubles.
  private var root = 0.0

  mutating func add(_ x: Double) {
    count += 1
    let gap = x - mean
    mean += gap / Double(count)
    squares += gap * (x - mean)
    root = hypot(root, gap * (Double(count - 1) / Double(count)).squareRoot())
  }

  /// NaN without samples.
  var estimate: Estimate {
    let n = Double(count)
    guard count > 1 else { return Estimate(count > 0 ? mean : .nan, error: .nan) }
    let ordinary = squares > 1e-280 && squares < 1e300
    return Estimate(mean, error: ordinary ? (squares / (n - 1) / n).squareRoot() : root / (n * (n - 1)).squareRoot())
  }
}
