extension FixedWidthInteger {
  /// A double without its fraction, the largest or smallest there is where it does not fit, and 0 for NaN.
  /// The one conversion for numbers that a caller chose: `Int(_: Double)` ends the process where it does not fit.
  @inlinable
  public init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else if value <= Double(Self.min) {
      self = Self.min
    } else if value >= Double(Self.max) {
      self = Self.max
    } else {
      self = Self(value)
    }
  }
}
