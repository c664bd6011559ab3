import SwaleCore

/// Evaluates a network objective on one thread: chunks of samples sized for the cache, sums in sample order, products
/// that share one primal pass.
final class NetworkOracle<S: Scalar>: Oracle<S> {
  private let store: NetworkStore<S>
  private let data: TypedSamples<S>
  private let allTargets: TargetRows<S>
  private let owners: [AnyObject]
  private let objective: NetworkObjective
  private var slices: NetworkSlices<S>?
  private let l2: S
  private let total: Int
  private let inputWidth: Int
  private let outputWidth: Int
  /// Operations of one pass of one sample, roughly.
  private let workPerPass: Double

  // The current samples: all, or a gathered batch.
  private var samples: UnsafePointer<S>
  private var targets: TargetRows<S>
  private var count: Int
  private var batchInputs: Buffer<S>?
  private var batchLabels: Buffer<Int32>?
  private var batchReal: Buffer<S>?

  // The point of products.
  private var point: Buffer<S>?
  private var linearized = false
  private var kept = false

  init(_ objective: NetworkObjective) throws(Failure) {
    store = try NetworkStore(objective)
    self.objective = objective
    data = try objective.data.inputs(as: S.self)
    var owners: [AnyObject] = []
    switch objective.data.targets {
    case .labels(let labels, _):
      allTargets = TargetRows(labels: labels.constant, width: 1)
      owners.append(labels)
    case .real(_, let width):
      let real = try objective.data.realTargets(as: S.self)
      allTargets = TargetRows(real: real?.pointer, width: width)
      if let real { owners.append(real.owner) }
    case .none:
      allTargets = TargetRows(width: 0)
    }
    self.owners = owners
    l2 = S(objective.l2)
    total = objective.data.count
    inputWidth = objective.data.width
    outputWidth = objective.model.outputWidth
    workPerPass = 2 * Double(objective.dimension + store.widthPerRow)
    samples = data.pointer
    targets = allTargets
    count = total
    super.init(objective)
  }

  override var sampleCount: Int { total }
  override var outputCount: Int { outputWidth }

  // MARK: Samples

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func select(_ chosen: UnsafeBufferPointer<Int64>?) throws(Failure) {
    linearized = false
    guard let chosen, let indices = chosen.baseAddress else {
      samples = data.pointer
      targets = allTargets
      count = total
      return
    }
    let n = chosen.count
    if (batchInputs?.count ?? 0) < n * inputWidth { batchInputs = try Buffer(n * inputWidth, zeroed: false) }
    guard let inputs = batchInputs else { return }
    S.gatherRows(n, inputWidth, data.pointer, indices, inputs.pointer)
    if let labels = allTargets.labels {
      if (batchLabels?.count ?? 0) < n { batchLabels = try Buffer(n, zeroed: false) }
      if let batch = batchLabels {
        for i in 0..<n { batch.pointer[i] = labels[Int(indices[i])] }
        targets = TargetRows(labels: batch.constant, width: 1)
      }
    } else if let real = allTargets.real {
      let width = allTargets.width
      if (batchReal?.count ?? 0) < n * width { batchReal = try Buffer(n * width, zeroed: false) }
      if let batch = batchReal {
        S.gatherRows(n, width, real, indices, batch.pointer)
        targets = TargetRows(real: batch.constant, width: width)
      }
    }
    samples = inputs.constant
    count = n
  }

  /// Rows per chunk when `block` tangents are carried along: small enough for the second-level cache, large enough
  /// for efficient products, and all chunks of nearly equal size. Depends on the problem only, never on the number of
  /// threads.
  private func chunkRows(block: Int) -> Int {
    let perRow = MemoryLayout<S>.stride * (store.widthPerRow + block * store.tangentWidthPerRow)
    let least = max(64, min(512, store.largestWidth))
    let most = max(least, min(4096, 524_288 / max(perRow, 1)))
    let chunks = (count + most - 1) / most
    return (count + chunks - 1) / max(chunks, 1)
  }

