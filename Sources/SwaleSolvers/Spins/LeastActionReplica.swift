import CSwaleKernels
import SwaleCore

/// One replica that learns by least action: hidden variables H, weights w = sign H, and its own way through the
/// patterns in batches.
///
/// Over a batch at fixed w, every wrong pattern (right minus wrong votes m < bound b) needs ceil((b - m) / 2) more
/// right votes; that many of its wrong units, those with the smallest |h_k|, each get G_ki += sigma xi_i. Then H += eta
/// G. Source: Baldassi, Borgs, Chayes, Ingrosso, Lucibello, Saglietti, Zecchina, PNAS 113 (2016) E7655 (supplement).
final class LeastActionReplica {
  let machine: BinaryMachine
  let hidden: Buffer<Float>
  let weights: Buffer<UInt64>
  private let gain: Buffer<Int32>
  private let touched: Buffer<UInt8>
  private let fields: Buffer<Int32>
  private let order: Buffer<Int64>
  private var position = 0

  init<S: Scalar>(_ machine: BinaryMachine, _ x: UnsafePointer<S>) throws(Failure) {
    self.machine = machine
    hidden = try Buffer(machine.padded, zeroed: false)
    weights = try Buffer(machine.words)
    gain = try Buffer(machine.padded)
    touched = try Buffer(machine.graph.hidden)
    fields = try Buffer(machine.graph.hidden)
    order = try Buffer(machine.patterns, zeroed: false)
    machine.read(x, into: hidden.pointer)
    let (words, fanIn) = (Int(machine.view.words), machine.view.fan_in)
    for unit in 0..<machine.graph.hidden {
      swk_pack_hidden_f32(fanIn, hidden.constant + unit * words * 64, weights.pointer + unit * words)
    }
  }

  /// A fresh random order of the patterns.
  func beginEpoch(seed: UInt64, order number: Int) {
    RandomStream.permutation(
      seed: seed, stream: StreamBase.solver + UInt64(SpinStreams.order(number)), machine.patterns,
      into: order.pointer)
    position = 0
  }

  /// Collects the moves for the next `size` patterns. Returns how many of them were wrong.
  func look(batch size: Int) -> Int {
    let count = min(size, machine.patterns - position)
    let start = order.constant + position
    position += count
    return withUnsafePointer(to: machine.view) { view in
      Int(swk_least_action_batch(
        view, Int64(count), start, weights.constant, fields.pointer, gain.pointer, touched.pointer))
    }
  }

  /// H += eta G.
  func learn(eta: Float) {
    withUnsafePointer(to: machine.view) { view in
      swk_least_action_step(view, eta, gain.pointer, touched.pointer, hidden.pointer, weights.pointer)
    }
  }

  /// H += eta G, then the pull to a centre that is traced out.
  func learn(eta: Float, towards pull: TracedPull) {
    withUnsafePointer(to: machine.view) { view in
      swk_entropic_step(
        view, eta, pull.strength, pull.correction, Int64(pull.replicas), pull.table.constant, gain.pointer,
        touched.pointer, hidden.pointer, weights.pointer, pull.sum.pointer)
    }
  }

  /// H += eta G, then kicks of this replica and the centre towards each other.
  func learn(eta: Float, lambda: Float, center: LeastActionReplica) {
    withUnsafePointer(to: machine.view) { view in
      swk_centered_step(
        view, eta, lambda, gain.pointer, touched.pointer, hidden.pointer, weights.pointer, center.hidden.pointer,
        center.weights.pointer)
    }
  }

  var errors: Int { machine.errors(weights.constant) }
}
