/// What one thread needs to visit a pattern.
final class MessageWorker<S: Scalar> {
  private let factor: PatternFactor
  private let exact: ExactUnit?
  /// Cavity means of the weights of a pattern.
  private let means: Buffer<S>
  private let sent: Buffer<Double>
  private let up: Buffer<Double>
  /// Of the last block.
  var residual = 0.0

  init(_ graph: PatternGraph, _ settings: MessagePassing<S>.Settings) throws(Failure) {
    let margin = settings.margin ?? graph.margin
    factor = try PatternFactor.make(graph, margin: margin)
    exact = settings.exact ? try ExactUnit(graph, margin: margin) : nil
    means = try Buffer(graph.dimension)
    sent = try Buffer(graph.fanIn)
    up = try Buffer(graph.hidden)
  }

  /// Where unit k of pattern a finds its inputs, its messages and the totals of its weights.
  private struct Place {
    let inputs: MessageInputs.Unit
    let u: UnsafeMutablePointer<S>
    let total: UnsafePointer<S>
  }

  private func place(_ engine: MessagePassing<S>, _ a: Int, _ k: Int) -> Place {
    let n = engine.graph.fanIn
    return Place(
      inputs: engine.inputs.unit(a, k),
      u: engine.messages.pointer + a * engine.weights + k * n, total: engine.total.constant + k * n)
  }

  /// Means of the weights of pattern a and moments of its fields, then what the factor makes of them.
  private func look(_ engine: MessagePassing<S>, _ a: Int) {
    let n = engine.graph.fanIn
    let noise = engine.inputs.noise(a)
    for k in 0..<engine.graph.hidden {
      let unit = place(engine, a, k)
      var field =
        switch unit.inputs {
        case .signs(let bits): S.messageCavity(n, bits, unit.total, unit.u, means.pointer + k * n)
        case .numbers(let x): S.numberCavity(n, x, unit.total, unit.u, means.pointer + k * n)
        }
      field.variance += noise
      factor.moments.pointer[k] = field
    }
    factor.update()
  }

  /// The same from exact distributions of the fields.
  private func look(_ exact: ExactUnit, _ factor: SignFactor, _ engine: MessagePassing<S>, _ a: Int) {
    for k in 0..<engine.graph.hidden {
      let unit = place(engine, a, k)
      load(exact, unit, orientation: engine.graph.hidden == 1 ? factor.label : 1)
      up.pointer[k] = exact.upward
    }
    if engine.graph.hidden > 1 { factor.update(upward: up.constant) } else { factor.logZ = exact.logSatisfied }
  }

  /// Exact distributions are for signs only.
  private func load(_ exact: ExactUnit, _ unit: Place, orientation: Double) {
    if case .signs(let bits) = unit.inputs { exact.load(bits, unit.total, unit.u, orientation: orientation) }
  }

  /// The label and constraint of pattern a.
  private func turn(to a: Int, _ engine: MessagePassing<S>) {
    factor.label = Double(engine.graph.labels.pointer[a])
    if let threshold = engine.inputs.threshold(a), let signs = factor as? SignFactor { signs.require(threshold) }
  }

  /// New messages of pattern a; what they changed is added to `change` (N scalars). Returns a bound on the largest
  /// change of tanh u.
  @specialized(where S == Float) @specialized(where S == Double)
  func visit(_ engine: MessagePassing<S>, _ a: Int, change: UnsafeMutablePointer<S>) -> Double {
    turn(to: a, engine)
    let n = engine.graph.fanIn
    var largest = 0.0
    if let exact, let factor = factor as? SignFactor {
      look(exact, factor, engine, a)
      for k in 0..<engine.graph.hidden {
        let unit = place(engine, a, k)
        let field = factor.field(k)
        if engine.graph.hidden > 1 { load(exact, unit, orientation: field < 0 ? -1 : 1) }
        exact.send(field: abs(field), sent.pointer)
        largest = max(largest, take(engine, unit, change + k * n))
      }
      return largest
    }
    look(engine, a)
    let fewFree = PatternFactor.fewFree * engine.inputs.largestSquare(a)
    for k in 0..<engine.graph.hidden {
      largest = max(largest, send(engine, k, place(engine, a, k), fewFree: fewFree, change + k * n))
    }
    return largest
  }

