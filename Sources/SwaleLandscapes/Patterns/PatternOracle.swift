import CSwaleKernels
import SwaleCore

/// Evaluates an objective over patterns on one thread: integers for binary weights over inputs +1 and -1, numbers else.
final class PatternOracle<S: Scalar>: Oracle<S> {
  private let objective: PatternObjective
  private let graph: PatternGraph
  private let source: PatternSource<S>
  /// Gathers one pattern at a time, without disturbing the selected batch.
  private var single: PatternSource<S>?
  private let pass: PatternPass<S>
  private let kernel: LossKernel<S>?
  private var rows: PatternRows<S>
  private var beta: Double
  /// Of spherical weights; real ones are x itself.
  private let sphere: SphericalWeights<S>?
  private var slope: Buffer<S>
  // Binary weights.
  private let device: PatternDevice?
  private let bits: Buffer<UInt64>
  /// The signs of x, of binary weights over inputs that are numbers.
  private var spins: Buffer<S>?
  private var numberFlips: NumberFlips?
  private var placed: PatternDevice?
  private var counts: CountFlips?
  private var proposals: CountFlips.Proposals?
  private var gains: GainFlips<S>?
  private var products: PatternProducts<S>?
  private var linearized = false

  init(_ objective: PatternObjective) throws(Failure) {
    self.objective = objective
    graph = objective.graph
    source = try PatternSource(objective)
    rows = source.all
    pass = try PatternPass(objective, source.bits)
    beta = objective.beta
    if case .smooth(let loss) = objective.loss {
      kernel = try loss.kernel(objective.data, outputs: 1, S.self)
    } else {
      kernel = nil
    }
    sphere = objective.graph.weights == .spherical ? try SphericalWeights(objective.graph.dimension) : nil
    slope = try Buffer(0)
    if objective.graph.weights == .binary, let layout = source.bits {
      device = try PatternDevice(objective, capacity: source.all.count)
      bits = try Buffer(objective.graph.hidden * layout.wordsPerSegment)
    } else {
      device = nil
      bits = try Buffer(0)
    }
    super.init(objective)
  }

  override var sampleCount: Int { source.all.count }

  override func select(_ samples: UnsafeBufferPointer<Int64>?) throws(Failure) {
    linearized = false
    guard let samples, samples.baseAddress != nil else {
      rows = source.all
      return
    }
    rows = try source.gather(samples)
  }

  private func share(_ count: Int) -> Double { objective.mean ? 1 / Double(max(count, 1)) : 1 }

  // MARK: Value and gradient

  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { try evaluate(x, rows).value }

  /// Over all patterns, whatever batch is selected.
  override func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation { try evaluate(x, source.all) }

  private func evaluate(_ x: UnsafePointer<S>, _ rows: PatternRows<S>) throws(Failure) -> Evaluation {
    linearized = false
    try reserve(rows.count)
    let errors = try forward(x, rows)
    return Evaluation(value: energy(x, rows, errors, nil), error: Double(errors) / Double(max(rows.count, 1)))
  }

  private func reserve(_ count: Int) throws(Failure) {
    try pass.reserve(count)
    if slope.count < count { slope = try Buffer(count, zeroed: false) }
  }

