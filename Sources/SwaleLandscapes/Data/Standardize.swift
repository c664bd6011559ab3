import SwaleCore

/// Inputs with mean 0 and standard deviation 1: x' = (x - mean) / scale, per feature or over all inputs together.
/// Standard deviations are those of the population (divided by n); a constant feature is only centred (scale 1).
///
/// The numbers used are the statistics "mean" and "scale" of the result. Given back as options they transform a test
/// set by the training set's statistics, as it must be.
public struct Standardize: DataTransform {
  public static let info = Info("standardize", "Inputs with mean 0 and standard deviation 1.")
  public static var options: [Option<Self>] {
    [
      option("mode", \.mode, choices: ["feature", "global"], "One mean and scale per feature, or one for all inputs."),
      option("mean", \.mean, in: -1e300...1e300, "Means to use instead of the data's own; needs scale too."),
      option("scale", \.scale, in: 1e-300...1e300, "Standard deviations to use instead of the data's own."),
      option("floor", \.floor, in: 0...1e300, "Standard deviations up to this count as constant features: scale 1."),
      option("precision", \.precision, choices: KeptPrecision.allCases.map(\.rawValue), KeptPrecision.text),
    ]
  }

  public var mode = "feature"
  public var mean: [Double] = []
  public var scale: [Double] = []
  public var floor = 1e-8
  public var precision = "auto"
  public init() {}

  private static let name = "transform 'standardize'"

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    let blocks = SampleBlocks(data)
    let (mean, scale) = self.mean.isEmpty && self.scale.isEmpty ? try measure(blocks) : try given(blocks.width)
    // One entry per input, so that one loop serves both modes.
    let shift = try Buffer<Double>(blocks.width, zeroed: false)
    let factor = try Buffer<Double>(blocks.width, zeroed: false)
    for j in 0..<blocks.width {
      shift.pointer[j] = -mean.pointer[mean.count == 1 ? 0 : j]
      factor.pointer[j] = 1 / scale.pointer[scale.count == 1 ? 0 : j]
    }
    let kept = (KeptPrecision(rawValue: precision) ?? .auto).resolved(for: data.inputs)
    let width = blocks.width
    let inputs = try blocks.mapped(kept, Self.name) { rows, x in
      Double.addBias(rows, width, shift.constant, x)
      for row in 0..<rows { Double.multiply(width, x + row * width, factor.constant, x + row * width) }
    }
    return Dataset(
      name: data.name, count: data.count, shape: data.shape, inputs: inputs, targets: data.targets,
      statistics: data.statistics.merging(["mean": mean, "scale": scale]) { $1 })
  }

  /// The options' own numbers, checked.
  private func given(_ width: Int) throws(Failure) -> (Buffer<Double>, Buffer<Double>) {
    let wanted = mode == "feature" ? width : 1
    guard mean.count == wanted, scale.count == wanted else {
      throw Failure(
        .option, "\(Self.name): mean has \(mean.count) and scale \(scale.count) numbers, "
          + "mode '\(mode)' needs \(wanted) of each")
    }
    return (try Buffer(mean), try Buffer(scale))
  }

  /// Mean and scale of the data, in two passes; differences from the first sample make constants exactly constant.
  private func measure(_ blocks: SampleBlocks) throws(Failure) -> (Buffer<Double>, Buffer<Double>) {
    let width = blocks.width
    let samples = Double(blocks.rows)
    let origin = try Buffer<Double>(width, zeroed: false)
    blocks.storage.read(0, width, into: origin.pointer)
    Double.scale(width, -1, origin.pointer)
    let mean = try Buffer<Double>(width)
    try blocks.forEach { rows, x in
      Double.addBias(rows, width, origin.constant, x)
      Double.columnSum(rows, width, x, mean.pointer)
    }
    // mean = first + sum / n
    Double.axpby(width, -1, origin.constant, 1 / samples, mean.pointer)

    let negative = try Buffer(copying: mean.constant, count: width)
    Double.scale(width, -1, negative.pointer)
    let variance = try Buffer<Double>(width)
    try blocks.forEach { rows, x in
      Double.addBias(rows, width, negative.constant, x)
      Double.multiply(rows * width, x, x, x)
      Double.columnSum(rows, width, x, variance.pointer)
    }
    Double.scale(width, 1 / samples, variance.pointer)
    guard Double.firstNonfinite(width, variance.constant) < 0, Double.firstNonfinite(width, mean.constant) < 0 else {
      throw Failure(.nonfinite, "\(Self.name): the variance overflows; scale the inputs first")
    }
    return mode == "feature" ? (mean, try scales(variance)) : try pooled(mean, variance)
  }

  private func scales(_ variance: Buffer<Double>) throws(Failure) -> Buffer<Double> {
    let scale = try Buffer<Double>(variance.count, zeroed: false)
    for j in 0..<variance.count {
      let sd = variance.pointer[j].squareRoot()
      scale.pointer[j] = sd > floor ? sd : 1
    }
    return scale
  }

  /// Over all inputs: the mean of the means, and the mean variance plus the variance of the means.
  private func pooled(
    _ means: Buffer<Double>, _ variances: Buffer<Double>
  ) throws(Failure) -> (Buffer<Double>, Buffer<Double>) {
    let width = Double(means.count)
    let mean = Double.sum(means.count, means.constant) / width
    var variance = 0.0
    for j in 0..<means.count {
      let difference = means.pointer[j] - mean
      variance += (variances.pointer[j] + difference * difference) / width
    }
    return (try Buffer([mean]), try scales(try Buffer([variance])))
  }
}