  private func send(
    _ engine: MessagePassing<S>, _ k: Int, _ unit: Place, fewFree: Double, _ change: UnsafeMutablePointer<S>
  ) -> Double {
    guard case .signs(let bits) = unit.inputs else {
      return sendNumbers(engine, k, unit, fewFree: fewFree, change)
    }
    let n = engine.graph.fanIn
    let m = means.constant + k * n
    let (limit, damping) = (PatternFactor.limit, engine.settings.damping)
    var field = factor.moments.pointer[k]
    if field.variance > fewFree {
      field.mean -= factor.threshold(k)
      return S.messageSend(
        n, bits, m, field, slope: factor.slope.pointer[k], curvature: factor.curvature.pointer[k], limit: limit,
        damping: damping, unit.u, change)
    }
    if let signs = factor as? SignFactor {
      field.mean -= factor.threshold(k)
      return S.messagePairs(
        n, bits, m, field, down: signs.field(k), limit: limit, damping: damping, unit.u, change)
    }
    for i in 0..<n {
      let own = Double(m[i])
      let mean = field.mean - (bits[i >> 6] >> UInt64(i & 63) & 1 == 1 ? own : -own)
      let variance = field.variance - (1 - own * own)
      sent.pointer[i] =
        0.5 * (factor.likelihood(k, mean + 1, variance) - factor.likelihood(k, mean - 1, variance))
    }
    return take(engine, unit, change)
  }

  /// The same for inputs that are numbers.
  private func sendNumbers(
    _ engine: MessagePassing<S>, _ k: Int, _ unit: Place, fewFree: Double, _ change: UnsafeMutablePointer<S>
  ) -> Double {
    guard case .numbers(let x) = unit.inputs else { return 0 }
    let n = engine.graph.fanIn
    let m = means.constant + k * n
    var field = factor.moments.pointer[k]
    if field.variance > fewFree {
      field.mean -= factor.threshold(k)
      return S.numberSend(
        n, x, m, field, slope: factor.slope.pointer[k], curvature: factor.curvature.pointer[k],
        limit: PatternFactor.limit, damping: engine.settings.damping, unit.u, change)
    }
    for i in 0..<n {
      let (input, own) = (Double(x[i]), Double(m[i]))
      let mean = field.mean - input * own
      let variance = field.variance - input * input * (1 - own * own)
      sent.pointer[i] =
        input == 0
        ? 0 : 0.5 * (factor.likelihood(k, mean + input, variance) - factor.likelihood(k, mean - input, variance))
    }
    return take(engine, unit, change)
  }

  private func take(_ engine: MessagePassing<S>, _ unit: Place, _ change: UnsafeMutablePointer<S>) -> Double {
    let (n, limit, damping) = (engine.graph.fanIn, PatternFactor.limit, engine.settings.damping)
    return switch unit.inputs {
    case .signs(let bits):
      S.messageTake(n, bits, sent.constant, limit: limit, damping: damping, unit.u, change)
    case .numbers:
      S.numberTake(n, sent.constant, limit: limit, damping: damping, unit.u, change)
    }
  }

  /// ln of the probability that pattern a is satisfied under the cavity means.
  @specialized(where S == Float) @specialized(where S == Double)
  func logZ(_ engine: MessagePassing<S>, _ a: Int) -> Double {
    turn(to: a, engine)
    if let exact, let factor = factor as? SignFactor {
      look(exact, factor, engine, a)
    } else {
      look(engine, a)
    }
    return factor.logZ
  }
}
