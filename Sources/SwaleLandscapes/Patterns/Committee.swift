import SwaleCore

/// A committee machine over patterns: K hidden units of n weights, output sum_k c_k phi(h_k / sqrt n) / sqrt K with
/// phi the sign (c_k = 1), max(0, .) or the square (c_k = +1 for the first half of the units, -1 for the second).
/// Units of a tree see the K equal parts of the inputs, units of a full committee all of them.
///
/// Sign units ask for odd K, and with binary weights over inputs +1 and -1 for odd n, so that neither a vote nor a field
/// can be 0; others for even K, so that the output is balanced.
public struct Committee: Landscape {
  public static let info = Info(
    "committee", "Committee machine with sign, ReLU or quadratic hidden units over patterns with labels +1 and -1.",
    reference: "Barkai, Hansel, Sompolinsky, Phys. Rev. A 45 (1992) 4146; Baldassi, Malatesta, Zecchina, PRL 123 (2019) "
      + "170602")
  public static var options: [Option<Self>] {
    let shared = PatternSettings.Declarations(path: \Self.settings)
    return [
      option("hidden", \.hidden, in: 1...1e6, "Number K of hidden units: odd for sign, even for relu and quadratic."),
      option(
        "architecture", \.architecture, choices: ["tree", "full"],
        "Whether a hidden unit sees its own part of the inputs or all of them."),
      option("unit", \.unit, choices: ["sign", "relu", "quadratic"], "Function of the hidden units."),
      shared.weights(), shared.margin, shared.loss, shared.gamma, shared.beta, shared.reduction, shared.l2,
      shared.precision,
    ]
  }

  public var hidden = 3
  public var architecture = "tree"
  public var unit = "sign"
  var settings = PatternSettings()
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    let kind: PatternGraph.Unit = unit == "sign" ? .sign : unit == "relu" ? .relu : .quadratic
    let odd = kind == .sign
    guard (hidden % 2 == 1) == odd else {
      throw Failure(
        .option, "objective 'committee': hidden is \(hidden), allowed \(odd ? "odd" : "even") numbers for \(unit) "
          + "units, " + (odd ? "or votes could tie" : "half of which count +1 and half -1"))
    }
    return try settings.build(Self.info.name, parts, hidden: hidden, tree: architecture == "tree", unit: kind)
  }
}
