import SwaleCore

/// y = phi(W x + b): weight `units` x inputs (one row per output unit), bias `units`, activation fused.
public struct Dense: Layer {
  public static let info = Info("dense", "Fully connected layer phi(W x + b), weight of shape units x inputs.")
  public static var options: [Option<Self>] {
    [
      option("units", \.units, in: 1...1e9, "Number of output units."),
      option("activation", \.activation, choices: ActivationKind.names, "Function applied to each unit."),
      option("bias", \.bias, "Add a bias to each unit."),
      option("slope", \.slope, in: -1e6...1e6, "Slope of leaky_relu for negative arguments."),
    ]
  }

  public var units = 1
  public var activation = "linear"
  public var bias = true
  public var slope = 0.01

  public init() {}
  public init(_ units: Int, _ activation: String = "linear", bias: Bool = true) {
    self.units = units
    self.activation = activation
    self.bias = bias
  }

  public func plan(_ inputs: [[Int]]) throws(Failure) -> LayerPlan {
    let width = try checkedProduct(inputs[0], "the input of dense")
    var parameters = [
      ParameterSpec("weight", [units, width], .weight, filterAxis: 0, fanIn: width, fanOut: units)
    ]
    if bias { parameters.append(ParameterSpec("bias", [units], .bias, fanIn: width, fanOut: units)) }
    return LayerPlan(
      output: [units], parameters: parameters, units: .fresh,
      differentiable: ActivationKind(activation).isDifferentiable)
  }

  public func kernel<S: Scalar>(_ inputs: [[Int]], _ plan: LayerPlan, _ type: S.Type) -> LayerKernel<S> {
    DenseKernel(
      inputs: inputs[0].reduce(1, *), units: units, bias: bias, activation: ActivationKind(activation, slope: slope))
  }
}

/// Row-major products: forward X W', backward D W and D' X. A block of k tangents runs as k slabs of rows, so that
/// the product with W is one product of k n rows.
final class DenseKernel<S: Scalar>: LayerKernel<S>, AffineKernel {
  private let fanIn: Int
  private let units: Int
  private let hasBias: Bool
  private let phi: ActivationKind

  init(inputs: Int, units: Int, bias: Bool, activation: ActivationKind) {
    fanIn = inputs
    self.units = units
    hasBias = bias
    phi = activation
    super.init(inputWidths: [inputs], outputWidth: units)
  }

  override var savedWidth: Int { phi.keepsDerivative ? units : 0 }
  override var curvedWidth: Int { phi.isCurved ? units : 0 }
  /// Curved activations need the tangent of the pre-activation again in the backward pass.
  override var tangentSavedWidth: Int { phi.isCurved ? units : 0 }

  private func bias(_ parameters: UnsafePointer<S>) -> UnsafePointer<S>? {
    hasBias ? parameters + units * fanIn : nil
  }
  private func saved(_ node: NodeState<S>, _ row: Int) -> UnsafeMutablePointer<S>? {
    phi.keepsDerivative ? node.saved.map { $0 + row * units } : nil
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func forward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let n = pass.count
    let row = pass.rows.lowerBound
    let out = node.output(row)
    S.gemm(
      false, true, n, units, fanIn, 1, node.inputs[0].output(row), fanIn, pass.parameters, fanIn, 0, out, units)
    if phi.isLinear && !hasBias { return }
    let curved = pass.keep && phi.isCurved ? node.curved.map { $0 + row * units } : nil
    phi.apply(rows: n, cols: units, bias(pass.parameters), out, out, saved(node, row), curved)
  }

  var activation: ActivationKind { phi }

  func preactivation(_ node: NodeState<S>, _ pass: Pass<S>, _ out: UnsafeMutablePointer<S>) {
    S.gemm(
      false, true, pass.count, units, fanIn, 1, node.inputs[0].output(pass.rows.lowerBound), fanIn, pass.parameters,
      fanIn, 0, out, units)
    if let bias = bias(pass.parameters) { S.addBias(pass.count, units, bias, out) }
  }

  func columnPreactivation(
    _ x: UnsafePointer<S>, samplesAreRows: Bool, _ n: Int, _ parameters: UnsafePointer<S>,
    _ out: UnsafeMutablePointer<S>
  ) {
    if let bias = bias(parameters) { for j in 0..<units { S.fill(n, bias[j], out + j * n) } }
    S.gemm(
      false, samplesAreRows, units, n, fanIn, 1, parameters, fanIn, x, samplesAreRows ? fanIn : n, hasBias ? 1 : 0,
      out, n)
  }

