import Glibc

extension Scalar {
  /// |x|, right over the whole range of doubles: where the sum of squares leaves it, the vector is scaled first.
  @inlinable
  public static func norm(_ n: Int, _ x: UnsafePointer<Self>) -> Double {
    let squares = sumSquares(n, x)
    // Between these bounds no square that counts was lost to underflow, and none overflowed.
    if squares > 1e-280, squares < 1e300 { return squares.squareRoot() }
    return scaledNorm(n, x)
  }

  /// The slow form of `norm`, element by element: largest |x| times the root of the sum of squares of the ratios.
  @inlinable
  @inline(never)
  static func scaledNorm(_ n: Int, _ x: UnsafePointer<Self>) -> Double {
    var largest = 0.0
    for i in 0..<n {
      let size = abs(Double(x[i]))
      if size.isNaN { return .nan }
      largest = max(largest, size)
    }
    if largest == 0 || largest.isInfinite { return largest }
    var sum = 0.0
    for i in 0..<n {
      let ratio = Double(x[i]) / largest
      sum += ratio * ratio
    }
    return largest * sum.squareRoot()
  }
}
