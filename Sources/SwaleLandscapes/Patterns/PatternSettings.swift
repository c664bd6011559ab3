import SwaleCore

/// The options that all objectives over patterns share.
struct PatternSettings {
  var weights = "binary"
  var margin = 0.0
  var loss = "error_count"
  var gamma = 1.0
  var beta = 1.0
  var reduction = "sum"
  var l2 = 0.0
  var precision = "f64"

  /// Options of a component that keeps its settings at `path`.
  struct Declarations<Owner: Component> {
    let path: WritableKeyPath<Owner, PatternSettings>

    func weights(_ choices: [String] = ["binary", "spherical", "real"]) -> Option<Owner> {
      Owner.option(
        "weights", path.appending(path: \.weights), choices: choices,
        "binary: the signs of x; spherical: x at norm sqrt N; real: x.")
    }
    var margin: Option<Owner> {
      Owner.option(
        "margin", path.appending(path: \.margin), in: -1e6...1e6,
        "kappa: a pattern is right when its stability is at least kappa (above 0 at kappa = 0); margin of hinge.")
    }
    var loss: Option<Owner> {
      Owner.option(
        "loss", path.appending(path: \.loss),
        "error_count or margin (violated patterns), linear (flips that repair them), or a loss component of one "
          + "output: cross_entropy, mse, hinge, logistic.")
    }
    var gamma: Option<Owner> {
      Owner.option(
        "gamma", path.appending(path: \.gamma), in: 1e-6...1e6, "Inverse temperature of cross_entropy.")
    }
    var beta: Option<Owner> {
      Owner.option(
        "beta", path.appending(path: \.beta), in: 1e-6...1e6,
        "Sharpness of tanh(beta h / sqrt n), which stands for sign units in gradients and, unless weights is binary, in "
          + "f; it grows with gamma.")
    }
    var reduction: Option<Owner> {
      Owner.option(
        "reduction", path.appending(path: \.reduction), choices: ["sum", "mean"],
        "Whether f(x) is the sum of the losses of the patterns or their mean.")
    }
    var l2: Option<Owner> {
      Owner.option(
        "l2", path.appending(path: \.l2), in: 0...1e6, "Coefficient of |x|^2 / 2; needs weights = real.")
    }
    var precision: Option<Owner> {
      Owner.option(
        "precision", path.appending(path: \.precision), choices: ["f64", "f32"], "What the objective computes in.")
    }
  }

  var weightKind: PatternGraph.Weights {
    switch weights {
    case "binary": .binary
    case "spherical": .spherical
    default: .real
    }
  }
}
