import SwaleCore

/// The samples of every step: each epoch goes once through all samples, in an order drawn from a random stream of
/// its own, so that the batches of a step depend on the seed and the step only.
struct BatchLoop {
  let sampleCount: Int
  /// Samples of a full batch; 0 when every step sees all samples.
  let size: Int
  let stepsPerEpoch: Int
  private let dropLast: Bool
  private let seed: UInt64
  private let stream: UInt64
  private let order: Buffer<Int64>?

  /// Epochs begun and steps taken in the current one.
  private(set) var epoch = 0
  private(set) var position = 0

  /// - Parameter size: 0, or any number from `sampleCount` on, means all samples in every step.
  /// - Parameter stream: what the numbers of the epochs are added to.
  init(
    _ objective: any Objective, size wanted: Int, dropLast: Bool, seed: UInt64, stream: UInt64 = StreamBase.batches
  ) throws(Failure) {
    sampleCount = objective.sampleCount
    if wanted > 0 {
      try objective.capabilities.require(.batches, by: "option 'batch_size' = \(wanted)", objective: objective.name)
    }
    size = wanted < sampleCount ? wanted : 0
    stepsPerEpoch = size == 0 ? 1 : (dropLast ? sampleCount / size : (sampleCount - 1) / size + 1)
    self.dropLast = dropLast
    self.seed = seed
    self.stream = stream
    order = size > 0 ? try Buffer(sampleCount, zeroed: false) : nil
  }

  var isFull: Bool { size == 0 }

  /// True after the last batch of an epoch.
  var atEpochEnd: Bool { position == stepsPerEpoch }

  /// The samples of the next step; nil: all of them. Valid until the next call.
  mutating func next() -> UnsafeBufferPointer<Int64>? {
    if position == stepsPerEpoch || epoch == 0 {
      position = 0
      if let order {
        RandomStream.permutation(seed: seed, stream: stream + UInt64(epoch), sampleCount, into: order.pointer)
      }
      epoch += 1
    }
    position += 1
    guard let order else { return nil }
    let start = (position - 1) * size
    return UnsafeBufferPointer(start: order.constant + start, count: min(size, sampleCount - start))
  }
}
