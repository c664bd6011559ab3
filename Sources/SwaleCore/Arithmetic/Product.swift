import CSwale
import CSwaleKernels

/// Matrix products: the one door through which all of them go, with the backend chosen by `Backend` and the work
/// split over rows or columns. A split never changes a bit: each element of C sums over k in the same order.
extension Scalar {
  /// C = alpha op(A) op(B) + beta C, row-major, op(A) m x k, op(B) k x n.
  @specialized(where Self == Float)
  @specialized(where Self == Double)
  public static func gemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int
  ) {
    let pieces = Parallel.pieces(work: 2 * Double(m) * Double(n) * Double(k))
    if pieces == 1 {
      serialGemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
    } else if m >= n {
      Parallel.run(pieces) { piece in
        let rows = Parallel.range(piece, of: pieces, count: m, grain: 48)
        if rows.isEmpty { return }
        let offset = ta ? rows.lowerBound : rows.lowerBound * lda
        serialGemm(
          ta, tb, rows.count, n, k, alpha, a + offset, lda, b, ldb, beta, c + rows.lowerBound * ldc, ldc)
      }
    } else {
      Parallel.run(pieces) { piece in
        let columns = Parallel.range(piece, of: pieces, count: n, grain: 32)
        if columns.isEmpty { return }
        let offset = tb ? columns.lowerBound * ldb : columns.lowerBound
        serialGemm(
          ta, tb, m, columns.count, k, alpha, a, lda, b + offset, ldb, beta, c + columns.lowerBound, ldc)
      }
    }
  }

  private static func serialGemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int
  ) {
    if Backend.gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) { return }
    guard let scratch = csw_thread_scratch(swk_gemm_workspace()) else {
      // Memory for the packed panels is short: rows of C one by one need none.
      for i in 0..<m { rowProduct(ta, tb, i, n, k, alpha, a, lda, b, ldb, beta, c + i * ldc) }
      return
    }
    builtinGemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, scratch)
  }

  /// Row i of C without any workspace.
  private static func rowProduct(
    _ ta: Bool, _ tb: Bool, _ i: Int, _ n: Int, _ k: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self, _ row: UnsafeMutablePointer<Self>
  ) {
    for j in 0..<n {
      var sum: Self = 0
      for l in 0..<k { sum += (ta ? a[l * lda + i] : a[i * lda + l]) * (tb ? b[j * ldb + l] : b[l * ldb + j]) }
      row[j] = beta == 0 ? alpha * sum : alpha * sum + beta * row[j]
    }
  }
}

/// Runs an elementwise kernel over 0..<n, on several threads when it is long: `body(offset, count)`.
///
/// `cost` is the time of an element in floating-point operations. What streams vectors of parameters waits for memory:
/// some 20 for each of the arrays that are read or written.
@inlinable
@inline(__always)
public func elementwise(_ n: Int, cost: Double = 8, _ body: (Int, Int) -> Void) {
  let pieces = Parallel.pieces(work: Double(n) * cost)
  if pieces == 1 { return body(0, n) }
  Parallel.run(pieces) { piece in
    let range = Parallel.range(piece, of: pieces, count: n, grain: 1024)
    if !range.isEmpty { body(range.lowerBound, range.count) }
  }
}
