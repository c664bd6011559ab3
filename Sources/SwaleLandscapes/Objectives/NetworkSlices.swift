import SwaleCore

/// A layer phi(z) whose pre-activation z is linear in its parameters once its inputs are fixed.
protocol AffineKernel<S>: AnyObject {
  associatedtype S: Scalar
  var activation: ActivationKind { get }
  /// out = z of the rows of the pass, before the activation: linear in `pass.parameters`.
  func preactivation(_ node: NodeState<S>, _ pass: Pass<S>, _ out: UnsafeMutablePointer<S>)
  /// The same of n samples with one column per sample: out is outputs x n. The inputs `x` have a row per sample (data)
  /// or a column (the layer before).
  func columnPreactivation(
    _ x: UnsafePointer<S>, samplesAreRows: Bool, _ n: Int, _ parameters: UnsafePointer<S>,
    _ out: UnsafeMutablePointer<S>)
}

/// A loss that can also read outputs with one column per sample.
protocol ColumnLoss<S>: AnyObject {
  associatedtype S: Scalar
  /// Adds losses and errors, as `LossKernel.evaluate`; z is outputs x samples.
  func evaluateColumns(
    _ samples: Int, _ z: UnsafePointer<S>, _ targets: TargetRows<S>, _ loss: inout Double, _ errors: inout Int64)
}

/// Evaluates a network on lines and planes through parameter space.
///
/// Layers that read the data see the same inputs at every point, so their pre-activations are affine in the
/// coordinates: with Z(w) = X W' + b, Z(w0 + s u + t v) = Z(w0) + s Z(u) + t Z(v). Three products per chunk of samples
/// replace one per point; the layers behind them run as usual. A plain chain of such layers runs with one column per
/// sample, because small layers and few classes leave vectors along rows half empty.
///
/// Chunks of samples are the outer loop and points the inner one, spread over threads; each point adds up its chunks
/// in order, so its bits depend neither on the number of threads nor on the other points.
final class NetworkSlices<S: Scalar> {
  private typealias Kernel = any AffineKernel<S>

  /// What one thread works with.
  private struct Lane {
    let store: NetworkStore<S>
    /// Parameters of the layers behind, at the point in hand.
    let point: Buffer<S>
    /// Kernels of the chain and its loss, when there is one.
    let links: [Kernel]
    let loss: (any ColumnLoss<S>)?
  }

  private enum Role {
    /// Reads only data and has no parameters (flatten): runs once per chunk.
    case fixed
    /// Pre-activations are affine in the coordinates; number `slot` in `terms`.
    case affine(slot: Int, ActivationKind)
    /// Runs at every point.
    case varying

    var isFixed: Bool { if case .fixed = self { true } else { false } }
    var isAffine: Bool { if case .affine = self { true } else { false } }
    var isVarying: Bool { if case .varying = self { true } else { false } }
  }

  private let objective: NetworkObjective
  private let nodes: [ModelNode]
  private let roles: [Role]
  /// Nodes behind the fixed ones, when each is affine and reads the one before: these run by columns.
  private let chain: [Int]
  private var lanes: [Lane] = []
  /// Inverse temperature of the loss, where it has one.
  var gamma: Double? {
    didSet { for lane in lanes { lane.store.loss.gamma = gamma } }
  }
  /// Z(w0), Z(u), Z(v) of each affine node, for the rows of a chunk.
  private var terms: [[Buffer<S>]] = []

  init(_ objective: NetworkObjective) {
    self.objective = objective
    nodes = objective.model.nodes
    var roles: [Role] = []
    var slots = 0
    for node in nodes {
      let readsData = node.inputs.allSatisfy { $0 < 0 || roles[$0].isFixed }
      if readsData && node.parameterCount == 0 {
        roles.append(.fixed)
      } else if readsData, let kernel = node.layer.kernel(node.inputShapes, node.plan, S.self) as? Kernel {
        roles.append(.affine(slot: slots, kernel.activation))
        slots += 1
      } else {
        roles.append(.varying)
      }
    }
    self.roles = roles
    chain = Self.chain(nodes, roles)
  }

  private static func chain(_ nodes: [ModelNode], _ roles: [Role]) -> [Int] {
    let moving = nodes.indices.filter { !roles[$0].isFixed }
    for (position, i) in moving.enumerated() {
      let follows = position == 0 ? roles[i].isAffine : nodes[i].inputs == [moving[position - 1]]
      if !follows || !(nodes[i].layer.kernel(nodes[i].inputShapes, nodes[i].plan, S.self) is Kernel) { return [] }
    }
    return moving
  }

