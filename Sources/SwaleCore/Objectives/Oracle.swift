import Glibc

/// Value and error of a landscape at a point.
public struct Evaluation: Sendable {
  public var value: Double
  /// Fraction of misclassified samples; NaN where the objective does not count errors.
  public var error: Double = .nan

  public init(value: Double, error: Double = .nan) {
    self.value = value
    self.error = error
  }
}

/// Evaluates one landscape for one thread: holds the scratch memory, the current batch and the kept primal pass.
///
/// Vectors are contiguous arrays of `dimension` scalars; blocks of k vectors are k x dimension, row-major. A subclass
/// overrides what its `capabilities` promise; the rest refuses in words.
open class Oracle<S: Scalar> {
  public let objectiveName: String
  public let dimension: Int
  public let capabilities: Capabilities
  private var basePoint: Buffer<S>?
  private var differences: (Buffer<S>, Buffer<S>)?

  public init(_ objective: any Objective) {
    objectiveName = objective.name
    dimension = objective.dimension
    capabilities = objective.capabilities
  }

  private func lacking(_ what: String) -> Failure {
    Failure(.unsupported, "objective '\(objectiveName)' has no \(what)")
  }

  /// f(x), over the selected batch.
  open func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { throw lacking("value") }

  /// Writes the gradient at x to `g` and returns f(x), over the selected batch.
  open func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    throw lacking("gradient")
  }

  /// Value and error over all samples.
  open func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation { Evaluation(value: try value(x)) }

  /// Values and errors, as of `evaluate`, at the points of a line or plane. Objectives that can share work between
  /// the points override it; results agree with those of `evaluate` to rounding.
  open func evaluateAffine(
    _ slice: AffineSlice<S>, _ values: UnsafeMutablePointer<Double>, _ errors: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let point = try Buffer<S>(dimension, zeroed: false)
    for i in 0..<slice.count {
      slice.write(i, 0..<dimension, to: point.pointer)
      let found = try evaluate(point.constant)
      values[i] = found.value
      errors[i] = found.error
    }
  }

  // Products at a kept point.

  /// Fixes the point of later products and keeps its primal pass, so that many products share one forward and
  /// backward pass. Returns f(x).
  open func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    if basePoint == nil { basePoint = try Buffer(dimension, zeroed: false) }
    basePoint?.pointer.update(from: x, count: dimension)
    return try value(x)
  }

  /// "exact" or "central differences of the gradient": recorded with every result that used products.
  open var productMethod: String {
    capabilities.contains(.hvp) ? "exact" : "central differences of the gradient"
  }

  /// out_j = H v_j for j < count, at the point of `linearize`. Without the `hvp` capability: central differences,
  /// (g(x + h v) - g(x - h v)) / 2h with h = cbrt(machine epsilon) (1 + |x|) / |v|.
  open func hvp(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    guard capabilities.contains(.gradient) else { throw lacking("gradient, so no Hessian-vector products") }
    try capabilities.require(.exactGradient, by: "a Hessian-vector product", objective: objectiveName)
    guard let x = basePoint else { throw Failure(.internalError, "products asked for before linearize") }
    if differences == nil {
      differences = (try Buffer(dimension, zeroed: false), try Buffer(dimension, zeroed: false))
    }
    guard let (shifted, other) = differences else { return }
    let scale = cbrt(Double(S.ulpOfOne)) * (1 + S.norm(dimension, x.constant))
    for j in 0..<count {
      let vector = v + j * dimension
      let product = out + j * dimension
      let norm = S.norm(dimension, vector)
      if norm == 0 {
        S.fill(dimension, 0, product)
        continue
      }
      let h = scale / norm
      shifted.pointer.update(from: x.constant, count: dimension)
      S.axpy(dimension, S(-h), vector, shifted.pointer)
      _ = try gradient(shifted.constant, other.pointer)
      shifted.pointer.update(from: x.constant, count: dimension)
      S.axpy(dimension, S(h), vector, shifted.pointer)
      _ = try gradient(shifted.constant, product)
      S.axpby(dimension, S(-0.5 / h), other.constant, S(0.5 / h), product)
    }
  }

  /// out_j = G v_j with the Gauss-Newton matrix G = mean J^T (d2 loss / d output2) J of the losses, without the penalty
  /// l2/2 |x|^2 of objectives that have one, at the point of `linearize`.
  open func gaussNewton(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    throw lacking("Gauss-Newton products")
  }

  // Single-spin flips, of objectives over spins +1 and -1.

  /// Takes the signs of x as the current spins, from which `flipChange` and `flip` go on. Returns their energy, f(x).
  open func place(_ x: UnsafePointer<S>) throws(Failure) -> Double { throw lacking("single-spin flips") }

  /// Energy after minus energy before, if spin i were flipped. Changes nothing; NaN before `place`.
  open func flipChange(_ i: Int) -> Double { .nan }

  /// Flips spin i of the current spins.
  open func flip(_ i: Int) {}

  /// The inverse temperature gamma of the loss; NaN for losses without one.
  open var gamma: Double { .nan }

  /// Changes the inverse temperature gamma of the loss for later calls, of losses that have one (annealing schedules).
  open func setGamma(_ gamma: Double) throws(Failure) { throw lacking("loss with a gamma") }

  // Samples.

  open var sampleCount: Int { 0 }
  open var outputCount: Int { 0 }

  /// Later calls of `value`, `gradient` and `linearize` see these samples only; nil selects all of them.
  open func select(_ samples: UnsafeBufferPointer<Int64>?) throws(Failure) { throw lacking("mini-batches") }

  /// Outputs of all samples, sampleCount x outputCount.
  open func outputs(_ x: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    throw lacking("outputs")
  }

  /// Directional derivatives of the outputs, count x sampleCount x outputCount, at the point of `linearize`.
  open func jvp(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    throw lacking("Jacobian-vector products")
  }

  /// out_j = J^T u_j for u count x sampleCount x outputCount, at the point of `linearize`.
  open func vjp(_ count: Int, _ u: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    throw lacking("vector-Jacobian products")
  }

  /// Gradients of the losses of samples first ..< first + count, one row of `dimension` each, without the penalty
  /// l2/2 |x|^2: the gradient of f is their mean plus l2 x.
  open func sampleGradients(
    _ x: UnsafePointer<S>, first: Int, count: Int, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    throw lacking("per-sample gradients")
  }

  /// Losses of samples first ..< first + count, without the penalty: f is their mean (or, of objectives with the
  /// reduction sum, their sum) plus l2/2 |x|^2.
  open func sampleLosses(
    _ x: UnsafePointer<S>, first: Int, count: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    throw lacking("per-sample losses")
  }

  /// The refusal of samples that are not there; `range` is what was asked for.
  public static func refuseSamples(first: Int, count: Int, of total: Int) -> Failure {
    Failure(.argument, "samples \(first) ..< \(first) + \(count) asked for, there are \(total)")
  }

  // Layers.

  /// Numbers per sample that a layer gives.
  open func activationWidth(_ layer: String) throws(Failure) -> Int { throw lacking("layers") }

  /// What a layer gives for all samples, sampleCount x `activationWidth`.
  open func activations(
    _ x: UnsafePointer<S>, layer: String, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    throw lacking("layers")
  }
}
