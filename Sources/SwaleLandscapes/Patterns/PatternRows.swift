import SwaleCore

/// The patterns that an oracle computes with: all of them, or a gathered batch.
struct PatternRows<S: Scalar> {
  var count: Int
  /// Bits of the first row, with the layout of the objective's `SignBits`; nil for real inputs.
  var bits: UnsafePointer<UInt64>?
  /// count x input width; nil for bits.
  var numbers: UnsafePointer<S>?
  var labels: UnsafePointer<S>
  var signs: UnsafePointer<Float>
  /// Whether these are all patterns, in order.
  var complete: Bool
}

/// Makes the rows of an objective's patterns, and gathers batches of them.
final class PatternSource<S: Scalar> {
  let all: PatternRows<S>
  let bits: SignBits?
  private let graph: PatternGraph
  private let numbers: TypedSamples<S>?
  private let labels: Buffer<S>
  private var batchBits: Buffer<UInt64>?
  private var batchNumbers: Buffer<S>?
  private var batchLabels: Buffer<S>?
  private var batchSigns: Buffer<Float>?

  init(_ objective: PatternObjective) throws(Failure) {
    graph = objective.graph
    let count = graph.patterns
    labels = try Buffer(count, zeroed: false)
    S.fromFloat(count, graph.labels.constant, labels.pointer)
    switch graph.inputs {
    case .signs(let bits):
      self.bits = bits
      numbers = nil
    case .real:
      bits = nil
      numbers = try objective.data.inputs(as: S.self)
    }
    all = PatternRows(
      count: count, bits: bits?.storage.constant, numbers: numbers?.pointer, labels: labels.constant,
      signs: graph.labels.constant, complete: true)
  }

  /// The patterns of the index, which are in 0 ..< P.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func gather(_ index: UnsafeBufferPointer<Int64>) throws(Failure) -> PatternRows<S> {
    let n = index.count
    guard let rows = index.baseAddress else { return all }
    let labels = try room(&batchLabels, n)
    let signs = try room(&batchSigns, n)
    for i in 0..<n {
      labels[i] = self.labels.pointer[Int(rows[i])]
      signs[i] = graph.labels.pointer[Int(rows[i])]
    }
    var batch = PatternRows<S>(count: n, labels: labels, signs: signs, complete: false)
    if let bits {
      let words = try room(&batchBits, n * bits.stride)
      for i in 0..<n { (words + i * bits.stride).update(from: bits.words(Int(rows[i])), count: bits.stride) }
      batch.bits = UnsafePointer(words)
    }
    if let numbers {
      let inputs = try room(&batchNumbers, n * graph.inputWidth)
      S.gatherRows(n, graph.inputWidth, numbers.pointer, rows, inputs)
      batch.numbers = UnsafePointer(inputs)
    }
    return batch
  }

  private func room<T>(_ buffer: inout Buffer<T>?, _ count: Int) throws(Failure) -> UnsafeMutablePointer<T> {
    if let buffer, buffer.count >= count { return buffer.pointer }
    let made = try Buffer<T>(count, zeroed: false)
    buffer = made
    return made.pointer
  }
}
