import SwaleCore

/// The samples in a random order.
public struct Shuffle: DataTransform {
  public static let info = Info("shuffle", "The samples in a random order.")
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    let order = try Buffer<Int64>(data.count, zeroed: false)
    RandomStream.permutation(seed: seed, stream: DataStream.shuffle, data.count, into: order.pointer)
    return try data.selecting(order, name: data.name)
  }
}
