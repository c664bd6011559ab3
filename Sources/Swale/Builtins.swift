@_exported import SwaleCore
@_exported import SwaleLandscapes
@_exported import SwaleMetrics
@_exported import SwaleSolvers

extension Registry {
  /// The registry of this process: everything built in, and what plugins add.
  public static let shared = Registry.withBuiltins()

  /// The one list of everything built in. A new component is one file and one line here.
  static func withBuiltins() -> Registry {
    Registry(builtins: [
      // layers
      Registration(Dense.self),
      Registration(Activation.self),
      Registration(Flatten.self),
      Registration(Add.self),
      Registration(Softmax.self),
      // losses
      Registration(CrossEntropy.self),
      Registration(MeanSquaredError.self),
      Registration(Logistic.self),
      Registration(Hinge.self),
      Registration(ErrorCount.self),
      // objectives
      Registration(Network.self),
      // limits of a run
      Registration(RunSettings.self),
    ])
  }
}
