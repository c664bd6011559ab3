import Glibc
import SwaleCore

/// The counts of `EnumeratedDevice` for inputs that are numbers, in doubles: all 2^N configurations in the order of a
/// Gray code, where one weight changes at a time. Fields are summed anew every few thousand steps, so that rounding
/// does not pile up; a field that is 0 but for rounding is decided by rounding (sums of whole numbers have none).
struct EnumeratedNumbers {
  static let maxWeights = 30
  /// Steps between two new sums and looks at the run, as a power of two.
  private static let blockBits = 12

  let weights: Int
  private let graph: PatternGraph
  private let patterns: Int
  /// weights x P: the input that a weight sees.
  private let columns: Buffer<Double>
  /// hidden x P.
  private let fields: Buffer<Double>

  init(_ graph: PatternGraph, for who: String) throws(Failure) {
    guard case .real(let inputs) = graph.inputs else {
      throw Failure(.internalError, "\(who): inputs are signs")
    }
    guard graph.weights == .binary else {
      throw Failure(.unsupported, "\(who) needs binary weights; these are \(graph.weights)")
    }
    weights = graph.dimension
    guard (1...Self.maxWeights).contains(weights) else {
      throw Failure(
        .unsupported, "\(who) visits all 2^N configurations: N is \(weights), allowed 1 to \(Self.maxWeights) where "
          + "inputs are not all +1 and -1")
    }
    self.graph = graph
    patterns = graph.patterns
    columns = try Buffer(try checkedProduct([weights, patterns], "the columns of \(who)"))
    fields = try Buffer(try checkedProduct([graph.hidden, patterns], "the fields of \(who)"))
    for i in 0..<weights {
      let column = graph.tree ? i : i % graph.fanIn
      for p in 0..<patterns {
        columns.pointer[i * patterns + p] = Double(inputs.pointer[p * graph.inputWidth + column])
      }
    }
  }

  struct Counts {
    /// As in `EnumeratedDevice.Counts`.
    let histogram: Buffer<Int64>
    let plus: Buffer<Int64>
    let local: Buffer<Int64>
  }

  /// Counts over all configurations, or nil when `stopping` said so on the way. Bit i of `reference`: w_i = +1.
  func count(reference: UInt32, stopping: (_ done: Double) -> Bool) throws(Failure) -> Counts? {
    let counts = Counts(
      histogram: try Buffer(patterns + 1), plus: try Buffer(weights), local: try Buffer(weights + 1))
    let total = 1 << weights
    var code: UInt32 = 0
    for step in 0..<total {
      if step % (1 << Self.blockBits) == 0 {
        if stopping(Double(step) / Double(total)) { return nil }
        start(code)
      }
      let errors = errors()
      counts.histogram.pointer[errors] += 1
      if errors == 0 {
        for i in 0..<weights { counts.plus.pointer[i] += Int64(code >> UInt32(i) & 1) }
        counts.local.pointer[(code ^ reference).nonzeroBitCount] += 1
      }
      if step + 1 == total { break }
      let i = (step + 1).trailingZeroBitCount
      code ^= 1 << UInt32(i)
      turn(i, code >> UInt32(i) & 1 == 1 ? 2 : -2)
    }
    return counts
  }

  private func start(_ code: UInt32) {
    Double.fill(fields.count, 0, fields.pointer)
    for i in 0..<weights { turn(i, code >> UInt32(i) & 1 == 1 ? 1 : -1) }
  }

  private func turn(_ i: Int, _ step: Double) {
    let (field, column) = (fields.pointer + i / graph.fanIn * patterns, columns.pointer + i * patterns)
    for p in 0..<patterns { field[p] += step * column[p] }
  }

  private func errors() -> Int {
    let root = 1 / Double(graph.fanIn).squareRoot()
    let norm = 1 / Double(graph.hidden).squareRoot()
    var errors = 0
    for p in 0..<patterns {
      var (sum, product) = (0.0, 1.0)
      for k in 0..<graph.hidden {
        let h = fields.pointer[k * patterns + p] * root
        let sign: Double = h > 0 ? 1 : h < 0 ? -1 : 0
        product *= sign
        switch graph.unit {
        case .sign: sum += graph.hidden == 1 ? h : sign
        case .relu: sum += Double(graph.outputSign(k)) * max(0, h)
        case .quadratic: sum += Double(graph.outputSign(k)) * h * h
        }
      }
      let output = graph.output == .parity && graph.hidden > 1 ? product : sum * norm
      let stability = output * Double(graph.labels.pointer[p])
      if graph.margin == 0 ? stability <= 0 : stability < graph.margin { errors += 1 }
    }
    return errors
  }
}
