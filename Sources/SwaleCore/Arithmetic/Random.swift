import CSwaleKernels

/// A counter-based random stream (Philox 4x32-10, Salmon et al. 2011): the value at a position depends only on
/// (seed, stream, position), never on who drew before, so that parallel code gives the same numbers for any number
/// of threads. A `RandomStream` only remembers its position.
public struct RandomStream: Sendable {
  public let seed: UInt64
  public let stream: UInt64
  public private(set) var position: UInt64 = 0

  public init(seed: UInt64, stream: UInt64) {
    self.seed = seed
    self.stream = stream
  }

  public mutating func normal<S: Scalar>(_ n: Int, mean: S = 0, sd: S = 1, into out: UnsafeMutablePointer<S>) {
    S.randomNormal(seed, stream, position, n, mean, sd, out)
    position += UInt64(n)
  }
  public mutating func uniform<S: Scalar>(_ n: Int, _ low: S, _ high: S, into out: UnsafeMutablePointer<S>) {
    S.randomUniform(seed, stream, position, n, low, high, out)
    position += UInt64(n)
  }
  /// Rademacher signs, +1 or -1.
  public mutating func signs<S: Scalar>(_ n: Int, into out: UnsafeMutablePointer<S>) {
    S.randomSigns(seed, stream, position, n, out)
    position += UInt64(n)
  }
  /// A whole number in 0..<bound, without bias.
  public mutating func below(_ bound: Int) -> Int {
    position += 1
    return Int(swk_random_below(seed, stream, position - 1, UInt64(max(bound, 1))))
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
