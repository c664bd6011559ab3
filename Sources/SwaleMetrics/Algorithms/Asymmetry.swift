/// How far products are from those of a symmetric matrix A: Frobenius norms, exact or estimated; NaN where unknown.
public struct Asymmetry: Sendable {
  /// |A - A'| / 2.
  public let part: Double
  /// |A|.
  public let norm: Double
  /// 0 for a symmetric matrix, 1 for an antisymmetric one.
  public var relative: Double { part == 0 ? 0 : part / norm }

  static let unknown = Asymmetry(part: .nan, norm: .nan)
}
