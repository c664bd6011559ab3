import SwaleCore

/// Householder reduction of a dense symmetric matrix to tridiagonal form, A = Q T Q', in panels: half of the work is
/// matrix products, the other half products of the trailing matrix with a vector (LAPACK dsytrd; Dongarra, Hammarling
/// and Sorensen 1989). 4/3 n^3 operations; the matrix is overwritten by the reflectors.
struct Tridiagonalization {
  /// Reflectors per panel.
  private static let panel = 32
  /// Rows and columns of a tile: a tile of f64 is half a megabyte and serves twice, as itself and transposed.
  private static let tile = 256

  let n: Int
  /// n x n. On return row k holds reflector k, v_k = (1, ...), from column k + 1 on.
  let a: UnsafeMutablePointer<Double>
  let diagonal: Buffer<Double>
  let offDiagonal: Buffer<Double>
  /// H_k = I - scale_k v_k v_k'; Q = H_0 H_1 ... H_{n-3}.
  let scales: Buffer<Double>

  /// - Parameter a: n x n, symmetric, row-major; overwritten.
  init(_ n: Int, _ a: UnsafeMutablePointer<Double>) throws(Failure) {
    self.n = n
    self.a = a
    diagonal = try Buffer(n)
    offDiagonal = try Buffer(n)
    scales = try Buffer(n)
    try reduce()
  }

  private func reduce() throws(Failure) {
    let width = Self.panel
    let v = try Buffer<Double>(width * n)
    let w = try Buffer<Double>(width * n)
    let small = try Buffer<Double>(2 * width)
    let (left, right) = (small.pointer, small.pointer + width)
    var start = 0
    while start < n {
      let end = min(start + width, n)
      Double.fill(width * n, 0, v.pointer)
      Double.fill(width * n, 0, w.pointer)
      for j in start..<end {
        let p = j - start
        let row = a + j * n
        // Row j as the finished reflectors of this panel leave it.
        for q in 0..<p { (left[q], right[q]) = (v.pointer[q * n + j], w.pointer[q * n + j]) }
        if p > 0 {
          Double.gemv(true, p, n - j, -1, v.pointer + j, n, right, 1, row + j)
          Double.gemv(true, p, n - j, -1, w.pointer + j, n, left, 1, row + j)
        }
        diagonal.pointer[j] = row[j]
        if j == n - 1 { break }
        let tail = n - j - 1
        try Interruption.check(work: 2 * Double(tail) * Double(tail))
        let x = row + j + 1
        let scale = reflector(tail, x, &offDiagonal.pointer[j])
        scales.pointer[j] = scale
        let vector = v.pointer + p * n + j + 1
        let image = w.pointer + p * n + j + 1
        vector.update(from: x, count: tail)
        if scale == 0 { continue }
        multiplyTrailing(from: j + 1, vector, image)
        if p > 0 {
          Double.gemv(false, p, tail, 1, w.pointer + j + 1, n, vector, 0, left)
          Double.gemv(false, p, tail, 1, v.pointer + j + 1, n, vector, 0, right)
          Double.gemv(true, p, tail, -1, v.pointer + j + 1, n, left, 1, image)
          Double.gemv(true, p, tail, -1, w.pointer + j + 1, n, right, 1, image)
        }
        Double.scale(tail, scale, image)
        Double.axpy(tail, -0.5 * scale * Double.dot(tail, image, vector), vector, image)
      }
      updateTrailing(from: end, v.constant, w.constant)
      start = end
    }
  }

