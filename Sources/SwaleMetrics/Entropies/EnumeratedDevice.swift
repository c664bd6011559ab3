import CSwaleKernels
import SwaleCore

/// A device with binary weights over patterns of signs, laid out for the enumeration kernel, and the counts over all
/// 2^N configurations of its weights, or of some of them with the others held.
///
/// Everything is counted in integers: the label-signed output S of a pattern is h (perceptron), sum_k sign(h_k),
/// sum_k c_k max(0, h_k), sum_k c_k h_k^2 or prod_k sign(h_k), and the stability is S / scale with the scale of
/// `PatternGraph`. At margin 0 a pattern is right when S > 0, else when S / scale >= margin.
final class EnumeratedDevice {
  static let maxWeights = Int(SWK_ENUMERATE_MAX_WEIGHTS)
  /// Configurations of a block, as a power of two: some milliseconds of work.
  private static let blockBits = 16
  /// Blocks between two looks at the clock and the cancel flag.
  private static let round = 64

  /// Weights that are not held.
  let weights: Int
  let patterns: Int
  private let lanes: Int
  private let device: Int
  private let threshold: Int
  private let hidden: Int
  private let units: Buffer<Int32>
  private let columns: Buffer<Int16>
  private let held: Buffer<Int16>?
  private let labels: Buffer<Int16>
  private let outputSigns: Buffer<Int16>

  /// - Parameters:
  ///   - free: the weights to enumerate; nil: all.
  ///   - value: +1 or -1 of the others.
  ///   - limit: on the number of weights to enumerate.
  init(
    _ graph: PatternGraph, free: [Int]? = nil, value: (Int) -> Int = { _ in 0 },
    limit: Int = EnumeratedDevice.maxWeights, for who: String
  ) throws(Failure) {
    let bits = try graph.signs(for: who)
    guard graph.weights == .binary else {
      throw Failure(.unsupported, "\(who) needs binary weights; these are \(graph.weights)")
    }
    weights = free?.count ?? graph.dimension
    guard weights >= 1, weights <= limit else {
      throw Failure(
        .unsupported,
        "\(who) visits all 2^N configurations: N is \(weights), allowed 1 to \(limit); with a point and option "
          + "'radius' those around it, for any N")
    }
    patterns = graph.patterns
    hidden = graph.hidden
    let kind: (device: Int, scale: Double, largest: Double)
    let (n, k) = (Double(graph.fanIn), Double(graph.hidden))
    switch (graph.output, graph.unit) {
    case (.parity, _): kind = (Int(SWK_DEVICE_PARITY), 1, n)
    case (.sum, _) where graph.isPerceptron: kind = (Int(SWK_DEVICE_PERCEPTRON), n.squareRoot(), n)
    case (.sum, .sign): kind = (Int(SWK_DEVICE_SIGN), k.squareRoot(), max(n, k))
    case (.sum, .relu): kind = (Int(SWK_DEVICE_RELU), (n * k).squareRoot(), n * k)
    case (.sum, .quadratic): kind = (Int(SWK_DEVICE_QUADRATIC), n * k.squareRoot(), n * n * k)
    }
    guard kind.largest < 32_000 else {
      throw Failure(.unsupported, "\(who): outputs up to \(Int(saturating: kind.largest)), allowed below 32000")
    }
    device = kind.device
    threshold = Self.threshold(margin: graph.margin, scale: kind.scale)

    lanes = max(32, (patterns + 31) / 32 * 32)
    columns = try Buffer(try checkedProduct([weights, lanes], "the columns of \(who)"))
    units = try Buffer(weights)
    labels = try Buffer(lanes)
    outputSigns = try Buffer(graph.hidden)
    for unit in 0..<graph.hidden { outputSigns.pointer[unit] = Int16(graph.outputSign(unit)) }
    for p in 0..<patterns { labels.pointer[p] = graph.labels.pointer[p] > 0 ? 1 : -1 }
    func input(_ p: Int, _ i: Int) -> Int { bits.sign(p, graph.tree ? i : i % graph.fanIn) }
    for j in 0..<weights {
      let i = free?[j] ?? j
      units.pointer[j] = Int32(i / graph.fanIn)
      for p in 0..<patterns { columns.pointer[j * lanes + p] = Int16(input(p, i)) }
    }
    guard let free else {
      held = nil
      return
    }
    let sums = try Buffer<Int16>(try checkedProduct([graph.hidden, lanes], "the fields of \(who)"))
    for i in 0..<graph.dimension where !free.contains(i) {
      let (field, w) = (sums.pointer + i / graph.fanIn * lanes, value(i))
      for p in 0..<patterns { field[p] += Int16(w * input(p, i)) }
    }
    held = sums
  }

