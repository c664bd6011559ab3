import SwaleCore

/// Inputs +1 and -1, kept as bits: +1 where an input is above the median of its feature, or above a given value, else
/// -1. The median of an even number of samples is the mean of the middle two.
///
/// The thresholds are the statistic "threshold" of the result, one for each feature. Given back as the option they
/// transform a test set by the training set's medians, as it must be.
public struct Binarize: DataTransform {
  public static let info = Info("binarize", "Inputs +1 above their feature's median or a given value, else -1.")
  public static var options: [Option<Self>] {
    [
      option("threshold", \.threshold, choices: ["median", "value"], "The median of every feature, or option value."),
      option(
        "value", \.value, in: -1e300...1e300,
        "One threshold for all features, or one for each; for threshold = value."),
    ]
  }

  public var threshold = "median"
  public var value: [Double] = []
  public init() {}

  private static let name = "transform 'binarize'"

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    guard data.count > 0 else { throw Failure(.shape, "\(Self.name): the dataset has no samples") }
    let thresholds = threshold == "median" ? try medians(data) : try given(data.width)
    let (width, storage) = (data.width, data.inputs)
    let bits = try SignBits(rows: data.count, width: width)
    let pieces = Parallel.pieces(work: 4 * Double(data.count) * Double(width))
    let rows = try Buffer<Double>(try checkedProduct([pieces, width], Self.name), zeroed: false)
    try Interruption.inPieces(pieces, data.count, work: 4 * Double(width)) { piece, range in
      let row = rows.pointer + piece * width
      for sample in range {
        storage.read(sample * width, width, into: row)
        Double.packAbove(width, row, thresholds.constant, bits.words(sample))
      }
    }
    return Dataset(
      name: data.name, count: data.count, shape: data.shape, inputs: .signs(bits, firstRow: 0), targets: data.targets,
      statistics: data.statistics.merging(["threshold": thresholds]) { $1 })
  }

  private func given(_ width: Int) throws(Failure) -> Buffer<Double> {
    guard value.count == 1 || value.count == width else {
      throw Failure(
        .option, "\(Self.name): option 'value' has \(value.count) numbers, allowed 1 or \(width), one for each feature")
    }
    let thresholds = try Buffer<Double>(width, zeroed: false)
    for j in 0..<width { thresholds.pointer[j] = value[value.count == 1 ? 0 : j] }
    return thresholds
  }

  /// Features taken together by one pass over the data: what fits the second-level cache with its samples.
  private func medians(_ data: Dataset) throws(Failure) -> Buffer<Double> {
    let (count, width) = (data.count, data.width)
    let together = min(width, max(8, 65_536 / count))
    let medians = try Buffer<Double>(width, zeroed: false)
    let blocks = (width + together - 1) / together
    let pieces = min(blocks, Parallel.pieces(work: 20 * Double(count) * Double(width)))
    let room = try checkedProduct([together, count], Self.name)
    let columns = try Buffer<Double>(try checkedProduct([pieces, room], Self.name), zeroed: false)
    let storage = data.inputs
    // Finding a median takes some tens of nanoseconds a number.
    try Interruption.inPieces(pieces, blocks, work: 100 * Double(room)) { piece, range in
      let base = columns.pointer + piece * room
      for block in range {
        let first = block * together
        let features = min(together, width - first)
        for sample in 0..<count {
          storage.read(sample * width + first, features, into: base + sample * features)
        }
        for j in 0..<features { medians.pointer[first + j] = Self.median(base + j, count, stride: features) }
      }
    }
    return medians
  }

  private static func median(_ x: UnsafeMutablePointer<Double>, _ count: Int, stride: Int) -> Double {
    let upper = select(x, count, stride, count / 2)
    if count % 2 == 1 { return upper }
    // What lies below position count / 2 is now not greater than it.
    var lower = x[0]
    for i in 0..<(count / 2) { lower = max(lower, x[i * stride]) }
    return lower + (upper - lower) / 2
  }

  /// The number that would be at position `rank` in order; moves smaller ones before it and greater ones behind it
  /// (C. A. R. Hoare, Comm. ACM 4 (1961) 321).
  private static func select(_ x: UnsafeMutablePointer<Double>, _ count: Int, _ stride: Int, _ rank: Int) -> Double {
    var (low, high) = (0, count - 1)
    while low < high {
      let pivot = x[(low + (high - low) / 2) * stride]
      var (i, j) = (low, high)
      while i <= j {
        while x[i * stride] < pivot { i += 1 }
        while x[j * stride] > pivot { j -= 1 }
        if i <= j {
          (x[i * stride], x[j * stride]) = (x[j * stride], x[i * stride])
          i += 1
          j -= 1
        }
      }
      if rank <= j { high = j } else if rank >= i { low = i } else { break }
    }
    return x[rank * stride]
  }
}
