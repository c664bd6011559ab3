import SwaleCore

/// Finds a step length a along a descent direction p that meets the strong Wolfe conditions, with
/// phi(a) = f(x + a p):
///
///     phi(a) <= phi(0) + c1 a phi'(0),   |phi'(a)| <= c2 |phi'(0)|
///
/// Where phi cannot be told from phi(0) because of rounding, the second condition alone decides (the idea of the
/// approximate Wolfe conditions), so that gradients can become smaller than values resolve.
///
/// Source: Nocedal, Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6, cubic steps of eq. 3.59; rounding:
/// Hager, Zhang, SIAM J. Optimization 16 (2005) 170, section 4.
final class LineSearch<S: Scalar> {
  private let job: Job<S>
  /// The point the search started from.
  let origin: Buffer<S>
  /// The gradient at the accepted point.
  let gradient: Buffer<S>

  private static var sufficientDecrease: Double { 1e-4 }
  private static var curvature: Double { 0.9 }
  private static var bracketTrials: Int { 20 }
  private static var zoomTrials: Int { 25 }
  /// Relative error of values that is taken for rounding.
  private static var noise: Double { 10 * Double(S.ulpOfOne) }

  /// A step length with phi and phi' there.
  struct Trial {
    var length: Double
    var value: Double
    var slope: Double
    var isFinite: Bool { value.isFinite && slope.isFinite }
  }

  private var start = Trial(length: 0, value: 0, slope: 0)

  init(_ job: Job<S>) throws(Failure) {
    self.job = job
    origin = try Buffer(job.dimension, zeroed: false)
    gradient = try Buffer(job.dimension, zeroed: false)
  }

  /// Moves x to the accepted point, where `gradient` was taken. Nil, with x as it was, when no point with a lower
  /// value was found or the run was stopped, or when an evaluation was interrupted.
  /// - Parameters:
  ///   - slope: phi'(0) < 0.
  ///   - first: the step length to try first.
  func search(
    _ x: UnsafeMutablePointer<S>, along p: UnsafePointer<S>, value: Double, slope: Double, first: Double
  ) throws(Failure) -> Trial? {
    origin.pointer.update(from: x, count: job.dimension)
    start = Trial(length: 0, value: value, slope: slope)
    do throws(Failure) {
      if let found = try bracket(x, p, first) { return found }
    } catch {
      x.update(from: origin.constant, count: job.dimension)
      throw error
    }
    x.update(from: origin.constant, count: job.dimension)
    return nil
  }

  /// Moves x by the step length `first` when that lowers |g| at a value that rounding cannot tell from the present one;
  /// nil, with x as it was, when it does not.
  func polish(
    _ x: UnsafeMutablePointer<S>, along p: UnsafePointer<S>, value: Double, norm: Double, first: Double
  ) throws(Failure) -> Trial? {
    origin.pointer.update(from: x, count: job.dimension)
    let trial = try evaluate(x, p, first)
    let equal = trial.isFinite && abs(trial.value - value) <= Self.noise * abs(value)
    if equal, S.norm(job.dimension, gradient.constant) < norm { return trial }
    x.update(from: origin.constant, count: job.dimension)
    return nil
  }

  /// The step length of Newton's method along p, -phi'(0) / phi''(0), from a difference of slopes; nil where phi does
  /// not curve upwards. x stays as it is.
  func newtonLength(
    _ x: UnsafeMutablePointer<S>, along p: UnsafePointer<S>, slope: Double
  ) throws(Failure) -> Double? {
    let size = S.norm(job.dimension, p)
    let length = Double(S.ulpOfOne).squareRoot() * (1 + S.norm(job.dimension, x)) / size
    guard length.isFinite else { return nil }
    origin.pointer.update(from: x, count: job.dimension)
    let trial = try evaluate(x, p, length)
    x.update(from: origin.constant, count: job.dimension)
    guard trial.isFinite, trial.slope > slope else { return nil }
    let newton = length * (-slope / (trial.slope - slope))
    return newton.isFinite ? newton : nil
  }

