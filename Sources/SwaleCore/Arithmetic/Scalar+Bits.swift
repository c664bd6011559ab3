import CSwaleKernels

/// Conversions between signs as numbers and signs as bits (bits.h).
extension Scalar {
  /// Signs of n numbers, 0 counting as +1, into (n + 63) / 64 words with padding 0.
  public static func packSigns(_ n: Int, _ x: UnsafePointer<Self>, _ bits: UnsafeMutablePointer<UInt64>) {
    switch precision {
    case .f32: swk_pack_signs_f32(Int64(n), floats(x), bits)
    case .f64: swk_pack_signs_f64(Int64(n), doubles(x), bits)
    }
  }

  /// +1 where x_i > threshold_i, else -1, as bits with padding 0.
  public static func packAbove(
    _ n: Int, _ x: UnsafePointer<Self>, _ threshold: UnsafePointer<Self>, _ bits: UnsafeMutablePointer<UInt64>
  ) {
    switch precision {
    case .f32: swk_pack_above_f32(Int64(n), floats(x), floats(threshold), bits)
    case .f64: swk_pack_above_f64(Int64(n), doubles(x), doubles(threshold), bits)
    }
  }

  /// +1 and -1 by the bits first ..< first + n of a run of words.
  public static func unpackSigns(
    _ first: Int, _ n: Int, _ bits: UnsafePointer<UInt64>, _ x: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32: swk_unpack_signs_f32(Int64(first), Int64(n), bits, floats(x))
    case .f64: swk_unpack_signs_f64(Int64(first), Int64(n), bits, doubles(x))
    }
  }

  /// Index of the first number that is neither +1 nor -1, or -1.
  public static func firstOther(_ n: Int, _ x: UnsafePointer<Self>) -> Int {
    switch precision {
    case .f32: Int(swk_first_other_f32(Int64(n), floats(x)))
    case .f64: Int(swk_first_other_f64(Int64(n), doubles(x)))
    }
  }

  /// y = x / divisor, of integer fields.
  public static func divideFields(
    _ n: Int, _ x: UnsafePointer<Int32>, _ divisor: Double, _ y: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32: swk_divide_fields_f32(Int64(n), x, divisor, floats(y))
    case .f64: swk_divide_fields_f64(Int64(n), x, divisor, doubles(y))
    }
  }
}
