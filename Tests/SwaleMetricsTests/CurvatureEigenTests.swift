import Foundation
import Swale
import XCTest

/// The dense and the tridiagonal symmetric eigenproblem against matrices with known spectra.
final class CurvatureEigenTests: XCTestCase {
  /// Solves by LAPACK (where there is one) and built in, checks residual, orthogonality and the known values.
  /// Backward stability: errors are a small multiple of n epsilon |A|.
  private func check(_ matrix: Buffer<Double>, _ n: Int, _ known: [Double], _ label: String) throws {
    let norm = known.map { abs($0) }.max() ?? 0
    let tolerance = 4 * Double(max(n, 4)) * Double.ulpOfOne
    for builtin in [true, false] {
      let plain = try SymmetricEigen.solve(n, Buffer(copying: matrix.constant, count: n * n), builtin: builtin)
      let full = try SymmetricEigen.solve(
        n, Buffer(copying: matrix.constant, count: n * n), vectors: true, builtin: builtin)
      XCTAssertNil(plain.vectors)
      let label = "\(label), n = \(n), \(plain.method)"
      let sorted = known.sorted()
      for k in 0..<n {
        XCTAssertEqual(plain.values.pointer[k], sorted[k], accuracy: tolerance * norm, label)
        XCTAssertEqual(full.values.pointer[k], sorted[k], accuracy: tolerance * norm, label)
      }
      let u = try XCTUnwrap(full.vectors)
      let gram = try Buffer<Double>(n * n)
      Double.gemm(false, true, n, n, n, 1, u.constant, n, u.constant, n, 0, gram.pointer, n)
      for i in 0..<n { gram.pointer[i * n + i] -= 1 }
      XCTAssertLessThanOrEqual(Double.maxAbs(n * n, gram.constant), tolerance, "orthogonality: \(label)")
      let residual = try Buffer<Double>(n * n)
      Double.gemm(false, false, n, n, n, 1, u.constant, n, matrix.constant, n, 0, residual.pointer, n)
      for k in 0..<n {
        Double.axpy(n, -full.values.pointer[k], u.constant + k * n, residual.pointer + k * n)
      }
      XCTAssertLessThanOrEqual(Double.maxAbs(n * n, residual.constant), tolerance * norm, "residual: \(label)")
    }
  }

  /// Second differences: eigenvalues 2 - 2 cos(k pi / (n + 1)).
  func testSecondDifferences() throws {
    for n in [1, 2, 3, 31, 32, 33, 65, 257, 300] {
      let a = try Buffer<Double>(n * n)
      for i in 0..<n {
        a.pointer[i * n + i] = 2
        if i > 0 {
          a.pointer[i * n + i - 1] = -1
          a.pointer[(i - 1) * n + i] = -1
        }
      }
      try check(a, n, (1...n).map { 2 - 2 * cos(Double($0) * .pi / Double(n + 1)) }, "second differences")
    }
  }

  /// Dense matrices with eigenvalues of all kinds: spread, repeated, of both signs, of rank 3, zero.
  func testDenseMatricesWithChosenSpectra() throws {
    for n in [2, 5, 64, 97, 290] {
      let spread = (0..<n).map { sin(1 + 3 * Double($0)) * pow(10, -Double($0 % 7)) }
      try check(try CurvatureFixture.matrix(spread), n, spread, "spread")
      let repeated = (0..<n).map { [-1.0, 0, 2, 2, 5][$0 % 5] }
      try check(try CurvatureFixture.matrix(repeated), n, repeated, "repeated")
      let flat = (0..<n).map { $0 < 3 ? 1 + Double($0) : 0 }
      try check(try CurvatureFixture.matrix(flat), n, flat, "rank 3")
    }
    for n in [1, 2, 40] { try check(try Buffer(n * n), n, [Double](repeating: 0, count: n), "zero matrix") }
    try check(try Buffer([-3.5]), 1, [-3.5], "one number")
    try check(try Buffer([1, 2, 2, 1]), 2, [-1, 3], "two numbers")
  }

  /// Known to 16 digits; the smallest of order 10, 1.0931538e-13, only to the rounding of the largest.
  func testHilbertMatrix() throws {
    for (n, largest) in [(3, 1.4083189271236539), (5, 1.5670506910982308), (10, 1.7519196702651775)] {
      let a = try Buffer((0..<n * n).map { 1 / Double($0 / n + $0 % n + 1) })
      let values = try SymmetricEigen.solve(n, a, builtin: true).values
      XCTAssertEqual(values.pointer[n - 1], largest, accuracy: 1e-14)
      if n == 10 { XCTAssertEqual(values.pointer[0], 1.0931538193797e-13, accuracy: 1e-15) }
    }
  }

  func testExtremeScales() throws {
    for scale in [1e-290, 1e-150, 1e150, 1e290] {
      let spectrum = (0..<40).map { scale * (Double($0) - 11.5) }
      try check(try CurvatureFixture.matrix(spectrum), 40, spectrum, "scale \(scale)")
    }
  }

  func testRefusesNonfiniteMatrices() throws {
    XCTAssertThrowsError(try SymmetricEigen.solve(2, Buffer([1, 0, .nan, 1]))) {
      XCTAssertEqual("\($0)", "element (1, 0) of the matrix is nan")
    }
    XCTAssertThrowsError(try SymmetricEigen.solve(3, Buffer([1, 0, 0, 1])))
    let bad = try Buffer([1, .infinity])
    let off = try Buffer<Double>(2)
    XCTAssertThrowsError(try TridiagonalEigen.solve(2, bad.pointer, off.pointer))
  }

  /// Gauss-Legendre: the Jacobi matrix of the Legendre polynomials gives nodes and, by squared first components, half
  /// the weights; checked through the exactness of the rule.
  func testFirstComponentsGiveGaussQuadrature() throws {
    let n = 12
    let diagonal = try Buffer<Double>(n)
    let off = try Buffer((1...n).map { Double($0) / (4 * Double($0 * $0) - 1).squareRoot() })
    let (nodes, first) = try TridiagonalEigen.component(first: true, n, diagonal.constant, off.constant)
    let (again, last) = try TridiagonalEigen.component(first: false, n, diagonal.constant, off.constant)
    let (_, rows) = try TridiagonalEigen.vectors(n, diagonal.constant, off.constant)
    for power in stride(from: 0, to: 2 * n, by: 1) {
      let sum = (0..<n).reduce(0.0) { $0 + 2 * pow(first.pointer[$1], 2) * pow(nodes.pointer[$1], Double(power)) }
      XCTAssertEqual(sum, power % 2 == 0 ? 2 / Double(power + 1) : 0, accuracy: 1e-14)
    }
    for k in 0..<n {
      XCTAssertEqual(nodes.pointer[k], again.pointer[k])
      XCTAssertEqual(abs(first.pointer[k]), abs(rows.pointer[k * n]), accuracy: 1e-15)
      XCTAssertEqual(abs(last.pointer[k]), abs(rows.pointer[k * n + n - 1]), accuracy: 1e-15)
    }
  }

  func testSameBitsForAnyNumberOfThreads() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let n = 290
    let matrix = try CurvatureFixture.matrix((0..<n).map { sin(Double($0)) })
    var all: [[UInt64]] = []
    for threads in [1, 2, 4] {
      Parallel.threads = threads
      let found = try SymmetricEigen.solve(
        n, Buffer(copying: matrix.constant, count: n * n), vectors: true, builtin: true)
      all.append((found.values.array + (found.vectors?.array ?? [])).map(\.bitPattern))
    }
    XCTAssertEqual(all[0], all[1])
    XCTAssertEqual(all[0], all[2])
  }
}
