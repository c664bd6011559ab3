import Glibc

/// Evaluates an objective for callers who hold double vectors: single calls from C, Swift or Python, outside of any
/// run. Converts at the border and keeps the primal pass between products at the same point.
public protocol Evaluator: AnyObject {
  /// f(x), and the gradient when wanted.
  func value(_ x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?) throws(Failure) -> Double
  /// Value and error rate over all samples.
  func evaluate(_ x: UnsafePointer<Double>) throws(Failure) -> Evaluation
  /// out_j = H v_j or G v_j, j < count. An empty block, here and below, is no work: only the point is checked.
  func product(
    _ curvature: Curvature, _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ count: Int,
    _ out: UnsafeMutablePointer<Double>
  ) throws(Failure)
  /// Outputs of all samples.
  func outputs(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) throws(Failure)
  /// out_j = J v_j, or with `transposed` J^T v_j.
  func jacobian(
    transposed: Bool, _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ count: Int,
    _ out: UnsafeMutablePointer<Double>
  ) throws(Failure)
  /// Gradients of the losses of some samples, one row each.
  func sampleGradients(
    _ x: UnsafePointer<Double>, first: Int, count: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure)
  /// Losses of some samples.
  func sampleLosses(
    _ x: UnsafePointer<Double>, first: Int, count: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure)
  /// Numbers per sample that a layer gives.
  func activationWidth(_ layer: String) throws(Failure) -> Int
  /// What a layer gives for all samples.
  func activations(_ x: UnsafePointer<Double>, layer: String, _ out: UnsafeMutablePointer<Double>) throws(Failure)
}

extension Objective {
  public func makeEvaluator() throws(Failure) -> any Evaluator {
    switch precision {
    case .f32: try TypedEvaluator<Float>(self)
    case .f64: try TypedEvaluator<Double>(self)
    }
  }
}

final class TypedEvaluator<S: Scalar>: Evaluator {
  private let oracle: Oracle<S>
  private let dimension: Int
  private let name: String
  /// The point of the last call, in the objective's precision and as it was given.
  private let point: Buffer<S>
  private let given: Buffer<Double>
  private var linearized = false
  private var input: Buffer<S>?
  private var output: Buffer<S>?

  init(_ objective: any Objective) throws(Failure) {
    oracle = try objective.makeOracle(S.self)
    dimension = objective.dimension
    name = objective.name
    point = try Buffer(objective.dimension)
    given = try Buffer(objective.dimension)
  }

  private func require(_ capability: Capabilities, _ what: String) throws(Failure) {
    try oracle.capabilities.require(capability, by: what, objective: name)
  }

  /// Takes over the point; a changed point ends the kept primal pass.
  private func move(to x: UnsafePointer<Double>) throws(Failure) {
    linearized = false
    try convert(dimension, x, point.pointer) { "element \($0) of the point" }
  }

  private func linearize(at x: UnsafePointer<Double>) throws(Failure) {
    let bytes = dimension * MemoryLayout<Double>.stride
    if linearized, memcmp(x, given.pointer, bytes) == 0 { return }
    try move(to: x)
    given.pointer.update(from: x, count: dimension)
    _ = try oracle.linearize(point.constant)
    linearized = true
  }

  /// The caller's memory where it has the right type, else a converted copy of `n` elements.
  private func read(_ v: UnsafePointer<Double>, _ n: Int) throws(Failure) -> UnsafePointer<S> {
    if S.precision == .f64 {
      if let bad = firstNonfinite(v, n) { throw Failure(.nonfinite, "element \(bad) of the vectors is \(v[bad])") }
      return UnsafeRawPointer(v).assumingMemoryBound(to: S.self)
    }
    if (input?.count ?? 0) < n { input = try Buffer(n, zeroed: false) }
    guard let input else { throw Failure(.internalError, "no input buffer") }
    try convert(n, v, input.pointer) { "element \($0) of the vectors" }
    return input.constant
  }

  /// Lets `body` write `n` elements and converts them into the caller's memory, which changes only on success.
  private func write(
    _ out: UnsafeMutablePointer<Double>, _ n: Int, _ body: (UnsafeMutablePointer<S>) throws(Failure) -> Void
  ) throws(Failure) {
    if output == nil || (output?.count ?? 0) < n { output = try Buffer(n, zeroed: false) }
    guard let output else { throw Failure(.internalError, "no output buffer") }
    try body(output.pointer)
    S.toDouble(n, output.constant, out)
  }

