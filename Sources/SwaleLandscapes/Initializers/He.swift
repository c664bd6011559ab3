import SwaleCore

/// Normal numbers of mean 0 and standard deviation sqrt(2 / fan-in): keeps the size of signals through relu layers.
public struct He: Component, Initializer {
  public static let info = Info(
    "he", "Normal, standard deviation sqrt(2 / inputs): for relu layers.",
    reference: "He, Zhang, Ren, Sun, ICCV (2015), eq. 10")
  public init() {}

  public func fillWeights(_ tensor: Tensor, _ random: inout RandomStream, _ out: UnsafeMutablePointer<Double>) {
    random.normal(tensor.count, sd: (2 / Double(max(tensor.fanIn, 1))).squareRoot(), into: out)
  }
}
