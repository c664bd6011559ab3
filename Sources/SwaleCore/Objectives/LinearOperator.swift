/// A symmetric linear map that acts on blocks of vectors: what eigen-solvers, trace estimators and spectral
/// densities are functions of.
public protocol LinearOperator<S>: AnyObject {
  associatedtype S: Scalar
  var dimension: Int { get }
  /// How products are made: "exact", "central differences of the gradient".
  var method: String { get }
  /// Products that the run's limit of evaluations still allows: blocks are cut to it.
  var allowance: Int { get }
  /// out_j = A v_j for j < count; blocks are count x dimension, row-major.
  func apply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure)
}

extension LinearOperator {
  public var allowance: Int { Int.max }
}

/// Which curvature matrix an operator stands for.
public enum Curvature: Sendable { case hessian, gaussNewton }

/// The Hessian or Gauss-Newton matrix of an objective at one point, through products that share one primal pass.
public final class CurvatureOperator<S: Scalar>: LinearOperator {
  private let job: Job<S>
  private let curvature: Curvature
  public let dimension: Int
  /// f at the point.
  public let value: Double

  public init(_ job: Job<S>, at x: UnsafePointer<S>, _ curvature: Curvature = .hessian) throws(Failure) {
    self.job = job
    self.curvature = curvature
    dimension = job.oracle.dimension
    value = try job.linearize(x)
  }

  public var method: String { curvature == .hessian ? job.oracle.productMethod : "exact" }

  public var allowance: Int { job.allowance }

  public func apply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    try job.product(curvature, count, v, out)
  }
}

/// The rows and columns of an operator that belong to some tensors: curvature of a layer or block alone.
public final class RestrictedOperator<S: Scalar>: LinearOperator {
  private let base: any LinearOperator<S>
  private let ranges: [Range<Int>]
  private var wide: (Buffer<S>, Buffer<S>)?
  public let dimension: Int

  public init(_ base: any LinearOperator<S>, _ ranges: [Range<Int>]) {
    self.base = base
    self.ranges = ranges
    dimension = ranges.reduce(0) { $0 + $1.count }
  }

  public var method: String { base.method }
  public var allowance: Int { base.allowance }

  public func apply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    let full = base.dimension
    if (wide?.0.count ?? 0) < count * full {
      wide = (try Buffer(count * full), try Buffer(count * full, zeroed: false))
    }
    guard let (input, output) = wide else { return }
    // Entries outside the ranges stay zero from the allocation on.
    for j in 0..<count {
      var position = v + j * dimension
      for range in ranges {
        (input.pointer + j * full + range.lowerBound).update(from: position, count: range.count)
        position += range.count
      }
    }
    try base.apply(count, input.constant, output.pointer)
    for j in 0..<count {
      var position = out + j * dimension
      for range in ranges {
        position.update(from: output.pointer + j * full + range.lowerBound, count: range.count)
        position += range.count
      }
    }
  }
}

/// A matrix given by its entries: for tests and for small problems.
public final class DenseOperator<S: Scalar>: LinearOperator {
  private let matrix: Buffer<S>
  public let dimension: Int
  public var method: String { "dense" }

  /// - Parameter matrix: dimension x dimension, row-major, symmetric.
  public init(_ matrix: Buffer<S>, dimension: Int) throws(Failure) {
    guard dimension >= 0, matrix.count == dimension * dimension else {
      throw Failure(.shape, "a dense operator of dimension \(dimension) needs \(dimension)^2 entries, got \(matrix.count)")
    }
    self.matrix = matrix
    self.dimension = dimension
  }

  public func apply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    S.gemm(false, false, count, dimension, dimension, 1, v, dimension, matrix.constant, dimension, 0, out, dimension)
  }
}
