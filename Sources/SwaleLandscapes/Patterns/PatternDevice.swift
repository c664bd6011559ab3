import CSwaleKernels
import SwaleCore

/// The kernels' view of a device over some patterns: integer fields of units, label-signed outputs and energies of
/// binary weights. Owns what the view points to.
final class PatternDevice {
  private(set) var view: swk_device
  let objective: PatternObjective
  /// Patterns rounded up to whole words.
  private(set) var lanes = 0
  private(set) var fields: Buffer<Int32>
  private(set) var outputs: Buffer<Int32>
  private var labels: Buffer<Int32>
  private let outputSigns: Buffer<Int32>
  private var table: Buffer<Double>?
  private var pairs: Buffer<Double>?

  init(_ objective: PatternObjective, capacity: Int) throws(Failure) {
    let graph = objective.graph
    self.objective = objective
    let room = (capacity + 63) / 64 * 64
    fields = try Buffer(try checkedProduct([graph.hidden, room], "the fields of the patterns"))
    outputs = try Buffer(room)
    labels = try Buffer(room)
    outputSigns = try Buffer(graph.hidden)
    for k in 0..<graph.hidden { outputSigns.pointer[k] = Int32(graph.outputSign(k)) }
    let kind: Int
    switch (graph.output, graph.unit) {
    case (.parity, _): kind = SWK_DEVICE_PARITY
    case (.sum, _) where graph.isPerceptron: kind = SWK_DEVICE_PERCEPTRON
    case (.sum, .sign): kind = SWK_DEVICE_SIGN
    case (.sum, .relu): kind = SWK_DEVICE_RELU
    case (.sum, .quadratic): kind = SWK_DEVICE_QUADRATIC
    }
    view = swk_device()
    view.kind = Int32(kind)
    view.threshold = objective.threshold
    view.hidden = Int64(graph.hidden)
    view.output_sign = outputSigns.constant
    if case .repair = objective.loss { view.energy = Int32(SWK_ENERGY_REPAIR) }
  }

  /// Takes other patterns: `count` rows of labels.
  func take(_ count: Int, _ source: UnsafePointer<Float>) throws(Failure) {
    lanes = (count + 63) / 64 * 64
    if lanes > labels.count {
      labels = try Buffer(lanes)
      outputs = try Buffer(lanes)
      fields = try Buffer(try checkedProduct([objective.graph.hidden, lanes], "the fields of the patterns"))
    }
    for p in 0..<lanes { labels.pointer[p] = p < count ? (source[p] < 0 ? -1 : 1) : 0 }
    view.patterns = Int64(count)
    view.lanes = Int64(lanes)
    view.labels = labels.constant
  }

  /// Fields of all units and outputs of all patterns for weights given as bits, unit after unit in whole words.
  func compute(_ bits: UnsafePointer<UInt64>, _ layout: SignBits, _ weights: UnsafePointer<UInt64>) {
    let count = Int(view.patterns)
    let words = layout.wordsPerSegment
    let pieces = Parallel.pieces(work: Double(count) * Double(words) * Double(view.hidden) * 4)
    Parallel.run(pieces) { piece in
      let range = Parallel.range(piece, of: pieces, count: count)
      for k in 0..<Int(view.hidden) {
        swk_bit_fields(
          Int64(range.count), Int64(layout.width),
          bits + range.lowerBound * layout.stride + (layout.segments > 1 ? k * words : 0), Int64(layout.stride),
          weights + k * words, fields.pointer + k * lanes + range.lowerBound)
      }
    }
    swk_device_outputs(&view, fields.constant, outputs.pointer)
  }

  var errors: Int { Int(swk_device_errors(&view, outputs.constant)) }

  /// Sum of the energies of the view: violated patterns, flips to repair them, or numbers of the table.
  var energy: Double {
    view.energy == SWK_ENERGY_COUNT ? Double(errors) : swk_device_energy(&view, fields.constant, outputs.constant)
  }

  /// Most numbers of a table of energies (128 MB).
  private static let mostEntries = 1 << 24

  /// Makes energies a function of the label-signed output, tabulated over all values that it can have or that one flip
  /// more would give.
  /// - Parameter energy: of a stability S / scale.
  func tabulate(_ energy: (Double) -> Double) throws(Failure) {
    let graph = objective.graph
    let (n, units) = (graph.fanIn, graph.hidden)
    // Largest output, most that a flip adds, and the grid: squares of odd numbers differ by multiples of 8.
    let (most, reach, shift) =
      switch Int(view.kind) {
      case SWK_DEVICE_PERCEPTRON: (n, 2, 1)
      case SWK_DEVICE_SIGN: (units, 2, 1)
      case SWK_DEVICE_RELU: (n * units / 2, 2, 0)
      case SWK_DEVICE_QUADRATIC: (n * n * units / 2, 4 * n + 4, n % 2 == 1 ? 3 : 2)
      default: (1, 0, 1)
      }
    let step = 1 << shift
    // Votes and fields have the parity of their number; balanced squares are multiples of the step.
    let offset = shift == 1 ? most % 2 : 0
    let low = -(most + reach - offset + step - 1) / step * step - offset
    let entries = (most + reach - low) / step + 1
    guard entries <= Self.mostEntries else {
      throw Failure(
        .unsupported, "flips of objective '\(objective.name)' need a table of \(entries) energies, allowed "
          + "\(Self.mostEntries): use fewer weights, or loss error_count")
    }
    let table: Buffer<Double>
    if let kept = self.table { table = kept } else { table = try Buffer(entries, zeroed: false) }
    for entry in 0..<entries { table.pointer[entry] = energy(Double(low + entry * step) / objective.scale) }
    self.table = table
    if Int(view.kind) == SWK_DEVICE_PERCEPTRON { try tabulateGains(table, entries) }
    view.energy = Int32(SWK_ENERGY_TABLE)
    view.table = table.constant
    view.table_low = Int32(low)
    view.table_shift = Int32(shift)
  }

  /// What flips of a perceptron change, by entry of the table; both ends are out of reach.
  private func tabulateGains(_ table: Buffer<Double>, _ entries: Int) throws(Failure) {
    let made: Buffer<Double>
    if let kept = pairs { made = kept } else { made = try Buffer(2 * entries) }
    for entry in 1..<max(entries - 1, 1) {
      let (before, now, after) = (table.pointer[entry - 1], table.pointer[entry], table.pointer[entry + 1])
      made.pointer[2 * entry] = 0.5 * (after + before) - now
      made.pointer[2 * entry + 1] = 0.5 * (before - after)
    }
    pairs = made
    view.pairs = made.constant
  }
}