  private func makeLane() throws(Failure) -> Lane {
    let store = try NetworkStore<S>(objective)
    store.loss.gamma = gamma
    let loss = chain.isEmpty ? nil : store.loss as? any ColumnLoss<S>
    let links = loss == nil ? [] : chain.compactMap { store.kernels[$0] as? Kernel }
    return Lane(store: store, point: try Buffer(objective.dimension, zeroed: false), links: links, loss: loss)
  }

  /// Whether the points of the slice have work to share: as many products are made for a slice as it has vectors.
  func shares(_ slice: AffineSlice<S>) -> Bool {
    roles.contains(where: \.isAffine) && slice.count > slice.directions.count + 1
  }

  /// Rows per chunk: what one point touches (three terms, activations, parameters aside) stays in a quarter of a
  /// megabyte. Depends on the problem only.
  private func chunkRows(_ count: Int, vectors: Int) -> Int {
    var perRow = 0
    for (node, role) in zip(nodes, roles) {
      perRow += node.width * (role.isAffine ? vectors + 1 : 1)
    }
    return min(count, max(128, 262_144 / max(1, perRow * MemoryLayout<S>.stride)))
  }

  /// Operations for one point and one row, roughly.
  private var workPerRow: Double {
    var work = 0.0
    for (node, role) in zip(nodes, roles) where !role.isFixed {
      work += 16 * Double(node.width) + (role.isVarying ? 2 * Double(node.parameterCount) : 0)
    }
    return work
  }

  private func reserve(lanes wanted: Int, rows: Int, vectors: Int) throws(Failure) {
    while lanes.count < wanted { lanes.append(try makeLane()) }
    for lane in lanes { try lane.store.reserve(rows: rows) }
    if let first = terms.first, first.count >= vectors, first[0].count >= rows * nodes[affine[0]].width { return }
    terms = []
    for node in affine {
      var buffers: [Buffer<S>] = []
      for _ in 0..<vectors {
        buffers.append(try Buffer(try checkedProduct([rows, nodes[node].width], "pre-activations"), zeroed: false))
      }
      terms.append(buffers)
    }
  }

  private var affine: [Int] { nodes.indices.filter { roles[$0].isAffine } }

  /// Mean loss and error of `count` samples at every point of the slice.
  func evaluate(
    _ slice: AffineSlice<S>, _ samples: UnsafePointer<S>, _ targets: TargetRows<S>, count: Int, l2: Double,
    _ values: UnsafeMutablePointer<Double>, _ errors: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let vectors = [slice.origin] + slice.directions
    let size = chunkRows(count, vectors: vectors.count)
    // Large layers spread over threads by themselves.
    let perPoint = workPerRow * Double(size)
    let pieces = perPoint >= Parallel.worthwhile ? 1 : Parallel.pieces(work: perPoint * Double(slice.count))
    // Points between two looks at the run: some hundredths of a second.
    let group = max(pieces, Int(saturating: 5e8 * Double(pieces) / max(perPoint, 1)))
    try reserve(lanes: pieces, rows: size, vectors: vectors.count)
    Double.fill(slice.count, 0, values)
    Double.fill(slice.count, 0, errors)
    var start = 0
    while start < count {
      let rows = min(size, count - start)
      prepare(vectors, samples + start * objective.data.width, rows)
      let chunk = targets.advanced(start)
      var first = 0
      while first < slice.count {
        let points = min(group, slice.count - first)
        try Interruption.check(work: perPoint * Double(points))
        Parallel.run(pieces) { piece in
          let lane = lanes[piece]
          for k in Parallel.range(piece, of: pieces, count: points) {
            let i = first + k
            let (loss, wrong) = visit(slice, i, lane, rows, chunk)
            values[i] += loss
            errors[i] += Double(wrong)
          }
        }
        first += points
      }
      start += rows
    }
    let penalty = Penalty(slice, dimension: objective.dimension, l2)
    let counts = lanes[0].store.loss.countsErrors
    for i in 0..<slice.count {
      values[i] = values[i] / Double(count) + penalty.value(slice, i)
      errors[i] = counts ? errors[i] / Double(count) : .nan
    }
  }

  /// Binds a chunk of samples and computes all that its points share.
  private func prepare(_ vectors: [UnsafePointer<S>], _ samples: UnsafePointer<S>, _ rows: Int) {
    for lane in lanes {
      lane.store.input.output = UnsafeMutablePointer(mutating: samples)
      for i in nodes.indices where roles[i].isFixed {
        lane.store.kernels[i].forward(lane.store.states[i], Pass(rows: 0..<rows, parameters: vectors[0]))
      }
    }
    let store = lanes[0].store
    if let first = lanes[0].links.first {
      let node = nodes[chain[0]]
      for (vector, buffer) in zip(vectors, terms[0]) {
        first.columnPreactivation(
          store.states[chain[0]].inputs[0].output, samplesAreRows: true, rows, vector + node.offset, buffer.pointer)
      }
      return
    }
    for (slot, i) in affine.enumerated() {
      guard let kernel = store.kernels[i] as? Kernel else { continue }
      for (vector, buffer) in zip(vectors, terms[slot]) {
        let pass = Pass(rows: 0..<rows, parameters: vector + nodes[i].offset)
        kernel.preactivation(store.states[i], pass, buffer.pointer)
      }
    }
  }

