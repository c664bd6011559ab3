import SwaleCore

/// Running mean and variance of several quantities at once (Welford 1962).
struct Moments {
  let mean: Buffer<Double>
  private let squares: Buffer<Double>
  private(set) var count = 0

  init(_ quantities: Int) throws(Failure) {
    mean = try Buffer(quantities)
    squares = try Buffer(quantities)
    // Without any draw there is no mean.
    Double.fill(quantities, .nan, mean.pointer)
  }

  mutating func add(_ values: Buffer<Double>, minus base: Double = 0) {
    if count == 0 { Double.fill(mean.count, 0, mean.pointer) }
    count += 1
    for i in 0..<mean.count {
      let value = values.pointer[i] - base
      let gap = value - mean.pointer[i]
      mean.pointer[i] += gap / Double(count)
      squares.pointer[i] += gap * (value - mean.pointer[i])
    }
  }

  /// Standard deviation of the mean; NaN for fewer than two draws.
  func standardError() throws(Failure) -> Buffer<Double> {
    let result = try Buffer<Double>(mean.count, zeroed: false)
    for i in 0..<mean.count {
      let variance = squares.pointer[i] / Double(count - 1)
      result.pointer[i] = count > 1 ? (variance / Double(count)).squareRoot() : .nan
    }
    return result
  }
}
