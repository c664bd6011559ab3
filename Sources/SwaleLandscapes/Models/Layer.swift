import SwaleCore

/// One parameter tensor that a layer asks for.
public struct ParameterSpec: Sendable {
  public let name: String
  public let shape: [Int]
  public let role: TensorRole
  public let filterAxis: Int?
  public let fanIn: Int
  public let fanOut: Int

  public init(
    _ name: String, _ shape: [Int], _ role: TensorRole, filterAxis: Int? = nil, fanIn: Int = 1, fanOut: Int = 1
  ) {
    self.name = name
    self.shape = shape
    self.role = role
    self.filterAxis = filterAxis
    self.fanIn = fanIn
    self.fanOut = fanOut
  }
}

/// How the output units of a layer relate to those of its inputs, for permutation symmetry.
public enum UnitFlow: Sendable {
  /// New units: they can be permuted on their own (a dense layer).
  case fresh
  /// The same units as the inputs (activation, sum of branches).
  case inherited
  /// No permutation passes through (a softmax over fixed classes).
  case fixed
}

/// What a layer does with given input shapes (per sample).
public struct LayerPlan: Sendable {
  public let output: [Int]
  public let parameters: [ParameterSpec]
  public let units: UnitFlow
  /// False when the layer has no useful derivative (sign): gradients of the model are refused.
  public let differentiable: Bool

  public init(output: [Int], parameters: [ParameterSpec] = [], units: UnitFlow, differentiable: Bool = true) {
    self.output = output
    self.parameters = parameters
    self.units = units
    self.differentiable = differentiable
  }
}

/// A layer: settings that plan shapes and make the numerical part. One file and one registry line add a layer.
public protocol Layer: Component {
  /// How many inputs it joins.
  static var inputCount: ClosedRange<Int> { get }
  func plan(_ inputs: [[Int]]) throws(Failure) -> LayerPlan
  func kernel<S: Scalar>(_ inputs: [[Int]], _ plan: LayerPlan, _ type: S.Type) -> LayerKernel<S>
}

extension Layer {
  public static var kind: Kind { .layer }
  public static var inputCount: ClosedRange<Int> { 1...1 }
}

/// What a pass runs over.
public struct Pass<S: Scalar> {
  /// Rows (samples) of the primal arrays. Tangent arrays hold these rows only, from their own row 0.
  public var rows: Range<Int>
  /// Number of tangents or cotangents in the block.
  public var block = 1
  /// The layer's parameters.
  public var parameters: UnsafePointer<S>
  /// The layer's slice of the first tangent vector; further ones are `stride` apart.
  public var direction: UnsafePointer<S>?
  public var stride = 0
  /// Keep what products need (derivatives, second derivatives).
  public var keep = false

  public var count: Int { rows.count }
}

/// The arrays of one node of the graph, one row per sample. Tangent arrays are `block` slabs of rows x width.
public final class NodeState<S: Scalar> {
  public let width: Int
  public let inputs: [NodeState<S>]
  /// Values; for the input node, the data itself.
  public var output: UnsafeMutablePointer<S>
  /// d loss / d output on entry of `backward`; whatever the kernel needs of it (d loss / d pre-activation) after.
  public var gradient: UnsafeMutablePointer<S>?
  /// First derivatives kept by the layer.
  public var saved: UnsafeMutablePointer<S>?
  /// Second-order quantities kept by the layer.
  public var curved: UnsafeMutablePointer<S>?
  /// Directional derivatives of `output`; nil where they are zero (data).
  public var tangent: UnsafeMutablePointer<S>?
  public var tangentSaved: UnsafeMutablePointer<S>?
  /// Directional derivatives of `gradient`, or cotangents of a block.
  public var tangentGradient: UnsafeMutablePointer<S>?
  /// Whether a consumer has written to the gradient arrays yet in this pass: the next one adds.
  public var gradientWritten = false

  public init(width: Int, inputs: [NodeState<S>], placeholder: UnsafeMutablePointer<S>) {
    self.width = width
    self.inputs = inputs
    output = placeholder
  }

  @inline(__always) public func output(_ row: Int) -> UnsafeMutablePointer<S> { output + row * width }

  /// Hands `n` elements of a consumer's derivative to `target`, a place in one of the gradient arrays: the first
  /// consumer of a pass sets it, later ones add.
  @inline(__always)
  func receive(_ n: Int, _ source: UnsafePointer<S>, into target: UnsafeMutablePointer<S>) {
    if gradientWritten { S.add(n, target, source, target) } else { target.update(from: source, count: n) }
    gradientWritten = true
  }
}

/// The numerical part of a layer. It works on rows of `NodeState`s and holds no memory of its own.
///
/// The contract leaves room for convolution, normalisation over the batch, attention and residual graphs: a kernel
/// sees all rows of the pass at once, may keep `savedWidth` scalars per sample, and may have any number of inputs.
open class LayerKernel<S: Scalar> {
  public let inputWidths: [Int]
  public let outputWidth: Int

  public init(inputWidths: [Int], outputWidth: Int) {
    self.inputWidths = inputWidths
    self.outputWidth = outputWidth
  }

  /// Scalars per sample to keep from forward to backward.
  open var savedWidth: Int { 0 }
  /// Scalars per sample to keep for second-order products.
  open var curvedWidth: Int { 0 }
  /// Scalars per sample and tangent to keep from tangentForward to tangentBackward.
  open var tangentSavedWidth: Int { 0 }

  /// node.output from the outputs of node.inputs.
  open func forward(_ node: NodeState<S>, _ pass: Pass<S>) {}

  /// Turns node.gradient into what the layer needs of it and adds to (or sets) the gradients of its inputs.
  open func backward(_ node: NodeState<S>, _ pass: Pass<S>) {}

  /// out = beta out + d loss / d parameters from the given rows; after `backward`.
  open func parameterGradient(
    _ node: NodeState<S>, _ pass: Pass<S>, _ beta: S, _ out: UnsafeMutablePointer<S>
  ) {}

  /// node.tangent from the tangents of node.inputs and the parameter direction, for each of the block.
  open func tangentForward(_ node: NodeState<S>, _ pass: Pass<S>) {}

  /// The same as `backward` and `parameterGradient` for the block of node.tangentGradient; with `second`, the
  /// derivative of the backward pass: the terms from the tangents of inputs and parameters are added.
  /// Parameter gradients of block member j go to out + j * outStride.
  open func tangentBackward(
    _ node: NodeState<S>, _ pass: Pass<S>, second: Bool, _ beta: S, _ out: UnsafeMutablePointer<S>,
    _ outStride: Int
  ) {}
}
