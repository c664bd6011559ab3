import SwaleCore

/// A parity machine over patterns: output prod_k sign(h_k) of K hidden units with n weights each. With binary weights
/// over inputs +1 and -1 n must be odd.
public struct Parity: Landscape {
  public static let info = Info(
    "parity", "Parity machine: the product of the signs of K hidden units, over patterns with labels +1 and -1.",
    reference: "Barkai, Hansel, Kanter, Phys. Rev. Lett. 65 (1990) 2312")
  public static var options: [Option<Self>] {
    let shared = PatternSettings.Declarations(path: \Self.settings)
    return [
      option("hidden", \.hidden, in: 1...1e6, "Number K of hidden units."),
      option(
        "architecture", \.architecture, choices: ["tree", "full"],
        "Whether a hidden unit sees its own part of the inputs or all of them."),
      option("loss", \.settings.loss, choices: ["error_count", "linear"],
        "error_count (misclassified patterns), or linear: flips that repair them."),
      shared.weights(), shared.reduction, shared.precision,
    ]
  }

  public var hidden = 3
  public var architecture = "tree"
  var settings = PatternSettings()
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    try settings.build(Self.info.name, parts, hidden: hidden, tree: architecture == "tree", output: .parity)
  }
}
