import Foundation
import Swale
import XCTest

/// Operators with known spectra, and direct calls of the curvature metrics.
enum CurvatureFixture {
  static func run<M: Component & Metric>(
    _ metric: M.Type, _ options: Options = [:], _ objective: any Objective, _ x: [Double],
    run: Run = Run(RunSettings())
  ) throws -> Report {
    try measure(
      try M.configured(options), name: M.info.name, needs: M.needs, pointRange: M.points, objective: objective,
      points: x, count: 1, run: run)
  }

  static func settings(_ change: (inout RunSettings) -> Void) -> Run {
    var settings = RunSettings()
    change(&settings)
    return Run(settings)
  }

  /// Row k of the orthonormal DCT-II of length n: sqrt(2 / n) cos(pi (i + 1/2) k / n), row 0 scaled by 1 / sqrt 2.
  static func cosines(_ n: Int) throws -> Buffer<Double> {
    let c = try Buffer<Double>(n * n)
    for k in 0..<n {
      let scale = (k == 0 ? 1 / Double(n) : 2 / Double(n)).squareRoot()
      // The angle is reduced in whole numbers, so that it stays exact.
      for i in 0..<n {
        c.pointer[k * n + i] = scale * cos(Double.pi * Double((2 * i + 1) * k % (4 * n)) / Double(2 * n))
      }
    }
    return c
  }

  /// A symmetric matrix with these eigenvalues, whose eigenvectors are the cosines.
  static func matrix(_ spectrum: [Double]) throws -> Buffer<Double> {
    let n = spectrum.count
    let c = try cosines(n)
    let scaled = try Buffer(copying: c.constant, count: n * n)
    for k in 0..<n { Double.scale(n, spectrum[k], scaled.pointer + k * n) }
    let a = try Buffer<Double>(n * n)
    Double.gemm(true, false, n, n, n, 1, c.constant, n, scaled.constant, n, 0, a.pointer, n)
    for i in 0..<n { for j in 0..<i { a.pointer[j * n + i] = a.pointer[i * n + j] } }
    return a
  }

  /// The table of taxonomy 4.3: {100, 50, 20, 10, 5, 2, -1} plus 1993 values linear in [-0.05, 0.5].
  static let outliers: [Double] = [100, 50, 20, 10, 5, 2, -1]
  static let table: [Double] = outliers + (0..<1993).map { -0.05 + 0.55 * Double($0) / 1992 }
}

/// A = C' diag(spectrum) C with C the orthonormal DCT-II: dense, without random numbers, and with known eigenpairs.
final class CosineOperator<S: Scalar>: LinearOperator {
  let dimension: Int
  let method = "exact"
  private let cosines: Buffer<S>
  private let spectrum: Buffer<S>
  private(set) var products = 0

  init(_ spectrum: [Double]) throws {
    let n = spectrum.count
    dimension = n
    cosines = try Buffer(n * n)
    let wide = try CurvatureFixture.cosines(n)
    S.fromDouble(n * n, wide.constant, cosines.pointer)
    self.spectrum = try Buffer(n)
    S.fromDouble(n, spectrum, self.spectrum.pointer)
  }

  func apply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    let n = dimension
    products += count
    let middle = try Buffer<S>(count * n)
    S.gemm(false, true, count, n, n, 1, v, n, cosines.constant, n, 0, middle.pointer, n)
    for j in 0..<count { S.multiply(n, middle.constant + j * n, spectrum.constant, middle.pointer + j * n) }
    S.gemm(false, false, count, n, n, 1, middle.constant, n, cosines.constant, n, 0, out, n)
  }
}
