import Glibc
import SwaleCore

/// A curvature matrix by all of its columns: products with blocks of unit vectors.
struct DenseCurvature {
  /// rows x dimension: the first ones only when the run was stopped.
  let matrix: Buffer<Double>
  let rows: Int
  /// max |H_ij - H_ji| before the symmetric part was taken: rounding, or a defect of the objective's products.
  let asymmetry: Double
  let norms: Asymmetry
  /// How far products are from linear, per product with a unit vector: 0 where they are exact.
  let noise: Double

  /// Vectors per block product, so that a block stays within 64 MB.
  private static func blockSize(_ n: Int) -> Int { max(1, min(64, (1 << 26) / (8 * max(n, 1)))) }

  init<S: Scalar>(_ job: Job<S>, _ a: any LinearOperator<S>) throws(Failure) {
    let n = a.dimension
    let matrix = try Buffer<Double>(try checkedProduct([n, n], "the matrix"), zeroed: false)
    let block = Self.blockSize(n)
    let input = try Buffer<S>(block * n)
    let output = try Buffer<S>(block * n, zeroed: false)
    job.totalSteps = n
    var done = 0
    while done < n, !job.stopping() {
      let count = min(block, n - done, max(a.allowance, 1))
      for j in 0..<count { input.pointer[j * n + done + j] = 1 }
      let complete = try Interruption.completes { () throws(Failure) in
        try a.apply(count, input.constant, output.pointer)
      }
      if !complete { break }
      for j in 0..<count { input.pointer[j * n + done + j] = 0 }
      S.toDouble(count * n, output.constant, matrix.pointer + done * n)
      done += count
      job.step = done
    }
    let bad = Double.firstNonfinite(done * n, matrix.constant)
    guard bad < 0 else {
      throw Failure(.nonfinite, "element (\(bad / n), \(bad % n)) of the matrix is \(matrix.pointer[bad])")
    }
    rows = done
    if done < n {
      self.matrix = try Buffer(copying: matrix.constant, count: done * n)
      (asymmetry, norms, noise) = (.nan, .unknown, .nan)
      return
    }
    self.matrix = matrix
    noise = a.method == "exact" ? 0 : try Self.nonlinearity(a, matrix)
    // Squares of very large or small entries leave the range of doubles; powers of two scale exactly.
    let largest = Double.maxAbs(n * n, matrix.constant)
    let exponent = largest > 0 && !(1e-100...1e100).contains(largest) ? Int(largest.exponent) : 0
    let unit = scalbn(1, exponent)
    if exponent != 0 { for i in 0..<(n * n) { matrix.pointer[i] = scalbn(matrix.pointer[i], -exponent) } }
    let removed = Self.symmetrize(n, matrix.pointer)
    asymmetry = unit * removed.largest
    let kept = Double.sumSquares(n * n, matrix.constant)
    norms = Asymmetry(part: removed.squares.squareRoot(), norm: (kept + removed.squares).squareRoot()).scaled(by: unit)
    if exponent != 0 { Double.scale(n * n, unit, matrix.pointer) }
  }

  /// How far products are from linear: |A u - sum A e_i / sqrt(n)| for the unit vector u = sum e_i / sqrt(n). Columns
  /// are still those of A, in rows.
  private static func nonlinearity<S: Scalar>(
    _ a: any LinearOperator<S>, _ matrix: Buffer<Double>
  ) throws(Failure) -> Double {
    let n = a.dimension
    let factor = 1 / Double(n).squareRoot()
    let vector = try Buffer<S>(n, zeroed: false)
    let image = try Buffer<S>(n, zeroed: false)
    S.fill(n, S(factor), vector.pointer)
    try a.apply(1, vector.constant, image.pointer)
    let gap = try Buffer<Double>(n, zeroed: false)
    S.toDouble(n, image.constant, gap.pointer)
    for i in 0..<n { Double.axpy(n, -factor, matrix.constant + i * n, gap.pointer) }
    return Double.norm(n, gap.constant)
  }

  /// M <- (M + M') / 2, by tiles, because the transposed side is a stride away; returns max |M_ij - M_ji| and the sum
  /// of the squares of (M - M') / 2.
  private static func symmetrize(
    _ n: Int, _ m: UnsafeMutablePointer<Double>
  ) -> (largest: Double, squares: Double) {
    let tile = 64
    var (largest, squares) = (0.0, 0.0)
    for top in stride(from: 0, to: n, by: tile) {
      for left in stride(from: 0, through: top, by: tile) {
        for i in top..<min(top + tile, n) {
          for j in left..<min(left + tile, i) {
            let (a, b) = (m[i * n + j], m[j * n + i])
            largest = max(largest, abs(a - b))
            squares += 0.5 * (a - b) * (a - b)
            let mean = 0.5 * (a + b)
            m[i * n + j] = mean
            m[j * n + i] = mean
          }
        }
      }
    }
    return (largest, squares)
  }
}
