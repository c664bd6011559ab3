import SwaleCore

/// Limited-memory BFGS with a strong Wolfe line search, on all samples: deterministic. One step is one direction with
/// its line search.
///
/// The direction is -H g with H from the last `memory` pairs s = x' - x, y = g' - g by the two-loop recursion and
/// H0 = (s'y / y'y) I. Source: Nocedal, Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5.
public struct LBFGS: Solver, Component {
  public static let info = Info(
    "lbfgs", "Limited-memory BFGS with a strong Wolfe line search, on all samples.",
    reference: "Liu, Nocedal, Mathematical Programming 45 (1989) 503; Nocedal, Wright, Numerical Optimization (2006), "
      + "algorithms 3.5, 3.6, 7.4 and 7.5")
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static var options: [Option<Self>] {
    [
      option("memory", \.memory, in: 1...10_000, "Pairs of steps and gradient changes that are kept."),
      option("gradient_tolerance", \.gradientTolerance, in: 0...1e150,
        "Converged when the Euclidean norm of the gradient is at or below this."),
      option("value_tolerance", \.valueTolerance, in: 0...1,
        "A step is idle when neither the lowest value falls by more than this fraction of it nor the gradient norm "
          + "reaches a new minimum; stalled after ten idle steps in a row."),
      option("step_tolerance", \.stepTolerance, in: 0...1, "Stalled when |x' - x| is at or below this times |x|."),
    ]
  }

  public var memory = 10
  public var gradientTolerance = 1e-5
  public var valueTolerance = 1e-12
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

  private var lowestValue = Double.infinity
  private var lowestNorm = Double.infinity
  private var idle = 0
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
    try super.init(job, gradientTolerance: settings.gradientTolerance)
  }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    if let reason = try begin(x) { return reason }
    guard let trial = try move(x) else { return job.stopReason == nil ? .stalled : nil }
    let distance = store(x)
    gradient.pointer.update(from: search.gradient.constant, count: n)
    if let reason = arrive(trial.value) { return reason }
    if settings.stepTolerance > 0, distance <= settings.stepTolerance * S.sumSquares(n, x).squareRoot() {
      return .stalled
    }
    return isIdle() ? .stalled : nil
  }

  /// One line search: along -H g, and if that fails along -g with an empty memory.
  private func move(_ x: UnsafeMutablePointer<S>) throws(Failure) -> LineSearch<S>.Trial? {
    while true {
      setDirection()
      let slope = S.dot(n, gradient.constant, direction.constant)
      let first = stored > 0 ? 1 : min(1, 1 / norm)
      if slope < 0,
        let trial = try search.search(x, along: direction.constant, value: value, slope: slope, first: first)
      {
        return trial
      }
      if stored == 0 || job.stopReason != nil { return nil }
      stored = 0
    }
  }

  /// Two-loop recursion: direction = -H g.
  private func setDirection() {
    let d = direction.pointer
    d.update(from: gradient.constant, count: n)
    S.scale(n, -1, d)
    if stored == 0 { return }
    let memory = settings.memory
    for age in 0..<stored {
      let i = (newest - age + memory) % memory
      let weight = S.dot(n, steps.constant + i * n, d) / products.pointer[i]
      weights.pointer[i] = weight
      S.axpy(n, S(-weight), changes.constant + i * n, d)
    }
    let y = changes.constant + newest * n
    S.scale(n, S(products.pointer[newest] / S.sumSquares(n, y)), d)
    for age in (0..<stored).reversed() {
      let i = (newest - age + memory) % memory
      let weight = weights.pointer[i] - S.dot(n, changes.constant + i * n, d) / products.pointer[i]
      S.axpy(n, S(weight), steps.constant + i * n, d)
    }
  }

  /// Keeps the pair of the step just made, unless its curvature s'y is not clearly positive. Returns |s|.
  private func store(_ x: UnsafePointer<S>) -> Double {
    let i = (newest + 1) % settings.memory
    let (s, y) = (steps.pointer + i * n, changes.pointer + i * n)
    S.subtract(n, x, search.origin.constant, s)
    S.subtract(n, search.gradient.constant, gradient.constant, y)
    let product = S.dot(n, s, y)
    let length = S.sumSquares(n, s).squareRoot()
    if product > Double(S.ulpOfOne) * length * S.sumSquares(n, y).squareRoot() {
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
