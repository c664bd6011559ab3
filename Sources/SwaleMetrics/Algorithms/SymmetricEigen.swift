import Glibc
import SwaleCore

/// The dense symmetric eigenproblem A = U diag(values) U' in double precision: LAPACK's divide and conquer (dsyevd)
/// where the machine has it, else built in (Householder tridiagonalisation and implicit QL). Both are backward stable:
/// errors of the eigenvalues are a few n epsilon |A|.
public enum SymmetricEigen {
  public struct Solution {
    /// Ascending.
    public let values: Buffer<Double>
    /// n x n, row k the unit eigenvector of value k; nil when not asked for.
    public let vectors: Buffer<Double>?
    /// "LAPACK dsyevd" or "Householder and implicit QL".
    public let method: String
  }

  /// - Parameters:
  ///   - a: n x n, symmetric, row-major. Overwritten, perhaps by the eigenvectors.
  ///   - builtin: do not use LAPACK even where there is one.
  /// - Throws: `nonfinite` with the place when an element is not finite, `memory`.
  public static func solve(
    _ n: Int, _ a: Buffer<Double>, vectors: Bool = false, builtin: Bool = false
  ) throws(Failure) -> Solution {
    let cells = try checkedProduct([n, n], "the matrix")
    guard a.count >= cells else {
      throw Failure(.shape, "a symmetric matrix of \(n) rows needs \(cells) elements, got \(a.count)")
    }
    let bad = Double.firstNonfinite(cells, a.constant)
    guard bad < 0 else {
      throw Failure(.nonfinite, "element (\(bad / n), \(bad % n)) of the matrix is \(a.pointer[bad])")
    }
    // Outside of this range squares overflow or vanish; powers of two scale exactly.
    let largest = Double.maxAbs(cells, a.constant)
    let exponent = largest > 0 && !(1e-100...1e100).contains(largest) ? Int(largest.exponent) : 0
    if exponent != 0 { for i in 0..<cells { a.pointer[i] = scalbn(a.pointer[i], -exponent) } }
    let solution = try solveScaled(n, a, vectors, builtin)
    if exponent != 0 { for i in 0..<n { solution.values.pointer[i] = scalbn(solution.values.pointer[i], exponent) } }
    return solution
  }

  private static func solveScaled(
    _ n: Int, _ a: Buffer<Double>, _ vectors: Bool, _ builtin: Bool
  ) throws(Failure) -> Solution {
    if !builtin, n > 1, let found = try lapack(n, a, vectors) { return found }
    return try builtIn(n, a, vectors)
  }

  private static func builtIn(_ n: Int, _ a: Buffer<Double>, _ wanted: Bool) throws(Failure) -> Solution {
    let reduced = try Tridiagonalization(n, a.pointer)
    let method = "Householder and implicit QL"
    guard wanted else {
      try TridiagonalEigen.solve(n, reduced.diagonal.pointer, reduced.offDiagonal.pointer)
      return Solution(values: reduced.diagonal, vectors: nil, method: method)
    }
    let inner = try TridiagonalEigen.vectors(n, reduced.diagonal.constant, reduced.offDiagonal.constant)
    try reduced.apply(to: inner.vectors.pointer, count: n)
    return Solution(values: inner.values, vectors: inner.vectors, method: method)
  }

  /// dsyevd of a Fortran LAPACK with 32-bit integers; the last two arguments are the lengths of the two texts.
  private typealias Dsyevd = @convention(c) (
    UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<Int32>, UnsafeMutablePointer<Double>,
    UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafePointer<Int32>,
    UnsafeMutablePointer<Int32>, UnsafePointer<Int32>, UnsafeMutablePointer<Int32>, Int, Int
  ) -> Void

  /// Nil when there is no LAPACK or its integers are too short for the workspace.
  private static func lapack(_ n: Int, _ a: Buffer<Double>, _ wanted: Bool) throws(Failure) -> Solution? {
    guard let symbol = Backend.lapackSymbol("dsyevd_") else { return nil }
    let work = wanted ? 1 + 6 * n + 2 * n * n : 2 * n + 1
    let whole = wanted ? 3 + 5 * n : 1
    guard work <= Int(Int32.max) else { return nil }
    let solve = unsafeBitCast(symbol, to: Dsyevd.self)
    let values = try Buffer<Double>(n)
    let scratch = try Buffer<Double>(work, zeroed: false)
    let integers = try Buffer<Int32>(whole, zeroed: false)
    var job = CChar(UInt8(ascii: wanted ? "V" : "N"))
    // Fortran reads the rows as columns: for a symmetric matrix the same, and eigenvectors come back as rows.
    var triangle = CChar(UInt8(ascii: "L"))
    var (rows, stride, workSize, wholeSize, info) = (Int32(n), Int32(n), Int32(work), Int32(whole), Int32(0))
    solve(
      &job, &triangle, &rows, a.pointer, &stride, values.pointer, scratch.pointer, &workSize, integers.pointer,
      &wholeSize, &info, 1, 1)
    guard info == 0 else {
      throw Failure(.internalError, "LAPACK dsyevd on a matrix of \(n) rows failed with info \(info)")
    }
    return Solution(values: values, vectors: wanted ? a : nil, method: "LAPACK dsyevd")
  }
}