  /// Calls `body` with consecutive ranges of the current samples, and looks before each whether to go on.
  /// - Parameter passes: forward, backward and tangent passes of a range.
  private func chunks(
    _ size: Int, passes: Int, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    while start < count {
      let end = min(start + size, count)
      try Interruption.check(work: workPerPass * Double((end - start) * passes))
      try body(start..<end)
      start = end
    }
  }

  /// Points the input node at sample `first`, so that row 0 of the store is that sample.
  private func bind(_ first: Int) {
    store.input.output = UnsafeMutablePointer(mutating: samples + first * inputWidth)
  }

  private var last: NodeState<S> { store.states[store.states.count - 1] }

  private func penalty(_ x: UnsafePointer<S>) -> Double {
    l2 == 0 ? 0 : 0.5 * Double(l2) * S.sumSquares(dimension, x)
  }

  // MARK: Value and gradient

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { try evaluate(x).value }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    linearized = false
    let size = chunkRows(block: 0)
    try store.reserve(rows: size)
    var loss = 0.0
    var errors: Int64 = 0
    try chunks(size, passes: 1) { rows throws(Failure) in
      bind(rows.lowerBound)
      store.forward(0..<rows.count, x, keep: false)
      store.loss.evaluate(
        rows.count, last.output, targets.advanced(rows.lowerBound), saved: nil, gradient: nil, &loss, &errors)
    }
    return Evaluation(
      value: loss / Double(count) + penalty(x),
      error: store.loss.countsErrors ? Double(errors) / Double(count) : .nan)
  }

  override func evaluateAffine(
    _ slice: AffineSlice<S>, _ values: UnsafeMutablePointer<Double>, _ errors: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let slices = self.slices ?? NetworkSlices(objective)
    slices.gamma = store.loss.gamma
    self.slices = slices
    guard slices.shares(slice) else { return try super.evaluateAffine(slice, values, errors) }
    try slices.evaluate(slice, samples, targets, count: count, l2: Double(l2), values, errors)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    linearized = false
    let size = chunkRows(block: 0)
    try store.reserve(rows: size)
    var loss = 0.0
    try chunks(size, passes: 3) { rows throws(Failure) in
      bind(rows.lowerBound)
      let local = 0..<rows.count
      store.forward(local, x, keep: false)
      lossGradient(local, targets.advanced(rows.lowerBound), keep: false, &loss)
      store.backward(local, x, keep: false, rows.lowerBound == 0 ? 0 : 1, g)
    }
    if l2 != 0 { S.axpy(dimension, l2, x, g) }
    return loss / Double(count) + penalty(x)
  }

  /// Loss of the rows and its gradient, divided by the number of samples, in the last node.
  private func lossGradient(_ rows: Range<Int>, _ targets: TargetRows<S>, keep: Bool, _ loss: inout Double) {
    guard let base = last.gradient else { return }
    let gradient = base + rows.lowerBound * outputWidth
    var errors: Int64 = 0
    let saved = store.lossSaved.map { $0 + rows.lowerBound * store.loss.savedWidth }
    store.loss.evaluate(
      rows.count, last.output(rows.lowerBound), targets, saved: saved, gradient: gradient, &loss, &errors)
    S.scale(rows.count * outputWidth, 1 / S(count), gradient)
  }

  override var gamma: Double { store.loss.gamma ?? .nan }

  /// Products at a point linearised before would mix two losses: they are refused until the next `linearize`.
  override func setGamma(_ gamma: Double) throws(Failure) {
    guard store.loss.gamma != nil else { return try super.setGamma(gamma) }
    guard gamma >= 1e-6, gamma <= 1e6 else {
      throw Failure(.option, "gamma of the loss of objective '\(objectiveName)' is \(gamma), allowed 1e-6 ... 1e6")
    }
    store.loss.gamma = gamma
    linearized = false
  }

  // MARK: Products

  /// Largest primal pass that is kept between products; a larger one is made again for every chunk of every product.
  private static var keepLimit: Int { Memory.limit == Int.max ? 4 << 30 : Memory.limit / 2 }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    if point == nil { point = try Buffer(dimension, zeroed: false) }
    guard let point else { return .nan }
    point.pointer.update(from: x, count: dimension)
    linearized = false
    kept = count <= Self.keepLimit / (store.widthPerRow * MemoryLayout<S>.stride)
    let size = chunkRows(block: 0)
    try store.reserve(rows: kept ? count : size)
    var loss = 0.0
    try chunks(size, passes: 2) { rows throws(Failure) in loss += primal(rows, local: !kept) }
    linearized = true
    return loss / Double(count) + penalty(point.constant)
  }

  /// Forward and backward pass of some samples, with everything products need. Returns the sum of losses.
  @discardableResult
  private func primal(_ rows: Range<Int>, local: Bool) -> Double {
    guard let point else { return .nan }
    var loss = 0.0
    bind(local ? rows.lowerBound : 0)
    let range = local ? 0..<rows.count : rows
    store.forward(range, point.constant, keep: true)
    lossGradient(range, targets.advanced(rows.lowerBound), keep: true, &loss)
    store.backward(range, point.constant, keep: true, 0, nil)
    return loss
  }

  /// Runs `body` over chunks of the linearised samples with the rows where their primal pass stands.
  private func products(
    _ block: Int, _ body: (_ samples: Range<Int>, _ rows: Range<Int>, _ x: UnsafePointer<S>) throws(Failure) -> Void
  ) throws(Failure) {
    guard linearized, let point else {
      throw Failure(.internalError, "products asked for before linearize")
    }
    let size = chunkRows(block: block)
    try store.reserve(tangentRows: size * block)
    if !kept { try store.reserve(rows: size) }
    bind(0)
    try chunks(size, passes: 3 * block) { rows throws(Failure) in
      if !kept { primal(rows, local: true) }
      try body(rows, kept ? rows : 0..<rows.count, point.constant)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func hvp(_ block: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    try curvature(block, v, out, second: true)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func gaussNewton(_ block: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    try curvature(block, v, out, second: false)
  }

  /// Both products differ in two things: the Hessian also differentiates the backward pass, and contains the penalty.
  private func curvature(
    _ block: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>, second: Bool
  ) throws(Failure) {
    let d = dimension
    let widest = 16
    var first = 0
    while first < block {
      let k = min(widest, block - first)
      let vectors = v + first * d
      let results = out + first * d
      try products(k) { (samples, rows, x) throws(Failure) in
        store.tangentForward(rows, k, x, vectors, d)
        lossTangent(rows, k)
        store.tangentBackward(rows, k, x, second ? vectors : nil, d, samples.lowerBound == 0 ? 0 : 1, results)
      }
      first += k
    }
    if second, l2 != 0 { S.axpy(block * d, l2, v, out) }
  }

  /// Second derivative of the loss times the tangents of the outputs, into tangentGradient of the last node.
  private func lossTangent(_ rows: Range<Int>, _ block: Int) {
    guard let tangent = last.tangent, let result = last.tangentGradient else { return }
    let n = rows.count
    let saved = store.lossSaved.map { UnsafePointer($0) + rows.lowerBound * store.loss.savedWidth }
    for j in 0..<block {
      let offset = j * n * outputWidth
      store.loss.tangent(n, saved ?? UnsafePointer(tangent), tangent + offset, 1 / S(count), result + offset)
    }
  }

  // MARK: Outputs and their derivatives

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func outputs(_ x: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    linearized = false
    let size = chunkRows(block: 0)
    try store.reserve(rows: size)
    try chunks(size, passes: 1) { rows throws(Failure) in
      bind(rows.lowerBound)
      store.forward(0..<rows.count, x, keep: false)
      (out + rows.lowerBound * outputWidth).update(from: last.output, count: rows.count * outputWidth)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func jvp(_ block: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    let d = dimension
    for j in 0..<block {
      try products(1) { (samples, rows, x) throws(Failure) in
        store.tangentForward(rows, 1, x, v + j * d, d)
        guard let tangent = last.tangent else { return }
        (out + (j * count + samples.lowerBound) * outputWidth).update(
          from: tangent, count: rows.count * outputWidth)
      }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func vjp(_ block: Int, _ u: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    let d = dimension
    for j in 0..<block {
      try products(1) { (samples, rows, x) throws(Failure) in
        guard let cotangent = last.tangentGradient else { return }
        cotangent.update(
          from: u + (j * count + samples.lowerBound) * outputWidth, count: rows.count * outputWidth)
        store.tangentBackward(rows, 1, x, nil, d, samples.lowerBound == 0 ? 0 : 1, out + j * d)
      }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func sampleGradients(
    _ x: UnsafePointer<S>, first: Int, count wanted: Int, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    try check(first, wanted)
    linearized = false
    let size = min(max(wanted, 1), chunkRows(block: 0))
    try store.reserve(rows: size)
    var start = first
    while start < first + wanted {
      let n = min(size, first + wanted - start)
      try Interruption.check(work: 2 * workPerPass * Double(n))
      bind(start)
      var loss = 0.0
      store.forward(0..<n, x, keep: false)
      lossGradient(0..<n, targets.advanced(start), keep: false, &loss)
      if let gradient = last.gradient { S.scale(n * outputWidth, S(count), gradient) }
      store.backward(0..<n, x, keep: false, 0, nil)
      for i in 0..<n {
        try Interruption.check(work: workPerPass)
        let row = out + (start - first + i) * dimension
        store.parameterGradient(i..<(i + 1), x, 0, row)
      }
      start += n
    }
  }

  /// Samples that a caller asks for must be among the selected ones.
  private func check(_ first: Int, _ wanted: Int) throws(Failure) {
    guard first >= 0, wanted >= 0, first <= count, wanted <= count - first else {
      throw Self.refuseSamples(first: first, count: wanted, of: count)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func sampleLosses(
    _ x: UnsafePointer<S>, first: Int, count wanted: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try check(first, wanted)
    linearized = false
    let size = min(max(wanted, 1), chunkRows(block: 0))
    try store.reserve(rows: size)
    var start = first
    while start < first + wanted {
      let n = min(size, first + wanted - start)
      try Interruption.check(work: workPerPass * Double(n))
      bind(start)
      store.forward(0..<n, x, keep: false)
      for i in 0..<n {
        var (loss, errors) = (0.0, Int64(0))
        store.loss.evaluate(
          1, last.output(i), targets.advanced(start + i), saved: nil, gradient: nil, &loss, &errors)
        out[start - first + i] = loss
      }
      start += n
    }
  }

  // MARK: Layers

  private func node(_ layer: String) throws(Failure) -> Int {
    let nodes = objective.model.nodes
    guard let found = nodes.firstIndex(where: { $0.name == layer }) else {
      throw Failure(.name, unknownName("layer", layer, known: nodes.map(\.name)))
    }
    return found
  }

  override func activationWidth(_ layer: String) throws(Failure) -> Int { store.states[try node(layer)].width }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func activations(
    _ x: UnsafePointer<S>, layer: String, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    let state = store.states[try node(layer)]
    linearized = false
    let size = chunkRows(block: 0)
    try store.reserve(rows: size)
    try chunks(size, passes: 1) { rows throws(Failure) in
      bind(rows.lowerBound)
      store.forward(0..<rows.count, x, keep: false)
      (out + rows.lowerBound * state.width).update(from: state.output, count: rows.count * state.width)
    }
  }
}
