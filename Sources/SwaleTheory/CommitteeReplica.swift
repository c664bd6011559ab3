import Glibc
import SwaleCore

/// Replica theory of tree committees and parity machines in the limit of many weights per hidden unit. Needs no landscape
/// and no points.
///
/// Quantities as those of `perceptron_replica`. K hidden sign units give `storage` and `capacity` (replica-symmetric; binary
/// weights freeze at zero entropy, which is the capacity); K = 0 stands for K -> infinity, which also offers relu units and
/// `one_step_capacity`, `wide_flat`, `alpha_u` and `franz_parisi`. Parity machines have q = 0 and s = (1 - alpha) ln 2 for
/// binary weights, and an exact Franz-Parisi curve. Where there is no solution the numbers are NaN and `solved` is 0.
/// Sources: Barkai, Hansel, Sompolinsky, Phys. Rev. A 45 (1992) 4146; Baldassi, Malatesta, Zecchina, PRL 123 (2019) 170602.
public struct CommitteeReplica: Component, Metric {
  public static let info = Info(
    "committee_replica", "Replica theory of tree committees and parity machines: capacity, entropy, wide flat minima.",
    reference: "Barkai, Hansel, Sompolinsky, Phys. Rev. A 45 (1992) 4146; Baldassi, Malatesta, Zecchina, PRL 123 (2019) "
      + "170602, arXiv:1907.07578")
  public static let points = 0...0
  public static var options: [Option<Self>] {
    [
      option("quantity", \.quantity, choices: [
        "storage", "capacity", "one_step_capacity", "wide_flat", "alpha_u", "franz_parisi",
      ], "What to compute."),
      option("hidden", \.hidden, in: 0...1e6, "Hidden units K, odd for committees; 0: K -> infinity."),
      option("unit", \.unit, choices: ["sign", "relu"], "Hidden units; relu (balanced output weights) for K -> infinity."),
      option("output", \.output, choices: ["sum", "parity"], "Sign of the sum of the units, or product of their signs."),
      option("alpha", \.alpha, in: 0...1e6, "Loads, patterns per weight."),
      option("weights", \.weights, choices: WeightPrior.allCases.map(\.rawValue), "Weights +1 and -1, or on a sphere."),
      option("margin", \.margin, in: -100...100, "kappa of the constraint on the sum over sqrt K."),
      option("q1", \.q1, in: 0...1, "Wide flat: overlaps of the replicas."),
      option("distances", \.distances, in: 0...1, "Franz-Parisi: Hamming distances, in the order they are followed."),
      option("reference_margin", \.referenceMargin, in: -100...100, "Franz-Parisi: margin of the reference."),
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
  public var referenceMargin = 0.0
  public init() {}

  private func refuse(_ what: String) -> Failure { Failure(.option, "metric 'committee_replica': \(what)") }

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let report = job.report
    let prior = WeightPrior(rawValue: weights) ?? .binary
    try report.record("alpha", alpha)
    if output == "parity" { return try parity(prior, report) }
    let overlap: EffectiveOverlap = unit == "relu" ? .relu : .sign
    let curves = ReplicaCurves(overlap, margin, job)
    let wide = WideDevice(overlap: overlap, margin: margin)
    if hidden > 0 {
      guard unit == "sign" else { throw refuse("unit relu needs hidden 0 (K -> infinity), got \(hidden)") }
      guard quantity == "storage" || quantity == "capacity" else {
        throw refuse("quantity '\(quantity)' needs hidden 0 (K -> infinity), got \(hidden)")
      }
      guard hidden % 2 == 1, hidden <= TreeCommittee.mostHidden,
        let tree = TreeCommittee(hidden: hidden, margin: margin)
      else {
        throw refuse(
          "hidden is \(hidden) at margin \(margin), allowed odd numbers up to \(TreeCommittee.mostHidden) and margins that "
            + "ask for 1 to K units")
      }
      let storage = ReplicaStorage(branch: StorageBranch(weights: prior, patterns: tree))
      return try quantity == "storage" ? storage.points(alpha, report) : storage.capacity(report)
    }
    let storage = ReplicaStorage(branch: StorageBranch(weights: prior, patterns: wide))
    switch quantity {
    case "storage": try storage.points(alpha, report)
    case "capacity": try storage.capacity(report)
    case "one_step_capacity":
      guard overlap == .relu else {
        throw refuse("quantity one_step_capacity needs unit relu: with sign units the symmetric capacity is infinite")
      }
      let point = OneStepCapacity(device: wide).point()
      try report.record("capacity", point.alpha)
      try report.record("symmetric", point.symmetric)
      try report.record("c", point.c)
      try report.record("q0", point.q0)
    case "wide_flat": try curves.wideFlat(alpha, q1, report)
    case "alpha_u": try curves.uniqueness(report)
    default: try curves.franzParisi(alpha, distances, .solutions(margin: referenceMargin), report)
    }
  }

  /// Uncorrelated solutions: q = 0, every pattern halves the volume.
  private func parity(_ prior: WeightPrior, _ report: Report) throws(Failure) {
    guard hidden >= 2, prior == .binary, margin == 0 else {
      throw refuse("output parity needs hidden 2 or more, weights binary and margin 0; got \(hidden), \(weights), \(margin)")
    }
    switch quantity {
    case "storage":
      try report.record("q", alpha.map { _ in 0.0 })
      try report.record("entropy", alpha.map { (1 - $0) * log(2) })
      try report.record("solved", alpha.map { $0 <= 1 ? 1.0 : 0.0 })
    case "capacity":
      try report.record("capacity", 1.0)
      try report.record("q", 0.0)
    case "franz_parisi":
      var table = try ReplicaTable([alpha.count, distances.count])
      var changes: [Double] = []
      for (i, load) in alpha.enumerated() {
        let curve = FranzParisiParity(hidden: hidden, alpha: load)
        for (j, d) in distances.enumerated() {
          try table.set(
            i * distances.count + j, ["entropy", "bound"],
            curve.map { [$0.entropy(distance: d), binaryEntropy(d)] })
        }
        changes.append(curve?.signChange() ?? .nan)
      }
      try report.record("distances", distances)
      try report.record("sign_change", changes)
      table.record(in: report)
    default: throw refuse("quantity '\(quantity)' is not known for output parity; allowed storage, capacity, franz_parisi")
    }
  }
}
