import Glibc
import Swale
import XCTest

/// Matrices that are symmetric to rounding, and constants, of objective `quadratic`.
final class QuadraticMatrixTests: XCTestCase {
  /// Q D Q' of a random orthogonal Q (Gram-Schmidt), multiplied from left to right, so that it is not symmetric.
  private func conjugated<T: BinaryFloatingPoint>(_ diagonal: [T], seed: UInt64) -> [T] {
    let n = diagonal.count
    var random = RandomStream(seed: seed, stream: 5)
    var draws = [Double](repeating: 0, count: n * n)
    random.normal(n * n, into: &draws)
    var q: [[T]] = []
    for i in 0..<n {
      var row = (0..<n).map { T(draws[i * n + $0]) }
      for _ in 0..<2 {
        for other in q {
          let along = zip(row, other).reduce(T(0)) { $0 + $1.0 * $1.1 }
          row = zip(row, other).map { $0 - along * $1 }
        }
      }
      let norm = row.reduce(T(0)) { $0 + $1 * $1 }.squareRoot()
      q.append(row.map { $0 / norm })
    }
    var out = [T](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n {
        var sum = T(0)
        for k in 0..<n { sum += q[k][i] * diagonal[k] * q[k][j] }
        out[i * n + j] = sum
      }
    }
    return out
  }

  private func asymmetry(_ matrix: [Double], _ n: Int) -> Double {
    var most = 0.0
    for i in 0..<n { for j in 0..<i { most = max(most, abs(matrix[i * n + j] - matrix[j * n + i])) } }
    return most
  }

  /// Spectra of three kinds and scales; products with unit vectors give back the symmetrised matrix, to one rounding.
  func testConjugatedMatricesAreTaken() throws {
    for n in [2, 7, 30] {
      for (kind, scale) in [(0, 1.0), (1, 1e200), (2, 1e-200), (0, 1e6)] {
        let diagonal = (0..<n).map { (i: Int) -> Double in
          switch kind {
          case 0: scale * Double(i + 1)
          case 1: scale * pow(10, -Double(i % 12))
          default: scale * (i == 0 ? 1 : -0.5)
          }
        }
        let matrix = conjugated(diagonal, seed: UInt64(n))
        let bowl = try QuadraticObjective(matrix: matrix)
        let identity = (0..<(n * n)).map { $0 % (n + 1) == 0 ? 1.0 : 0 }
        var found = [Double](repeating: .nan, count: n * n)
        try bowl.makeEvaluator().product(.hessian, [Double](repeating: 0, count: n), identity, n, &found)
        XCTAssertEqual(asymmetry(found, n), 0, "n \(n) kind \(kind)")
        for i in 0..<n {
          for j in 0..<n {
            let mean = matrix[i * n + j] / 2 + matrix[j * n + i] / 2
            XCTAssertEqual(found[i * n + j], mean, accuracy: abs(mean) * 1e-15, "\(n) \(kind)")
          }
        }
      }
    }
    let n = 30
    let matrix = conjugated((0..<n).map { Double($0 + 1) }, seed: 30)
    XCTAssertGreaterThan(asymmetry(matrix, n), 0, "the test needs a matrix that is not symmetric")
  }

  /// Numbers that have been f32 are asymmetric at the rounding of f32.
  func testMatricesOfSingles() throws {
    let n = 20
    let matrix = conjugated((0..<n).map { Float($0 + 1) }, seed: 4).map(Double.init)
    XCTAssertGreaterThan(asymmetry(matrix, n), 1e-8)
    XCTAssertNoThrow(try QuadraticObjective(matrix: matrix))
  }

  func testRealAsymmetryIsRefusedWithItsPair() throws {
    for (matrix, words) in [
      ([1, 2, 3, 1], ["(1, 0) is 3.0", "(0, 1) is 2.0"]),
      ([1, 0.25, 0.25 + 1e-6, 1], ["(1, 0) is 0.250001", "(0, 1) is 0.25"]),
      ([1e200, 1, 1e190, 1e200], ["(1, 0) is 1e+190", "(0, 1) is 1.0"]),
      ([1e-200, 0, 1e-206, 1e-200], ["(1, 0) is 1e-206", "(0, 1) is 0.0"]),
    ] as [([Double], [String])] {
      XCTAssertThrowsError(try QuadraticObjective(matrix: matrix)) { error in
        for word in words + ["not symmetric"] { XCTAssertTrue("\(error)".contains(word), "\(error)") }
      }
    }
  }

  func testAConstant() throws {
    let settings = try Quadratic.configured([
      "diagonal": .reals([2, 4]), "center": .reals([1, 0]), "linear": .reals([0, 3]), "constant": .real(-7.25),
    ])
    let bowl = try settings.build(LandscapeParts(registry: .shared))
    var g = [0.0, 0.0]
    // (2 * 4 + 4 * 4) / 2 + 6 - 7.25
    XCTAssertEqual(try bowl.makeEvaluator().value([3, 2], gradient: &g), 10.75)
    XCTAssertEqual(g, [4, 11])
  }
}
