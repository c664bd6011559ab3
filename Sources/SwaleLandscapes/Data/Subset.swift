import SwaleCore

/// Some of the samples: the first n, a random n, or given ones; balanced over the classes if wanted.
public struct Subset: DataTransform {
  public static let info = Info("subset", "The first, a random, or a given choice of samples.")
  public static var options: [Option<Self>] {
    [
      option("count", \.count, in: -1...1e12, "How many samples; -1: as many as there are from 'start' on."),
      option("start", \.start, in: 0...1e12, "How many samples (of the order chosen) to pass over first."),
      option("order", \.order, choices: ["first", "random"], "Whether samples are taken in their order or at random."),
      option(
        "balanced", \.balanced,
        "Equally many samples of each class; when the count does not divide, the first classes get one more."),
      option(
        "indices", \.indices, in: 0...1e12, "The samples themselves, in this order; no other option may be given."),
    ]
  }

  public var count = -1
  public var start = 0
  public var order = "first"
  public var balanced = false
  public var indices: [Int] = []
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    if !indices.isEmpty { return try data.selecting(try given(data), name: data.name) }
    guard start < data.count else {
      throw Failure(.option, "transform 'subset': start is \(start), but the dataset has \(data.count) samples")
    }
    guard count != 0 else {
      throw Failure(.option, "transform 'subset': count is 0, allowed 1 and more, or -1 for all samples there are")
    }
    let available = data.count - start
    let wanted = count < 0 ? available : count
    guard wanted <= available else {
      throw Failure(
        .option, "transform 'subset': \(wanted) samples from \(start) on are wanted, the dataset has \(data.count)")
    }
    let order = try Buffer<Int64>(data.count, zeroed: false)
    if self.order == "random" {
      RandomStream.permutation(seed: seed, stream: DataStream.subset, data.count, into: order.pointer)
    } else {
      for i in 0..<data.count { order.pointer[i] = Int64(i) }
    }
    let candidates = try Buffer(copying: order.constant + start, count: available)
    let chosen =
      balanced ? try balance(candidates, wanted, data) : try Buffer(copying: candidates.constant, count: wanted)
    return try data.selecting(chosen, name: data.name)
  }

  private func given(_ data: Dataset) throws(Failure) -> Buffer<Int64> {
    guard count < 0, start == 0, order == "first", !balanced else {
      throw Failure(.option, "transform 'subset': 'indices' excludes the options count, start, order and balanced")
    }
    let index = try Buffer<Int64>(indices.count, zeroed: false)
    for (i, sample) in indices.enumerated() {
      guard sample >= 0, sample < data.count else {
        throw Failure(
          .option, "transform 'subset': indices[\(i)] is \(sample), allowed 0 ... \(data.count - 1)")
      }
      index.pointer[i] = Int64(sample)
    }
    return index
  }

  /// The first candidates of each class, in the candidates' order.
  private func balance(_ candidates: Buffer<Int64>, _ wanted: Int, _ data: Dataset) throws(Failure) -> Buffer<Int64> {
    let classes = try ClassNumbers(data, for: "transform 'subset' with option 'balanced'")
    let room = try Buffer<Int>(classes.classes)
    for c in 0..<classes.classes { room.pointer[c] = wanted / classes.classes + (c < wanted % classes.classes ? 1 : 0) }
    let chosen = try Buffer<Int64>(wanted, zeroed: false)
    var taken = 0
    for i in 0..<candidates.count where taken < wanted {
      let c = Int(classes.numbers.pointer[Int(candidates.pointer[i])])
      if room.pointer[c] > 0 {
        room.pointer[c] -= 1
        chosen.pointer[taken] = candidates.pointer[i]
        taken += 1
      }
    }
    for c in 0..<classes.classes where room.pointer[c] > 0 {
      throw Failure(
        .option,
        "transform 'subset': \(wanted) balanced samples need \(room.pointer[c]) more of class \(c) than there are")
    }
    return chosen
  }
}
