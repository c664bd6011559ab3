import Glibc

/// Mean of a correlated series with its standard error, from the autocorrelations of the series itself.
///
/// With autocovariances c_k the variance of the mean of n values is s^2 / n, s^2 = c_0 + 2 sum_(k>0) c_k. The sum ends
/// where it would only add noise: pairs c_2j + c_2j+1 of a reversible chain are positive and fall with j, so that pairs
/// are summed while they are positive, each at most as large as the one before (initial monotone sequence). s^2 is then
/// raised by the factor 1 + (2 W + 1) / n for the mean that was taken from the series, W the last lag.
///
/// A series longer than 8192 values is kept as means of blocks, whose number stays between 4096 and 8192: memory is
/// constant, and the autocorrelations of the blocks give the same s^2.
///
/// Sources: Geyer, Statistical Science 7 (1992) 473, section 3.3; Wolff, Comput. Phys. Commun. 156 (2004) 143, eq. 49.
public final class Autocorrelation {
  /// What a series says about its mean.
  public struct Estimate: Sendable {
    public var mean = Double.nan
    /// Standard error of the mean; NaN where it cannot be known: fewer than 4 values, or all of them equal.
    public var error = Double.nan
    /// Integrated autocorrelation time s^2 / (2 c_0) in steps of the series: 1/2 where it is uncorrelated.
    public var time = Double.nan
    /// Independent values that would have the same error.
    public var effectiveCount = 0.0
    /// Whether the error can be trusted: at least 100 effective values, so that it is itself known to some 15 percent,
    /// and halves whose means differ by at most 4 standard errors of the difference. A series that mixes more slowly
    /// says nothing about states that it has yet to see.
    public var converged = false
  }

  public private(set) var count = 0
  private let blocks: Buffer<Double>
  private var filled = 0
  private var width = 1
  private var sum = 0.0
  private var pending = 0
  private var mean = 0.0
  private var squares = 0.0

  private static let capacity = 8192
  private static let fewest = 100.0

  public init() throws(Failure) { blocks = try Buffer(Self.capacity, zeroed: false) }

  public func add(_ value: Double) {
    count += 1
    let gap = value - mean
    mean += gap / Double(count)
    squares += gap * (value - mean)
    sum += value
    pending += 1
    if pending < width { return }
    blocks.pointer[filled] = sum / Double(width)
    (sum, pending) = (0, 0)
    filled += 1
    if filled == Self.capacity { merge() }
  }

  /// Blocks twice as long, half as many.
  private func merge() {
    filled /= 2
    width *= 2
    let b = blocks.pointer
    for i in 0..<filled { b[i] = 0.5 * (b[2 * i] + b[2 * i + 1]) }
  }

  public var estimate: Estimate {
    var found = Estimate()
    if count > 0 { found.mean = mean }
    guard filled >= 4, squares > 0, squares.isFinite else { return found }
    let variance = squares / Double(count - 1)
    let center = Double.sum(filled, blocks.constant) / Double(filled)
    let spread = longRunVariance(center)
    // The same number of single values as are in the blocks, and what has not filled a block yet.
    found.error = (spread / (Double(count) / Double(width))).squareRoot()
    found.effectiveCount = found.error > 0 ? variance / (found.error * found.error) : 0
    found.time = found.effectiveCount > 0 ? Double(count) / (2 * found.effectiveCount) : .nan
    let half = filled / 2
    let first = Double.sum(half, blocks.constant) / Double(half)
    let second = Double.sum(half, blocks.constant + filled - half) / Double(half)
    found.converged = found.effectiveCount >= Self.fewest && abs(first - second) <= 8 * found.error
    return found
  }

  /// s^2 of the blocks.
  private func longRunVariance(_ center: Double) -> Double {
    func covariance(_ lag: Int) -> Double {
      var sum = 0.0
      for i in 0..<filled - lag { sum += (blocks.pointer[i] - center) * (blocks.pointer[i + lag] - center) }
      return sum / Double(filled)
    }
    let own = covariance(0)
    var (total, previous, lag) = (-own, Double.infinity, 0)
    while lag + 1 < filled {
      let pair = min(covariance(lag) + covariance(lag + 1), previous)
      if !(pair > 0) { break }
      total += 2 * pair
      previous = pair
      lag += 2
    }
    // Series that alternate have a mean that is better than independent; how much better is soon noise.
    let floor = own / log10(Double(max(filled, 10)))
    return max(total, floor) * (1 + Double(2 * lag + 1) / Double(filled))
  }
}

extension Report {
  /// `name`, its error bar `name_error`, the flag `name_converged`, and `correlation_time` and `effective_samples`.
  public func record(_ name: String, _ estimate: Autocorrelation.Estimate) throws(Failure) {
    try record(name, estimate.mean)
    try record(name + "_error", estimate.error)
    try record(name + "_converged", estimate.converged ? 1 : 0)
    try record("correlation_time", estimate.time)
    try record("effective_samples", estimate.effectiveCount)
  }
}
