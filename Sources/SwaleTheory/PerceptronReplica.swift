import SwaleCore

/// Replica theory of perceptrons in the limit of many weights, beside which measurements are drawn. Needs no landscape
/// and no points.
///
/// quantity `storage`: order parameters `q`, `qh` and entropy `entropy` per weight of the solutions at each load `alpha`;
/// `capacity`: where solutions end; `teacher_student`: Bayes-optimal learning, with `gibbs_error` and `bayes_error`;
/// `transition`: `first_order` and `spinodal` loads of binary weights; `one_step_capacity`: spherical weights with one step
/// of replica symmetry breaking; `wide_flat`: entropy of the densest regions, replicas at overlap `q1` (loads x q1);
/// `alpha_u`: load up to which it falls with q1; `franz_parisi`: entropy at `distances` from a reference drawn as
/// `reference` says (loads x distances), with `local_error`; `mixture`: Bayes error of two Gaussian clouds.
/// Where there is no solution the numbers are NaN and `solved` is 0.
/// Sources: Gardner, J. Phys. A 21 (1988) 257; Krauth, Mezard, J. Physique 50 (1989) 3057; Huang, Kabashima, Phys. Rev. E
/// 90 (2014) 052813; Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161.
public struct PerceptronReplica: Component, Metric {
  public static let info = Info(
    "perceptron_replica", "Replica theory of perceptrons: capacity, entropy, learning, wide flat minima.",
    reference: "Gardner, J. Phys. A 21 (1988) 257; Krauth, Mezard, J. Physique 50 (1989) 3057; Baldassi, Pittorino, "
      + "Zecchina, PNAS 117 (2020) 161")
  public static let points = 0...0
  public static var options: [Option<Self>] {
    [
      option("quantity", \.quantity, choices: [
        "storage", "capacity", "teacher_student", "transition", "one_step_capacity", "wide_flat", "alpha_u", "franz_parisi",
        "mixture",
      ], "What to compute."),
      option("alpha", \.alpha, in: 0...1e6, "Loads, patterns per weight."),
      option("weights", \.weights, choices: WeightPrior.allCases.map(\.rawValue), "Weights +1 and -1, or on a sphere."),
      option("prior", \.prior, choices: TeacherStudent.Prior.allCases.map(\.rawValue), "Teacher-student: law of the weights."),
      option("margin", \.margin, in: -100...100, "kappa of the constraint."),
      option("q1", \.q1, in: 0...1, "Wide flat: overlaps of the replicas."),
      option("distances", \.distances, in: 0...1, "Franz-Parisi: Hamming distances, in the order they are followed."),
      option("reference", \.reference, choices: ["solutions", "cross_entropy"], "Franz-Parisi: what the reference minimises."),
      option("reference_margin", \.referenceMargin, in: -100...100, "Franz-Parisi: margin of a reference solution."),
      option("beta", \.beta, in: 1e-6...1e4, "Franz-Parisi: inverse temperature of a cross-entropy reference."),
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
    let device = WideDevice(overlap: .perceptron, margin: margin)
    let curves = ReplicaCurves(.perceptron, margin, job)
    let storage = ReplicaStorage(branch: StorageBranch(weights: WeightPrior(rawValue: weights) ?? .binary, patterns: device))
    try report.record("alpha", alpha)
    switch quantity {
    case "storage": try storage.points(alpha, report)
    case "capacity": try storage.capacity(report)
    case "teacher_student": try teach(report)
    case "transition": try transition(report)
    case "one_step_capacity":
      let point = OneStepCapacity(device: device).point()
      try report.record("capacity", point.alpha)
      try report.record("symmetric", point.symmetric)
      try report.record("c", point.c)
      try report.record("q0", point.q0)
    case "wide_flat": try curves.wideFlat(alpha, q1, report)
    case "alpha_u": try curves.uniqueness(report)
    case "franz_parisi":
      let measure: FranzParisiMeasure =
        reference == "solutions" ? .solutions(margin: referenceMargin) : .crossEntropy(beta: beta, gamma: gamma)
      try curves.franzParisi(alpha, distances, measure, report)
    default: try mixture(report)
    }
  }

  private func teach(_ report: Report) throws(Failure) {
    let learning = TeacherStudent(prior: .init(rawValue: prior) ?? .binary)
    var table = try ReplicaTable([alpha.count])
    for (i, load) in alpha.enumerated() {
      let p = learning.point(load)
      try table.set(
        i, ["q", "qh", "entropy", "gibbs_error", "bayes_error", "residual"],
        p.map { [$0.q, $0.qh, $0.entropy, $0.gibbsError, $0.bayesError, $0.residual] })
    }
    table.record(in: report)
  }

  private func transition(_ report: Report) throws(Failure) {
    guard prior == "binary" else {
      throw Failure(.option, "metric 'perceptron_replica': quantity transition needs prior binary, got \(prior)")
    }
    let learning = TeacherStudent(prior: .binary)
    try report.record("first_order", learning.firstOrder()?.alpha ?? .nan)
    try report.record("spinodal", learning.spinodal().alpha)
  }

  private func mixture(_ report: Report) throws(Failure) {
    let clouds = GaussianMixture(variance: delta)
    try report.record("overlap", alpha.map { clouds.overlap($0) })
    try report.record("bayes_error", alpha.map { clouds.bayesError($0) })
    try report.record("oracle_error", clouds.oracleError)
  }
}
