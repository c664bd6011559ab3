import SwaleCore

/// Normal numbers of mean 0 and a given standard deviation, the same for every tensor.
public struct Gaussian: Component, Initializer {
  public static let info = Info("gaussian", "Normal with a given standard deviation.")
  public static var options: [Option<Self>] {
    [option("sd", \.sd, in: 0...1e300, "Standard deviation.")]
  }

  public var sd = 1.0
  public init() {}

  public func fillWeights(_ tensor: Tensor, _ random: inout RandomStream, _ out: UnsafeMutablePointer<Double>) {
    random.normal(tensor.count, sd: sd, into: out)
  }
}
