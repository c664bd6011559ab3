import SwaleCore

/// Random streams of the data: one per purpose, so that a generator, a split and label noise with the same seed do
/// not share numbers.
enum DataStream {
  static let inputs = StreamBase.data
  static let labels = StreamBase.data + 1
  static let teacher = StreamBase.data + 2
  static let subset = StreamBase.data + 3
  static let split = StreamBase.data + 4
  static let noiseSamples = StreamBase.data + 5
  static let noiseLabels = StreamBase.data + 6
  static let shuffle = StreamBase.data + 7
}

/// The samples first ..< first + samples of an endless sequence that a seed stands for. Since every number is a
/// function of its position, a test set is the same generator with `first` = number of training samples.
struct SampleRange {
  let samples: Int
  let features: Int
  let first: Int
  /// Numbers in all inputs.
  let count: Int

  init(samples: Int, features: Int, first: Int, of source: String) throws(Failure) {
    _ = try checkedProduct([first + samples, features], "dataset '\(source)': (first + samples) x features")
    self.samples = samples
    self.features = features
    self.first = first
    count = samples * features
  }

  /// Inputs of independent +1 and -1.
  func signInputs(_ seed: UInt64) throws(Failure) -> SampleStorage {
    let bits = try SignBits(rows: samples, width: features)
    try bits.fill(perNumber: 3) { row, out in
      Float.randomSigns(seed, DataStream.inputs, UInt64((first + row) * features), features, out)
    }
    return .signs(bits, firstRow: 0)
  }

  /// Inputs of independent normal numbers.
  func normalInputs(_ seed: UInt64, sd: Float = 1) throws(Failure) -> Buffer<Float> {
    try fill(perNumber: 40) { position, n, out in
      Float.randomNormal(seed, DataStream.inputs, position, n, 0, sd, out)
    }
  }

  /// Labels +1 and -1 with equal probability, independent of the inputs.
  func signLabels(_ seed: UInt64) throws(Failure) -> Targets {
    let labels = try Buffer<Float>(samples, zeroed: false)
    Float.randomSigns(seed, DataStream.labels, UInt64(first), samples, labels.pointer)
    return .real(SampleStorage(labels), width: 1)
  }

  /// Fills all inputs on several threads; `body(position, n, out)` draws n numbers from a position of the stream.
  private func fill(
    perNumber: Double, _ body: (UInt64, Int, UnsafeMutablePointer<Float>) -> Void
  ) throws(Failure) -> Buffer<Float> {
    let out = try Buffer<Float>(count, zeroed: false)
    let pieces = Parallel.pieces(work: perNumber * Double(count))
    try Interruption.inPieces(pieces, count, work: perNumber, grain: 1024) { _, range in
      body(UInt64(first * features + range.lowerBound), range.count, out.pointer + range.lowerBound)
    }
    return out
  }

  /// Declarations shared by generators.
  static let mostSamples = 1e12
  static let mostFeatures = 1e9
  static let firstText =
    "Number of the first sample in the endless sequence of the seed: a test set begins where the training set ends."
}
