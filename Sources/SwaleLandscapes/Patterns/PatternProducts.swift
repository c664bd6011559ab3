import SwaleCore

/// Exact Hessian-vector products of an objective over patterns with spherical or real weights. With outputs z_p of
/// fields h_k and losses l, a direction d of the weights moves the fields by dh_k = x_(k) d_k, the outputs by
/// dz = sum_k z_k' dh_k, and
///
///     (H d)_k = sum_p x_(k)p [z_k' l'' dz + z_k'' l' dh_k]_p + l2 d_k;
///
/// spherical weights add the curvature of their map (`SphericalWeights`).
final class PatternProducts<S: Scalar> {
  private let objective: PatternObjective
  private let graph: PatternGraph
  private let pass: PatternPass<S>
  private let kernel: LossKernel<S>
  private let sphere: SphericalWeights<S>?
  /// l' with the factor of the reduction, and what the loss keeps for l''.
  private var slope: Buffer<S>
  private var saved: Buffer<S>
  private var change: Buffer<S>
  /// dF/dw at the point, of spherical weights.
  private let weightGradient: Buffer<S>
  private let direction: Buffer<S>
  private var share = 1.0

  init(
    _ objective: PatternObjective, _ pass: PatternPass<S>, _ kernel: LossKernel<S>, _ sphere: SphericalWeights<S>?
  ) throws(Failure) {
    self.objective = objective
    self.pass = pass
    self.kernel = kernel
    self.sphere = sphere
    graph = objective.graph
    slope = try Buffer(0)
    saved = try Buffer(0)
    change = try Buffer(0)
    weightGradient = try Buffer(sphere == nil ? 0 : graph.dimension, zeroed: false)
    direction = try Buffer(sphere == nil ? 0 : graph.dimension, zeroed: false)
  }

  /// Keeps the derivatives at the point whose outputs, with first and second derivatives, `pass` holds.
  /// - Parameter share: the factor of the reduction.
  func take(_ rows: PatternRows<S>, share: Double) throws(Failure) {
    self.share = share
    if slope.count < rows.count {
      slope = try Buffer(rows.count, zeroed: false)
      saved = try Buffer(rows.count, zeroed: false)
      change = try Buffer(rows.count, zeroed: false)
    }
    var (sum, wrong) = (0.0, Int64(0))
    kernel.evaluate(
      rows.count, pass.outputs.constant, TargetRows(real: rows.labels, width: 1), saved: saved.pointer,
      gradient: slope.pointer, &sum, &wrong)
    S.scale(rows.count, S(share), slope.pointer)
    if sphere != nil { try pass.adjoint(rows, slope.constant, weightGradient.pointer) }
  }

  /// product = H v.
  func apply(
    _ rows: PatternRows<S>, _ v: UnsafePointer<S>, _ product: UnsafeMutablePointer<S>
  ) throws(Failure) {
    let n = graph.dimension
    var tangent = v
    if let sphere {
      direction.pointer.update(from: v, count: n)
      sphere.differential(direction.pointer)
      tangent = direction.constant
    }
    try pass.computeFields(rows, tangent)
    pass.computeTangent(rows.count, bias: objective.bias ? v[n] : 0)
    kernel.tangent(rows.count, saved.constant, pass.outputs.constant, S(share), change.pointer)
    try pass.tangentAdjoint(rows, change.constant, slope.constant, product)
    if let sphere {
      sphere.differential(product)
      sphere.addCurvature(weightGradient.constant, v, product)
    }
    if objective.bias { product[n] = S(S.sum(rows.count, change.constant)) }
    if objective.l2 != 0 { S.axpy(objective.dimension, S(objective.l2), v, product) }
  }
}
