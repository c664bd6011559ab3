import CSwaleKernels

/// A counter-based random stream (Philox 4x32-10, Salmon et al. 2011): the value at a position depends only on
/// (seed, stream, position), never on who drew before, so that parallel code gives the same numbers for any number
/// of threads. A `RandomStream` only remembers its position.
///
/// Numbers of different kinds are read from the same blocks of random words, a block having two or more of most kinds
/// (the second uniform of a block is the angle of its normals). A stream whose kind of numbers changes therefore goes on
/// at the next block that nothing was read from, so that all numbers of a stream are independent of each other.
public struct RandomStream: Sendable {
  private enum Kind { case normal32, normal64, uniform32, uniform64, sign, below }

  public let seed: UInt64
  public let stream: UInt64
  /// Numbers before the next one, counted in those of the present kind.
  public private(set) var position: UInt64 = 0
  private var kind = Kind.below
  private var perBlock: UInt64 = 1

  public init(seed: UInt64, stream: UInt64) {
    self.seed = seed
    self.stream = stream
  }

  /// The first position of `n` numbers of a kind of which a block has `count`.
  private mutating func take(_ n: Int, _ next: Kind, _ count: UInt64) -> UInt64 {
    if next != kind {
      position = (position + perBlock - 1) / perBlock * count
      kind = next
      perBlock = count
    }
    let first = position
    position += UInt64(n)
    return first
  }

  public mutating func normal<S: Scalar>(_ n: Int, mean: S = 0, sd: S = 1, into out: UnsafeMutablePointer<S>) {
    let single = MemoryLayout<S>.size == 4
    S.randomNormal(seed, stream, take(n, single ? .normal32 : .normal64, single ? 4 : 2), n, mean, sd, out)
  }
  public mutating func uniform<S: Scalar>(_ n: Int, _ low: S, _ high: S, into out: UnsafeMutablePointer<S>) {
    let single = MemoryLayout<S>.size == 4
    S.randomUniform(seed, stream, take(n, single ? .uniform32 : .uniform64, single ? 4 : 2), n, low, high, out)
  }
  /// Rademacher signs, +1 or -1.
  public mutating func signs<S: Scalar>(_ n: Int, into out: UnsafeMutablePointer<S>) {
    S.randomSigns(seed, stream, take(n, .sign, 128), n, out)
  }
  /// A whole number in 0..<bound, without bias.
  public mutating func below(_ bound: Int) -> Int {
    Int(swk_random_below(seed, stream, take(1, .below, 1), UInt64(max(bound, 1))))
  }

  /// A random order of 0..<n. `round` selects one of many independent orders of the same stream.
  public static func permutation(seed: UInt64, stream: UInt64, _ n: Int, into out: UnsafeMutablePointer<Int64>) {
    swk_random_permutation(seed, stream, Int64(n), out)
  }
}

/// Streams of the library, so that no two uses of a seed ever share numbers. A use that needs many streams adds an
/// index to its base.
public enum StreamBase {
  public static let initialize: UInt64 = 1 << 32
  public static let batches: UInt64 = 2 << 32
  public static let solver: UInt64 = 3 << 32
  public static let metric: UInt64 = 4 << 32
  public static let data: UInt64 = 5 << 32
  public static let plugin: UInt64 = 6 << 32
}
