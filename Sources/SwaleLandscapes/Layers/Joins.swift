import SwaleCore

/// Any shape to one axis; values pass unchanged.
public struct Flatten: Layer {
  public static let info = Info("flatten", "Joins all axes of a sample into one.")
  public init() {}

  public func plan(_ inputs: [[Int]]) throws(Failure) -> LayerPlan {
    let width = try checkedProduct(inputs[0], "the input of flatten")
    return LayerPlan(output: [width], units: inputs[0].count == 1 ? .inherited : .fixed)
  }

  public func kernel<S: Scalar>(_ inputs: [[Int]], _ plan: LayerPlan, _ type: S.Type) -> LayerKernel<S> {
    SumKernel(count: 1, width: plan.output[0])
  }
}

/// The sum of two or more branches of equal shape: what residual connections are made of.
public struct Add: Layer {
  public static let info = Info("add", "Sum of branches of equal shape.")
  public static var inputCount: ClosedRange<Int> { 2...64 }
  public init() {}

  public func plan(_ inputs: [[Int]]) throws(Failure) -> LayerPlan {
    for shape in inputs.dropFirst() where shape != inputs[0] {
      throw Failure(.shape, "add needs inputs of equal shape, got \(inputs)")
    }
    return LayerPlan(output: inputs[0], units: .inherited)
  }

  public func kernel<S: Scalar>(_ inputs: [[Int]], _ plan: LayerPlan, _ type: S.Type) -> LayerKernel<S> {
    SumKernel(count: inputs.count, width: plan.output.reduce(1, *))
  }
}

/// output = sum of inputs; every derivative passes straight through.
final class SumKernel<S: Scalar>: LayerKernel<S> {
  private let width: Int

  init(count: Int, width: Int) {
    self.width = width
    super.init(inputWidths: Array(repeating: width, count: count), outputWidth: width)
  }

  private func sum(_ n: Int, _ source: UnsafePointer<S>?, _ target: UnsafeMutablePointer<S>, first: Bool) {
    switch (source, first) {
    case (let source?, true): target.update(from: source, count: n)
    case (let source?, false): S.add(n, target, source, target)
    case (nil, true): S.fill(n, 0, target)
    case (nil, false): break
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func forward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let row = pass.rows.lowerBound
    for (i, input) in node.inputs.enumerated() {
      sum(pass.count * width, input.output(row), node.output(row), first: i == 0)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func backward(_ node: NodeState<S>, _ pass: Pass<S>) {
    let offset = pass.rows.lowerBound * width
    guard let gradient = node.gradient else { return }
    for input in node.inputs {
      guard let target = input.gradient else { continue }
      sum(pass.count * width, gradient + offset, target + offset, first: !input.gradientWritten)
      input.gradientWritten = true
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangentForward(_ node: NodeState<S>, _ pass: Pass<S>) {
    guard let tangent = node.tangent else { return }
    for (i, input) in node.inputs.enumerated() {
      sum(pass.block * pass.count * width, input.tangent, tangent, first: i == 0)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangentBackward(
    _ node: NodeState<S>, _ pass: Pass<S>, second: Bool, _ beta: S, _ out: UnsafeMutablePointer<S>,
    _ outStride: Int
  ) {
    guard let gradient = node.tangentGradient else { return }
    for input in node.inputs {
      guard let target = input.tangentGradient else { continue }
      sum(pass.block * pass.count * width, gradient, target, first: !input.gradientWritten)
      input.gradientWritten = true
    }
  }
}