  /// Sums of losses and errors of the bound rows at point i.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func visit(
    _ slice: AffineSlice<S>, _ i: Int, _ lane: Lane, _ rows: Int, _ targets: TargetRows<S>
  ) -> (loss: Double, errors: Int64) {
    var loss = 0.0
    var errors: Int64 = 0
    if let columns = lane.loss {
      forwardColumns(slice, i, lane, rows)
      columns.evaluateColumns(rows, lane.store.states[nodes.count - 1].output, targets, &loss, &errors)
    } else {
      forward(slice, i, lane, rows)
      lane.store.loss.evaluate(
        rows, lane.store.states[nodes.count - 1].output, targets, saved: nil, gradient: nil, &loss, &errors)
    }
    return (loss, errors)
  }

  /// Outputs at point i, layer by layer, with one row per sample.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func forward(_ slice: AffineSlice<S>, _ i: Int, _ lane: Lane, _ rows: Int) {
    for (index, node) in nodes.enumerated() {
      let state = lane.store.states[index]
      switch roles[index] {
      case .fixed: break
      case .affine(let slot, let phi): activate(slice, i, slot, phi, rows * state.width, state.output)
      case .varying:
        let pass = Pass(rows: 0..<rows, parameters: parameters(slice, i, node, lane))
        lane.store.kernels[index].forward(state, pass)
      }
    }
  }

  /// The same along the chain, with one column per sample.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func forwardColumns(_ slice: AffineSlice<S>, _ i: Int, _ lane: Lane, _ rows: Int) {
    for (position, index) in chain.enumerated() {
      let output = lane.store.states[index].output
      let phi = lane.links[position].activation
      if position == 0 {
        activate(slice, i, 0, phi, rows * nodes[index].width, output)
        continue
      }
      lane.links[position].columnPreactivation(
        lane.store.states[chain[position - 1]].output, samplesAreRows: false, rows,
        parameters(slice, i, nodes[index], lane), output)
      if !phi.isLinear { phi.apply(rows: nodes[index].width, cols: rows, nil, output, output, nil, nil) }
    }
  }

  /// out = phi(Z0 + s Zu + t Zv) of an affine node.
  private func activate(
    _ slice: AffineSlice<S>, _ i: Int, _ slot: Int, _ phi: ActivationKind, _ n: Int, _ out: UnsafeMutablePointer<S>
  ) {
    let z = terms[slot]
    let isPlane = slice.directions.count > 1
    let s = S(slice.coordinate(i, 0))
    let t = isPlane ? S(slice.coordinate(i, 1)) : 0
    elementwise(n) { offset, count in
      S.affineActivate(
        phi.code, S(phi.slope), count, s, t, z[0].constant + offset, z[1].constant + offset,
        isPlane ? z[2].constant + offset : nil, out + offset)
    }
  }

  /// The parameters of a node at point i.
  private func parameters(_ slice: AffineSlice<S>, _ i: Int, _ node: ModelNode, _ lane: Lane) -> UnsafePointer<S> {
    if node.parameterCount > 0 {
      slice.write(i, node.offset..<(node.offset + node.parameterCount), to: lane.point.pointer)
    }
    return lane.point.constant + node.offset
  }
}

extension ModelNode {
  /// Outputs per sample.
  fileprivate var width: Int { plan.output.reduce(1, *) }
}

/// l2/2 |w0 + s u + t v|^2 from the six inner products of the vectors.
private struct Penalty {
  private let l2: Double
  private var products: [Double] = []
  private let n: Int

  init<S: Scalar>(_ slice: AffineSlice<S>, dimension: Int, _ l2: Double) {
    self.l2 = l2
    let vectors = [slice.origin] + slice.directions
    n = vectors.count
    if l2 == 0 { return }
    for a in vectors { for b in vectors { products.append(S.dot(dimension, a, b)) } }
  }

  func value<S: Scalar>(_ slice: AffineSlice<S>, _ i: Int) -> Double {
    if l2 == 0 { return 0 }
    func weight(_ k: Int) -> Double { k == 0 ? 1 : slice.coordinate(i, k - 1) }
    var sum = 0.0
    for a in 0..<n { for b in 0..<n { sum += weight(a) * weight(b) * products[a * n + b] } }
    return 0.5 * l2 * sum
  }
}
