import Glibc
import SwaleCore

/// Running mean and variance of several quantities at once (Welford 1962).
struct Moments {
  let mean: Buffer<Double>
  private let squares: Buffer<Double>
  /// sqrt(squares), kept beside them for values whose squares leave the range of doubles.
  private let roots: Buffer<Double>
  private(set) var count = 0

  init(_ quantities: Int) throws(Failure) {
    mean = try Buffer(quantities)
    squares = try Buffer(quantities)
    roots = try Buffer(quantities)
    // Without any draw there is no mean.
    Double.fill(quantities, .nan, mean.pointer)
  }

  mutating func add(_ values: Buffer<Double>, minus base: Double = 0) {
    if count == 0 { Double.fill(mean.count, 0, mean.pointer) }
    count += 1
    let share = (Double(count - 1) / Double(count)).squareRoot()
    for i in 0..<mean.count {
      let value = values.pointer[i] - base
      let gap = value - mean.pointer[i]
      mean.pointer[i] += gap / Double(count)
      squares.pointer[i] += gap * (value - mean.pointer[i])
      roots.pointer[i] = hypot(roots.pointer[i], gap * share)
    }
  }

  /// Standard deviation of the mean; NaN for fewer than two draws.
  func standardError() throws(Failure) -> Buffer<Double> {
    let result = try Buffer<Double>(mean.count, zeroed: false)
    let n = Double(count)
    for i in 0..<mean.count {
      let sum = squares.pointer[i]
      let ordinary = sum > 1e-280 && sum < 1e300
      let error = ordinary ? (sum / (n - 1) / n).squareRoot() : roots.pointer[i] / (n * (n - 1)).squareRoot()
      result.pointer[i] = count > 1 ? error : .nan
    }
    return result
  }
}
