import Glibc
import SwaleCore

/// Reinforced max-sum for a binary perceptron: the zero-temperature limit of belief propagation, where a message is how
/// much the best score of a pattern's other weights changes with one weight, and fields are reinforced until they
/// decide.
///
/// With fields T_i = sum_a u_ai + Gamma_i + rho_t T_i, rho_t = rate t, Gamma_i uniform in -1 ... 1 (the equations are
/// homogeneous, so the scale is free), and the messages of `swk_max_sum_pattern`; the weights are the signs of T. A
/// step is a sweep over all patterns. No proof of success: sequential, it works up to alpha of about 0.6
/// with N = 501.
///
/// Report: `errors`, `solved`, `rho` of the last sweep. Memory: N P messages.
/// Source: spec 1.3 E; Braunstein, Zecchina, PRL 96 (2006) 030201, and Baldassi, Braunstein, J. Stat. Mech. (2015)
/// P08008.
public struct MaxSum: Solver, Component {
  public static let info = Info(
    "max_sum", "Reinforced max-sum message passing for a perceptron with weights +1 and -1.",
    reference: "Baldassi, Braunstein, J. Stat. Mech. (2015) P08008")
  public static let needs: Capabilities = [.patterns, .errors, .stochastic]
  public static var options: [Option<Self>] {
    [
      option("rate", \.rate, in: 1e-9...1, "Growth of the reinforcement in a sweep; slower finds more."),
      option("schedule", \.schedule, choices: ["sequential", "parallel"],
        "Whether patterns answer one after the other in random order, or all of them the fields before the sweep."),
    ]
  }

  public var rate = 0.001
  public var schedule = "sequential"
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let graph = try perceptronGraph(job.objective, for: "solver 'max_sum'")
    let n = graph.dimension
    guard graph.weights == .binary else {
      throw Failure(
        .unsupported, "solver 'max_sum' finds weights +1 and -1, but those of the objective are \(graph.weights)")
    }
    _ = try graph.signs(for: "solver 'max_sum'")
    guard n % 2 == 1, n >= 3 else {
      throw Failure(
        .unsupported, "solver 'max_sum' needs an odd number of weights, at least 3, so that no field is 0; got \(n)")
    }
    return try MaxSumStepper(job, self, graph)
  }
}

final class MaxSumStepper<S: Scalar>: Stepper<S> {
  private let settings: MaxSum
  private let n: Int
  private let bits: SignBits
  /// Least odd field that satisfies a pattern.
  private let bound: Int
  private let messages: Buffer<S>
  private let total: Buffer<S>
  /// Sums of the messages to each weight.
  private let sum: Buffer<S>
  /// Gamma, the fields that break ties.
  private let tilt: Buffer<S>
  private let scratch: Buffer<S>
  private let order: Buffer<Int64>
  private var sweeps = 0
  private var errors: Double

  /// Fields above this are scaled down with everything else.
  private static var largestField: Double { 1e6 }

  init(_ job: Job<S>, _ settings: MaxSum, _ graph: PatternGraph) throws(Failure) {
    self.settings = settings
    n = graph.dimension
    let patterns = graph.patterns
    bits = try TapPatterns<S>.absorbed(try graph.signs(for: "solver 'max_sum'"), graph.labels)
    bound = PatternGraph.leastField(margin: graph.margin, weights: n)
    guard bound <= n - 2 else {
      throw Failure(
        .unsupported, "solver 'max_sum': margin \(graph.margin) asks \(n) weights for fields of \(bound), allowed "
          + "at most \(n - 2)")
    }
    messages = try Buffer(try checkedProduct([patterns, n], "the messages of solver 'max_sum'"))
    total = try Buffer(n)
    sum = try Buffer(n)
    tilt = try Buffer(n)
    scratch = try Buffer(try checkedProduct([2, n], "the fields"))
    order = try Buffer(patterns)
    errors = Double(patterns)
    super.init(job)
    var random = job.random(StreamBase.solver)
    random.uniform(n, -1, 1, into: tilt.pointer)
  }

  override var totalSteps: Int? { Int(saturating: (2 / settings.rate).rounded(.up)) }
  override var succeeded: Bool? { errors == 0 }
  private var reinforcement: Double { settings.rate * Double(sweeps) }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    let rest = scratch.pointer
    // T = messages + rest with rest = Gamma + rho T.
    if settings.schedule == "parallel" {
      S.fill(n, 0, sum.pointer)
      for a in 0..<bits.rows {
        if isInterrupted(a) { return nil }
        update(a, keep: 0, sum.pointer)
      }
      S.axpby(n, 1, tilt.constant, S(reinforcement), total.pointer)
      S.add(n, total.constant, sum.constant, total.pointer)
    } else {
      rest.update(from: tilt.constant, count: n)
      S.axpy(n, S(reinforcement), total.constant, rest)
      S.add(n, rest, sum.constant, total.pointer)
      RandomStream.permutation(
        seed: job.seed, stream: StreamBase.solver + 1 + UInt64(sweeps), bits.rows, into: order.pointer)
      for k in 0..<bits.rows {
        if isInterrupted(k) { return nil }
        update(Int(order.pointer[k]), keep: 1, total.pointer)
      }
      // Anew from the messages, so that rounding does not pile up.
      S.fill(n, 0, sum.pointer)
      for a in 0..<bits.rows { S.axpy(n, 1, messages.constant + a * n, sum.pointer) }
    }
    sweeps += 1
    rescale()
    S.tapSigns(n, total.constant, x)
    // Unknown until they are counted: the count may be broken off.
    errors = .nan
    errors = (try job.evaluate(x).error * Double(bits.rows)).rounded()
    job.observe(value: errors)
    return errors == 0 ? .converged : nil
  }

  /// Looks at the run once in a while; a sweep that was cut short is no step.
  private func isInterrupted(_ pattern: Int) -> Bool { pattern % 16 == 0 && job.stopping() }

  /// Messages of pattern a.
  private func update(_ a: Int, keep: S, _ out: UnsafeMutablePointer<S>) {
    S.maxSumPattern(
      n, bits.words(a), bound: bound, total.constant, keep: keep, messages.pointer + a * n, out, scratch.pointer,
      scratch.pointer + n)
  }

  private func rescale() {
    let largest = S.maxAbs(n, total.constant)
    if largest <= Self.largestField { return }
    let factor = S(1 / largest)
    S.scale(messages.count, factor, messages.pointer)
    S.scale(n, factor, total.pointer)
    S.scale(n, factor, sum.pointer)
    S.scale(n, factor, tilt.pointer)
  }

  override func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {
    try job.report.record("errors", errors)
    try job.report.record("solved", errors == 0 ? 1 : 0)
    try job.report.record("rho", reinforcement)
  }
}
