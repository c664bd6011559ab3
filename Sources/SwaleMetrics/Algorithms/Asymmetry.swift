import SwaleCore

/// How far products are from those of a symmetric matrix A: Frobenius norms, exact or estimated; NaN where unknown.
public struct Asymmetry: Sendable {
  /// |A - A'| / 2.
  public let part: Double
  /// |A|.
  public let norm: Double
  /// 0 for a symmetric matrix, 1 for an antisymmetric one.
  public var relative: Double { part == 0 ? 0 : part / norm }

  static let unknown = Asymmetry(part: .nan, norm: .nan)

  /// The same matrix in other units.
  func scaled(by unit: Double) -> Asymmetry { Asymmetry(part: unit * part, norm: unit * norm) }

  /// Vectors whose mutual products are compared.
  private static var compared: Int { 16 }

  /// Estimate from `count` >= 2 random vectors z of mean squared length `length`^2, one row each, and their images: the
  /// mean squares of z_i' A z_j and of (z_i' A z_j - z_j' A z_i) / 2 are |A|^2 and |A - A'|^2 / 4 times
  /// (length^2 / n)^2. Unknown for fewer vectors.
  static func estimate<S: Scalar>(
    _ count: Int, _ n: Int, length: Double, _ z: UnsafePointer<S>, _ images: UnsafePointer<S>
  ) -> Asymmetry {
    let count = min(count, compared)
    if count < 2 { return .unknown }
    var (part, norm) = (0.0, 0.0)
    for i in 0..<count {
      for j in 0..<i {
        let (a, b) = (S.dot(n, z + i * n, images + j * n), S.dot(n, z + j * n, images + i * n))
        part += (a - b) * (a - b) / 4
        norm += (a * a + b * b) / 2
      }
    }
    let pairs = Double(count * (count - 1) / 2)
    let scale = Double(n) / (length * length)
    return Asymmetry(part: scale * (part / pairs).squareRoot(), norm: scale * (norm / pairs).squareRoot())
  }
}
