extension Scalar {
  /// The power of two at or below `size`, in which numbers of that size are measured: dividing by it and multiplying
  /// with it rounds nothing, so that products of huge or tiny numbers stay in the range of doubles at no cost in bits.
  /// 1 for 0 and what is not finite. It and its inverse are always normal numbers of this type.
  public static func unit(of size: Double) -> Double {
    guard size > 0, size.isFinite else { return 1 }
    let limit = precision == .f64 ? 1000 : 120
    return Double(sign: .plus, exponent: max(-limit, min(limit, size.exponent)), significand: 1)
  }
}
