import CSwaleKernels
import SwaleCore

/// The steps of solvers that divide by running means of squares, and of damped momentum. See optimizers.h.
extension Scalar {
  /// What is added to a root of mean squares: `epsilon`, or the root of the least normal number where that is larger,
  /// so that a square that underflowed does not make a tiny gradient a huge step.
  static func epsilon(_ epsilon: Double) -> Self { max(Self(epsilon), leastNormalMagnitude.squareRoot()) }

  /// v = momentum v + gain (g + decay x), x -= rate v.
  static func dampedStep(
    _ n: Int, rate: Self, momentum: Self, gain: Self, decay: Self, _ g: UnsafePointer<Self>,
    velocity v: UnsafeMutablePointer<Self>, _ x: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32:
      swk_damped_step_f32(
        Int64(n), Float(rate), Float(momentum), Float(gain), Float(decay), floats(g), floats(v), floats(x))
    case .f64:
      swk_damped_step_f64(
        Int64(n), Double(rate), Double(momentum), Double(gain), Double(decay), doubles(g), doubles(v), doubles(x))
    }
  }

  /// `adamStep` with the largest mean square so far under the root.
  static func amsgradStep(
    _ n: Int, _ rate: Self, _ beta1: Self, _ beta2: Self, _ epsilon: Self, _ bias1: Self, _ bias2: Self, _ decay: Self,
    _ g: UnsafePointer<Self>, _ m: UnsafeMutablePointer<Self>, _ v: UnsafeMutablePointer<Self>,
    _ peak: UnsafeMutablePointer<Self>, _ x: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32:
      swk_amsgrad_step_f32(
        Int64(n), Float(rate), Float(beta1), Float(beta2), Float(epsilon), Float(bias1), Float(bias2), Float(decay),
        floats(g), floats(m), floats(v), floats(peak), floats(x))
    case .f64:
      swk_amsgrad_step_f64(
        Int64(n), Double(rate), Double(beta1), Double(beta2), Double(epsilon), Double(bias1), Double(bias2),
        Double(decay), doubles(g), doubles(m), doubles(v), doubles(peak), doubles(x))
    }
  }

  /// With `mean` centred, with `velocity` by momentum.
  static func rmspropStep(
    _ n: Int, rate: Self, alpha: Self, epsilon: Self, momentum: Self, decay: Self, _ g: UnsafePointer<Self>,
    square v: UnsafeMutablePointer<Self>, mean: UnsafeMutablePointer<Self>?, velocity: UnsafeMutablePointer<Self>?,
    _ x: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32:
      swk_rmsprop_step_f32(
        Int64(n), Float(rate), Float(alpha), Float(epsilon), Float(momentum), Float(decay), floats(g), floats(v),
        mean.map { floats($0) }, velocity.map { floats($0) }, floats(x))
    case .f64:
      swk_rmsprop_step_f64(
        Int64(n), Double(rate), Double(alpha), Double(epsilon), Double(momentum), Double(decay), doubles(g),
        doubles(v), mean.map { doubles($0) }, velocity.map { doubles($0) }, doubles(x))
    }
  }

  /// sum += g'^2, x -= rate g' / (sqrt sum + epsilon), with g' = g + decay x.
  static func adagradStep(
    _ n: Int, rate: Self, epsilon: Self, decay: Self, _ g: UnsafePointer<Self>, sum: UnsafeMutablePointer<Self>,
    _ x: UnsafeMutablePointer<Self>
  ) {
    switch precision {
    case .f32:
      swk_adagrad_step_f32(Int64(n), Float(rate), Float(epsilon), Float(decay), floats(g), floats(sum), floats(x))
    case .f64:
      swk_adagrad_step_f64(
        Int64(n), Double(rate), Double(epsilon), Double(decay), doubles(g), doubles(sum), doubles(x))
    }
  }
}
