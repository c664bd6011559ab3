import Glibc
import SwaleCore

/// An operator in units of its own size: out = A v / unit, with a power of two `unit` that is 1 for ordinary matrices.
/// Where entries of A v are so large or small that their squares leave the range of the numbers, the first product that
/// is not zero sets it, so that everything that squares (lengths, residuals, error bars) computes with numbers around
/// 1; results are then multiplied by `unit`. Scaling by powers of two is exact.
public final class ScaledOperator<S: Scalar>: LinearOperator {
  private let base: any LinearOperator<S>
  /// Binary exponent of `unit`; nil before the first product that is not zero.
  private var exponent: Int?

  public init(_ base: any LinearOperator<S>) { self.base = base }

  public var dimension: Int { base.dimension }
  public var method: String { base.method }
  public var allowance: Int { base.allowance }
  public var unit: Double { scalbn(1, exponent ?? 0) }

  /// Exponents up to which nothing needs scaling: squares and reciprocals stay normal numbers with room to spare.
  private static var ordinary: Int { S.precision == .f64 ? 200 : 40 }
  /// Largest exponent of one exact multiplication.
  private static var step: Int { S.precision == .f64 ? 1000 : 100 }

  public func apply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    try base.apply(count, v, out)
    let size = count * dimension
    if exponent == nil {
      let largest = S.maxAbs(size, out)
      guard largest > 0, largest.isFinite else { return }
      let found = Int(largest.exponent)
      exponent = abs(found) > Self.ordinary ? found : 0
    }
    var left = -(exponent ?? 0)
    while left != 0 {
      let part = max(-Self.step, min(Self.step, left))
      let factor: Double = scalbn(1, part)
      S.scale(size, S(factor), out)
      left -= part
    }
  }
}
