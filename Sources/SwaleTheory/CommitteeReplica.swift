import Glibc
import SwaleCore

/// Replica theory of tree committees and parity machines in the limit of many weights per hidden unit. Needs no
/// landscape and no points. Loads `alpha` are patterns per weight (all hidden units), entropies natural logarithms
/// per weight.
///
/// Quantities as in `perceptron_replica`. `hidden` = 0 stands for K -> infinity, where every one is offered. Up to 31
/// sign units, an odd number: `storage` and `capacity` (replica-symmetric; binary weights freeze at zero entropy,
/// which is the capacity) with the error of the K-dimensional quadrature in `quadrature_error`. `output` = parity
/// with binary weights: q = 0, s = (1 - alpha) ln 2, capacity 1, and an exact Franz-Parisi curve. The flags `solved`,
/// `satisfiable` and `replicon` are those of `perceptron_replica`.
///
/// Margins are in units of the output's standard deviation: the stability itself for sign units; for balanced relu
/// units of unit pre-activations, the stability divided by sqrt((1 - 1/pi)/2) = 0.5838.
public struct CommitteeReplica: Component, Metric {
  public static let info = Info(
    "committee_replica", "Replica theory of tree committees and parity machines: capacity, entropy, wide flat minima.",
    reference: "Barkai, Hansel, Sompolinsky, Phys. Rev. A 45 (1992) 4146; Baldassi, Malatesta, Zecchina, PRL 123 "
      + "(2019) 170602, arXiv:1907.07578")
  public static let points = 0...0
  public static var options: [Option<Self>] {
    [
      option("quantity", \.quantity, choices: [
        "storage", "capacity", "max_margin", "one_step_capacity", "wide_flat", "alpha_u", "franz_parisi",
      ], "What to compute."),
      option("hidden", \.hidden, in: 0...Double(TreeCommittee.mostHidden),
        "Hidden units K: 0 for K -> infinity, else odd for committees, 2 or more for parity."),
      option("unit", \.unit, choices: ["sign", "relu"],
        "Hidden units; relu (balanced output weights) for K -> infinity."),
      option("output", \.output, choices: ["sum", "parity"],
        "Sign of the sum of the units, or product of their signs."),
      option("alpha", \.alpha, in: 0...1e6, "Loads, patterns per weight."),
      option("weights", \.weights, choices: WeightPrior.allCases.map(\.rawValue),
        "Weights +1 and -1, or on a sphere per hidden unit."),
      option("margin", \.margin, in: -10...10,
        "Every output field must reach this, in units of its standard deviation."),
      option("q1", \.q1, in: 0...1, "Wide flat: overlaps of the replicas."),
      option("distances", \.distances, in: 0...1, "Franz-Parisi: Hamming distances, in the order they are followed."),
      option("reference", \.reference, choices: ["solutions", "cross_entropy"],
        "Franz-Parisi: the reference is a typical solution, or minimises the cross-entropy."),
      option("reference_margin", \.referenceMargin, in: -10...10, "Franz-Parisi: margin of a reference solution."),
      option("beta", \.beta, in: 1e-6...1e4,
        "Franz-Parisi: inverse temperature of a cross-entropy reference; small: nearly random, no solutions close by."),
      option("gamma", \.gamma, in: 1e-6...1e4, "Franz-Parisi: gamma of its cross-entropy."),
    ]
  }