  private func evaluate(
    _ x: UnsafeMutablePointer<S>, _ p: UnsafePointer<S>, _ length: Double
  ) throws(Failure) -> Trial {
    x.update(from: origin.constant, count: job.dimension)
    S.axpy(job.dimension, S(length), p, x)
    let value = try job.gradient(x, gradient.pointer)
    return Trial(length: length, value: value, slope: S.dot(job.dimension, gradient.constant, p))
  }

  private func decreases(_ trial: Trial) -> Bool {
    trial.value <= start.value + Self.sufficientDecrease * trial.length * start.slope
  }

  private func isAccepted(_ trial: Trial) -> Bool {
    trial.isFinite && abs(trial.slope) <= -Self.curvature * start.slope
      && (decreases(trial) || abs(trial.value - start.value) <= Self.noise * abs(start.value))
  }

  /// Algorithm 3.5: lengthens the step until it is accepted or the interval before it must hold an accepted one.
  private func bracket(
    _ x: UnsafeMutablePointer<S>, _ p: UnsafePointer<S>, _ first: Double
  ) throws(Failure) -> Trial? {
    var previous = start
    var length = first
    for _ in 0..<Self.bracketTrials {
      if job.stopping() { return nil }
      let trial = try evaluate(x, p, length)
      if isAccepted(trial) { return trial }
      if !trial.isFinite || !decreases(trial) || (previous.length > 0 && trial.value >= previous.value) {
        return try zoom(x, p, previous, trial)
      }
      if trial.slope >= 0 { return try zoom(x, p, trial, previous) }
      let wanted = Self.cubicMinimum(previous, trial) ?? 10 * length
      let shortest = length + 0.1 * (length - previous.length)
      previous = trial
      length = min(max(wanted, shortest), 10 * length)
    }
    // The value falls as far as was looked: take what was gained.
    return previous.length > 0 ? try evaluate(x, p, previous.length) : nil
  }

  /// Algorithm 3.6: shrinks the interval between `low`, the best point so far, and `high`.
  private func zoom(
    _ x: UnsafeMutablePointer<S>, _ p: UnsafePointer<S>, _ first: Trial, _ second: Trial
  ) throws(Failure) -> Trial? {
    var (low, high) = (first, second)
    var wide = abs(high.length - low.length)
    for trial in 0..<Self.zoomTrials {
      if job.stopping() { break }
      let width = abs(high.length - low.length)
      let middle = 0.5 * (low.length + high.length)
      var length = middle
      // Every other trial checks that the interval has shrunk enough; where it has not, it is halved.
      let slow = trial % 2 == 1 && width > 0.5 * wide
      if trial % 2 == 1 { wide = width }
      if high.isFinite, !slow, let minimum = Self.cubicMinimum(low, high) {
        let (left, right) = (min(low.length, high.length), max(low.length, high.length))
        length = min(max(minimum, left + 0.1 * width), right - 0.1 * width)
      }
      if length == low.length || length == high.length { break }
      let here = try evaluate(x, p, length)
      if isAccepted(here) { return here }
      if !here.isFinite || !decreases(here) || here.value >= low.value {
        high = here
      } else {
        if here.slope * (high.length - low.length) >= 0 { high = low }
        low = here
      }
    }
    if low.length == 0 || job.stopReason != nil { return nil }
    return try evaluate(x, p, low.length)
  }

  /// Minimiser of the cubic with the values and slopes of both ends (eq. 3.59); nil when it has none.
  static func cubicMinimum(_ a: Trial, _ b: Trial) -> Double? {
    let width = b.length - a.length
    let d1 = a.slope + b.slope - 3 * (b.value - a.value) / width
    guard d1.isFinite else { return nil }
    // Squares of slopes may leave the range of doubles.
    let unit = S.unit(of: max(abs(d1), abs(a.slope), abs(b.slope)))
    let square = (d1 / unit) * (d1 / unit) - (a.slope / unit) * (b.slope / unit)
    if square < 0 { return nil }
    let d2 = (width > 0 ? square.squareRoot() : -square.squareRoot()) * unit
    let bend = b.slope - a.slope + 2 * d2
    if bend == 0 { return nil }
    let minimum = b.length - width * ((b.slope + d2 - d1) / bend)
    return minimum.isFinite ? minimum : nil
  }
}
