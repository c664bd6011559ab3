import SwaleCore

/// What all solvers on `MessagePassing` have in common: kind of messages, damping, order and first messages.
public struct MessageOptions: Sendable {
  public var messages = "gaussian"
  public var damping = 0.0
  public var block = 1
  public var spread = 0.0
  public init() {}

  /// Whether all units of the machine see the same inputs, so that only their first messages tell them apart.
  static func isFull(_ graph: PatternGraph) -> Bool { graph.hidden > 1 && !graph.tree }

  /// First messages of machines whose units start alike must differ, or the units stay alike. A solver (`parting`) wants
  /// them well apart before its ramp begins.
  func spread(of graph: PatternGraph, parting: Bool = false) -> Double {
    if spread > 0 { return spread }
    return Self.isFull(graph) ? (parting ? 0.8 : 0.1) : 0.01
  }

  func engine<S: Scalar>(
    _ job: Job<S>, _ graph: PatternGraph, parting: Bool = false, for who: String
  ) throws(Failure) -> MessagePassing<S> {
    var settings = MessagePassing<S>.Settings()
    settings.damping = damping
    settings.block = block
    settings.exact = messages == "exact"
    settings.spread = spread(of: graph, parting: parting)
    let engine = try MessagePassing<S>(graph, settings, random: job.random(StreamBase.solver), for: who)
    engine.stopping = { job.stopping() }
    return engine
  }

  /// The factor graph of an objective, or a sentence that `who` needs one.
  static func graph(of objective: any Objective, for who: String) throws(Failure) -> PatternGraph {
    guard let graph = objective.patterns else {
      throw Failure(.unsupported, "\(who) needs patterns (a factor graph), which '\(objective.name)' does not have")
    }
    return graph
  }
}

protocol MessageSolver: Solver, Component {
  var passing: MessageOptions { get set }
}

extension MessageSolver {
  static func messageOptions(_ kinds: [String]) -> [Option<Self>] {
    [
      option("messages", \.passing.messages, choices: kinds,
        "Fields of a pattern as normal variables, or exact sums over their values (sign units, O(n^2) a pattern)"
          + (kinds.contains("tap") ? "; tap: one message per pattern and weight in place of N P (perceptrons)." : ".")),
      option("damping", \.passing.damping, in: 0...0.999, "Part of the old message in the new one."),
      option("block", \.passing.block, in: 1...1e6,
        "Patterns that see the same fields and are worked on in parallel; 1: one after the other."),
      option("spread", \.passing.spread, in: 0...0.9,
        "First messages are atanh of uniform numbers in +-spread; 0: 0.01, for full committees 0.1, or 0.8 where the run "
          + "raises a reinforcement."),
    ]
  }
}
