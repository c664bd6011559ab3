import SwaleCore

/// Two Gaussian clouds: x = y v / sqrt(N) + sqrt(Delta) z, with z standard normal, y = +1 with probability rho and else
/// -1 (F. Mignacco et al., ICML 2020; C. Baldassi et al., 2020).
///
/// The centre v has normal entries (|v|^2 = N on average) or entries +1 and -1 (|v|^2 = N exactly); it depends on the
/// seed and N only and is kept as the statistic "centroid", beside "delta" and "rho".
public struct GaussianMixtureData: DataSource {
  public static let info = Info(
    "gaussian_mixture", "Two Gaussian clouds x = y v / sqrt(N) + sqrt(Delta) z with labels y = +1 and -1.",
    reference: "F. Mignacco, F. Krzakala, Y. M. Lu, P. Urbani, L. Zdeborova, ICML (2020)")
  public static var options: [Option<Self>] {
    [
      option("samples", \.samples, in: 1...SampleRange.mostSamples, "Number of samples P."),
      option("features", \.features, in: 1...SampleRange.mostFeatures, "Number of inputs N."),
      option("delta", \.delta, in: 0...1e12, "Variance Delta of the noise on each input."),
      option("rho", \.rho, in: 0...1, "Probability of label +1."),
      option(
        "centroid", \.centroid, choices: ["gaussian", "binary"],
        "Entries of the centre v: standard normal, or +1 and -1."),
      option("first", \.first, in: 0...SampleRange.mostSamples, SampleRange.firstText),
    ]
  }

  public var samples = 100
  public var features = 200
  public var delta = 1.0
  public var rho = 0.5
  public var centroid = "gaussian"
  public var first = 0
  public init() {}

  public func load(seed: UInt64) throws(Failure) -> Dataset {
    let range = try SampleRange(samples: samples, features: features, first: first, of: Self.info.name)
    let center = try Buffer<Double>(features, zeroed: false)
    var stream = RandomStream(seed: seed, stream: DataStream.teacher)
    if centroid == "binary" {
      stream.signs(features, into: center.pointer)
    } else {
      stream.normal(features, into: center.pointer)
    }
    let shift = try Buffer<Float>(features, zeroed: false)
    Float.fromDouble(features, center.constant, shift.pointer)
    Float.scale(features, Float(1 / Double(features).squareRoot()), shift.pointer)

    let labels = try drawLabels(seed)
    let inputs = try range.normalInputs(seed, sd: Float(delta.squareRoot()))
    let pieces = Parallel.pieces(work: 2 * Double(range.count))
    try Interruption.inPieces(pieces, samples, work: 2 * Double(features)) { _, range in
      for sample in range {
        Float.axpy(features, labels.pointer[sample], shift.constant, inputs.pointer + sample * features)
      }
    }
    return Dataset(
      name: Self.info.name, count: samples, shape: [features], inputs: SampleStorage(inputs),
      targets: .real(SampleStorage(labels), width: 1),
      statistics: ["centroid": center, "delta": try Buffer([delta]), "rho": try Buffer([rho])])
  }

  private func drawLabels(_ seed: UInt64) throws(Failure) -> Buffer<Float> {
    let uniform = try Buffer<Double>(samples, zeroed: false)
    Double.randomUniform(seed, DataStream.labels, UInt64(first), samples, 0, 1, uniform.pointer)
    let labels = try Buffer<Float>(samples, zeroed: false)
    for i in 0..<samples { labels.pointer[i] = uniform.pointer[i] < rho ? 1 : -1 }
    return labels
  }
}
