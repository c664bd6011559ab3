import SwaleCore

extension Registry {
  /// The loss of that name, with those of an objective's options gamma and margin that it knows.
  func loss(_ name: String, gamma: Double, margin: Double) throws(Failure) -> any Loss {
    let known = try find(.loss, name).options.map(\.name)
    var options = Options()
    if known.contains("gamma") { options["gamma"] = .real(gamma) }
    if known.contains("margin") { options["margin"] = .real(margin) }
    return try make(.loss, name, options, as: (any Loss).self)
  }
}
