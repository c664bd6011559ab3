import Glibc
import SwaleCore

/// How belief propagation is run to a fixed point: options shared by the entropies.
public struct MessageLimits: Sendable {
  public var tolerance = 1e-6
  public var maxSweeps = 2000
  public var damping = 0.0
  public var exact = false
  public var spread = 0.0

  static func options<T: Component>(_ path: WritableKeyPath<T, MessageLimits>) -> [Option<T>] {
    [
      T.option("tolerance", path.appending(path: \.tolerance), in: 1e-15...1e-3,
        "Converged when no tanh of a message changes by more than this in a sweep."),
      T.option("max_sweeps", path.appending(path: \.maxSweeps), in: 1...1e9,
        "Sweeps over all messages, for each convergence."),
      T.option("damping", path.appending(path: \.damping), in: 0...0.99, "Part of the old message in the new one."),
      T.option("exact", path.appending(path: \.exact),
        "Sum over all values of a field instead of its normal approximation: O(n) times slower, for small n."),
      T.option("spread", path.appending(path: \.spread), in: 0...0.99,
        "Size of random first messages, which choose among the permutations of the units of a full committee."),
    ]
  }

  /// Messages for the patterns of a job's objective.
  func messages<S: Scalar>(_ job: Job<S>, margin: Double? = nil, for who: String) throws(Failure) -> MessagePassing<S> {
    guard let graph = job.objective.patterns else {
      throw Failure(.unsupported, "\(who) needs patterns, which objective '\(job.objective.name)' does not hand out")
    }
    var settings = MessagePassing<S>.Settings()
    settings.damping = damping
    settings.exact = exact
    settings.spread = spread
    settings.margin = margin
    let messages = try MessagePassing<S>(graph, settings, random: job.random(StreamBase.metric), for: who)
    messages.stopping = { job.stopping() }
    return messages
  }

  /// In f32, messages stop moving at a few units in the last place of tanh.
  private func reachable<S: Scalar>(_ type: S.Type) -> Double { max(tolerance, 16 * Double(S.ulpOfOne)) }

  /// How far distances of fixed points may be off because messages still moved: a few times what the last sweep did.
  var slack: Double { 1e-4 + 10 * tolerance }

  /// Where messages came to rest, or did not.
  struct FixedPoint {
    var found: Relaxation
    /// Per weight; NaN unless `valid`.
    var entropy = Double.nan
    /// At rest on weights that contradict patterns.
    var contradiction = false
    /// At rest where the entropy is negative beyond its error: there is nothing.
    var empty = false
    var valid: Bool { found.converged && !contradiction && !empty }

    var status: String {
      if empty {
        return "no solution exists that the messages see: the entropy of their fixed point is negative"
      }
      if contradiction {
        return "not converged: the messages froze on weights that violate patterns; there may be no solution"
      }
      return found.converged
        ? "converged" : "not converged: residual \(found.residual) after \(found.sweeps) sweeps; more damping or "
          + "max_sweeps may help, and near the capacity nothing does"
    }
  }

  /// Relaxes the messages and takes the entropy of their fixed point. One outside of -1 ... ln 2 is none of +-1
  /// weights: messages that froze on a contradiction stop at the clamp of their fields, where the Bethe formula is not
  /// stationary. One that is negative beyond its error counts less than one solution.
  func settle<S: Scalar>(_ messages: MessagePassing<S>, _ job: Job<S>) -> FixedPoint {
    // A sweep counts as an evaluation.
    let found = messages.relax(tolerance: reachable(S.self), maxSweeps: maxSweeps) {
      if job.stopping() { return true }
      job.countValues(1)
      return false
    }
    var point = FixedPoint(found: found)
    if !found.converged { return point }
    let entropy = messages.entropy() / Double(messages.weights)
    let admitted = SolutionEntropy.admitted(entropy, messages.graph)
    if entropy <= -1 || admitted?.isNaN == true {
      point.contradiction = true
    } else if let admitted {
      point.entropy = admitted
    } else {
      point.empty = true
    }
    return point
  }
}
