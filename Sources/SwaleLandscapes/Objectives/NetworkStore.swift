import SwaleCore

/// The arrays of a model for some rows, and its kernels: allocated once, grown when a pass needs more rows.
final class NetworkStore<S: Scalar> {
  let states: [NodeState<S>]
  let input: NodeState<S>
  let kernels: [LayerKernel<S>]
  let loss: LossKernel<S>
  /// Scalars per sample of all outputs, gradients and kept derivatives.
  let widthPerRow: Int
  /// Scalars per sample and tangent.
  let tangentWidthPerRow: Int
  let largestWidth: Int
  /// Where each node's parameters start, and how many it has.
  private let offsets: [Int]
  private let parameterCounts: [Int]
  private var memory: [Buffer<S>] = []
  private var tangentMemory: [Buffer<S>] = []
  private(set) var rows = 0
  private(set) var tangentRows = 0
  /// What the loss keeps for Hessian products, rows x loss.savedWidth.
  private(set) var lossSaved: UnsafeMutablePointer<S>?

  init(_ objective: NetworkObjective) throws(Failure) {
    let nodes = objective.model.nodes
    let placeholder = try Buffer<S>(1)
    memory = [placeholder]
    let input = NodeState<S>(width: objective.data.width, inputs: [], placeholder: placeholder.pointer)
    var states: [NodeState<S>] = []
    var kernels: [LayerKernel<S>] = []
    for node in nodes {
      states.append(
        NodeState(
          width: node.plan.output.reduce(1, *), inputs: node.inputs.map { $0 < 0 ? input : states[$0] },
          placeholder: placeholder.pointer))
      kernels.append(node.layer.kernel(node.inputShapes, node.plan, S.self))
    }
    self.input = input
    self.states = states
    self.kernels = kernels
    loss = try objective.loss.kernel(objective.data, outputs: objective.model.outputWidth, S.self)
    offsets = nodes.map(\.offset)
    parameterCounts = nodes.map(\.parameterCount)
    widthPerRow = loss.savedWidth + zip(states, kernels).reduce(0) {
      $0 + 2 * $1.0.width + $1.1.savedWidth + $1.1.curvedWidth
    }
    tangentWidthPerRow = zip(states, kernels).reduce(0) { $0 + 2 * $1.0.width + $1.1.tangentSavedWidth }
    largestWidth = states.reduce(1) { max($0, $1.width) }
  }


  /// Room for `wanted` rows of the primal arrays. Old content is lost when it grows.
  func reserve(rows wanted: Int) throws(Failure) {
    if wanted <= rows { return }
    memory.removeAll(keepingCapacity: true)
    rows = 0
    func array(_ width: Int) throws(Failure) -> UnsafeMutablePointer<S>? {
      if width == 0 { return nil }
      let buffer = try Buffer<S>(try checkedProduct([wanted, width], "activations"), zeroed: false)
      memory.append(buffer)
      return buffer.pointer
    }
    for (state, kernel) in zip(states, kernels) {
      if let output = try array(state.width) { state.output = output }
      state.gradient = try array(state.width)
      state.saved = try array(kernel.savedWidth)
      state.curved = try array(kernel.curvedWidth)
    }
    lossSaved = try array(loss.savedWidth)
    rows = wanted
  }

  /// Room for a block of tangents: `wanted` = block x rows.
  func reserve(tangentRows wanted: Int) throws(Failure) {
    if wanted <= tangentRows { return }
    tangentMemory.removeAll(keepingCapacity: true)
    tangentRows = 0
    func array(_ width: Int) throws(Failure) -> UnsafeMutablePointer<S>? {
      if width == 0 { return nil }
      let buffer = try Buffer<S>(try checkedProduct([wanted, width], "tangents"), zeroed: false)
      tangentMemory.append(buffer)
      return buffer.pointer
    }
    for (state, kernel) in zip(states, kernels) {
      state.tangent = try array(state.width)
      state.tangentGradient = try array(state.width)
      state.tangentSaved = try array(kernel.tangentSavedWidth)
    }
    tangentRows = wanted
  }

  // Passes. `x` and `v` are whole parameter vectors.

  @specialized(where S == Float)
  @specialized(where S == Double)
  func forward(_ rows: Range<Int>, _ x: UnsafePointer<S>, keep: Bool) {
    for i in offsets.indices {
      kernels[i].forward(states[i], Pass(rows: rows, parameters: x + offsets[i], keep: keep))
    }
  }

  /// From the gradient of the last node to all nodes, and the parameter gradient when `g` is given.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func backward(_ rows: Range<Int>, _ x: UnsafePointer<S>, keep: Bool, _ beta: S, _ g: UnsafeMutablePointer<S>?) {
    for state in states { state.gradientWritten = false }
    states[states.count - 1].gradientWritten = true
    for i in offsets.indices.reversed() {
      let state = states[i]
      if !state.gradientWritten, let gradient = state.gradient {
        // A branch that does not reach the output.
        S.fill(rows.count * state.width, 0, gradient + rows.lowerBound * state.width)
      }
      let pass = Pass(rows: rows, parameters: x + offsets[i], keep: keep)
      kernels[i].backward(state, pass)
      if let g, parameterCounts[i] > 0 { kernels[i].parameterGradient(state, pass, beta, g + offsets[i]) }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  func parameterGradient(_ rows: Range<Int>, _ x: UnsafePointer<S>, _ beta: S, _ g: UnsafeMutablePointer<S>) {
    for i in offsets.indices where parameterCounts[i] > 0 {
      kernels[i].parameterGradient(
        states[i], Pass(rows: rows, parameters: x + offsets[i]), beta, g + offsets[i])
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  func tangentForward(
    _ rows: Range<Int>, _ block: Int, _ x: UnsafePointer<S>, _ v: UnsafePointer<S>, _ stride: Int
  ) {
    for i in offsets.indices {
      kernels[i].tangentForward(
        states[i],
        Pass(
          rows: rows, block: block, parameters: x + offsets[i], direction: v + offsets[i], stride: stride))
    }
  }

  /// From the tangentGradient of the last node. With `v`, the derivative of the backward pass along v; without, the
  /// plain backward pass of a block of cotangents.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func tangentBackward(
    _ rows: Range<Int>, _ block: Int, _ x: UnsafePointer<S>, _ v: UnsafePointer<S>?, _ stride: Int, _ beta: S,
    _ out: UnsafeMutablePointer<S>
  ) {
    for state in states { state.gradientWritten = false }
    states[states.count - 1].gradientWritten = true
    for i in offsets.indices.reversed() {
      let state = states[i]
      if !state.gradientWritten, let gradient = state.tangentGradient {
        S.fill(block * rows.count * state.width, 0, gradient)
      }
      kernels[i].tangentBackward(
        state,
        Pass(
          rows: rows, block: block, parameters: x + offsets[i], direction: v.map { $0 + offsets[i] },
          stride: stride),
        second: v != nil, beta, out + offsets[i], stride)
    }
  }
}
