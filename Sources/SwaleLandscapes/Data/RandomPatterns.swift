import SwaleCore

/// Random classification: P patterns of N independent inputs +1 and -1 with independent labels +1 and -1, the storage
/// problem at load alpha = P / N (E. Gardner, J. Phys. A 21, 257 (1988)).
public struct RandomPatterns: DataSource {
  public static let info = Info(
    "random_patterns", "Independent inputs +1 and -1 with random labels +1 and -1.",
    reference: "E. Gardner, J. Phys. A 21, 257 (1988)")
  public static var options: [Option<Self>] {
    [
      option("samples", \.samples, in: 1...SampleRange.mostSamples, "Number of patterns P."),
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
      name: Self.info.name, count: samples, shape: [features], inputs: try range.signInputs(seed),
      targets: try range.signLabels(seed))
  }
}
