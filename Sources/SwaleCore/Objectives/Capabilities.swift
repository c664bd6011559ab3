/// What an objective can do, and what a solver or metric needs; the raw values are those of `SWALE_CAN_...`.
public struct Capabilities: OptionSet, Sendable {
  public let rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }

  public static let value = Capabilities(rawValue: 1)
  public static let gradient = Capabilities(rawValue: 2)
  /// Exact Hessian-vector products; without it products are central differences of the gradient.
  public static let hvp = Capabilities(rawValue: 4)
  public static let batches = Capabilities(rawValue: 8)
  public static let flips = Capabilities(rawValue: 16)
  public static let patterns = Capabilities(rawValue: 32)
  public static let sphere = Capabilities(rawValue: 64)
  /// Outputs per sample, with Jacobian-vector and vector-Jacobian products.
  public static let outputs = Capabilities(rawValue: 128)
  public static let gaussNewton = Capabilities(rawValue: 256)
  public static let sampleGradients = Capabilities(rawValue: 512)
  public static let errors = Capabilities(rawValue: 1024)
  /// Of a solver: it draws random numbers.
  public static let stochastic = Capabilities(rawValue: 2048)
  /// The gradient is that of the value. Without it the gradient is a surrogate, such as the straight-through gradient
  /// of binary weights: good to descend by, useless for line searches and curvature.
  public static let exactGradient = Capabilities(rawValue: 4096)

  private static let names: [(Capabilities, String)] = [
    (.value, "a value"), (.gradient, "a gradient"), (.hvp, "exact Hessian-vector products"),
    (.batches, "mini-batches"), (.flips, "single-spin flips"), (.patterns, "patterns (a factor graph)"),
    (.sphere, "a spherical constraint"), (.outputs, "outputs per sample"), (.gaussNewton, "Gauss-Newton products"),
    (.sampleGradients, "per-sample gradients"), (.errors, "an error count"),
    (.exactGradient, "a gradient that is that of its value"),
  ]

  /// Every bit that has a meaning.
  public static let all = names.reduce(Capabilities.stochastic) { $0.union($1.0) }

  /// "a gradient and mini-batches"
  public var words: String {
    let found = Self.names.filter { contains($0.0) }.map(\.1)
    guard let last = found.last else { return "nothing" }
    return found.count == 1 ? last : found.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Refuses in words when `self`, of the objective, lacks something that `who` needs.
  public func require(_ needed: Capabilities, by who: String, objective: String) throws(Failure) {
    var missing = needed.subtracting(self).subtracting(.stochastic)
    if missing.isEmpty { return }
    if missing == .exactGradient, contains(.gradient) {
      throw Failure(
        .unsupported, "\(who) needs the gradient of the value, but that of objective '\(objective)' is a surrogate "
          + "(straight-through at the signs of binary weights, where the value is piecewise constant); use solver sgd, "
          + "adam, entropy_sgd or replicated_sgd, or other weights")
    }
    if missing.contains(.gradient) { missing.remove(.exactGradient) }
    throw Failure(.unsupported, "\(who) needs \(missing.words), which objective '\(objective)' does not have")
  }
}
