import CSwaleKernels

/// Products of a matrix of sign bits with a vector (sign_products.h).
extension Scalar {
  /// y_p = sum_i s_pi x_i for `rows` rows of `width` signs, `stride` words apart; on one thread.
  public static func signRows(
    _ rows: Int, _ width: Int, _ bits: UnsafePointer<UInt64>, _ stride: Int, _ x: UnsafePointer<Self>,
    _ y: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32: swk_sign_rows_f32(Int64(rows), Int64(width), bits, Int64(stride), floats(x), floats(y))
    case .f64: swk_sign_rows_f64(Int64(rows), Int64(width), bits, Int64(stride), doubles(x), doubles(y))
    }
  }

  /// y_i = beta y_i + sum_p s_pi g_p. Where many of them are needed, `signRows` of the transposed bits is two to three
  /// times faster.
  public static func signColumns(
    _ rows: Int, _ width: Int, _ bits: UnsafePointer<UInt64>, _ stride: Int, _ g: UnsafePointer<Self>, _ beta: Self,
    _ y: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32: swk_sign_columns_f32(Int64(rows), Int64(width), bits, Int64(stride), floats(g), Float(beta), floats(y))
    case .f64:
      swk_sign_columns_f64(Int64(rows), Int64(width), bits, Int64(stride), doubles(g), Double(beta), doubles(y))
    }
  }

  // The same memory under the type that `precision` says it is.
  package static func floats(_ p: UnsafePointer<Self>) -> UnsafePointer<Float> {
    UnsafeRawPointer(p).assumingMemoryBound(to: Float.self)
  }
  package static func doubles(_ p: UnsafePointer<Self>) -> UnsafePointer<Double> {
    UnsafeRawPointer(p).assumingMemoryBound(to: Double.self)
  }
  package static func floats(_ p: UnsafeMutablePointer<Self>) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(p).assumingMemoryBound(to: Float.self)
  }
  package static func doubles(_ p: UnsafeMutablePointer<Self>) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(p).assumingMemoryBound(to: Double.self)
  }
}
