import CSwale
import Swale

/// Writes f(x) to `value` and, unless `gradient` is NULL, the gradient (count elements). Over all samples.
@c(swale_objective_value)
public func swaleObjectiveValue(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ count: Int64, _ value: UnsafeMutablePointer<Double>?,
  _ gradient: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    _ = try dimension(count, of: box.objective)
    let x = try required(x, "x")
    let out = try required(value, "value")
    try box.evaluate { evaluator throws(Failure) in out.pointee = try evaluator.value(x, gradient: gradient) }
  }
}

/// Writes f(x) and the fraction of misclassified samples (NaN where the objective does not count errors).
@c(swale_objective_evaluate)
public func swaleObjectiveEvaluate(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ count: Int64, _ value: UnsafeMutablePointer<Double>?,
  _ error: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    _ = try dimension(count, of: box.objective)
    let x = try required(x, "x")
    let out = try required(value, "value")
    try box.evaluate { evaluator throws(Failure) in
      let evaluation = try evaluator.evaluate(x)
      out.pointee = evaluation.value
      error?.pointee = evaluation.error
    }
  }
}

private func product(
  _ curvature: Curvature, _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ v: UnsafePointer<Double>?,
  _ count: Int64, _ vectors: Int64, _ out: UnsafeMutablePointer<Double>?
) throws(Failure) {
  let box = try resolve(objective, .objective, as: ObjectiveBox.self)
  _ = try dimension(count, of: box.objective)
  let x = try required(x, "x")
  let v = try required(v, "v")
  let out = try required(out, "out")
  let k = try SwaleC.count(vectors, "vectors")
  try box.evaluate { evaluator throws(Failure) in try evaluator.product(curvature, x, v, k, out) }
}

/// Hessian-vector products at x: out_j = H v_j for `vectors` vectors of `count` elements each, row by row. Exact where
/// the objective has SWALE_CAN_HVP, else central differences of the gradient. Repeated calls at the same x share the
/// forward and backward pass. A block of 0 vectors, here and in the calls below, writes nothing.
@c(swale_objective_hvp)
public func swaleObjectiveHvp(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ v: UnsafePointer<Double>?, _ count: Int64,
  _ vectors: Int64, _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in try product(.hessian, objective, x, v, count, vectors, out) }
}

/// Gauss-Newton products at x: out_j = G v_j, G = mean over samples of J' (d2 loss / d outputs2) J. The penalty of option
/// l2 is not in G.
@c(swale_objective_gauss_newton)
public func swaleObjectiveGaussNewton(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ v: UnsafePointer<Double>?, _ count: Int64,
  _ vectors: Int64, _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in try product(.gaussNewton, objective, x, v, count, vectors, out) }
}

/// Outputs of all samples at x: sample_count x output_count elements.
@c(swale_objective_outputs)
public func swaleObjectiveOutputs(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ count: Int64, _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    _ = try dimension(count, of: box.objective)
    let x = try required(x, "x")
    let out = try required(out, "out")
    try box.evaluate { evaluator throws(Failure) in try evaluator.outputs(x, out) }
  }
}

private func jacobian(
  transposed: Bool, _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ v: UnsafePointer<Double>?,
  _ count: Int64, _ vectors: Int64, _ out: UnsafeMutablePointer<Double>?
) throws(Failure) {
  let box = try resolve(objective, .objective, as: ObjectiveBox.self)
  _ = try dimension(count, of: box.objective)
  let x = try required(x, "x")
  let v = try required(v, "v")
  let out = try required(out, "out")
  let k = try SwaleC.count(vectors, "vectors")
  try box.evaluate { evaluator throws(Failure) in try evaluator.jacobian(transposed: transposed, x, v, k, out) }
}

/// Jacobian-vector products of the outputs: v is vectors x count, out is vectors x sample_count x output_count.
@c(swale_objective_jvp)
public func swaleObjectiveJvp(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ v: UnsafePointer<Double>?, _ count: Int64,
  _ vectors: Int64, _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in try jacobian(transposed: false, objective, x, v, count, vectors, out) }
}

/// Vector-Jacobian products of the outputs: u is vectors x sample_count x output_count, out is vectors x count.
@c(swale_objective_vjp)
public func swaleObjectiveVjp(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ u: UnsafePointer<Double>?, _ count: Int64,
  _ vectors: Int64, _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in try jacobian(transposed: true, objective, x, u, count, vectors, out) }
}

/// Gradients of the losses of samples first ... first + samples - 1: out is samples x count. The penalty of option l2 is
/// in none of them: the gradient of the objective is the mean of the sample gradients plus l2 x. No samples: nothing is
/// written.
@c(swale_objective_sample_gradients)
public func swaleObjectiveSampleGradients(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ count: Int64, _ first: Int64, _ samples: Int64,
  _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    _ = try dimension(count, of: box.objective)
    let x = try required(x, "x")
    let out = try required(out, "out")
    let start = try SwaleC.count(first, "first")
    let rows = try SwaleC.count(samples, "samples")
    try box.evaluate { evaluator throws(Failure) in
      try evaluator.sampleGradients(x, first: start, count: rows, out)
    }
  }
}

/// Losses of samples first ... first + samples - 1: out has `samples` elements. The objective's value is their mean
/// (with option reduction = sum, their sum) plus l2/2 |x|^2. No samples: nothing is written.
@c(swale_objective_sample_losses)
public func swaleObjectiveSampleLosses(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ count: Int64, _ first: Int64, _ samples: Int64,
  _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    _ = try dimension(count, of: box.objective)
    let x = try required(x, "x")
    let out = try required(out, "out")
    let start = try SwaleC.count(first, "first")
    let rows = try SwaleC.count(samples, "samples")
    try box.evaluate { evaluator throws(Failure) in
      try evaluator.sampleLosses(x, first: start, count: rows, out)
    }
  }
}

/// What a layer of a network gives for all samples at x. `layer` is its name, as in the names of its parameters
/// ("dense0"). `width` becomes the numbers per sample and may be NULL; `out` is sample_count x width elements, or NULL to
/// ask for the width alone.
@c(swale_objective_activations)
public func swaleObjectiveActivations(
  _ objective: swale_objective_t, _ x: UnsafePointer<Double>?, _ count: Int64, _ layer: UnsafePointer<CChar>?,
  _ width: UnsafeMutablePointer<Int64>?, _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    _ = try dimension(count, of: box.objective)
    let x = try required(x, "x")
    let layer = try text(layer, "layer")
    try box.evaluate { evaluator throws(Failure) in
      let found = try evaluator.activationWidth(layer)
      if let out { try evaluator.activations(x, layer: layer, out) }
      width?.pointee = Int64(found)
    }
  }
}
