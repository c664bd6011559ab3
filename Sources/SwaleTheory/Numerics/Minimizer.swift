import Glibc

/// Minima of functions of one variable.
enum Minimizer {
  /// The minimum of `f` in [a, b] by Brent's method (parabolic steps safeguarded by golden sections), exact to about
  /// `tolerance` in x (below 1e-8 relative to x rounding of f is all there is). A local one when f has several.
  /// `inside` is false when the result sits at an end: no minimum in the interval.
  ///
  /// Source: Brent, Algorithms for minimization without derivatives (1973), chapter 5.
  static func minimum(
    _ a: Double, _ b: Double, tolerance: Double = 1e-9, maxSteps: Int = 200, _ f: (Double) -> Double
  ) -> (x: Double, value: Double, inside: Bool) {
    let golden = (3 - 5.0.squareRoot()) / 2
    var (low, high) = (min(a, b), max(a, b))
    var best = (x: low + golden * (high - low), f: 0.0)
    best.f = f(best.x)
    var (second, third) = (best, best)
    var (step, previousStep) = (0.0, 0.0)
    for _ in 0..<maxSteps {
      let middle = 0.5 * (low + high)
      let accuracy = tolerance * abs(best.x) + 1e-12
      if abs(best.x - middle) <= 2 * accuracy - 0.5 * (high - low) { break }
      var useGolden = true
      if abs(previousStep) > accuracy {
        let r = (best.x - second.x) * (best.f - third.f)
        var q = (best.x - third.x) * (best.f - second.f)
        var p = (best.x - third.x) * q - (best.x - second.x) * r
        q = 2 * (q - r)
        if q > 0 { p = -p }
        q = abs(q)
        if abs(p) < abs(0.5 * q * previousStep), p > q * (low - best.x), p < q * (high - best.x) {
          (previousStep, step) = (step, p / q)
          let x = best.x + step
          if x - low < 2 * accuracy || high - x < 2 * accuracy { step = middle > best.x ? accuracy : -accuracy }
          useGolden = false
        }
      }
      if useGolden {
        previousStep = best.x < middle ? high - best.x : low - best.x
        step = golden * previousStep
      }
      let x = best.x + (abs(step) >= accuracy ? step : (step > 0 ? accuracy : -accuracy))
      let trial = (x: x, f: f(x))
      if trial.f <= best.f {
        if x < best.x { high = best.x } else { low = best.x }
        (third, second, best) = (second, best, trial)
      } else {
        if x < best.x { low = x } else { high = x }
        if trial.f <= second.f || second.x == best.x {
          (third, second) = (second, trial)
        } else if trial.f <= third.f || third.x == best.x || third.x == second.x {
          third = trial
        }
      }
    }
    let margin = 1e-6 * abs(b - a)
    return (best.x, best.f, best.x - min(a, b) > margin && max(a, b) - best.x > margin)
  }
}
