import SwaleCore

/// An objective with some of its tensors held at given values: the landscape over the remaining parameters. Every
/// solver and metric works on it, and weight decay cannot move what is frozen.
public final class FrozenObjective: Objective {
  public let base: any Objective
  public let layout: ParameterLayout
  /// Where the free parameters stand in the base vector.
  let ranges: [Range<Int>]
  let point: Buffer<Double>

  /// - Parameters:
  ///   - names: comma-separated tensor names or prefixes to freeze.
  ///   - x: values of all parameters of `base`; those of the frozen tensors are kept.
  public init(_ base: any Objective, freezing names: String, at x: UnsafePointer<Double>) throws(Failure) {
    let frozen = try base.layout.select(names)
    if let bad = firstNonfinite(x, base.dimension) {
      throw Failure(.nonfinite, "element \(bad) of the point is \(x[bad])")
    }
    var free: [Tensor] = []
    var ranges: [Range<Int>] = []
    var offset = 0
    for tensor in base.layout.tensors where !frozen.contains(where: { $0.name == tensor.name }) {
      ranges.append(tensor.range)
      free.append(tensor.moved(to: offset))
      offset += tensor.count
    }
    guard offset > 0 else { throw Failure(.argument, "all parameters would be frozen; leave at least one tensor free") }
    self.base = base
    self.ranges = ranges
    layout = ParameterLayout(free)
    point = try Buffer(copying: x, count: base.dimension)
  }

  public var name: String { base.name }
  public var dimension: Int { layout.count }
  public var precision: Precision { base.precision }
  public var capabilities: Capabilities { base.capabilities.subtracting([.flips, .patterns, .sphere]) }
  public var sampleCount: Int { base.sampleCount }
  public var outputCount: Int { base.outputCount }

  public func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { try FrozenOracle<S>(self) }
}

/// Scatters free parameters into the full vector, lets the base evaluate, and gathers what is free of the answer.
final class FrozenOracle<S: Scalar>: Oracle<S> {
  private let base: Oracle<S>
  private let ranges: [Range<Int>]
  private let full: Buffer<S>
  private let answer: Buffer<S>
  private var block: (input: Buffer<S>, output: Buffer<S>)?

  init(_ objective: FrozenObjective) throws(Failure) {
    base = try objective.base.makeOracle(S.self)
    ranges = objective.ranges
    full = try Buffer(base.dimension, zeroed: false)
    answer = try Buffer(base.dimension, zeroed: false)
    S.fromDouble(base.dimension, objective.point.constant, full.pointer)
    super.init(objective)
  }

  private func scatter(_ free: UnsafePointer<S>, _ target: UnsafeMutablePointer<S>) {
    var position = free
    for range in ranges {
      (target + range.lowerBound).update(from: position, count: range.count)
      position += range.count
    }
  }

  private func gather(_ source: UnsafePointer<S>, _ free: UnsafeMutablePointer<S>) {
    var position = free
    for range in ranges {
      position.update(from: source + range.lowerBound, count: range.count)
      position += range.count
    }
  }

  private func at(_ x: UnsafePointer<S>) -> UnsafePointer<S> {
    scatter(x, full.pointer)
    return full.constant
  }

  /// Full vectors for `count` free ones; entries of frozen tensors stay zero from the allocation on.
  private func blocks(_ count: Int) throws(Failure) -> (input: Buffer<S>, output: Buffer<S>) {
    if let block, block.input.count >= count * base.dimension { return block }
    let made = (
      input: try Buffer<S>(count * base.dimension), output: try Buffer<S>(count * base.dimension, zeroed: false)
    )
    block = made
    return made
  }

  private func widened(_ count: Int, _ v: UnsafePointer<S>) throws(Failure) -> (input: Buffer<S>, output: Buffer<S>) {
    let wide = try blocks(count)
    for j in 0..<count { scatter(v + j * dimension, wide.input.pointer + j * base.dimension) }
    return wide
  }

  private func narrow(_ count: Int, _ source: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) {
    for j in 0..<count { gather(source + j * base.dimension, out + j * dimension) }
  }

  override var productMethod: String { base.productMethod }
  override var sampleCount: Int { base.sampleCount }
  override var outputCount: Int { base.outputCount }

  override var gamma: Double { base.gamma }
  override func setGamma(_ gamma: Double) throws(Failure) { try base.setGamma(gamma) }
  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { try base.value(at(x)) }
  override func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation { try base.evaluate(at(x)) }
  override func linearize(_ x: UnsafePointer<S>) throws(Failure) -> Double { try base.linearize(at(x)) }
  override func select(_ samples: UnsafeBufferPointer<Int64>?) throws(Failure) { try base.select(samples) }
  override func outputs(_ x: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    try base.outputs(at(x), out)
  }

  override func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    let value = try base.gradient(at(x), answer.pointer)
    gather(answer.constant, g)
    return value
  }

  override func hvp(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    let wide = try widened(count, v)
    try base.hvp(count, wide.input.constant, wide.output.pointer)
    narrow(count, wide.output.constant, out)
  }

  override func gaussNewton(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    let wide = try widened(count, v)
    try base.gaussNewton(count, wide.input.constant, wide.output.pointer)
    narrow(count, wide.output.constant, out)
  }

  override func jvp(_ count: Int, _ v: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    try base.jvp(count, try widened(count, v).input.constant, out)
  }

  override func vjp(_ count: Int, _ u: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) throws(Failure) {
    let wide = try blocks(count)
    try base.vjp(count, u, wide.output.pointer)
    narrow(count, wide.output.constant, out)
  }

  override func sampleGradients(
    _ x: UnsafePointer<S>, first: Int, count: Int, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    let wide = try blocks(count)
    try base.sampleGradients(at(x), first: first, count: count, wide.output.pointer)
    narrow(count, wide.output.constant, out)
  }

  override func sampleLosses(
    _ x: UnsafePointer<S>, first: Int, count: Int, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try base.sampleLosses(at(x), first: first, count: count, out)
  }

  override func activationWidth(_ layer: String) throws(Failure) -> Int { try base.activationWidth(layer) }

  override func activations(
    _ x: UnsafePointer<S>, layer: String, _ out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    try base.activations(at(x), layer: layer, out)
  }
}
