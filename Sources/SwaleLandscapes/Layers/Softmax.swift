import SwaleCore

/// p = softmax(x) over all elements of a sample.
public struct Softmax: Layer {
  public static let info = Info("softmax", "Softmax over the elements of a sample.")
  public init() {}

  public func plan(_ inputs: [[Int]]) throws(Failure) -> LayerPlan { LayerPlan(output: inputs[0], units: .fixed) }

  public func kernel<S: Scalar>(_ inputs: [[Int]], _ plan: LayerPlan, _ type: S.Type) -> LayerKernel<S> {
    SoftmaxKernel(width: inputs[0].reduce(1, *))
  }
}

/// The Jacobian diag(p) - p p' is symmetric, so forward and backward products are the same function. The derivative
/// of the backward pass adds, with s = p.g and the tangents p~ = J x~: p~ (g - s) - p (p~.g).
final class SoftmaxKernel<S: Scalar>: LayerKernel<S> {
  private let width: Int

  init(width: Int) {
    self.width = width
    super.init(inputWidths: [width], outputWidth: width)
  }

  /// The gradient with respect to p on entry of `backward`, which is overwritten.
  override var curvedWidth: Int { width }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func forward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let row = pass.rows.lowerBound
    S.softmaxRows(pass.count, width, node.inputs[0].output(row), node.output(row))
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func backward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let offset = pass.rows.lowerBound * width
    let n = pass.count
    guard let gradient = node.gradient else { return }
    if pass.keep, let curved = node.curved { (curved + offset).update(from: gradient + offset, count: n * width) }
    let input = node.inputs[0]
    guard let target = input.gradient else { return }
    S.softmaxTangentRows(n, width, node.output + offset, gradient + offset, 1, gradient + offset)
    input.receive(n * width, gradient + offset, into: target + offset)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangentForward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let p = node.output(pass.rows.lowerBound)
    let slab = pass.count * width
    guard let tangent = node.tangent else { return }
    for j in 0..<pass.block {
      if let source = node.inputs[0].tangent {
        S.softmaxTangentRows(pass.count, width, p, source + j * slab, 1, tangent + j * slab)
      } else {
        S.fill(slab, 0, tangent + j * slab)
      }
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
    let p = node.output(row)
    let input = node.inputs[0]
    guard let gradient = node.tangentGradient, let target = input.tangentGradient else { return }
    for j in 0..<pass.block {
      let delta = gradient + j * slab
      S.softmaxTangentRows(pass.count, width, p, delta, 1, delta)
      if second, let curved = node.curved, let tangent = node.tangent {
        bend(pass.count, p, curved + row * width, tangent + j * slab, delta)
      }
    }
    input.receive(pass.block * slab, gradient, into: target)
  }

  /// delta += p~ (g - p.g) - p (p~.g), row by row.
  private func bend(
    _ rows: Int, _ p: UnsafePointer<S>, _ g: UnsafePointer<S>, _ t: UnsafePointer<S>,
    _ delta: UnsafeMutablePointer<S>
  ) {
    for i in 0..<rows {
      let at = i * width
      let mean = S(S.dot(width, p + at, g + at))
      let drift = S(S.dot(width, t + at, g + at))
      S.multiplyAdd(width, t + at, g + at, delta + at)
      S.axpy(width, -mean, t + at, delta + at)
      S.axpy(width, -drift, p + at, delta + at)
    }
  }
}
