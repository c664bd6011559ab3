import SwaleCore

/// A linear classifier on two Gaussian clouds, or on any real inputs: output w.x / sqrt N + b with the losses of
/// `PatternObjective`, the squared error by default.
///
/// The data of the objective keeps what a closed-form error needs: the statistics "centroid", "delta" and "rho" of
/// dataset `gaussian_mixture`.
public struct GaussianMixture: Landscape {
  public static let info = Info(
    "gaussian_mixture", "Linear classifier with an optional bias on two Gaussian clouds.",
    reference: "F. Mignacco et al., ICML (2020); C. Baldassi et al., Phys. Rev. E 102 (2020) 062128")
  public static var options: [Option<Self>] {
    let shared = PatternSettings.Declarations(path: \Self.settings)
    return [
      option("bias", \.bias, "Whether the last parameter is a bias b."),
      shared.weights(["real", "spherical"]), shared.margin, shared.loss, shared.gamma, shared.reduction, shared.l2,
      shared.precision,
    ]
  }

  public var bias = false
  var settings = PatternSettings(weights: "real", loss: "mse")
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    try settings.build(Self.info.name, parts, bias: bias)
  }
}
