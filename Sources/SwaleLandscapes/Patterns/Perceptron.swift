import SwaleCore

/// A perceptron that is to classify patterns: constraints label w.xi / sqrt N >= margin (> 0 at margin 0), energies
/// as of `PatternObjective`. With an even number of binary weights a field of 0 counts as an error.
///
/// Capabilities: flips for binary weights, the sphere for spherical ones, a gradient where the loss has one, then also
/// exact Hessian-vector products for spherical and real weights.
public struct Perceptron: Landscape {
  public static let info = Info(
    "perceptron", "Binary, spherical or real perceptron over patterns with labels +1 and -1.",
    reference: "E. Gardner, J. Phys. A 21 (1988) 257; Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161")
  public static var options: [Option<Self>] {
    let shared = PatternSettings.Declarations(path: \Self.settings)
    return [shared.weights(), shared.margin, shared.loss, shared.gamma, shared.reduction, shared.l2, shared.precision]
  }

  var settings = PatternSettings()
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    try settings.build(Self.info.name, parts)
  }
}