  /// The smallest S that satisfies the constraint. The quotient is the one an objective forms, so that a margin that
  /// falls exactly on a stability is decided alike.
  private static func threshold(margin: Double, scale: Double) -> Int {
    if margin == 0 { return 1 }
    let bound = 32_000.0
    var least = Int(saturating: max(-bound, min(bound, (margin * scale).rounded(.up))))
    if Double(least - 1) / scale >= margin { least -= 1 }
    if Double(least) / scale < margin, Double(least) < bound { least += 1 }
    return least
  }

  struct Counts {
    /// Configurations with e violated patterns, e = 0 ... P.
    let histogram: Buffer<Int64>
    /// Solutions with w_i = +1.
    let plus: Buffer<Int64>
    /// Solutions at Hamming distance d from the reference, d = 0 ... N.
    let local: Buffer<Int64>
    /// Solutions in every block of configurations.
    let blocks: Buffer<Int64>
  }

  /// Configurations of a block, as a power of two.
  private var low: Int { min(weights, Self.blockBits) }

  private var layout: swk_enumeration {
    swk_enumeration(
      device: Int32(device), threshold: Int32(threshold), weights: Int64(weights), hidden: Int64(hidden),
      patterns: Int64(patterns), lanes: Int64(lanes), units: units.constant, columns: columns.constant,
      held: held?.constant, labels: labels.constant, output_sign: outputSigns.constant)
  }

  /// Counts over all configurations, or nil when `stopping` said so on the way. Bit i of `reference`: w_i = +1.
  func count(reference: UInt32, stopping: (_ done: Double) -> Bool) throws(Failure) -> Counts? {
    let blocks = 1 << (weights - low)
    let operations = Double(patterns + 32) * Double(1 << low) * Double(min(blocks, Self.round))
    let pieces = min(blocks, Parallel.pieces(work: operations))
    let widths = (patterns + 1, weights, weights + 1)
    let width = widths.0 + widths.1 + widths.2
    let totals = try Buffer<Int64>(try checkedProduct([pieces, width], "counts of the enumeration"))
    let solutions = try Buffer<Int64>(blocks)
    var device = layout
    let room = Int(swk_enumerate_scratch(&device))
    let scratch = try Buffer<Int16>(try checkedProduct([pieces, room], "fields of the enumeration"), zeroed: false)

    for first in stride(from: 0, to: blocks, by: Self.round) {
      if stopping(Double(first) / Double(blocks)) { return nil }
      let end = min(blocks, first + Self.round)
      Parallel.run(pieces) { piece in
        var device = layout
        let mine = totals.pointer + piece * width
        for offset in Parallel.range(piece, of: pieces, count: end - first) {
          let before = mine[0]
          swk_enumerate_block(
            &device, UInt32(first + offset), Int64(low), reference, scratch.pointer + piece * room, mine,
            mine + widths.0, mine + widths.0 + widths.1)
          solutions.pointer[first + offset] = mine[0] - before
        }
      }
    }
    for piece in 1..<max(1, pieces) {
      for j in 0..<width { totals.pointer[j] += totals.pointer[piece * width + j] }
    }
    return Counts(
      histogram: try Buffer(copying: totals.constant, count: widths.0),
      plus: try Buffer(copying: totals.constant + widths.0, count: widths.1),
      local: try Buffer(copying: totals.constant + widths.0 + widths.1, count: widths.2), blocks: solutions)
  }

  /// Solutions at Hamming distance 0 ... `radius` from the configuration `signs` (+1 and -1), by turning up to
  /// `radius` weights in all ways; nil when `stopping` said so. It is asked for every configuration of the weights
  /// but the last one.
  func ball(_ signs: Buffer<Int8>, radius: Int, stopping: (_ done: Double) -> Bool) throws(Failure) -> Buffer<Int64>? {
    var walk = try BallWalk(layout, signs, radius: radius)
    let finished = walk.descend(from: 0, depth: 0, stopping)
    return finished ? walk.counts : nil
  }

  /// The solution with a rank below the number of solutions. Bit i: w_i = +1.
  func solution(_ rank: Int, of counts: Counts) throws(Failure) -> UInt32 {
    var device = layout
    let scratch = try Buffer<Int16>(Int(swk_enumerate_scratch(&device)), zeroed: false)
    var left = Int64(rank)
    for block in 0..<counts.blocks.count {
      if left < counts.blocks.pointer[block] {
        return swk_enumerate_find(&device, UInt32(block), Int64(low), left, scratch.pointer)
      }
      left -= counts.blocks.pointer[block]
    }
    return 0
  }
}
