import CSwaleKernels
import SwaleCore

/// Visits all configurations within a Hamming distance of a point, each once: sets of turned weights i_1 < i_2 < ...,
/// the weights of a set turned one after the other and back again, which integers do without error.
struct BallWalk {
  /// Solutions at each distance.
  let counts: Buffer<Int64>
  private var device: swk_enumeration
  private let weights: Int
  private let radius: Int
  private let signs: Buffer<Int8>
  private let scratch: Buffer<Int16>
  /// Pairs of the first two weights that are done, of those there are: progress.
  private var done = 0.0
  private let total: Double
  /// Weights turned so far, and how many between two looks at the run where the ball is so large that its surface is far.
  private var turns = 0
  private static let patience = 4096

  init(_ device: swk_enumeration, _ signs: Buffer<Int8>, radius: Int) throws(Failure) {
    self.device = device
    self.signs = signs
    weights = Int(device.weights)
    self.radius = min(radius, weights)
    counts = try Buffer(self.radius + 1)
    scratch = try Buffer(Int(swk_enumerate_scratch(&self.device)))
    total = max(1, Double(weights) * Double(weights - 1) / 2)
    let lanes = Int(device.lanes)
    for i in 0..<weights {
      let field = scratch.pointer + (1 + Int(device.units[i])) * lanes
      let column = device.columns + i * lanes
      for p in 0..<lanes { field[p] += Int16(signs.pointer[i]) * column[p] }
    }
    swk_enumerate_begin(&self.device, scratch.pointer)
    // Turned and turned back, for the count of the point itself.
    let first = Int16(signs.pointer[0])
    _ = swk_enumerate_turn(&self.device, 0, -first, scratch.pointer)
    if swk_enumerate_turn(&self.device, 0, first, scratch.pointer) == 0 { counts.pointer[0] = 1 }
  }

  /// All sets that go on from the present one, of `depth` weights, with weights from `first` on. False when stopped.
  mutating func descend(from first: Int, depth: Int, _ stopping: (Double) -> Bool) -> Bool {
    if depth == radius { return true }
    if depth + 1 == radius {
      if stopping(done / total) { return false }
      counts.pointer[depth + 1] += swk_enumerate_near(&device, Int64(first), signs.constant, scratch.pointer)
      return true
    }
    for i in first..<weights {
      turns += 1
      if turns % Self.patience == 0, stopping(done / total) { return false }
      let sign = Int16(signs.pointer[i])
      if swk_enumerate_turn(&device, Int64(i), -sign, scratch.pointer) == 0 { counts.pointer[depth + 1] += 1 }
      let finished = descend(from: i + 1, depth: depth + 1, stopping)
      _ = swk_enumerate_turn(&device, Int64(i), sign, scratch.pointer)
      if !finished { return false }
      if depth == 0 { done += Double(weights - 1 - i) }
    }
    return true
  }
}
