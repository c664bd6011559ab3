import SwaleCore

/// What the host program gives to make a landscape of its own. All functions run on the thread that called the
/// library; what they throw ends the run with its words; non-finite values are passed on to the solver, which
/// decides.
public struct CallbackTable: Sendable {
  /// f(x); with a gradient pointer also writes all of the gradient.
  public typealias Value =
    @Sendable (_ x: UnsafePointer<Double>, _ gradient: UnsafeMutablePointer<Double>?) throws(Failure) -> Double
  /// out_j = H(x) v_j for j < count; blocks are count x dimension, row-major.
  public typealias Product =
    @Sendable (
      _ x: UnsafePointer<Double>, _ count: Int, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
    ) throws(Failure) -> Void

  public let dimension: Int
  public let value: Value
  /// False: `value` is never called with a gradient pointer.
  public let hasGradient: Bool
  /// Without it Hessian-vector products are central differences of the gradient.
  public let hvp: Product?
  /// Called once when the objective and everything that uses it are gone; never when making the objective failed.
  public let onRelease: (@Sendable () -> Void)?

  public init(
    dimension: Int, value: @escaping Value, hasGradient: Bool, hvp: Product? = nil,
    onRelease: (@Sendable () -> Void)? = nil
  ) {
    self.dimension = dimension
    self.value = value
    self.hasGradient = hasGradient
    self.hvp = hvp
    self.onRelease = onRelease
  }
}

/// A landscape computed by functions of the host program, in double precision.
public final class CallbackObjective: Objective {
  public let name = "callback"
  public let dimension: Int
  public let precision = Precision.f64
  public let capabilities: Capabilities
  let table: CallbackTable

  public init(_ table: CallbackTable) throws(Failure) {
    // Before any property is set: a half-made object runs no deinit, so nothing is released that was not taken.
    guard table.dimension > 0 else {
      throw Failure(.argument, "the dimension of objective 'callback' is \(table.dimension), allowed 1 and more")
    }
    guard table.hvp == nil || table.hasGradient else {
      throw Failure(.argument, "objective 'callback' has Hessian-vector products but no gradient; give both")
    }
    dimension = table.dimension
    var capabilities: Capabilities = [.value]
    if table.hasGradient { capabilities.formUnion([.gradient, .exactGradient]) }
    if table.hvp != nil { capabilities.insert(.hvp) }
    self.capabilities = capabilities
    self.table = table
  }

  deinit { table.onRelease?() }

  public func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> {
    guard let oracle = try CallbackOracle(self) as? Oracle<S> else {
      throw Failure(.internalError, "objective 'callback' computes in f64 only")
    }
    return oracle
  }
}

/// Hands points to the host's functions as they are: the objective computes in double.
final class CallbackOracle: Oracle<Double> {
  /// Keeps the host's memory alive while the oracle may call into it.
  private let objective: CallbackObjective
  private var point: Buffer<Double>?

  init(_ objective: CallbackObjective) throws(Failure) {
    self.objective = objective
    if objective.table.hvp != nil { point = try Buffer(objective.dimension) }
    super.init(objective)
  }

  override func value(_ x: UnsafePointer<Double>) throws(Failure) -> Double {
    try Interruption.check()
    return try objective.table.value(x, nil)
  }

  override func gradient(_ x: UnsafePointer<Double>, _ g: UnsafeMutablePointer<Double>) throws(Failure) -> Double {
    guard objective.table.hasGradient else { throw Failure(.unsupported, "objective 'callback' has no gradient") }
    try Interruption.check()
    return try objective.table.value(x, g)
  }

  override func linearize(_ x: UnsafePointer<Double>) throws(Failure) -> Double {
    guard let point else { return try super.linearize(x) }
    point.pointer.update(from: x, count: dimension)
    return try value(x)
  }

  override func hvp(
    _ count: Int, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    guard let product = objective.table.hvp, let point else { return try super.hvp(count, v, out) }
    try Interruption.check()
    try product(point.constant, count, v, out)
  }
}
