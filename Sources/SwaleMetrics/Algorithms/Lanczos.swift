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
  /// First row of the present block of T: 0 until a space has closed and another one was begun across it.
  public private(set) var blockStart = 0
  /// Largest coupling that was taken for rounding: how far from invariant a closed space may be.
  public private(set) var noise = 0.0

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

  /// The last coupling is real beyond doubt: the space is open.
  public var isOpen: Bool { !closed && steps > 0 && beta.pointer[steps - 1] > Self.doubtful * scale }

  /// No direction is left that the basis does not hold.
  public var exhausted: Bool { basis.count >= basis.dimension }

  /// The vector whose image comes next.
  public var current: UnsafePointer<S> { UnsafePointer(basis.row(locked + steps)) }

  /// The first vector, or after `closed` a further one to go on with; changed in place. Returns false when nothing of
  /// it is left outside of the basis.
  public func start(_ vector: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    let before = S.norm(basis.dimension, vector)
    let norm = basis.orthogonalize(vector)
    guard norm > 100 * Double(S.ulpOfOne) * before else { return false }
    try basis.append(vector, norm: norm)
    closed = false
    blockStart = steps
    return true
  }

  /// Couplings at or below this times `scale` are rounding: a matrix that is itself the rounded product of others, and
  /// sums of many terms, leave some tens of units in the last place.
  private static var rounding: Double { 64 * Double(S.ulpOfOne) }
  /// Couplings at or below this times `scale` may be noise of the products (differences of gradients) and are compared
  /// with their other side.
  private static var doubtful: Double { Double(S.ulpOfOne).squareRoot() }

  /// beta of the vector before, or 0 where the image w of the present one shows that it was noise.
  private func confirmedCoupling(_ w: UnsafePointer<S>) -> Double {
    guard steps > blockStart else { return 0 }
    let coupling = beta.pointer[steps - 1]
    if coupling > Self.doubtful * scale { return coupling }
    let returned = S.dot(basis.dimension, basis.row(locked + steps - 1), w)
    if abs(returned - coupling) <= 0.5 * coupling { return coupling }
    noise = max(noise, coupling)
    beta.pointer[steps - 1] = 0
    blockStart = steps
    return 0
  }

  /// One step with the image w = A current, which is changed. After it either `current` is the next vector or `closed`
  /// is true.
  ///
  /// A small coupling beta = |remainder| to the vector before is real only if the product from the other side has it
  /// too, v_{j-1}' A v_j = beta; a remainder of noise has no counterpart there. The space was closed then, and
  /// the noise, which is as good as a random vector, has begun a new block.
  public func absorb(_ w: UnsafeMutablePointer<S>) throws(Failure) {
    let n = basis.dimension
    let j = steps
    let v = UnsafePointer(basis.row(locked + j))
    let a = S.dot(n, v, w)
    guard a.isFinite else {
      throw Failure(.nonfinite, "the product with the matrix is not finite at Lanczos step \(j)")
    }
    let coupling = confirmedCoupling(w)
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
    if norm <= Self.rounding * scale || exhausted {
      if !exhausted { noise = max(noise, norm) }
      beta.pointer[j] = 0
      closed = true
    } else {
      beta.pointer[j] = norm
      scale = max(scale, norm)
      if steps < limit { try basis.append(w, norm: norm) }
    }
  }
}
