import SwaleCore

/// Greedy search for the centre of a dense region of solutions (entropy-driven Monte Carlo). A reference w~ walks on
/// the local free entropy
///
///     F(w~) = ln sum over solutions w of exp(gamma (w . w~ - N)),
///
/// which belief propagation gives with external fields gamma w~_i. With the cavity field h_i (the field on weight i
/// without gamma w~_i), a flip of w~_i changes F by  ln cosh(h_i - gamma w~_i) - ln cosh(h_i + gamma w~_i)  as far as
/// the messages are right: it grows exactly where h_i disagrees with w~_i. So flips are proposed in the order of w~_i
/// h_i, most disagreeing first, the messages of the last score are carried on, and the new score decides: a flip stays
/// if F grows, or by Metropolis with probability exp(change of F / temperature). When no proposal is left, gamma rises.
///
/// A step is one proposal, or one rise of gamma. It ends with reason converged when a strict recount finds no error of
/// w~. From any start about N / 2 flips lead to a solution, from the flat side. Source: Baldassi, Ingrosso, Lucibello,
/// Saglietti, Zecchina, J. Stat. Mech. (2016) 023301 (arXiv:1511.05634).
///
/// Report: `errors` of x by a strict recount, `solved`; histories `scores` F / N, `gammas`, `error_counts`, `flips`
/// (accepted so far) per step; `unconverged`, the number of scores whose messages were still moving; `sweeps` in all.
public struct GreedyLocalEntropy: MessageSolver {
  public static let info = Info(
    "greedy_local_entropy",
    "Entropy-driven walk of a reference configuration, scored by belief propagation around it.",
    reference: "Baldassi, Ingrosso, Lucibello, Saglietti, Zecchina, J. Stat. Mech. (2016) 023301")
  public static let needs: Capabilities = [.patterns, .errors, .stochastic]
  public static var options: [Option<Self>] {
    messageOptions(["gaussian", "exact"]) + [
      option("gamma", \.gamma, in: 1e-6...20, "Attraction of the solutions to the reference at the start."),
      option("gamma_step", \.gammaStep, in: 0...20, "What gamma rises by when no proposal is left."),
      option("gamma_max", \.gammaMax, in: 1e-6...20, "The run ends as stalled when gamma would rise above this."),
      option("temperature", \.temperature, in: 0...1e6,
        "Pseudo-temperature of the acceptance, in units of F (not per weight); 0: greedy."),
      option("proposals", \.proposals, in: 1...1e9,
        "Proposals at one gamma, at most; with a temperature, that many are made."),
      option("disagreement", \.disagreement, in: 0...30,
        "Greedy: only weights with w~_i h_i below minus this are proposed."),
      option("sweeps", \.sweeps, in: 1...1e6, "Sweeps of belief propagation for each score, at most."),
      option("tolerance", \.tolerance, in: 1e-12...1e-1,
        "A score stops earlier when no tanh of a message changes by more than this in a sweep."),
    ]
  }

  public var passing = MessageOptions()
  public var gamma = 0.1
  public var gammaStep = 0.1
  public var gammaMax = 5.0
  public var temperature = 0.0
  public var proposals = 10_000
  public var disagreement = 0.01
  public var sweeps = 5
  public var tolerance = 1e-3
  public init() {}

  public func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    let who = "solver 'greedy_local_entropy'"
    guard gammaStep > 0 || temperature > 0 else {
      throw Failure(
        .option, "option 'gamma_step' of \(who) is 0 with 'temperature' 0: the search would stop "
          + "at the first local maximum, allowed a step above 0 or a temperature above 0")
    }
    guard gammaMax >= gamma else {
      throw Failure(
        .option, "option 'gamma_max' of \(who) is \(gammaMax), allowed \(gamma) (gamma) or more")
    }
    let graph = try MessageOptions.graph(of: job.objective, for: who)
    return try GreedyLocalEntropyStepper(job, self, try passing.engine(job, graph, for: who), x)
  }
}
