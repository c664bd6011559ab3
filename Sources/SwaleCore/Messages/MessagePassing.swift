import Glibc

/// Belief propagation over the solutions of a binary device on patterns: cavity fields u_ai from pattern a to weight i,
/// total fields T_i = external_i + self_i + sum_a u_ai, marginals P(w_i = +1) = 1 / (1 + exp(-2 T_i)).
///
/// A pattern takes m_i = tanh(T_i - u_ai), with mean mu and variance s^2 of each unit's field, and answers
///
///     u_ai = (F(mu_i + xi_i) - F(mu_i - xi_i)) / 2,   mu_i = mu - xi_i m_i,   s_i^2 = s^2 - (1 - m_i^2)
///
/// with the log-likelihood F of the field (`PatternFactor`), expanded to second order in 1 / s_i where s^2 > 20
/// (where inputs are numbers: with xi_i^2 (1 - m_i^2) for 1 - m_i^2, and s^2 > 20 of the largest xi^2). Patterns are
/// visited in random order, and T follows at once; with block > 1 the patterns of a block see the same T, are worked
/// on by several threads, and change T in order, so that the bits depend on `block` but not on the threads. Memory: N
/// P messages in the precision of S. Errors of the field's normal approximation are of order 1 / n. Sources: Mezard,
/// J. Phys. A 22 (1989) 2181; Braunstein, Zecchina, PRL 96 (2006) 030201.
public final class MessagePassing<S: Scalar> {
  public struct Settings: Sendable {
    /// Part of the old message in the new one.
    public var damping = 0.0
    /// Patterns that see the same fields.
    public var block = 1
    /// Sum over all values of the field instead of its normal approximation: O(n^2) per pattern.
    public var exact = false
    /// kappa of the constraint; nil: that of the graph.
    public var margin: Double?
    /// First messages are atanh(spread (2 uniform - 1)); 0: none.
    public var spread = 0.0
    public init() {}
  }

  public let graph: PatternGraph
  public internal(set) var settings: Settings
  public var weights: Int { graph.dimension }
  public var patterns: Int { graph.patterns }
  /// T.
  public let total: Buffer<S>
  /// External fields, part of T; change them by `setExternal`.
  public let external: Buffer<S>
  /// Fields of a weight on itself (reinforcement), part of T.
  public let own: Buffer<S>
  /// Sweeps so far.
  public private(set) var sweeps = 0
  /// Bound on the largest change of tanh u in the last sweep.
  public private(set) var residual = Double.infinity

  let inputs: MessageInputs
  let messages: Buffer<S>
  private let order: Buffer<Int64>
  private let changes: Buffer<S>?
  private let workers: [MessageWorker<S>]
  private let random: RandomStream

  /// - Parameters:
  ///   - random: seed and stream of the order of patterns and of the first messages.
  ///   - who: named in refusals: inputs that are not signs, weights that are not binary.
  public init(
    _ graph: PatternGraph, _ settings: Settings = Settings(), random: RandomStream, for who: String
  ) throws(Failure) {
    guard graph.weights == .binary else {
      throw Failure(.unsupported, "\(who) needs binary weights, the objective's are \(graph.weights)")
    }
    guard !settings.exact || graph.unit == .sign else {
      throw Failure(.option, "\(who): exact messages need sign units, the objective's are \(graph.unit)")
    }
    if settings.exact { _ = try graph.signs(for: "\(who) with exact messages") }
    inputs = try MessageInputs(graph, margin: settings.margin ?? graph.margin)
    self.graph = graph
    self.settings = settings
    self.random = random
    let (n, p) = (graph.dimension, graph.patterns)
    messages = try Buffer(try checkedProduct([p, n], "the messages"))
    total = try Buffer(n)
    external = try Buffer(n)
    own = try Buffer(n)
    order = try Buffer(p)
    let block = min(max(settings.block, 1), max(p, 1))
    changes = block > 1 ? try Buffer(try checkedProduct([block, n], "the changes of a block")) : nil
    var made: [MessageWorker<S>] = []
    for _ in 0..<(block > 1 ? min(block, Parallel.threads) : 1) {
      made.append(try MessageWorker(graph, settings))
    }
    workers = made
    // Some ten nanoseconds a message.
    try restart { () throws(Failure) in try Interruption.check(work: 100 * Double(n)) }
  }

  /// Starts anew: first messages as at the beginning, external fields as they are.
  public func forget() { restart {} }

  /// - Parameter look: called before the messages of every pattern.
  private func restart<E: Error>(_ look: () throws(E) -> Void) throws(E) {
    let (n, p) = (weights, patterns)
    sweeps = 0
    residual = .infinity
    S.fill(n, 0, own.pointer)
    if settings.spread > 0 {
      var stream = RandomStream(seed: random.seed, stream: random.stream)
      stream.uniform(n * p, S(-settings.spread), S(settings.spread), into: messages.pointer)
      for a in 0..<p {
        try look()
        for i in (a * n)..<((a + 1) * n) { messages.pointer[i] = S(atanh(Double(messages.pointer[i]))) }
      }
    } else {
      S.fill(n * p, 0, messages.pointer)
    }
    gather()
  }

  /// T from its parts, which ends the drift of rounding errors.
  private func gather() {
    let n = weights
    total.pointer.update(from: external.constant, count: n)
    S.add(n, total.constant, own.constant, total.pointer)
    for a in 0..<patterns { S.add(n, total.constant, messages.constant + a * n, total.pointer) }
  }

