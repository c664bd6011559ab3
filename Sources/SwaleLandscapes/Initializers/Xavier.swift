import SwaleCore

/// Uniform numbers in +-sqrt(6 / (fan-in + fan-out)): keeps the size of signals and gradients through tanh layers.
public struct Xavier: Component, Initializer {
  public static let info = Info(
    "xavier", "Uniform in +-sqrt(6 / (inputs + outputs)): for tanh and linear layers.",
    reference: "Glorot, Bengio, AISTATS (2010), eq. 16")
  public init() {}

  public func fillWeights(_ tensor: Tensor, _ random: inout RandomStream, _ out: UnsafeMutablePointer<Double>) {
    let bound = (6 / Double(max(tensor.fanIn + tensor.fanOut, 1))).squareRoot()
    random.uniform(tensor.count, -bound, bound, into: out)
  }
}
