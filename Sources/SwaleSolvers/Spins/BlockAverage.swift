import SwaleCore

/// Mean of a correlated series with a standard error from blocking: pairs of neighbours are averaged again and again,
/// and at each level with n' values the error of the mean is estimated as if they were independent,
/// sqrt(sum (x - mean)^2 / (n' (n' - 1))). It grows until blocks are longer than the correlation; the largest estimate
/// among levels with at least 32 blocks is taken. Source: Flyvbjerg, Petersen, J. Chem. Phys. 91 (1989) 461.
struct BlockAverage: Sendable {
  private(set) var mean = Double.nan
  private(set) var error = Double.nan
  /// Integrated autocorrelation time in units of the series, 1/2 when it is uncorrelated: (error / naive error)^2 / 2.
  private(set) var correlationTime = Double.nan

  private static let fewestBlocks = 32

  /// - Parameter values: overwritten.
  init(consuming values: Buffer<Double>) {
    let series = values.pointer
    var n = values.count
    guard n > 0 else { return }
    mean = Double.sum(n, series) / Double(n)
    var naive = Double.nan
    while n >= 2 {
      let center = Double.sum(n, series) / Double(n)
      var squares = 0.0
      for i in 0..<n {
        let gap = series[i] - center
        squares += gap * gap
      }
      let estimate = (squares / (Double(n) * Double(n - 1))).squareRoot()
      if naive.isNaN { (naive, error) = (estimate, estimate) }
      if n >= Self.fewestBlocks { error = max(error, estimate) }
      n /= 2
      for i in 0..<n { series[i] = 0.5 * (series[2 * i] + series[2 * i + 1]) }
    }
    if naive > 0 { correlationTime = 0.5 * (error / naive) * (error / naive) }
  }
}
