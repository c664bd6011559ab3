import SwaleCore

/// Random labels: round(p x samples) of the samples, chosen at random, get a label drawn uniformly from all C classes,
/// their own included. The fraction of wrong labels is therefore p (1 - 1/C) on average. Targets +1 and -1 count as two
/// classes. The chosen samples, in increasing order, are the statistic "noise_samples".
public struct LabelNoise: DataTransform {
  public static let info = Info(
    "label_noise", "A random fraction of the samples get a label drawn uniformly from all classes.",
    reference: "C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals, ICLR (2017)")
  public static var options: [Option<Self>] {
    [
      option(
        "fraction", \.fraction, in: 0...1, "Fraction p of samples that are relabelled; p (1 - 1/classes) become wrong.")
    ]
  }

  public var fraction = 0.1
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    let classes = try ClassNumbers(data, for: "transform 'label_noise'")
    let chosen = Int(saturating: (fraction * Double(data.count)).rounded())
    let order = try Buffer<Int64>(data.count, zeroed: false)
    RandomStream.permutation(seed: seed, stream: DataStream.noiseSamples, data.count, into: order.pointer)
    let labels = try Buffer(copying: classes.numbers.constant, count: data.count)
    let isChosen = try Buffer<UInt8>(data.count)
    var stream = RandomStream(seed: seed, stream: DataStream.noiseLabels)
    for i in 0..<chosen {
      let sample = Int(order.pointer[i])
      isChosen.pointer[sample] = 1
      labels.pointer[sample] = Int32(stream.below(classes.classes))
    }
    let samples = try Buffer<Double>(chosen, zeroed: false)
    var found = 0
    for i in 0..<data.count where isChosen.pointer[i] == 1 {
      samples.pointer[found] = Double(i)
      found += 1
    }
    return data.replacing(
      targets: try classes.targets(labels), name: data.name, statistics: ["noise_samples": samples])
  }
}