  /// Turns x into (1, v_2, ...) with (I - scale v v') x = (beta, 0, ...); returns the scale, 0 when x is there already.
  private func reflector(_ count: Int, _ x: UnsafeMutablePointer<Double>, _ beta: inout Double) -> Double {
    let head = x[0]
    let largest = Double.maxAbs(count, x)
    // The squares of the rest must neither overflow nor vanish.
    var rest = 0.0
    if count > 1, largest >= Double.leastNormalMagnitude {
      Double.scale(count - 1, 1 / largest, x + 1)
      rest = largest * Double.sumSquares(count - 1, x + 1).squareRoot()
    }
    guard rest > 0 else {
      beta = head
      x[0] = 1
      if count > 1 { Double.fill(count - 1, 0, x + 1) }
      return 0
    }
    let scaled = head / largest
    let norm = largest * (scaled * scaled + rest / largest * (rest / largest)).squareRoot()
    beta = head < 0 ? norm : -norm
    Double.scale(count - 1, largest / (head - beta), x + 1)
    x[0] = 1
    return (beta - head) / beta
  }

  /// out = A x over the rows and columns from `first` on, reading the upper triangle once, by tiles.
  private func multiplyTrailing(
    from first: Int, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    Double.fill(n - first, 0, out)
    var top = first
    while top < n {
      let bottom = min(n, (top / Self.tile + 1) * Self.tile)
      let rows = bottom - top
      Double.gemv(false, rows, rows, 1, a + top * n + top, n, x + (top - first), 1, out + (top - first))
      var left = bottom
      while left < n {
        let columns = min(Self.tile, n - left)
        let block = a + top * n + left
        Double.gemv(false, rows, columns, 1, block, n, x + (left - first), 1, out + (top - first))
        Double.gemv(true, rows, columns, 1, block, n, x + (top - first), 1, out + (left - first))
        left += columns
      }
      top = bottom
    }
  }

  /// A -= V' W + W' V from `first` on: the upper triangle, and all of the tiles on the diagonal.
  private func updateTrailing(from first: Int, _ v: UnsafePointer<Double>, _ w: UnsafePointer<Double>) {
    var top = first
    while top < n {
      let bottom = min(n, (top / Self.tile + 1) * Self.tile)
      let (rows, columns) = (bottom - top, n - top)
      let block = a + top * n + top
      Double.gemm(true, false, rows, columns, Self.panel, -1, v + top, n, w + top, n, 1, block, n)
      Double.gemm(true, false, rows, columns, Self.panel, -1, w + top, n, v + top, n, 1, block, n)
      top = bottom
    }
  }

  /// Rows z_k <- Q z_k of a count x n matrix: eigenvectors of T become those of A. Blocks of reflectors in the compact
  /// form H_p ... H_q = I - V' S V (Schreiber and Van Loan 1989).
  func apply(to rows: UnsafeMutablePointer<Double>, count: Int) throws(Failure) {
    let width = Self.panel
    let v = try Buffer<Double>(width * n)
    let s = try Buffer<Double>(width * width)
    let products = try Buffer<Double>(2 * count * width)
    let column = try Buffer<Double>(width)
    let (first, second) = (products.pointer, products.pointer + count * width)
    var end = max(n - 1, 0)
    while end > 0 {
      let start = (end - 1) / width * width
      try Interruption.check(work: 4 * Double(width) * Double(count) * Double(n - start))
      let size = end - start
      Double.fill(width * n, 0, v.pointer)
      Double.fill(width * width, 0, s.pointer)
      for q in 0..<size {
        let k = start + q
        (v.pointer + q * n + k + 1).update(from: a + k * n + k + 1, count: n - k - 1)
        let scale = scales.pointer[k]
        if q > 0 {
          Double.gemv(false, q, n, 1, v.constant, n, v.constant + q * n, 0, column.pointer)
          for i in 0..<q {
            var sum = 0.0
            for j in i..<q { sum += s.pointer[i * width + j] * column.pointer[j] }
            s.pointer[i * width + q] = -scale * sum
          }
        }
        s.pointer[q * width + q] = scale
      }
      let tail = n - start
      let block = v.constant + start
      Double.gemm(false, true, count, size, tail, 1, rows + start, n, block, n, 0, first, width)
      Double.gemm(false, true, count, size, size, 1, first, width, s.constant, width, 0, second, width)
      Double.gemm(false, false, count, tail, size, -1, second, width, block, n, 1, rows + start, n)
      end = start
    }
  }
}
