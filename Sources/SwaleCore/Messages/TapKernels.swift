import CSwaleKernels

/// The kernels of tap.h for either precision.
extension Scalar {
  static func tapPatterns(
    _ channel: TapPerceptron<Self>.Channel, _ n: Int, variance: Double, _ scale: UnsafePointer<Self>?, noise: Double,
    target: Double, _ field: UnsafePointer<Self>, _ g: UnsafeMutablePointer<Self>
  ) -> swk_tap_output {
    var out = swk_tap_output()
    let kind = Int32(channel == .sign ? SWK_TAP_SIGN : SWK_TAP_GAUSSIAN)
    switch precision {
    case .f32:
      swk_tap_patterns_f32(
        kind, Int64(n), Float(variance), scale.map(floats), Float(noise), Float(target), floats(field), floats(g), &out)
    case .f64:
      swk_tap_patterns_f64(
        kind, Int64(n), variance, scale.map(doubles), noise, target, doubles(field), doubles(g), &out)
    }
    return out
  }

  static func tapBinary(
    _ n: Int, precision a: Double, _ scale: UnsafePointer<Self>?, _ external: UnsafePointer<Self>?, memory: Double,
    gain: Double, _ sum: UnsafePointer<Self>, _ total: UnsafeMutablePointer<Self>, _ m: UnsafeMutablePointer<Self>
  ) -> swk_tap_input {
    var out = swk_tap_input()
    switch precision {
    case .f32:
      swk_tap_binary_f32(
        Int64(n), Float(a), scale.map(floats), external.map(floats), Float(memory), Float(gain), floats(sum),
        floats(total), floats(m), &out)
    case .f64:
      swk_tap_binary_f64(
        Int64(n), a, scale.map(doubles), external.map(doubles), memory, gain, doubles(sum), doubles(total),
        doubles(m), &out)
    }
    return out
  }

  static func tapGaussian(
    _ n: Int, precision a: Double, _ scale: UnsafePointer<Self>?, _ external: UnsafePointer<Self>?, memory: Double,
    gain: Double, lambda: Double, _ sum: UnsafePointer<Self>, _ total: UnsafeMutablePointer<Self>,
    _ m: UnsafeMutablePointer<Self>
  ) -> swk_tap_input {
    var out = swk_tap_input()
    switch precision {
    case .f32:
      swk_tap_gaussian_f32(
        Int64(n), Float(a), scale.map(floats), external.map(floats), Float(memory), Float(gain), Float(lambda),
        floats(sum), floats(total), floats(m), &out)
    case .f64:
      swk_tap_gaussian_f64(
        Int64(n), a, scale.map(doubles), external.map(doubles), memory, gain, lambda, doubles(sum), doubles(total),
        doubles(m), &out)
    }
    return out
  }

  /// s_i = +1 where x_i >= 0, else -1.
  package static func tapSigns(_ n: Int, _ x: UnsafePointer<Self>, _ s: UnsafeMutablePointer<Self>) {
    switch precision {
    case .f32: swk_tap_signs_f32(Int64(n), floats(x), floats(s))
    case .f64: swk_tap_signs_f64(Int64(n), doubles(x), doubles(s))
    }
  }

  /// How many x_i are not above the target.
  package static func tapBelow(_ n: Int, _ x: UnsafePointer<Self>, _ target: Double) -> Int {
    switch precision {
    case .f32: Int(swk_tap_below_f32(Int64(n), floats(x), Float(target)))
    case .f64: Int(swk_tap_below_f64(Int64(n), doubles(x), target))
    }
  }
}
