import SwaleCore

/// Uniform numbers in [low, high), the same for every tensor. Bounds in the wrong order are exchanged.
public struct Uniform: Component, Initializer {
  public static let info = Info("uniform", "Uniform between two bounds.")
  public static var options: [Option<Self>] {
    [
      option("low", \.low, in: -1e300...1e300, "Lower bound."),
      option("high", \.high, in: -1e300...1e300, "Upper bound."),
    ]
  }

  public var low = -1.0
  public var high = 1.0
  public init() {}

  public func fillWeights(_ tensor: Tensor, _ random: inout RandomStream, _ out: UnsafeMutablePointer<Double>) {
    random.uniform(tensor.count, min(low, high), max(low, high), into: out)
  }
}
