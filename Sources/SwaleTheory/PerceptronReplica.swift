import SwaleCore

/// Replica theory of perceptrons in the limit of many weights, to stand beside measurements. Needs no landscape and no
/// points. Loads `alpha` are patterns per weight, entropies natural logarithms per weight.
///
/// `quantity`, and what it reports besides the loads `alpha` (left out where the load is the answer):
/// - `storage`: overlap `q` of two solutions, its conjugate `qh` and their `entropy` (replica-symmetric; spherical
///   weights: ln of the share of the sphere), `satisfiable`, `replicon`;
/// - `capacity`: the load where solutions end at the given margin, with `q` and `replicon` there (binary weights: zero
///   entropy, where one step of replica symmetry breaking freezes; spherical weights: q -> 1, exact for margin >= 0,
///   for margin < 0 unstable and above the true capacity);
/// - `max_margin`: at each load, the largest margin, `replicon`;
/// - `one_step_capacity` (spherical): `capacity` with one step of replica symmetry breaking at `c`, `q0` (NaN when
///   symmetry holds), beside `symmetric`; further steps may lower it;
/// - `teacher_student`: Bayes-optimal learning of a teacher: `q`, `qh`, `entropy`, `gibbs_error`, `bayes_error` of the
///   equilibrium, and `uninformed_q`, `uninformed_entropy`, `uninformed_gibbs_error`, `message_passing_error` of the
///   state that students reach who start without knowledge, which is where message passing ends. The two differ where
///   `metastable` is 1: uninformed students are trapped, at negative entropy, beside an equilibrium of
///   `perfect_recovery` (1 where the teacher itself is the equilibrium: q = 1, no errors, `qh` infinite). Binary weights
///   above the spinodal have recovery only;
/// - `transition` (binary prior): `first_order` and `spinodal` loads with `first_order_q` and `spinodal_q`;
/// - `wide_flat`: local entropy of the densest regions, loads x q1; `alpha_u`: the load up to which it falls with q1;
/// - `franz_parisi`: entropy at `distances` from a configuration drawn as `reference` says, loads x distances;
/// - `mixture`: `bayes_error` for two Gaussian clouds with variance `delta`.
///
/// `status` says in words what is missing. `solved` is 0 where the numbers are NaN: with `satisfiable` 0 because no
/// solution exists, above the capacity or too close to a reference; with 1 because the equations were not solved.
/// `satisfiable` is 0 beside a number too, where a branch goes on at negative entropy, which says the same.
/// `replicon` is the eigenvalue of de Almeida and Thouless: where it is negative, replica symmetry is unstable and
/// the run does not count as converged.
public struct PerceptronReplica: Component, Metric {
  public static let info = Info(
    "perceptron_replica", "Replica theory of perceptrons: capacity, entropy, learning, wide flat minima.",
    reference: "Gardner, J. Phys. A 21 (1988) 257; Krauth, Mezard, J. Physique 50 (1989) 3057; Huang, Kabashima, Phys. "
      + "Rev. E 90 (2014) 052813; Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161")
  public static let points = 0...0
  public static var options: [Option<Self>] {
    [
      option("quantity", \.quantity, choices: [
        "storage", "capacity", "max_margin", "one_step_capacity", "teacher_student", "transition", "wide_flat",
        "alpha_u", "franz_parisi", "mixture",
      ], "What to compute."),
      option("alpha", \.alpha, in: 0...1e6, "Loads, patterns per weight."),
      option("weights", \.weights, choices: WeightPrior.allCases.map(\.rawValue), "Weights +1 and -1, or on a sphere."),
      option("prior", \.prior, choices: TeacherStudent.Prior.allCases.map(\.rawValue),
        "Teacher-student: law of the weights."),
      option("margin", \.margin, in: -10...10, "Every stability must reach this."),
      option("q1", \.q1, in: 0...1, "Wide flat: overlaps of the replicas."),
      option("distances", \.distances, in: 0...1, "Franz-Parisi: Hamming distances, in the order they are followed."),
      option("reference", \.reference, choices: ["solutions", "cross_entropy"],
        "Franz-Parisi: the reference is a typical solution, or minimises the cross-entropy."),
      option("reference_margin", \.referenceMargin, in: -10...10, "Franz-Parisi: margin of a reference solution."),
      option("beta", \.beta, in: 1e-6...1e4,
        "Franz-Parisi: inverse temperature of a cross-entropy reference; small: nearly random, no solutions close by."),
      option("gamma", \.gamma, in: 1e-6...1e4, "Franz-Parisi: gamma of its cross-entropy."),
      option("delta", \.delta, in: 1e-12...1e12, "Mixture: variance of the noise."),
    ]
  }