  /// Leaves the outputs of the rows in `pass`, for binary weights also fields and outputs in `device`. Returns the
  /// number of violated patterns.
  /// - Parameter derivatives: how many of the outputs by the fields to keep, of weights that are not binary.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func forward(
    _ x: UnsafePointer<S>, _ rows: PatternRows<S>, derivatives: Int = 0
  ) throws(Failure) -> Int {
    if let device, let layout = source.bits, let inputs = rows.bits {
      // 64 signs of a word at a time.
      try Interruption.check(work: Double(graph.dimension) / 16 * Double(rows.count))
      try device.take(rows.count, rows.signs)
      for k in 0..<graph.hidden {
        S.packSigns(graph.fanIn, x + k * graph.fanIn, bits.pointer + k * layout.wordsPerSegment)
      }
      device.compute(inputs, layout, bits.constant)
      if kernel != nil {
        S.divideFields(rows.count, device.outputs.constant, objective.scale, pass.outputs.pointer)
        S.multiply(rows.count, pass.outputs.constant, rows.labels, pass.outputs.pointer)
      }
      return device.errors
    }
    try pass.computeFields(rows, try weights(x))
    let soft = objective.isSmoothed
    pass.computeOutputs(
      rows.count, bias: objective.bias ? x[graph.dimension] : 0, soft: nil, derivatives: soft ? 0 : derivatives)
    let z = pass.outputs.constant
    var errors = 0
    for p in 0..<rows.count where objective.isViolated(Double(z[p] * rows.labels[p])) { errors += 1 }
    if soft { pass.computeOutputs(rows.count, bias: 0, soft: beta, derivatives: derivatives) }
    return errors
  }

  /// The weights that x stands for.
  private func weights(_ x: UnsafePointer<S>) throws(Failure) -> UnsafePointer<S> {
    if graph.weights == .binary {
      let made: Buffer<S>
      if let spins { made = spins } else { made = try Buffer(graph.dimension, zeroed: false) }
      for i in 0..<graph.dimension { made.pointer[i] = x[i] < 0 ? -1 : 1 }
      spins = made
      return made.constant
    }
    guard let sphere else { return x }
    let norm = sphere.take(x)
    guard norm > 0 else {
      throw Failure(.argument, "objective '\(objectiveName)' has spherical weights, but the norm of x is \(norm)")
    }
    return sphere.weights.constant
  }

  /// f of the forward pass, and the derivatives of the losses by the outputs where asked for.
  private func energy(
    _ x: UnsafePointer<S>, _ rows: PatternRows<S>, _ errors: Int, _ gradient: UnsafeMutablePointer<S>?
  ) -> Double {
    var sum = Double(errors)
    switch objective.loss {
    case .count: break
    case .repair: sum = device?.energy ?? .nan
    case .smooth:
      sum = 0
      var wrong: Int64 = 0
      kernel?.evaluate(
        rows.count, pass.outputs.constant, TargetRows(real: rows.labels, width: 1), saved: nil, gradient: gradient,
        &sum, &wrong)
    }
    let penalty = objective.l2 == 0 ? 0 : 0.5 * objective.l2 * S.sumSquares(dimension, x)
    return sum * share(rows.count) + penalty
  }

  override func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    guard capabilities.contains(.gradient) else { return try super.gradient(x, g) }
    linearized = false
    try reserve(rows.count)
    let errors = try forward(x, rows, derivatives: 1)
    let value = energy(x, rows, errors, slope.pointer)
    if graph.weights == .binary, !graph.isPerceptron {
      fieldsFromDevice()
      pass.computeOutputs(rows.count, bias: 0, soft: beta, derivatives: 1)
      if graph.unit == .sign { _ = energy(x, rows, 0, slope.pointer) }
    }
    S.scale(rows.count, S(share(rows.count)), slope.pointer)
    try pass.adjoint(rows, slope.constant, g)
    sphere?.differential(g)
    if objective.bias { g[graph.dimension] = S(S.sum(rows.count, slope.constant)) }
    if objective.l2 != 0 { S.axpy(dimension, S(objective.l2), x, g) }
    return value
  }

  /// Fields as numbers; over inputs that are numbers they are there already.
  private func fieldsFromDevice() {
    guard let device else { return }
    for k in 0..<graph.hidden {
      S.divideFields(
        rows.count, device.fields.constant + k * device.lanes, 1, pass.fields.pointer + k * rows.count)
    }
  }

  // MARK: Hessian products

  override func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    guard capabilities.contains(.hvp), let kernel else { return try super.linearize(x) }
    let products: PatternProducts<S>
    if let kept = self.products {
      products = kept
    } else {
      products = try PatternProducts(objective, pass, kernel, sphere)
      self.products = products
    }
    linearized = false
    try reserve(rows.count)
    let errors = try forward(x, rows, derivatives: 2)
    let value = energy(x, rows, errors, nil)
    try products.take(rows, share: share(rows.count))
    linearized = true
    return value
  }

  override func hvp(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    guard capabilities.contains(.hvp) else { return try super.hvp(count, v, out) }
    guard linearized, let products else { throw Failure(.internalError, "products asked for before linearize") }
    for j in 0..<count { try products.apply(rows, v + j * dimension, out + j * dimension) }
  }

  // MARK: Inverse temperature

  override var gamma: Double { kernel?.gamma ?? .nan }

  /// beta keeps its ratio to gamma. Energies of flips change with it.
  override func setGamma(_ gamma: Double) throws(Failure) {
    guard let kernel, let old = kernel.gamma else { return try super.setGamma(gamma) }
    guard gamma >= 1e-6, gamma <= 1e6 else {
      throw Failure(.option, "gamma of the loss of objective '\(objectiveName)' is \(gamma), allowed 1e-6 ... 1e6")
    }
    if gamma == old { return }
    kernel.gamma = gamma
    beta *= gamma / old
    linearized = false
    if let placed, let gains {
      try tabulate(placed)
      gains.refresh()
    }
    numberFlips?.gamma = gamma
    numberFlips?.refresh()
  }

  // MARK: Flips

  override func place(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    guard capabilities.contains(.flips) else { return try super.place(x) }
    let all = source.all
    guard let layout = source.bits else {
      let flips: NumberFlips
      if let numberFlips {
        flips = numberFlips
      } else {
        flips = try NumberFlips(objective, all, try doubleKernel(), share: share(all.count))
        numberFlips = flips
      }
      return flips.place(x)
    }
    let device = try flipDevice(layout)
    for k in 0..<graph.hidden {
      S.packSigns(graph.fanIn, x + k * graph.fanIn, bits.pointer + k * layout.wordsPerSegment)
    }
    device.compute(layout.storage.constant, layout, bits.constant)
    counts?.place(x)
    gains?.place(x)
    return device.energy * share(all.count)
  }

  /// The device that flips go on from: apart from the one of values, so that evaluations between flips do not disturb
  /// it.
  private func flipDevice(_ layout: SignBits) throws(Failure) -> PatternDevice {
    if let placed { return placed }
    let all = source.all
    let columns = try objective.columns(of: layout)
    let device = try PatternDevice(objective, capacity: all.count)
    try device.take(all.count, all.signs)
    try tabulate(device)
    if case .count = objective.loss {
      let made = try CountFlips(device, columns, share: share(all.count))
      (counts, proposals) = (made, made.proposals)
    } else {
      gains = try GainFlips(device, columns, share: share(all.count))
    }
    placed = device
    return device
  }

  /// Energies as a table, wherever they are a function of the label-signed output.
  private func tabulate(_ device: PatternDevice) throws(Failure) {
    if case .repair = objective.loss, graph.isPerceptron, graph.output == .sum {
      let (threshold, scale) = (Double(objective.threshold), objective.scale)
      try device.tabulate { max(0, ((threshold - ($0 * scale).rounded() + 1) / 2).rounded(.down)) }
    }
    guard let kernel = try doubleKernel() else { return }
    let label = try Buffer<Double>([1])
    try device.tabulate { stability in
      var (sum, wrong, z) = (0.0, Int64(0), stability)
      kernel.evaluate(1, &z, TargetRows(real: label.constant, width: 1), saved: nil, gradient: nil, &sum, &wrong)
      return sum
    }
  }

  /// The loss in double whatever S is, because gains are differences of losses; nil for counts and flips to repair.
  private func doubleKernel() throws(Failure) -> LossKernel<Double>? {
    guard case .smooth(let loss) = objective.loss else { return nil }
    let kernel = try loss.kernel(objective.data, outputs: 1, Double.self)
    if let gamma = self.kernel?.gamma { kernel.gamma = gamma }
    return kernel
  }

  override func flipChange(_ i: Int) -> Double {
    proposals?.change(i) ?? gains?.change(i) ?? numberFlips?.change(i) ?? .nan
  }

  override func flip(_ i: Int) {
    counts?.flip(i)
    gains?.flip(i)
    numberFlips?.flip(i)
  }

  // MARK: Samples

  /// Over all patterns, whatever batch is selected.
  override func sampleLosses(
    _ x: UnsafePointer<S>, first: Int, count: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let all = source.all
    guard first >= 0, count >= 0, first <= all.count, count <= all.count - first else {
      throw Self.refuseSamples(first: first, count: count, of: all.count)
    }
    linearized = false
    try reserve(max(all.count, 1))
    guard let kernel else {
      // Counts and flips to repair are known as sums: one pattern at a time.
      let single: PatternSource<S>
      if let kept = self.single { single = kept } else { single = try PatternSource(objective) }
      self.single = single
      let index = try Buffer<Int64>(1)
      for i in 0..<count {
        index.pointer[0] = Int64(first + i)
        let errors = try forward(x, try single.gather(UnsafeBufferPointer(index.elements)))
        out[i] = objective.loss.isRepair ? device?.energy ?? .nan : Double(errors)
      }
      return
    }
    _ = try forward(x, all)
    for i in 0..<count {
      var (loss, wrong) = (0.0, Int64(0))
      kernel.evaluate(
        1, pass.outputs.constant + first + i, TargetRows(real: all.labels + first + i, width: 1), saved: nil,
        gradient: nil, &loss, &wrong)
      out[i] = loss
    }
  }
}
