import CSwaleKernels
import SwaleCore

extension Scalar {
  /// x += noise eta - rate d - pull (x - anchor), then mean = memory mean + (1 - memory) x, with the direction d of
  /// `sgdStep`; without v no momentum, without eta no noise, without mean no mean. See optimizers.h.
  static func tetheredStep(
    _ n: Int, rate: Self, momentum: Self = 0, nesterov: Bool = false, decay: Self = 0, pull: Self, noise: Self = 0,
    memory: Self = 0, _ g: UnsafePointer<Self>, anchor: UnsafePointer<Self>, eta: UnsafePointer<Self>? = nil,
    velocity v: UnsafeMutablePointer<Self>? = nil, mean: UnsafeMutablePointer<Self>? = nil,
    _ x: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32:
      swk_tethered_step_f32(
        Int64(n), Float(rate), Float(momentum), nesterov ? 1 : 0, Float(decay), Float(pull), Float(noise),
        Float(memory), floats(g), floats(anchor), eta.map { floats($0) }, v.map { floats($0) },
        mean.map { floats($0) }, floats(x))
    case .f64:
      swk_tethered_step_f64(
        Int64(n), Double(rate), Double(momentum), nesterov ? 1 : 0, Double(decay), Double(pull), Double(noise),
        Double(memory), doubles(g), doubles(anchor), eta.map { doubles($0) }, v.map { doubles($0) },
        mean.map { doubles($0) }, doubles(x))
    }
  }
}
