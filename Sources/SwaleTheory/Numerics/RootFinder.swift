import Glibc

/// Roots of functions of one variable. "No root" is an answer: nil.
enum RootFinder {
  /// A root of `f` in [a, b] by Brent's method (inverse quadratic interpolation safeguarded by bisection), to
  /// `tolerance` relative to |x| + tiny. nil when f has the same sign at both ends or is not a number on the way.
  ///
  /// Source: Brent, Algorithms for minimization without derivatives (1973), chapter 4.
  static func root(
    _ a: Double, _ b: Double, tolerance: Double = 1e-14, maxSteps: Int = 200, _ f: (Double) -> Double
  ) -> Double? {
    root((a, f(a)), (b, f(b)), tolerance: tolerance, maxSteps: maxSteps, f)
  }

  /// The same when the values at the ends are known.
  static func root(
    _ a: (x: Double, f: Double), _ b: (x: Double, f: Double), tolerance: Double = 1e-14, maxSteps: Int = 200,
    _ f: (Double) -> Double
  ) -> Double? {
    if a.f == 0 { return a.x }
    if b.f == 0 { return b.x }
    guard a.f.isFinite || b.f.isFinite, !a.f.isNaN, !b.f.isNaN, (a.f < 0) != (b.f < 0) else { return nil }
    // `best` is the latest and best estimate, `other` the end on the other side, `last` the estimate before.
    var (last, best, other) = (a, b, a)
    var step = b.x - a.x
    var previousStep = step
    for _ in 0..<maxSteps {
      if (best.f < 0) == (other.f < 0) {
        other = last
        step = best.x - last.x
        previousStep = step
      }
      if abs(other.f) < abs(best.f) { (last, best, other) = (best, other, best) }
      let accuracy = 2 * Double.ulpOfOne * abs(best.x) + 0.5 * tolerance * abs(best.x) + 1e-300
      let half = 0.5 * (other.x - best.x)
      if abs(half) <= accuracy || best.f == 0 { return best.x }
      if abs(previousStep) >= accuracy, abs(last.f) > abs(best.f), last.f.isFinite, other.f.isFinite {
        let s = best.f / last.f
        var (p, q): (Double, Double)
        if last.x == other.x {
          (p, q) = (2 * half * s, 1 - s)
        } else {
          let (t, u) = (last.f / other.f, best.f / other.f)
          p = s * (2 * half * t * (t - u) - (best.x - last.x) * (u - 1))
          q = (t - 1) * (u - 1) * (s - 1)
        }
        if p > 0 { q = -q } else { p = -p }
        if 2 * p < min(3 * half * q - abs(accuracy * q), abs(previousStep * q)) {
          (previousStep, step) = (step, p / q)
        } else {
          (previousStep, step) = (half, half)
        }
      } else {
        (previousStep, step) = (half, half)
      }
      last = best
      let x = best.x + (abs(step) > accuracy ? step : (half > 0 ? accuracy : -accuracy))
      best = (x, f(x))
      if best.f.isNaN { return nil }
    }
    return nil
  }

  /// The first root of `f` above `start` on a ladder of points start, start + step, ... up to `end`; Brent's method
  /// between the two points where the sign changes. nil when it never does.
  static func firstRoot(
    from start: Double, by step: Double, through end: Double, tolerance: Double = 1e-14, _ f: (Double) -> Double
  ) -> Double? {
    var low = (x: start, f: f(start))
    while (step > 0 ? low.x < end : low.x > end), !low.f.isNaN {
      let next = step > 0 ? min(low.x + step, end) : max(low.x + step, end)
      let high = (x: next, f: f(next))
      if high.f.isNaN { return nil }
      if high.f == 0 || (high.f < 0) != (low.f < 0) { return root(low, high, tolerance: tolerance, f) }
      low = high
    }
    return nil
  }

  /// Plain bisection down to neighbouring numbers, for functions known to change sign in [a, b].
  static func bisection(_ a: Double, _ b: Double, _ f: (Double) -> Double) -> Double {
    var (low, high) = (a, b)
    let negativeLow = f(a) < 0
    for _ in 0..<200 {
      let middle = low + (high - low) / 2
      if middle == low || middle == high { break }
      if (f(middle) < 0) == negativeLow { low = middle } else { high = middle }
    }
    return low + (high - low) / 2
  }
}
