import SwaleCore

/// A given order of the samples, as an option: `values` are sample numbers, one epoch after the other.
public struct SampleOrder: OptionConvertible {
  public var values: [Int] = []
  /// An empty list that was given is not the same as none.
  public private(set) var isGiven = false

  public init() {}
  public static var optionType: OptionType { .ints }
  public var optionValue: OptionValue { .ints(values) }
  public init?(optionValue: OptionValue) {
    guard case .ints(let values) = optionValue else { return nil }
    self.values = values
    isGiven = true
  }
}

/// The samples of every step: each epoch goes once through all samples, in an order drawn from a random stream of
/// its own, so that the batches of a step depend on the seed and the step only; or in their own order; or in an order
/// that the caller gives, for one epoch or several, which are gone through again and again.
struct BatchLoop {
  let sampleCount: Int
  /// Samples of a full batch; 0 when every step sees all samples.
  let size: Int
  let stepsPerEpoch: Int
  private let dropLast: Bool
  private let seed: UInt64
  private let stream: UInt64
  private let shuffled: Bool
  /// The current epoch, or all epochs that were given.
  private let order: Buffer<Int64>?
  private let givenEpochs: Int

  /// Epochs begun and steps taken in the current one.
  private(set) var epoch = 0
  private(set) var position = 0

  /// - Parameter training: of it `batchSize` (0, or any number from `sampleCount` on, means all samples in every step),
  ///   `dropLast`, `batchOrder` and `sampleOrder`.
  /// - Parameter stream: what the numbers of the epochs are added to.
  init(
    _ objective: any Objective, _ training: Training, seed: UInt64, stream: UInt64 = StreamBase.batches
  ) throws(Failure) {
    sampleCount = objective.sampleCount
    let wanted = training.batchSize
    if wanted > 0 {
      try objective.capabilities.require(.batches, by: "option 'batch_size' = \(wanted)", objective: objective.name)
    }
    size = wanted < sampleCount ? wanted : 0
    dropLast = training.dropLast
    stepsPerEpoch = size == 0 ? 1 : (dropLast ? sampleCount / size : (sampleCount - 1) / size + 1)
    self.seed = seed
    self.stream = stream
    let given = training.sampleOrder
    shuffled = training.batchOrder == "random" && !given.isGiven
    if given.isGiven {
      try Self.check(given.values, sampleCount: sampleCount, batches: size > 0)
      givenEpochs = given.values.count / sampleCount
      order = try Buffer(given.values.map(Int64.init))
    } else {
      givenEpochs = 0
      order = size > 0 ? try Buffer(sampleCount, zeroed: false) : nil
      if let order { for i in 0..<sampleCount { order.pointer[i] = Int64(i) } }
    }
  }

  private static func check(_ values: [Int], sampleCount: Int, batches: Bool) throws(Failure) {
    guard batches else {
      throw Failure(
        .option, "option 'sample_order' has \(values.count) samples, but every step sees all of them; give a "
          + "batch_size below \(sampleCount), or take sample_order away")
    }
    guard !values.isEmpty, values.count % sampleCount == 0 else {
      throw Failure(
        .option, "option 'sample_order' has \(values.count) samples, allowed \(sampleCount) for each of one or more "
          + "epochs")
    }
    if let bad = values.firstIndex(where: { $0 < 0 || $0 >= sampleCount }) {
      throw Failure(
        .option, "option 'sample_order': element \(bad) is \(values[bad]), allowed 0 ... \(sampleCount - 1)")
    }
  }

  var isFull: Bool { size == 0 }

  /// True after the last batch of an epoch.
  var atEpochEnd: Bool { position == stepsPerEpoch }

  /// The samples of the next step; nil: all of them. Valid until the next call.
  mutating func next() -> UnsafeBufferPointer<Int64>? {
    if position == stepsPerEpoch || epoch == 0 {
      position = 0
      if shuffled, let order {
        RandomStream.permutation(seed: seed, stream: stream + UInt64(epoch), sampleCount, into: order.pointer)
      }
      epoch += 1
    }
    position += 1
    guard let order else { return nil }
    let first = givenEpochs > 0 ? (epoch - 1) % givenEpochs * sampleCount : 0
    let start = (position - 1) * size
    return UnsafeBufferPointer(start: order.constant + first + start, count: min(size, sampleCount - start))
  }
}
