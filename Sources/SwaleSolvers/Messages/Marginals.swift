import SwaleCore

/// Marginals of binary weights under the patterns, improved sweep by sweep: what `BeliefPropagation` drives, whichever
/// messages are behind it.
protocol Marginals<S>: AnyObject {
  associatedtype S: Scalar
  var weights: Int { get }
  /// Largest change in the last sweep of a tanh of a message, or of a mean.
  var residual: Double { get }
  /// Whether sweeps go on at rho = 1, where fields grow without bound.
  var bearsFullReinforcement: Bool { get }

  /// One visit of all patterns, after which every field is T = h + rho T with h what the messages say.
  func sweep(reinforcement rho: Double)
  func write(means: UnsafeMutablePointer<Double>)
  /// The more likely sign of every weight.
  func write(signs: UnsafeMutablePointer<S>)
  /// Bethe entropy per weight at a fixed point without reinforcement.
  func entropy() throws(Failure) -> Double
}

/// N P messages.
final class MessageMarginals<S: Scalar>: Marginals {
  private let engine: MessagePassing<S>

  init(_ engine: MessagePassing<S>) { self.engine = engine }

  var weights: Int { engine.weights }
  var residual: Double { engine.residual }
  /// The self-field is rho / (1 - rho) h.
  var bearsFullReinforcement: Bool { false }

  func sweep(reinforcement rho: Double) {
    if rho == 0 {
      engine.sweep()
    } else {
      engine.sweep(Focus(y: 1 / (1 - rho), gamma: .infinity))
    }
  }

  func write(means: UnsafeMutablePointer<Double>) {
    for i in 0..<weights { means[i] = engine.magnetization(i) }
  }
  func write(signs: UnsafeMutablePointer<S>) { engine.writeSigns(signs) }
  func entropy() -> Double { engine.entropy() / Double(weights) }
}

/// One message per pattern and one field per weight, of a perceptron.
final class RelaxedMarginals<S: Scalar>: Marginals {
  private let tap: TapPerceptron<S>
  private let damping: Double

  init(_ graph: PatternGraph, damping: Double, spread: Double, random: RandomStream, for who: String) throws(Failure) {
    guard graph.isPerceptron else {
      throw Failure(
        .unsupported, "\(who): option 'messages' is tap, which is for perceptrons, but the objective has \(graph.hidden) "
          + "hidden \(graph.unit) units")
    }
    guard graph.weights == .binary else {
      throw Failure(.unsupported, "\(who) needs binary weights, the objective's are \(graph.weights)")
    }
    self.damping = damping
    tap = try TapPerceptron(try TapPatterns(graph), margin: graph.margin)
    tap.reset(amplitude: spread, random: random)
  }

  var weights: Int { tap.weights }
  var residual: Double { tap.residual }
  var bearsFullReinforcement: Bool { true }

  func sweep(reinforcement rho: Double) { tap.step(.init(damping: damping, reinforcement: rho)) }

  func write(means: UnsafeMutablePointer<Double>) { S.toDouble(weights, tap.means.constant, means) }
  func write(signs: UnsafeMutablePointer<S>) { S.tapSigns(weights, tap.fields.constant, signs) }
  func entropy() throws(Failure) -> Double { try tap.entropy() }
}
