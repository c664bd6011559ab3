/// The landscape itself: an immutable description that any number of threads may share. What evaluates it is an
/// `Oracle`, one per thread.
public protocol Objective: AnyObject, Sendable {
  var name: String { get }
  /// Number of parameters.
  var dimension: Int { get }
  /// What it computes in; points at the border are always double.
  var precision: Precision { get }
  var capabilities: Capabilities { get }
  var layout: ParameterLayout { get }
  /// Samples that mini-batches can be drawn from; 0 when there are none.
  var sampleCount: Int { get }
  /// Outputs per sample; 0 when there are none.
  var outputCount: Int { get }
  /// The factor graph, of objectives with the capability `patterns`; nil otherwise.
  var patterns: PatternGraph? { get }
  /// A fresh evaluator. Called with the type of `precision` only.
  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S>
}

extension Objective {
  public var layout: ParameterLayout { .vector(dimension) }
  public var sampleCount: Int { 0 }
  public var outputCount: Int { 0 }
  public var patterns: PatternGraph? { nil }

  /// Fills `x` with a starting point: every tensor by the initialiser, from a random stream of its own.
  public func initialize(_ initializer: any Initializer, seed: UInt64, into x: UnsafeMutablePointer<Double>) {
    for (index, tensor) in layout.tensors.enumerated() {
      var random = RandomStream(seed: seed, stream: StreamBase.initialize + UInt64(index))
      initializer.fill(tensor, &random, x + tensor.offset)
    }
  }
}

/// The landscape of a measurement that needs none: a theory curve.
public final class NoLandscape: Objective {
  public init() {}
  public var name: String { "none" }
  public var dimension: Int { 0 }
  public var precision: Precision { .f64 }
  public var capabilities: Capabilities { [] }
  public func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { Oracle(self) }
}

/// Draws starting values for one tensor. Biases start at 0, scales of normalisation layers at 1.
public protocol Initializer: Sendable {
  func fillWeights(_ tensor: Tensor, _ random: inout RandomStream, _ out: UnsafeMutablePointer<Double>)
}

extension Component where Self: Initializer {
  public static var kind: Kind { .initializer }
}

extension Initializer {
  func fill(_ tensor: Tensor, _ random: inout RandomStream, _ out: UnsafeMutablePointer<Double>) {
    switch tensor.role {
    case .bias, .normShift: Double.fill(tensor.count, 0, out)
    case .normScale: Double.fill(tensor.count, 1, out)
    case .weight, .free: fillWeights(tensor, &random, out)
    }
  }
}

/// What an objective component is built from: a model and data where it needs them, and the registry for parts it
/// names (its loss).
public struct LandscapeParts: Sendable {
  public let registry: Registry
  public let model: (any AnyObject & Sendable)?
  public let data: (any AnyObject & Sendable)?

  public init(
    registry: Registry, model: (any AnyObject & Sendable)? = nil, data: (any AnyObject & Sendable)? = nil
  ) {
    self.registry = registry
    self.model = model
    self.data = data
  }
}

/// A registered kind of objective: settings that, with a model and data where needed, make a landscape.
public protocol Landscape: Component {
  func build(_ parts: LandscapeParts) throws(Failure) -> any Objective
}

extension Landscape {
  public static var kind: Kind { .objective }
}
