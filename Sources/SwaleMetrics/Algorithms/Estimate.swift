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
}

/// Running mean and variance (Welford 1962).
struct SampleMean {
  private(set) var count = 0
  private var mean = 0.0
  private var squares = 0.0

  mutating func add(_ x: Double) {
    count += 1
    let gap = x - mean
    mean += gap / Double(count)
    squares += gap * (x - mean)
  }

  /// NaN without samples.
  var estimate: Estimate {
    let n = Double(count)
    return Estimate(
      count > 0 ? mean : .nan, error: count > 1 ? (squares / (n - 1) / n).squareRoot() : .nan)
  }
}
