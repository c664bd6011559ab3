import CSwaleKernels
import SwaleCore

/// In which order a sweep of n proposals visits n sites.
enum SweepOrder: String, CaseIterable {
  /// n independent uniform draws.
  case random
  case sequential
  /// Every site once, in a fresh random order.
  case permutation

  static let names = allCases.map(\.rawValue)
}

/// The random numbers of one walker's moves, drawn in blocks: the sites of a sweep, and ln u of uniform u in (0, 1].
///
/// A proposal that raises the energy by dE is accepted with probability exp(-dE / T), that is when dE < -T ln u: the
/// logarithms come from a vector kernel, so that the loop over proposals calls no exp. At T = 0 none is accepted. Both
/// kinds of numbers are made of 32 random bits; single precision leaves acceptance right to 1e-7 of itself.
final class MoveNumbers {
  /// Sites of the current sweep.
  let sites: Buffer<Int64>
  let logarithms: Buffer<Float>
  /// The next logarithm to use; the block must be renewed when it has reached the end.
  var used: Int

  private let order: SweepOrder
  private let words: Buffer<UInt32>
  private let seed: UInt64
  private let replica: Int
  private let replicas: Int
  private var sweeps = 0
  private var siteRandom: UInt64 = 0
  private var acceptanceRandom: UInt64 = 0
  private static var block: Int { 4096 }

  init(sites n: Int, _ order: SweepOrder, seed: UInt64, replica: Int = 0, of replicas: Int = 1) throws(Failure) {
    self.order = order
    self.seed = seed
    self.replica = replica
    self.replicas = replicas
    sites = try Buffer(n)
    logarithms = try Buffer(Self.block)
    words = try Buffer(Self.block, zeroed: false)
    used = Self.block
    if order == .sequential { for i in 0..<n { sites.pointer[i] = Int64(i) } }
  }

  private func draw(_ count: Int, stream: Int, _ position: inout UInt64) {
    swk_random_u32(seed, StreamBase.solver + UInt64(stream), position, Int64(count), words.pointer)
    position += UInt64(count)
  }

  /// Chooses the sites of the next sweep. Whatever the probability of a site, a move and its reversal are equally
  /// likely to be proposed.
  func beginSweep() {
    let n = sites.count
    switch order {
    case .sequential: break
    case .permutation:
      let number = SpinStreams.order(sweeps &* replicas &+ replica)
      RandomStream.permutation(seed: seed, stream: StreamBase.solver + UInt64(number), n, into: sites.pointer)
    case .random:
      for start in stride(from: 0, to: n, by: Self.block) {
        let count = min(Self.block, n - start)
        draw(count, stream: SpinStreams.sites(replica), &siteRandom)
        swk_spin_sites(Int64(count), words.constant, UInt64(n), sites.pointer + start)
      }
    }
    sweeps += 1
  }

  /// A new block of logarithms.
  func renew() {
    draw(Self.block, stream: SpinStreams.acceptance(replica), &acceptanceRandom)
    swk_spin_uniforms(Int64(Self.block), words.constant, logarithms.pointer)
    swk_vlog_f32(Int64(Self.block), logarithms.constant, logarithms.pointer)
    used = 0
  }
}
