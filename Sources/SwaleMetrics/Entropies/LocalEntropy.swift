import SwaleCore

/// How much room there is around a point. Two estimates of one idea:
///
/// `bp`, for patterns with binary weights: the entropy S(d) of the solutions at Hamming distance d from the point, by
/// belief propagation with external fields g w_i, for a list of g (each starts from the messages of the one before)
/// or at given distances. Report: `fields` g, `distances` d, `entropies` S per weight (at least 0: a solution counts
/// itself) with the order of the approximation's error in `entropies_error` and `approximation` in words, `bound`
/// H2(d), `converged`, `satisfiable` (0: no solution exists there), `residuals` and `sweeps` per field; entropies and
/// distances are NaN where belief propagation did not converge, or converged to a distance that does not fall as the
/// field grows, which is no measure of solutions, or to a negative entropy.
///
/// `langevin`, for landscapes with a gradient (see `LangevinEntropy`): per attraction `gammas`, `free_entropies` phi
/// = ln E exp(-beta f(w + z / sqrt gamma)) / N, `losses` <f>, `distances` sqrt(<|x - w|^2> / N), `entropies` S of the
/// local measure and `bound`, that of a Gaussian as wide, with standard errors `..._error` that hold correlations,
/// the spread between independent chains and the error of the nodes (`quadrature_errors`); `acceptance`,
/// `independent_samples` of the worst quantity, `split` (largest ratio of the spread of all chains to that within
/// them), `converged`; NaN where there were fewer than 60 independent samples or the chains do not agree (split above
/// 1.1).
///
/// Both: `method` and, in words, `status`.
public struct LocalEntropy: Component, Metric {
  public static let info = Info(
    "local_entropy",
    "Logarithm of the volume of solutions (or of low loss) around a point against the distance from it.",
    reference: "Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161; Chaudhari et al., Entropy-SGD, ICLR (2017)")
  public static var options: [Option<Self>] {
    [
      option("method", \.method, choices: ["auto", "bp", "langevin"],
        "bp: messages on patterns with binary weights; langevin: sampling with gradients; auto: bp where it can."),
      option("fields", \.fields, in: -100...100,
        "bp: external fields g along the point, in the order they are followed; none: 0.25, 0.5, ... 2, unless there are "
          + "distances."),
      option("distances", \.distances, in: 1e-6...0.999999,
        "bp: Hamming distances per weight, for which the fields are found, instead of fields."),
      option("gammas", \.gammas, in: 1e-12...1e12, "langevin: attractions to the point, one estimate each."),
      option("beta", \.beta, in: 0...1e12, "langevin: inverse temperature, weight of the loss."),
      option("nodes", \.nodes, in: 1...64, "langevin: nodes of the thermodynamic integration over the temperature."),
      option("samples", \.samples, in: 40...1e9, "langevin: steps that are averaged, of all ladders together."),
      option("ladders", \.ladders, in: 2...1000,
        "langevin: independent chains at every node; where they disagree, nothing counts as converged."),
      option("warm_up", \.warmUp, in: 0...1e9, "langevin: steps of each chain before."),
      option("adjusted", \.adjusted, "langevin: accept or reject steps, so that they have no discretisation error."),
      option("step", \.step, in: 0...1,
        "langevin: size of a step in units of 1 / gamma; 0: tuned to an acceptance of 0.574 while warming up."),
    ] + MessageLimits.options(\.limits)
  }
  public static let points = 1...1
  static let usualFields = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]

  public var method = "auto"
  public var fields: [Double] = []
  public var distances: [Double] = []
  public var limits = MessageLimits()
  public var gammas = [1000.0, 100, 10, 1]
  public var beta = 1.0
  public var nodes = 5
  public var samples = 500
  public var warmUp = 200
  public var adjusted = true
  public var step = 0.0
  public var ladders = 8
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let discrete = job.objective.capabilities.contains(.patterns) && job.objective.patterns?.weights == .binary
    if method == "bp" || method == "auto" && discrete {
      try propagate(job, points[0])
    } else {
      try sample(job, points[0])
    }
  }
}
