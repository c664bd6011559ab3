import SwaleCore

/// An activation function on its own: y = phi(x), element by element.
public struct Activation: Layer {
  public static let info = Info("activation", "Elementwise function phi(x).")
  public static var options: [Option<Self>] {
    [
      option("function", \.function, choices: ActivationKind.names, "Which function."),
      option("slope", \.slope, in: -1e6...1e6, "Slope of leaky_relu for negative arguments."),
    ]
  }

  public var function = "relu"
  public var slope = 0.01

  public init() {}
  public init(_ function: String) { self.function = function }

  public func plan(_ inputs: [[Int]]) throws(Failure) -> LayerPlan {
    LayerPlan(output: inputs[0], units: .inherited, differentiable: ActivationKind(function).isDifferentiable)
  }

  public func kernel<S: Scalar>(_ inputs: [[Int]], _ plan: LayerPlan, _ type: S.Type) -> LayerKernel<S> {
    ActivationKernel(width: inputs[0].reduce(1, *), ActivationKind(function, slope: slope))
  }
}

final class ActivationKernel<S: Scalar>: LayerKernel<S> {
  private let width: Int
  private let phi: ActivationKind

  init(width: Int, _ activation: ActivationKind) {
    self.width = width
    phi = activation
    super.init(inputWidths: [width], outputWidth: width)
  }

  override var savedWidth: Int { phi.keepsDerivative ? width : 0 }
  override var curvedWidth: Int { phi.isCurved ? width : 0 }

  private func saved(_ node: NodeState<S>, _ row: Int) -> UnsafeMutablePointer<S>? {
    phi.keepsDerivative ? node.saved.map { $0 + row * width } : nil
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func forward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let row = pass.rows.lowerBound
    let curved = pass.keep && phi.isCurved ? node.curved.map { $0 + row * width } : nil
    phi.apply(
      rows: pass.count, cols: width, nil, node.inputs[0].output(row), node.output(row), saved(node, row), curved)
  }

  /// node.gradient keeps dL/dy; the input receives phi' dL/dy.
  @specialized(where S == Float)
  @specialized(where S == Double)
  override func backward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let row = pass.rows.lowerBound
    let n = pass.count * width
    guard let base = node.gradient else { return }
    let gradient = base + row * width
    if pass.keep, phi.isCurved, let curved = node.curved {
      S.multiply(n, curved + row * width, gradient, curved + row * width)
    }
    let input = node.inputs[0]
    guard let target = input.gradient else { return }
    phi.backward(n, node.output(row), saved(node, row), gradient, gradient)
    input.receive(n, gradient, into: target + row * width)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangentForward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let row = pass.rows.lowerBound
    let slab = pass.count * width
    guard let tangent = node.tangent else { return }
    guard let source = node.inputs[0].tangent else {
      S.fill(pass.block * slab, 0, tangent)
      return
    }
    for j in 0..<pass.block {
      phi.backward(slab, node.output(row), saved(node, row), source + j * slab, tangent + j * slab)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangentBackward(
    _ node: NodeState<S>, _ pass: Pass<S>, second: Bool, _ beta: S, _ out: UnsafeMutablePointer<S>,
    _ outStride: Int
  ) {
    let row = pass.rows.lowerBound
    let slab = pass.count * width
    let input = node.inputs[0]
    guard let gradient = node.tangentGradient, let target = input.tangentGradient else { return }
    for j in 0..<pass.block {
      let delta = gradient + j * slab
      phi.backward(slab, node.output(row), saved(node, row), delta, delta)
      if second, phi.isCurved, let curved = node.curved, let pre = input.tangent {
        S.multiplyAdd(slab, curved + row * width, pre + j * slab, delta)
      }
    }
    input.receive(pass.block * slab, gradient, into: target)
  }
}
