import SwaleCore

/// +1 or -1 with equal probability: starting points of binary weights.
public struct Binary: Component, Initializer {
  public static let info = Info("binary", "+1 or -1 with equal probability.")
  public init() {}

  public func fillWeights(_ tensor: Tensor, _ random: inout RandomStream, _ out: UnsafeMutablePointer<Double>) {
    random.signs(tensor.count, into: out)
  }
}
