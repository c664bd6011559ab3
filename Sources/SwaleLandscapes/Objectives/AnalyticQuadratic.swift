import SwaleCore

/// A quadratic landscape with a given curvature: f(x) = 1/2 (x - c)' A (x - c) + b' x + d.
public struct Quadratic: Landscape {
  public static let info = Info("quadratic", "Quadratic form 1/2 (x - c)' A (x - c) + b' x + d with a given matrix A.")
  public static var options: [Option<Self>] {
    [
      option("diagonal", \.diagonal, in: -1e300...1e300, "Diagonal of A, n numbers; instead of 'matrix'."),
      option(
        "matrix", \.matrix, in: -1e300...1e300,
        "A, n x n numbers, row-major and symmetric to rounding; the mean of A and A' is used."),
      option("center", \.center, in: -1e300...1e300, "c, n numbers; none: zeros."),
      option("linear", \.linear, in: -1e300...1e300, "b, n numbers; none: zeros."),
      option("constant", \.constant, in: -1e300...1e300, "d."),
      option("precision", \.precision, choices: ["f64", "f32"], "What the objective computes in."),
    ]
  }

  public var diagonal: [Double] = []
  public var matrix: [Double] = []
  public var center: [Double] = []
  public var linear: [Double] = []
  public var constant = 0.0
  public var precision = "f64"
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    try QuadraticObjective(
      diagonal: diagonal, matrix: matrix, center: center, linear: linear, constant: constant,
      precision: precision == "f32" ? .f32 : .f64)
  }
}

/// The objective of `Quadratic`.
public final class QuadraticObjective: Objective {
  /// A: its diagonal, or all of it.
  enum Curvature {
    case diagonal(Buffer<Double>)
    case matrix(Buffer<Double>)
  }

  public let name = "quadratic"
  public let dimension: Int
  public let precision: Precision
  public let capabilities: Capabilities = [.value, .gradient, .exactGradient, .hvp]
  let curvature: Curvature
  let center: Buffer<Double>
  let linear: Buffer<Double>
  let constant: Double

  /// Exactly one of `diagonal` (n numbers) and `matrix` (n x n, symmetric to rounding) is given; `center` and
  /// `linear` have n numbers or none.
  public init(
    diagonal: [Double] = [], matrix: [Double] = [], center: [Double] = [], linear: [Double] = [],
    constant: Double = 0, precision: Precision = .f64
  ) throws(Failure) {
    guard diagonal.isEmpty != matrix.isEmpty else {
      throw Failure(
        .option,
        diagonal.isEmpty
          ? "objective 'quadratic' needs option 'diagonal' (n numbers) or 'matrix' (n x n numbers)"
          : "objective 'quadratic' takes option 'diagonal' or 'matrix', not both")
    }
    let n = diagonal.isEmpty ? Int(saturating: Double(matrix.count).squareRoot().rounded()) : diagonal.count
    for (option, values) in [("center", center), ("linear", linear)] where !values.isEmpty && values.count != n {
      throw Failure(
        .shape, "option '\(option)' of objective 'quadratic' has \(values.count) numbers, allowed \(n) or none")
    }
    dimension = n
    self.precision = precision
    curvature =
      diagonal.isEmpty ? .matrix(try Self.symmetric(matrix, n, precision)) : .diagonal(try Buffer(diagonal))
    self.constant = constant
    self.center = center.isEmpty ? try Buffer(n) : try Buffer(center)
    self.linear = linear.isEmpty ? try Buffer(n) : try Buffer(linear)
  }

