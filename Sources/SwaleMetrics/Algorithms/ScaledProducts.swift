import Glibc
import SwaleCore

extension Scalar {
  /// x . y / |y| with `length` = |y| > 0, right over the whole range of doubles: where the product of the vectors
  /// leaves it, they are scaled first.
  static func component(
    _ n: Int, of x: UnsafePointer<Self>, along y: UnsafePointer<Self>, length: Double
  ) -> Double {
    let product = dot(n, x, y)
    // Between these bounds no term that counts was lost to underflow, and none overflowed.
    if abs(product) > 1e-280, abs(product) < 1e300 { return product / length }
    let largest = maxAbs(n, x)
    if !(largest > 0 && largest.isFinite) { return largest == 0 ? 0 : .nan }
    var sum = 0.0
    for i in 0..<n { sum += Double(x[i]) / largest * (Double(y[i]) / length) }
    return largest * sum
  }

  /// x . y / (|x| |y|) with the lengths |x|, |y| > 0, right over the whole range of doubles.
  static func cosine(
    _ n: Int, _ x: UnsafePointer<Self>, _ first: Double, _ y: UnsafePointer<Self>, _ second: Double
  ) -> Double {
    let lengths = first * second
    if lengths > 1e-280, lengths < 1e300 { return dot(n, x, y) / lengths }
    return component(n, of: x, along: y, length: second) / first
  }

  /// x <- x / length, right where 1 / length is no number of this type.
  static func normalize(_ n: Int, _ x: UnsafeMutablePointer<Self>, length: Double) {
    let factor = Self(1 / length)
    if factor.isNormal { return scale(n, factor, x) }
    for i in 0..<n { x[i] = Self(Double(x[i]) / length) }
  }
}