  func value(_ x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?) throws(Failure) -> Double {
    try require(gradient == nil ? .value : .gradient, "the call")
    try move(to: x)
    guard let gradient else { return try oracle.value(point.constant) }
    var value = Double.nan
    try write(gradient, dimension) { g throws(Failure) in value = try oracle.gradient(point.constant, g) }
    return value
  }

  func evaluate(_ x: UnsafePointer<Double>) throws(Failure) -> Evaluation {
    try require(.value, "the call")
    try move(to: x)
    return try oracle.evaluate(point.constant)
  }

  func product(
    _ curvature: Curvature, _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ count: Int,
    _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try require(curvature == .hessian ? .gradient : .gaussNewton, "the product")
    if curvature == .hessian, !oracle.capabilities.contains(.hvp) {
      try require(.exactGradient, "a Hessian-vector product")
    }
    let n = try checkedProduct([count, dimension], "the block of vectors")
    if count == 0 { return try move(to: x) }
    let vectors = try read(v, n)
    try linearize(at: x)
    try write(out, n) { result throws(Failure) in
      switch curvature {
      case .hessian: try oracle.hvp(count, vectors, result)
      case .gaussNewton: try oracle.gaussNewton(count, vectors, result)
      }
    }
  }

  func outputs(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) throws(Failure) {
    try require(.outputs, "the call")
    try move(to: x)
    let n = try checkedProduct([oracle.sampleCount, oracle.outputCount], "the outputs")
    try write(out, n) { result throws(Failure) in try oracle.outputs(point.constant, result) }
  }

  func jacobian(
    transposed: Bool, _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ count: Int,
    _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try require([.outputs, .gradient], "the product")
    let outer = try checkedProduct([count, oracle.sampleCount, oracle.outputCount], "the outputs")
    let inner = try checkedProduct([count, dimension], "the block of vectors")
    if count == 0 { return try move(to: x) }
    let vectors = try read(v, transposed ? outer : inner)
    try linearize(at: x)
    try write(out, transposed ? inner : outer) { result throws(Failure) in
      if transposed { try oracle.vjp(count, vectors, result) } else { try oracle.jvp(count, vectors, result) }
    }
  }

  func sampleGradients(
    _ x: UnsafePointer<Double>, first: Int, count: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try require(.sampleGradients, "the call")
    try check(first, count)
    try move(to: x)
    guard first >= 0, count >= 0, first <= oracle.sampleCount, count <= oracle.sampleCount - first else {
      throw Failure(.argument, "samples \(first) ..< \(first + count) asked for, there are \(oracle.sampleCount)")
    }
    if count == 0 { return }
    let n = try checkedProduct([count, dimension], "the gradients")
    try write(out, n) { result throws(Failure) in
      try oracle.sampleGradients(point.constant, first: first, count: count, result)
    }
  }

  /// Samples that are not there are refused before memory for them is asked for.
  private func check(_ first: Int, _ count: Int) throws(Failure) {
    let total = oracle.sampleCount
    guard total == 0 || (first >= 0 && count >= 0 && first <= total && count <= total - first) else {
      throw Oracle<S>.refuseSamples(first: first, count: count, of: total)
    }
  }

  func sampleLosses(
    _ x: UnsafePointer<Double>, first: Int, count: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try require(.value, "the call")
    try check(first, count)
    try move(to: x)
    // Doubles in every precision; in a block of their own, because the caller's memory changes only on success.
    let losses = try Buffer<Double>(oracle.sampleCount > 0 ? count : 0, zeroed: false)
    try oracle.sampleLosses(point.constant, first: first, count: count, losses.pointer)
    out.update(from: losses.constant, count: count)
  }

  func activationWidth(_ layer: String) throws(Failure) -> Int { try oracle.activationWidth(layer) }

  func activations(
    _ x: UnsafePointer<Double>, layer: String, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let width = try oracle.activationWidth(layer)
    try move(to: x)
    let n = try checkedProduct([oracle.sampleCount, width], "the activations of layer '\(layer)'")
    try write(out, n) { result throws(Failure) in try oracle.activations(point.constant, layer: layer, result) }
  }
}
