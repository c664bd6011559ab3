import SwaleCore

/// Random classification with Gaussian inputs: x_i normal with mean 0 and variance 1, labels +1 and -1 independent of
/// them.
public struct GaussianInputs: DataSource {
  public static let info = Info("gaussian_inputs", "Independent standard normal inputs with random labels +1 and -1.")
  public static var options: [Option<Self>] {
    [
      option("samples", \.samples, in: 1...SampleRange.mostSamples, "Number of samples P."),
      option("features", \.features, in: 1...SampleRange.mostFeatures, "Number of inputs N."),
      option("first", \.first, in: 0...SampleRange.mostSamples, SampleRange.firstText),
    ]
  }

  public var samples = 100
  public var features = 201
  public var first = 0
  public init() {}

  public func load(seed: UInt64) throws(Failure) -> Dataset {
    let range = try SampleRange(samples: samples, features: features, first: first, of: Self.info.name)
    return Dataset(
      name: Self.info.name, count: samples, shape: [features], inputs: SampleStorage(try range.normalInputs(seed)),
      targets: try range.signLabels(seed))
  }
}
