import CSwaleKernels

/// The kernels of max_sum.h for either precision.
extension Scalar {
  /// Messages of one pattern of max-sum; `a` and `order` are room for n numbers each.
  package static func maxSumPattern(
    _ n: Int, _ bits: UnsafePointer<UInt64>, bound: Int, _ total: UnsafePointer<Self>, keep: Self,
    _ u: UnsafeMutablePointer<Self>, _ sum: UnsafeMutablePointer<Self>, _ a: UnsafeMutablePointer<Self>,
    _ order: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32:
      swk_max_sum_pattern_f32(
        Int64(n), bits, Int64(bound), floats(total), Float(keep), floats(u), floats(sum), floats(a), floats(order))
    case .f64:
      swk_max_sum_pattern_f64(
        Int64(n), bits, Int64(bound), doubles(total), Double(keep), doubles(u), doubles(sum), doubles(a),
        doubles(order))
    }
  }

  /// Index of the least element.
  package static func lowest(_ n: Int, _ x: UnsafePointer<Self>) -> Int {
    switch precision {
    case .f32: Int(swk_lowest_f32(Int64(n), floats(x)))
    case .f64: Int(swk_lowest_f64(Int64(n), doubles(x)))
    }
  }

  /// Index of the largest element among those of positive weight; -1 if there is none.
  package static func highest(
    _ n: Int, _ x: UnsafePointer<Self>, weights: UnsafePointer<Double>
  ) -> Int {
    switch precision {
    case .f32: Int(swk_highest_weighted_f32(Int64(n), floats(x), weights))
    case .f64: Int(swk_highest_weighted_f64(Int64(n), doubles(x), weights))
    }
  }
}
