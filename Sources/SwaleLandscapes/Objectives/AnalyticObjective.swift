import SwaleCore

/// A landscape with a formula: value, gradient and Hessian in closed form, in double precision.
public protocol AnalyticFunction: Sendable {
  /// Name of the objective, as registered.
  var name: String { get }
  var dimension: Int { get }
  /// f(x); writes the gradient to `gradient` when it is given.
  func value(_ x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?) -> Double
  /// out = H(x) v.
  func product(_ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>)
}

/// The objective of an analytic function: values, gradients and exact Hessian-vector products.
///
/// The formula is evaluated in double and rounded to `precision` at the border, so that an f32 objective is the
/// same landscape seen through f32 points, not a less accurate one.
public final class AnalyticObjective: Objective {
  public let function: any AnalyticFunction
  public let precision: Precision
  public var name: String { function.name }
  public var dimension: Int { function.dimension }
  public var capabilities: Capabilities { [.value, .gradient, .exactGradient, .hvp] }

  public init(_ function: any AnalyticFunction, precision: Precision = .f64) {
    self.function = function
    self.precision = precision
  }

  public func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> {
    try AnalyticOracle<S>(self, function)
  }
}

/// Converts points and results between S and the double precision of the formula.
final class AnalyticOracle<S: Scalar>: Oracle<S> {
  private let function: any AnalyticFunction
  private let point: Buffer<Double>
  private let input: Buffer<Double>
  private let output: Buffer<Double>
  private var linearized = false

  init(_ objective: AnalyticObjective, _ function: any AnalyticFunction) throws(Failure) {
    self.function = function
    point = try Buffer(function.dimension)
    input = try Buffer(function.dimension)
    output = try Buffer(function.dimension)
    super.init(objective)
  }

  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    S.toDouble(dimension, x, input.pointer)
    return function.value(input.constant, gradient: nil)
  }

  override func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    S.toDouble(dimension, x, input.pointer)
    let value = function.value(input.constant, gradient: output.pointer)
    S.fromDouble(dimension, output.constant, g)
    return value
  }

  override func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    S.toDouble(dimension, x, point.pointer)
    linearized = true
    return function.value(point.constant, gradient: nil)
  }

  override func hvp(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    guard linearized else { throw Failure(.internalError, "products asked for before linearize") }
    for j in 0..<count {
      try Interruption.check(work: 16 * Double(dimension))
      S.toDouble(dimension, v + j * dimension, input.pointer)
      function.product(point.constant, input.constant, output.pointer)
      S.fromDouble(dimension, output.constant, out + j * dimension)
    }
  }
}