  public var quantity = "capacity"
  public var hidden = 0
  public var unit = "sign"
  public var output = "sum"
  public var alpha = [0.5]
  public var weights = "binary"
  public var margin = 0.0
  public var q1 = [0.7, 0.8, 0.9, 0.95, 0.98]
  public var distances = [0.2, 0.1, 0.05, 0.02, 0.01]
  public var reference = "solutions"
  public var referenceMargin = 0.0
  public var beta = 20.0
  public var gamma = 1.0
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    for (name, list) in [("alpha", alpha), ("q1", q1), ("distances", distances)] where list.isEmpty {
      throw refuse("option '\(name)' is empty, allowed one or more numbers")
    }
    let law = WeightPrior(rawValue: weights) ?? .binary
    let progress = ReplicaProgress(job)
    if !["capacity", "one_step_capacity", "alpha_u"].contains(quantity) { try job.report.record("alpha", alpha) }
    if output == "parity" {
      try parity(law, progress, job.report)
    } else if hidden > 0 {
      try finite(law, progress, job.report)
    } else {
      try wide(law, progress, job.report)
    }
  }

  private func refuse(_ what: String) -> Failure { Failure(.option, "metric 'committee_replica': \(what)") }

  /// K -> infinity.
  private func wide(_ law: WeightPrior, _ progress: ReplicaProgress, _ report: Report) throws(Failure) {
    let overlap: EffectiveOverlap = unit == "relu" ? .relu : .sign
    let device = WideDevice(overlap: overlap, margin: margin, interruption: progress.interruption)
    if ["wide_flat", "alpha_u", "franz_parisi"].contains(quantity), law == .spherical {
      throw refuse("quantity '\(quantity)' is for weights 'binary', got 'spherical'")
    }
    let storage = ReplicaStorage(law, device, progress)
    let curves = ReplicaCurves(overlap: overlap, margin: margin, progress: progress)
    switch quantity {
    case "storage": try storage.points(alpha, report)
    case "capacity": try storage.capacity(report)
    case "max_margin":
      guard law == .binary || overlap == .relu else {
        throw refuse("quantity 'max_margin' with weights 'spherical' is for unit 'relu', got 'sign': its capacity is "
          + "infinite at any margin")
      }
      try ReplicaStorage.maxMargin(law, overlap, alpha, progress, report)
    case "one_step_capacity":
      guard law == .spherical, overlap == .relu else {
        throw refuse("quantity 'one_step_capacity' is for weights 'spherical' and unit 'relu', got '\(weights)' and "
          + "'\(unit)'; binary weights freeze at zero entropy, which quantity 'capacity' gives")
      }
      try OneStepCapacity(device: device, interruption: progress.interruption).point().record(in: report, progress)
    case "wide_flat": try curves.wideFlat(alpha, q1, report)
    case "alpha_u": try curves.uniqueness(report)
    default:
      let measure: FranzParisiMeasure =
        reference == "solutions" ? .solutions(margin: referenceMargin) : .crossEntropy(beta: beta, gamma: gamma)
      try curves.franzParisi(alpha, distances, measure, report)
    }
  }

  /// K sign units.
  private func finite(_ law: WeightPrior, _ progress: ReplicaProgress, _ report: Report) throws(Failure) {
    guard unit == "sign", quantity == "storage" || quantity == "capacity" else {
      throw refuse("hidden is \(hidden), for which unit 'sign' and the quantities 'storage' and 'capacity' are allowed"
        + ", got unit '\(unit)' and quantity '\(quantity)'; hidden 0 (K -> infinity) has all of them")
    }
    guard hidden % 2 == 1 else {
      throw refuse("hidden is \(hidden), allowed odd numbers up to \(TreeCommittee.mostHidden), or 0 for K -> infinity")
    }
    guard let tree = TreeCommittee(hidden: hidden, margin: margin, interruption: progress.interruption) else {
      let largest = Double(hidden).squareRoot()
      throw refuse("margin is \(margin), allowed above \(-largest) (below it every output counts) and up to "
        + "\(largest) (the largest output) with \(hidden) hidden units")
    }
    let storage = ReplicaStorage(law, tree, progress)
    return try quantity == "storage" ? storage.points(alpha, report) : storage.capacity(report)
  }

  /// Uncorrelated solutions: q = 0, every pattern halves the volume. Stable for K = 2 up to alpha = pi^2/8 > 1, for K
  /// > 2 always.
  private func parity(_ law: WeightPrior, _ progress: ReplicaProgress, _ report: Report) throws(Failure) {
    guard hidden >= 2, unit == "sign", law == .binary, margin == 0 else {
      throw refuse("output 'parity' is for hidden 2 or more, unit 'sign', weights 'binary' and margin 0; got "
        + "\(hidden), '\(unit)', '\(weights)' and \(margin)")
    }
    switch quantity {
    case "storage":
      let table = try ReplicaTable([alpha.count], ["q", "qh", "entropy", "residual"])
      for (i, load) in alpha.enumerated() {
        table.set(i, [0, 0, (1 - load) * log(2), 0])
        if load > 1 { table.setNone(i) }
      }
      table.record(in: report)
      try table.outcome.record(in: report, progress)
    case "capacity":
      try report.record("capacity", 1.0)
      try report.record("q", 0.0)
      try report.record("solved", 1)
    case "franz_parisi": try ReplicaCurves.parity(hidden: hidden, alpha, distances, progress, report)
    default:
      throw refuse("quantity '\(quantity)' with output 'parity', allowed storage, capacity and franz_parisi")
    }
  }
}
