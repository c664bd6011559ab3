import SwaleCore

/// The Lanczos process: an orthonormal basis V of the Krylov space of a symmetric operator A in which it is the
/// tridiagonal matrix T, A V = V T + beta v e' (Lanczos 1950). The caller makes the products, so that several processes
/// can share a block of them:
///
///     try process.start(vector)
///     while ... { w = A process.current; try process.absorb(w) }
///
/// Every new vector is re-orthogonalised against all others twice, in matrix form: without it even f64 runs return
/// ghost copies of converged eigenvalues. Vectors are in S, the entries of T in double.
public final class Lanczos<S: Scalar> {
  /// Rows before `locked` are vectors that the process stays orthogonal to and that do not belong to T.
  public let basis: OrthonormalRows<S>
  public let locked: Int
  public let limit: Int
  /// Rows of T so far.
  public private(set) var steps = 0
  /// steps numbers each; beta[j] couples rows j and j + 1, and beta[steps - 1] the last row to what T leaves out.
  public let alpha: Buffer<Double>
  public let beta: Buffer<Double>
  /// Lower bound on |A| from the rows of T.
  public private(set) var scale = 0.0
  /// The basis spans an invariant subspace: eigenvalues of T are eigenvalues of A.
  public private(set) var closed = false

  /// - Parameters:
  ///   - basis: empty, or filled with the vectors to stay orthogonal to.
  ///   - limit: rows of T at most.
  public init(_ basis: OrthonormalRows<S>, limit: Int) throws(Failure) {
    self.basis = basis
    self.limit = limit
    locked = basis.count
    alpha = try Buffer(limit)
    beta = try Buffer(limit)
  }

  /// No direction is left that the basis does not hold.
  public var exhausted: Bool { basis.count >= basis.dimension }

  /// The vector whose image comes next.
  public var current: UnsafePointer<S> { UnsafePointer(basis.row(locked + steps)) }

  /// The first vector, or after `closed` a further one to go on with; changed in place. Returns false when nothing of
  /// it is left outside of the basis.
  public func start(_ vector: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    let before = S.sumSquares(basis.dimension, vector).squareRoot()
    let norm = basis.orthogonalize(vector)
    guard norm > 100 * Double(S.ulpOfOne) * before else { return false }
    try basis.append(vector, norm: norm)
    closed = false
    return true
  }

  /// One step with the image w = A current, which is changed. After it either `current` is the next vector or `closed`
  /// is true.
  public func absorb(_ w: UnsafeMutablePointer<S>) throws(Failure) {
    let n = basis.dimension
    let j = steps
    let v = UnsafePointer(basis.row(locked + j))
    let a = S.dot(n, v, w)
    guard a.isFinite else {
      throw Failure(.nonfinite, "the product with the matrix is not finite at Lanczos step \(j)")
    }
    let coupling = j > 0 ? beta.pointer[j - 1] : 0
    // The three-term part first: what the passes remove then is rounding only.
    let previous = coupling > 0 ? UnsafePointer(basis.row(locked + j - 1)) : nil
    elementwise(n) { offset, count in
      S.axpy(count, S(-a), v + offset, w + offset)
      if let previous { S.axpy(count, S(-coupling), previous + offset, w + offset) }
    }
    let norm = basis.orthogonalize(w)
    scale = max(scale, abs(a) + coupling)
    alpha.pointer[j] = a
    steps += 1
    // A remainder of the size of rounding has no direction of its own.
    if norm <= 8 * Double(S.ulpOfOne) * scale || exhausted {
      beta.pointer[j] = 0
      closed = true
    } else {
      beta.pointer[j] = norm
      scale = max(scale, norm)
      if steps < limit { try basis.append(w, norm: norm) }
    }
  }
}