  /// Replaces the external field of a weight.
  public func setExternal(_ i: Int, _ value: Double) {
    total.pointer[i] += S(value) - external.pointer[i]
    external.pointer[i] = S(value)
  }

  /// Replaces the self-field of every weight by `map` of its total field and its present self-field.
  public func replaceOwn(_ map: (_ total: Double, _ own: Double) -> Double) {
    for i in 0..<weights {
      let (field, old) = (Double(total.pointer[i]), Double(own.pointer[i]))
      let new = map(field, old)
      own.pointer[i] = S(new)
      total.pointer[i] = S(field - old + new)
    }
  }

  /// T_i without the external field.
  public func cavityField(_ i: Int) -> Double { Double(total.pointer[i]) - Double(external.pointer[i]) }
  public func magnetization(_ i: Int) -> Double { tanh(Double(total.pointer[i])) }

  /// +1 or -1 per weight, the more likely sign.
  public func writeSigns(_ x: UnsafeMutablePointer<S>) {
    for i in 0..<weights { x[i] = total.pointer[i] < 0 ? -1 : 1 }
  }

  private static var gatherInterval: Int { 32 }

  /// Asked on the way through a sweep; true ends it before all patterns were visited, with an infinite residual.
  public var stopping: () -> Bool = { false }
  /// Patterns visited between two looks; exact sums of a pattern take O(n^2).
  private var patience: Int { settings.exact ? 1 : 16 }

  /// One visit of every pattern. Returns the residual.
  @discardableResult
  public func sweep() -> Double {
    let p = patterns
    // A stream per sweep: the order depends on the number of the sweep only.
    RandomStream.permutation(
      seed: random.seed, stream: random.stream &+ (UInt64(sweeps + 1) << 20), p, into: order.pointer)
    residual = 0
    if let changes {
      sweepBlocks(changes)
    } else {
      for a in 0..<p {
        if a % patience == 0, stopping() {
          residual = .infinity
          break
        }
        residual = max(residual, workers[0].visit(self, Int(order.pointer[a]), change: total.pointer))
      }
    }
    // It is a bound on a change of tanh.
    if residual.isFinite { residual = min(residual, 2) }
    sweeps += 1
    if sweeps % Self.gatherInterval == 0 { gather() }
    return residual
  }

  /// A message takes about 2 ns, as long as this many operations of a matrix product.
  private static var workPerMessage: Double { 140 }

  private func sweepBlocks(_ changes: Buffer<S>) {
    let (n, p) = (weights, patterns)
    let block = changes.count / max(n, 1)
    let pieces = min(workers.count, Parallel.pieces(work: Double(block) * Double(n) * Self.workPerMessage))
    for start in stride(from: 0, to: p, by: block) {
      if stopping() {
        residual = .infinity
        return
      }
      let count = min(block, p - start)
      S.fill(count * n, 0, changes.pointer)
      Parallel.run(pieces) { piece in
        var largest = 0.0
        for j in Parallel.range(piece, of: pieces, count: count) {
          let change = changes.pointer + j * n
          largest = max(largest, workers[piece].visit(self, Int(order.pointer[start + j]), change: change))
        }
        workers[piece].residual = largest
      }
      for piece in 0..<pieces { residual = max(residual, workers[piece].residual) }
      for j in 0..<count { S.add(n, total.constant, changes.constant + j * n, total.pointer) }
    }
  }

  /// Sweeps until the residual is at or below `tolerance`.
  public func relax(tolerance: Double, maxSweeps: Int, stopping: () -> Bool) -> Relaxation {
    var result = Relaxation()
    while result.sweeps < maxSweeps, !stopping() {
      result.residual = sweep()
      result.sweeps += 1
      if result.residual <= tolerance {
        result.converged = true
        break
      }
    }
    return result
  }

  /// The part of the Bethe free entropy that patterns and their edges have (NaN where `stopping` said so on the way):
  /// sum_a ln Z_a - sum_ai ln [cosh T_i / cosh(T_i - u_ai)].
  public func patternPart() -> Double {
    let n = weights
    // Compensated: N P terms of either sign (Neumaier).
    var (sum, lost) = (0.0, 0.0)
    func add(_ term: Double) {
      let next = sum + term
      lost += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
      sum = next
    }
    let free = S.messageLogCosh(n, total.constant, nil)
    for a in 0..<patterns {
      if a % patience == 0, stopping() { return .nan }
      add(workers[0].logZ(self, a))
      add(S.messageLogCosh(n, total.constant, messages.constant + a * n) - free)
    }
    return sum + lost
  }

  /// Bethe approximation of ln Z, Z = sum over solutions w of exp(external . w); without self-fields.
  public func logPartition() -> Double { patternPart() + S.messageLogCosh(weights, total.constant, nil) }

  /// Entropy of the solutions, ln Z - sum_i external_i tanh T_i, extensive.
  public func entropy() -> Double {
    var sum = logPartition()
    for i in 0..<weights { sum -= Double(external.pointer[i]) * magnetization(i) }
    return sum
  }
}

/// How a relaxation of messages ended.
public struct Relaxation: Sendable {
  public var converged = false
  /// Largest change of tanh u in the last sweep, or a bound on it.
  public var residual = Double.infinity
  public var sweeps = 0
  public init() {}
}
