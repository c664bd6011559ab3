/// The constraint of one pattern: from the moments of its units' fields to what each unit's weights must be told.
///
/// Unit k sees the log-likelihood F_k of its field, that of the pattern being satisfied given the other units, as a
/// function of x = mean / sqrt variance. Messages need its slope and curvature there, or, where few weights of the unit
/// are free, F_k at both values of a weight.
class PatternFactor {
  /// Fields are clamped here: tanh of more is 1 in double precision.
  static let limit = 30.0
  /// Below this variance of a field, both values of a weight are taken as they are.
  static let fewFree = 21.0
  static let leastVariance = 1e-10

  let graph: PatternGraph
  var units: Int { graph.hidden }
  /// Mean and variance of h_k under the cavity means; for the caller to fill.
  let moments: Buffer<FieldMoments>
  /// R and R' of each unit: first and second derivative of F_k with respect to x.
  let slope: Buffer<Double>
  let curvature: Buffer<Double>
  final var label = 1.0
  /// ln of the probability that the pattern is satisfied.
  final var logZ = 0.0

  init(_ graph: PatternGraph) throws(Failure) {
    self.graph = graph
    moments = try Buffer(graph.hidden)
    slope = try Buffer(graph.hidden)
    curvature = try Buffer(graph.hidden)
  }

  /// The factor of a graph's patterns at margin kappa.
  static func make(_ graph: PatternGraph, margin: Double) throws(Failure) -> PatternFactor {
    switch graph.unit {
    case .sign: try SignFactor(graph, margin: margin)
    case .relu, .quadratic: try ActivationFactor(graph, margin: margin)
    }
  }

  /// Fills `slope`, `curvature` and `logZ` from `moments` and `label`.
  func update() {}

  /// What the mean of unit k is compared with in x.
  func threshold(_ k: Int) -> Double { 0 }

  /// F_k at another mean and variance of h_k.
  func likelihood(_ k: Int, _ mean: Double, _ variance: Double) -> Double { 0 }
}
