import SwaleCore

/// One of the two parts of a random division. The same seed gives complementary parts, so that `train` and `test` are
/// two calls; the training part has round(fraction x samples), in a random order.
public struct Split: DataTransform {
  public static let info = Info("split", "The training or the test part of a random division.")
  public static var options: [Option<Self>] {
    [
      option("fraction", \.fraction, in: 0...1, "Fraction of the samples in the training part."),
      option("part", \.part, choices: ["train", "test"], "Which part."),
      option("stratified", \.stratified, "Divide each class by itself, so that both parts have its proportion."),
    ]
  }

  public var fraction = 0.8
  public var part = "train"
  public var stratified = false
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    let order = try Buffer<Int64>(data.count, zeroed: false)
    RandomStream.permutation(seed: seed, stream: DataStream.split, data.count, into: order.pointer)
    let trained = Int(saturating: (fraction * Double(data.count)).rounded())
    let size = part == "train" ? trained : data.count - trained
    guard size > 0 else {
      throw Failure(
        .option, "transform 'split': fraction \(fraction) of \(data.count) samples leaves nothing for part '\(part)'")
    }
    let quota = try quotas(data, trained)
    let chosen = try Buffer<Int64>(size, zeroed: false)
    var taken = 0
    for i in 0..<data.count {
      let sample = order.pointer[i]
      let group = quota.classes.map { Int($0.numbers.pointer[Int(sample)]) } ?? 0
      let isTrain = quota.left.pointer[group] > 0
      if isTrain { quota.left.pointer[group] -= 1 }
      if isTrain == (part == "train") {
        chosen.pointer[taken] = sample
        taken += 1
      }
    }
    return try data.selecting(chosen, name: data.name)
  }

  /// Training samples of each class; of all samples together when not stratified.
  private func quotas(
    _ data: Dataset, _ trained: Int
  ) throws(Failure) -> (left: Buffer<Int>, classes: ClassNumbers?) {
    guard stratified else { return (try Buffer([trained]), nil) }
    let classes = try ClassNumbers(data, for: "transform 'split' with option 'stratified'")
    let left = try Buffer<Int>(classes.classes)
    let counts = try classes.counts()
    // Differences of the rounded cumulative sums: each class within one sample of its share, and the total exact.
    var before = 0
    var seen = 0
    for c in 0..<classes.classes {
      seen += counts.pointer[c]
      let after = Int(saturating: (fraction * Double(seen)).rounded())
      left.pointer[c] = after - before
      before = after
    }
    return (left, classes)
  }
}