  public var quantity = "storage"
  public var alpha = [0.5]
  public var weights = "binary"
  public var prior = "binary"
  public var margin = 0.0
  public var q1 = [0.7, 0.8, 0.9, 0.95, 0.98]
  public var distances = [0.2, 0.1, 0.05, 0.02, 0.01]
  public var reference = "solutions"
  public var referenceMargin = 0.0
  public var beta = 20.0
  public var gamma = 1.0
  public var delta = 1.0
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let report = job.report
    let law = WeightPrior(rawValue: weights) ?? .binary
    try checkLists()
    try checkWeights(law)
    let progress = ReplicaProgress(job)
    let device = WideDevice(overlap: .perceptron, margin: margin, interruption: progress.interruption)
    let storage = ReplicaStorage(law, device, progress)
    let curves = ReplicaCurves(overlap: .perceptron, margin: margin, progress: progress)
    if !["capacity", "one_step_capacity", "transition", "alpha_u"].contains(quantity) {
      try report.record("alpha", alpha)
    }
    switch quantity {
    case "storage": try storage.points(alpha, report)
    case "capacity": try storage.capacity(report)
    case "max_margin": try ReplicaStorage.maxMargin(law, .perceptron, alpha, progress, report)
    case "one_step_capacity":
      try OneStepCapacity(device: device, interruption: progress.interruption).point().record(in: report, progress)
    case "teacher_student": try teach(report, progress)
    case "transition": try transition(report, progress)
    case "wide_flat": try curves.wideFlat(alpha, q1, report)
    case "alpha_u": try curves.uniqueness(report)
    case "franz_parisi":
      let measure: FranzParisiMeasure =
        reference == "solutions" ? .solutions(margin: referenceMargin) : .crossEntropy(beta: beta, gamma: gamma)
      try curves.franzParisi(alpha, distances, measure, report)
    default: try mixture(report)
    }
  }

  private func refuse(_ what: String) -> Failure { Failure(.option, "metric 'perceptron_replica': \(what)") }

  private func checkLists() throws(Failure) {
    for (name, list) in [("alpha", alpha), ("q1", q1), ("distances", distances)] where list.isEmpty {
      throw refuse("option '\(name)' is empty, allowed one or more numbers")
    }
  }

  private func checkWeights(_ law: WeightPrior) throws(Failure) {
    switch (quantity, law) {
    case ("one_step_capacity", .binary):
      throw refuse(
        "quantity 'one_step_capacity' is for weights 'spherical', got 'binary'; with binary weights one step freezes "
          + "at zero entropy, which quantity 'capacity' gives")
    case ("wide_flat", .spherical), ("alpha_u", .spherical), ("franz_parisi", .spherical):
      throw refuse("quantity '\(quantity)' is for weights 'binary', got 'spherical'")
    default: break
    }
  }

  private func teach(_ report: Report, _ progress: ReplicaProgress) throws(Failure) {
    let student = TeacherStudent(
      prior: .init(rawValue: prior) ?? .binary, interruption: progress.interruption)
    let table = try ReplicaTable(
      [alpha.count],
      [
        "q", "qh", "entropy", "gibbs_error", "bayes_error", "uninformed_q", "uninformed_entropy",
        "uninformed_gibbs_error", "message_passing_error", "residual", "perfect_recovery", "metastable",
      ])
    for (i, load) in alpha.enumerated() where !progress.stopping(i, of: alpha.count) {
      guard let state = student.learning(load) else { continue }
      let (best, reached) = (state.equilibrium, state.uninformed)
      table.set(
        i,
        [
          best.q, best.qh, best.entropy, best.gibbsError, best.voteError, reached.q, reached.entropy,
          reached.gibbsError, reached.voteError, reached.residual, best.q == 1 ? 1 : 0, state.isTrapped ? 1 : 0,
        ])
    }
    table.record(in: report, existence: false)
    try table.outcome.record(in: report, progress)
  }

  private func transition(_ report: Report, _ progress: ReplicaProgress) throws(Failure) {
    guard prior == "binary" else {
      throw refuse("quantity 'transition' is for prior 'binary', got '\(prior)': gaussian weights are learnt smoothly")
    }
    let learning = TeacherStudent(prior: .binary, interruption: progress.interruption)
    let (first, end) = (learning.firstOrder(), learning.spinodal())
    try report.record("first_order", first?.alpha ?? .nan)
    try report.record("first_order_q", first?.q ?? .nan)
    try report.record("spinodal", end.alpha)
    try report.record("spinodal_q", end.q)
    try report.record("solved", first == nil ? 0 : 1)
    try ReplicaOutcome(lost: first == nil ? 1 : 0).record(in: report, progress)
  }

  private func mixture(_ report: Report) throws(Failure) {
    let clouds = GaussianClouds(variance: delta)
    try report.record("overlap", alpha.map { clouds.overlap($0) })
    try report.record("bayes_error", alpha.map { clouds.bayesError($0) })
    try report.record("oracle_error", clouds.oracleError)
  }
}