  override func backward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let n = pass.count
    let row = pass.rows.lowerBound
    guard let base = node.gradient else { return }
    let delta = base + row * units
    if pass.keep, phi.isCurved, let curved = node.curved {
      // phi''(z) * dL/da: what the derivative of the next line with respect to z is made of.
      S.multiply(n * units, curved + row * units, delta, curved + row * units)
    }
    phi.backward(n * units, node.output(row), saved(node, row), delta, delta)
    let input = node.inputs[0]
    if let gradient = input.gradient {
      S.gemm(
        false, false, n, fanIn, units, 1, delta, units, pass.parameters, fanIn, input.gradientWritten ? 1 : 0,
        gradient + row * fanIn, fanIn)
      input.gradientWritten = true
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func parameterGradient(
    _ node: NodeState<S>, _ pass: Pass<S>, _ beta: S, _ out: UnsafeMutablePointer<S>
  ) {
    let row = pass.rows.lowerBound
    guard let gradient = node.gradient else { return }
    accumulate(pass.count, node.inputs[0].output(row), gradient + row * units, beta, out)
  }

  /// out = beta out + (delta' x, column sums of delta).
  private func accumulate(
    _ n: Int, _ x: UnsafePointer<S>, _ delta: UnsafePointer<S>, _ beta: S, _ out: UnsafeMutablePointer<S>
  ) {
    S.gemm(true, false, units, fanIn, n, 1, delta, units, x, fanIn, beta, out, fanIn)
    if hasBias {
      let biasOut = out + units * fanIn
      if beta == 0 { S.fill(units, 0, biasOut) }
      S.columnSum(n, units, delta, biasOut)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangentForward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let n = pass.count
    let row = pass.rows.lowerBound
    let slab = n * units
    guard let tangent = node.tangent, let direction = pass.direction else { return }
    let input = node.inputs[0]
    let pre = phi.isCurved ? (node.tangentSaved ?? tangent) : tangent
    if let inputTangent = input.tangent {
      S.gemm(
        false, true, pass.block * n, units, fanIn, 1, inputTangent, fanIn, pass.parameters, fanIn, 0, pre, units)
    }
    for j in 0..<pass.block {
      let v = direction + j * pass.stride
      let z = pre + j * slab
      S.gemm(
        false, true, n, units, fanIn, 1, input.output(row), fanIn, v, fanIn, input.tangent == nil ? 0 : 1, z, units)
      let out = tangent + j * slab
      let (a, derivative) = (UnsafePointer(node.output(row)), UnsafePointer(saved(node, row)))
      if !hasBias {
        phi.backward(slab, a, derivative, z, out)
      } else if phi.isCurved {
        // The backward pass needs the tangent of the whole pre-activation again.
        S.addBias(n, units, v + units * fanIn, z)
        phi.backward(slab, a, derivative, z, out)
      } else {
        phi.backward(rows: n, cols: units, plus: v + units * fanIn, a, derivative, z, out)
      }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangentBackward(
    _ node: NodeState<S>, _ pass: Pass<S>, second: Bool, _ beta: S, _ out: UnsafeMutablePointer<S>,
    _ outStride: Int
  ) {
    let n = pass.count
    let row = pass.rows.lowerBound
    let slab = n * units
    guard let deltas = node.tangentGradient else { return }
    let input = node.inputs[0]
    let x = input.output(row)
    let primal = node.gradient.map { $0 + row * units }
    for j in 0..<pass.block {
      let delta = deltas + j * slab
      phi.backward(slab, node.output(row), saved(node, row), delta, delta)
      if second, phi.isCurved, let curved = node.curved, let pre = node.tangentSaved {
        S.multiplyAdd(slab, curved + row * units, pre + j * slab, delta)
      }
      let target = out + j * outStride
      accumulate(n, x, delta, beta, target)
      if second, let inputTangent = input.tangent, let primal {
        S.gemm(
          true, false, units, fanIn, n, 1, primal, units, inputTangent + j * n * fanIn, fanIn, 1, target, fanIn)
      }
    }
    guard let inputGradient = input.tangentGradient else { return }
    S.gemm(
      false, false, pass.block * n, fanIn, units, 1, deltas, units, pass.parameters, fanIn,
      input.gradientWritten ? 1 : 0, inputGradient, fanIn)
    if second, let primal, let direction = pass.direction {
      for j in 0..<pass.block {
        S.gemm(
          false, false, n, fanIn, units, 1, primal, units, direction + j * pass.stride, fanIn, 1,
          inputGradient + j * n * fanIn, fanIn)
      }
    }
    input.gradientWritten = true
  }
}
