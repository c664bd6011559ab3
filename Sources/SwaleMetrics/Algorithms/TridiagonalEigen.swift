import Glibc
import SwaleCore

/// Eigenvalues of a symmetric tridiagonal matrix T, with chosen components of its eigenvectors: implicit QL with
/// Wilkinson's shift (EISPACK imtql2; Golub and Welsch 1969 for the first components).
///
/// T = U diag(values) U'. A Lanczos run needs the first row of U (quadrature weights), the last row (residuals), or all
/// of it (Ritz vectors): the caller says which by what it puts into `carried`.
public enum TridiagonalEigen {
  /// Rows up to this width are rotated at once; wider ones in batches that stay in the cache.
  private static let narrow = 8

  /// - Parameters:
  ///   - diagonal: n numbers; the eigenvalues, ascending, afterwards.
  ///   - offDiagonal: n numbers of which the first n - 1 count; destroyed.
  ///   - carried: n x width, row-major: R' for a width x n matrix R on entry, (R U)' on return. Row k then belongs to
  ///     value k. With R = I row k is eigenvector k, with R = e_1' it is its first component.
  /// - Throws: `nonfinite` when T is not finite.
  public static func solve(
    _ n: Int, _ diagonal: UnsafeMutablePointer<Double>, _ offDiagonal: UnsafeMutablePointer<Double>,
    carried: UnsafeMutablePointer<Double>? = nil, width: Int = 0
  ) throws(Failure) {
    if n == 0 { return }
    guard Double.firstNonfinite(n, diagonal) < 0, n == 1 || Double.firstNonfinite(n - 1, offDiagonal) < 0 else {
      throw Failure(.nonfinite, "the tridiagonal matrix of \(n) rows has an element that is not finite")
    }
    offDiagonal[n - 1] = 0
    if let carried, width > narrow {
      let log = try RotationLog(rows: n, columns: width, carried)
      try iterate(n, width, diagonal, offDiagonal) { row, c, s in log.append(row, c, s) }
      log.finish(carried)
    } else if let carried, width > 0 {
      try iterate(n, width, diagonal, offDiagonal) { row, c, s in
        rotate(width, carried + row * width, carried + (row + 1) * width, c, s)
      }
    } else {
      try iterate(n, 0, diagonal, offDiagonal) { _, _, _ in }
    }
    sort(n, diagonal, carried, width)
  }

  /// All eigenvalues and, as rows, all eigenvectors; `offDiagonal` has n - 1 numbers that count. Inputs are kept.
  public static func vectors(
    _ n: Int, _ diagonal: UnsafePointer<Double>, _ offDiagonal: UnsafePointer<Double>
  ) throws(Failure) -> (values: Buffer<Double>, vectors: Buffer<Double>) {
    try copying(n, diagonal, offDiagonal, width: n) { rows in
      for i in 0..<n { rows[i * n + i] = 1 }
    }
  }

  /// All eigenvalues and the first (or last) component of each normalised eigenvector. Inputs are kept.
  public static func component(
    first: Bool, _ n: Int, _ diagonal: UnsafePointer<Double>, _ offDiagonal: UnsafePointer<Double>
  ) throws(Failure) -> (values: Buffer<Double>, components: Buffer<Double>) {
    try copying(n, diagonal, offDiagonal, width: 1) { row in row[first ? 0 : n - 1] = 1 }
  }

  private static func copying(
    _ n: Int, _ diagonal: UnsafePointer<Double>, _ offDiagonal: UnsafePointer<Double>, width: Int,
    _ prepare: (UnsafeMutablePointer<Double>) -> Void
  ) throws(Failure) -> (Buffer<Double>, Buffer<Double>) {
    let values = try Buffer(copying: diagonal, count: n)
    let off = try Buffer<Double>(n)
    if n > 1 { off.pointer.update(from: offDiagonal, count: n - 1) }
    let rows = try Buffer<Double>(try checkedProduct([n, width], "the eigenvectors"))
    if n > 0 { prepare(rows.pointer) }
    try solve(n, values.pointer, off.pointer, carried: rows.pointer, width: width)
    return (values, rows)
  }

  /// (x, y) <- (c x - s y, s x + c y), elementwise.
  @inline(__always)
  private static func rotate(
    _ count: Int, _ x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ c: Double, _ s: Double
  ) {
    for j in 0..<count {
      let (a, b) = (x[j], y[j])
      x[j] = c * a - s * b
      y[j] = s * a + c * b
    }
  }

  /// The QL iteration; every rotation of rows (i, i + 1), of `width` columns, is handed to
  /// `rotation(i, c, s)`.
  @inline(__always)
  private static func iterate(
    _ n: Int, _ width: Int, _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>,
    _ rotation: (Int, Double, Double) -> Void
  ) throws(Failure) {
    let epsilon = Double.ulpOfOne
    var norm = 0.0
    for i in 0..<n { norm = max(norm, abs(d[i]) + abs(e[i])) }
    // Far below the rounding of the eigenvalues: ends the iteration where both neighbours on the diagonal are zero.
    let floor = max(epsilon * epsilon * norm, Double.leastNormalMagnitude)
    var sweeps = 0
    for l in 0..<n {
      while true {
        var m = l
        while m < n - 1, abs(e[m]) > epsilon * (abs(d[m]) + abs(d[m + 1])), abs(e[m]) > floor { m += 1 }
        if m == l { break }
        sweeps += 1
        try Interruption.check(work: Double((m - l) * (20 + 6 * width)))
        guard sweeps <= 60 * n else {
          throw Failure(.internalError, "the tridiagonal eigenproblem of \(n) rows did not converge")
        }
        var g = (d[l + 1] - d[l]) / (2 * e[l])
        let root = hypot(g, 1)
        g = d[m] - d[l] + e[l] / (g + (g < 0 ? -root : root))
        var (s, c, p) = (1.0, 1.0, 0.0)
        var i = m - 1
        var split = false
        while i >= l {
          let f = s * e[i]
          let b = c * e[i]
          let r = hypot(f, g)
          e[i + 1] = r
          if r == 0 {
            // The chain has split inside: start again on the parts.
            d[i + 1] -= p
            e[m] = 0
            split = true
            break
          }
          s = f / r
          c = g / r
          g = d[i + 1] - p
          let t = (d[i] - g) * s + 2 * c * b
          p = s * t
          d[i + 1] = g + p
          g = c * t - b
          rotation(i, c, s)
          i -= 1
        }
        if split { continue }
        d[l] -= p
        e[l] = g
        e[m] = 0
      }
    }
  }

  /// Ascending eigenvalues, rows with them.
  private static func sort(
    _ n: Int, _ d: UnsafeMutablePointer<Double>, _ carried: UnsafeMutablePointer<Double>?, _ width: Int
  ) {
    for i in 0..<n {
      var lowest = i
      for j in i..<n where d[j] < d[lowest] { lowest = j }
      if lowest == i { continue }
      swap(&d[i], &d[lowest])
      guard let carried else { continue }
      for j in 0..<width { swap(&carried[i * width + j], &carried[lowest * width + j]) }
    }
  }
}