  /// (A + A') / 2 of a matrix that is symmetric to rounding. Products such as Q D Q' are not symmetric to the last bit:
  /// an entry is a sum of n numbers, which carries an error of up to n units in the last place of the largest of them.
  /// So pairs may differ by 8 n units of the largest entry; of f32 where the objective computes in it, or where all
  /// numbers have been f32.
  private static func symmetric(
    _ matrix: [Double], _ n: Int, _ precision: Precision
  ) throws(Failure) -> Buffer<Double> {
    guard n * n == matrix.count else {
      throw Failure(
        .shape, "option 'matrix' of objective 'quadratic' has \(matrix.count) numbers, which is not a square number")
    }
    let copy = try Buffer(matrix)
    let narrow = precision == .f32 || matrix.allSatisfy { Double(Float($0)) == $0 }
    let unit = narrow ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let tolerance = 8 * Double(n) * unit * Double.maxAbs(matrix.count, copy.constant)
    for i in 0..<n {
      for j in 0..<i {
        let (below, above) = (matrix[i * n + j], matrix[j * n + i])
        guard abs(below - above) <= tolerance else {
          throw Failure(
            .argument,
            "option 'matrix' of objective 'quadratic' is not symmetric: element (\(i), \(j)) is \(below), "
              + "element (\(j), \(i)) is \(above)")
        }
        let mean = 0.5 * below + 0.5 * above
        copy.pointer[i * n + j] = mean
        copy.pointer[j * n + i] = mean
      }
    }
    return copy
  }

  public func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { try QuadraticOracle<S>(self) }
}

/// Products with A through the matrix kernels, in S.
final class QuadraticOracle<S: Scalar>: Oracle<S> {
  private let curvature: Buffer<S>
  private let isDiagonal: Bool
  private let center: Buffer<S>
  private let linear: Buffer<S>
  private let shifted: Buffer<S>
  private let image: Buffer<S>
  private let constant: Double

  init(_ objective: QuadraticObjective) throws(Failure) {
    func typed(_ source: Buffer<Double>) throws(Failure) -> Buffer<S> {
      let copy = try Buffer<S>(source.count, zeroed: false)
      S.fromDouble(source.count, source.constant, copy.pointer)
      return copy
    }
    switch objective.curvature {
    case .diagonal(let values):
      curvature = try typed(values)
      isDiagonal = true
    case .matrix(let values):
      curvature = try typed(values)
      isDiagonal = false
    }
    center = try typed(objective.center)
    linear = try typed(objective.linear)
    shifted = try Buffer(objective.dimension)
    image = try Buffer(objective.dimension)
    constant = objective.constant
    super.init(objective)
  }

  /// out_j = A v_j.
  private func multiply(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) {
    let n = dimension
    if isDiagonal {
      for j in 0..<count { S.multiply(n, curvature.constant, v + j * n, out + j * n) }
    } else if count == 1 {
      S.gemv(false, n, n, 1, curvature.constant, n, v, 0, out)
    } else {
      // v_j' A = (A v_j)' because A is symmetric.
      S.gemm(false, false, count, n, n, 1, v, n, curvature.constant, n, 0, out, n)
    }
  }

  /// Leaves A (x - c) in `image`.
  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    try Interruption.check(work: workPerVector)
    S.subtract(dimension, x, center.constant, shifted.pointer)
    multiply(1, shifted.constant, image.pointer)
    let form = 0.5 * S.dot(dimension, shifted.constant, image.constant)
    return form + S.dot(dimension, linear.constant, x) + constant
  }

  override func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    let value = try value(x)
    S.add(dimension, image.constant, linear.constant, g)
    return value
  }

  /// The Hessian is A everywhere: nothing of the point is kept.
  override func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double { try value(x) }

  override func hvp(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    var first = 0
    while first < count {
      let block = min(Self.block, count - first)
      try Interruption.check(work: workPerVector * Double(block))
      multiply(block, v + first * dimension, out + first * dimension)
      first += block
    }
  }

  /// Vectors between two looks at the run.
  private static var block: Int { 256 }

  /// Operations of a product with A.
  private var workPerVector: Double { isDiagonal ? Double(dimension) : 2 * Double(dimension) * Double(dimension) }
}
