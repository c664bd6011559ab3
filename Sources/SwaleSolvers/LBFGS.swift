import SwaleCore

/// Limited-memory BFGS with a strong Wolfe line search, on all samples: deterministic. One step is one direction with
/// its line search.
///
/// The direction is -H g with H from the last `memory` pairs s = x' - x, y = g' - g by the two-loop recursion and
/// H0 = (s'y / y'y) I. The first direction, -g, is taken for length 1, or where |g| < 1 for the length of Newton's
/// method along it if that is shorter. It converges as `GradientTolerances` says, at any scale of the value.
/// Source: Nocedal, Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5.
public struct LBFGS: Solver, Component {
  public static let info = Info(
    "lbfgs", "Limited-memory BFGS with a strong Wolfe line search, on all samples.",
    reference: "Liu, Nocedal, Mathematical Programming 45 (1989) 503; Nocedal, Wright, Numerical Optimization (2006), "
      + "algorithms 3.5, 3.6, 7.4 and 7.5")
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static var options: [Option<Self>] {
    [option("memory", \.memory, in: 1...10_000, "Pairs of steps and gradient changes that are kept.")]
      + toleranceOptions(\.tolerances) + [
        option("value_tolerance", \.valueTolerance, in: 0...1,
          "A step is idle when neither the lowest value falls by more than this fraction of it nor the gradient norm "
            + "reaches a new minimum; the run ends after ten idle steps in a row."),
        option("step_tolerance", \.stepTolerance, in: 0...1, "Stalled when |x' - x| is at or below this times |x|."),
      ]
  }

  public var memory = 10
  public var tolerances = GradientTolerances()
  public var valueTolerance = 0.0
  public var stepTolerance = 0.0
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try LBFGSStepper(job, self)
  }
}

final class LBFGSStepper<S: Scalar>: DeterministicStepper<S> {
  private let settings: LBFGS
  private let search: LineSearch<S>
  private let direction: Buffer<S>
  // A ring of pairs: row i of `steps` and `changes` with their products s'y.
  private let steps: Buffer<S>
  private let changes: Buffer<S>
  private let products: Buffer<Double>
  private let weights: Buffer<Double>
  private var stored = 0
  private var newest = -1

  private var lowestValue = 0.0
  private var lowestNorm = 0.0
  private var idle = 0
  /// Whether the last step was lost in rounding, and whether the point it started from is a minimum.
  private var lost = false
  private var found = false
  private static var patience: Int { 10 }

  init(_ job: Job<S>, _ settings: LBFGS) throws(Failure) {
    self.settings = settings
    let n = job.dimension
    search = try LineSearch(job)
    direction = try Buffer(n, zeroed: false)
    let pairs = try checkedProduct([settings.memory, n], "the memory of solver 'lbfgs'")
    steps = try Buffer(pairs, zeroed: false)
    changes = try Buffer(pairs, zeroed: false)
    products = try Buffer(settings.memory)
    weights = try Buffer(settings.memory)
    try super.init(job, settings.tolerances)
  }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if job.step == 0 {
      if let reason = try begin(x) { return reason }
      (lowestValue, lowestNorm) = (value, norm)
    }
    guard let trial = try move(x) else {
      if job.stopReason != nil { return nil }
      return found || lost ? .converged : .stalled
    }
    let distance = store(x)
    gradient.pointer.update(from: search.gradient.constant, count: n)
    if let reason = arrive(trial.value) { return reason }
    if settings.stepTolerance > 0, distance <= settings.stepTolerance * S.norm(n, x) { return .stalled }
    return isIdle() ? (lost ? .converged : .stalled) : nil
  }

  /// One line search, unless the point is a minimum: along -H g, and if that fails along -g with an empty memory.
  private func move(_ x: UnsafeMutablePointer<S>) throws(Failure) -> LineSearch<S>.Trial? {
    lost = false
    while true {
      setDirection()
      let slope = S.dot(n, gradient.constant, direction.constant)
      if slope < 0 {
        let first = stored > 0 ? 1 : try firstLength(x, slope)
        found = isMinimum(gain: -slope * first)
        if found { return nil }
        let direction = direction.constant
        lost = isLost(first, direction, from: x, gain: -slope * first) || lost
        if lost, let trial = try search.polish(x, along: direction, value: value, norm: norm, first: first) {
          return trial
        }
        if let trial = try search.search(x, along: direction, value: value, slope: slope, first: first) {
          return trial
        }
      }
      if stored == 0 || job.stopReason != nil { return nil }
      stored = 0
    }
  }

  /// Length of the first step along -g: 1 in units of x, or where the gradient is small that of Newton's method when
  /// it is shorter, because gradients come in any unit.
  private func firstLength(_ x: UnsafeMutablePointer<S>, _ slope: Double) throws(Failure) -> Double {
    let longest = S.unit(of: norm) / norm
    if norm >= 1 { return longest }
    return min(longest, try search.newtonLength(x, along: direction.constant, slope: slope) ?? longest)
  }

  /// Two-loop recursion: direction = -H g. Without pairs it is -g in a unit of its size.
  private func setDirection() {
    let d = direction.pointer
    d.update(from: gradient.constant, count: n)
    S.scale(n, stored == 0 ? S(-1 / S.unit(of: norm)) : -1, d)
    if stored == 0 { return }
    let memory = settings.memory
    for age in 0..<stored {
      let i = (newest - age + memory) % memory
      let weight = S.dot(n, steps.constant + i * n, d) / products.pointer[i]
      weights.pointer[i] = weight
      S.axpy(n, S(-weight), changes.constant + i * n, d)
    }
    S.scale(n, S(initialScale), d)
    for age in (0..<stored).reversed() {
      let i = (newest - age + memory) % memory
      let weight = weights.pointer[i] - S.dot(n, changes.constant + i * n, d) / products.pointer[i]
      S.axpy(n, S(weight), steps.constant + i * n, d)
    }
  }

  /// s'y / y'y of the newest pair; y'y alone may leave the range of doubles.
  private var initialScale: Double {
    let y = changes.constant + newest * n
    let square = S.sumSquares(n, y)
    if square > 1e-280, square < 1e300 { return products.pointer[newest] / square }
    let length = S.norm(n, y)
    return products.pointer[newest] / length / length
  }

  /// Keeps the pair of the step just made, unless its curvature s'y is not clearly positive. Returns |s|.
  private func store(_ x: UnsafePointer<S>) -> Double {
    let i = (newest + 1) % settings.memory
    let (s, y) = (steps.pointer + i * n, changes.pointer + i * n)
    S.subtract(n, x, search.origin.constant, s)
    S.subtract(n, search.gradient.constant, gradient.constant, y)
    let product = S.dot(n, s, y)
    let length = S.norm(n, s)
    if product > Double(S.ulpOfOne) * length * S.norm(n, y) {
      products.pointer[i] = product
      newest = i
      stored = min(stored + 1, settings.memory)
    }
    return length
  }

  private func isIdle() -> Bool {
    let progress = value < lowestValue - settings.valueTolerance * abs(lowestValue) || norm < lowestNorm
    lowestValue = min(lowestValue, value)
    lowestNorm = min(lowestNorm, norm)
    idle = progress ? 0 : idle + 1
    return idle >= Self.patience
  }
}
