import SwaleCore

/// Rosenbrock's valley in n >= 2 dimensions, chained as in SciPy:
/// f(x) = sum_{i < n-1} 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, minimum 0 at (1, ..., 1).
public struct Rosenbrock: Landscape {
  public static let info = Info(
    "rosenbrock", "Rosenbrock's curved valley in n dimensions, minimum 0 at (1, ..., 1).",
    reference: "Rosenbrock, The Computer Journal 3 (1960) 175")
  public static var options: [Option<Self>] {
    [
      option("dimension", \.dimension, in: 2...1e9, "Number of variables."),
      option("precision", \.precision, choices: ["f64", "f32"], "Precision of points, gradients and products."),
    ]
  }

  public var dimension = 2
  public var precision = "f64"
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    AnalyticObjective(RosenbrockFunction(dimension: dimension), precision: precision == "f32" ? .f32 : .f64)
  }
}

/// The formula of `Rosenbrock`; with r_i = x_{i+1} - x_i^2 the Hessian is tridiagonal:
/// H_ii = 1200 x_i^2 - 400 x_{i+1} + 2 (i < n-1) + 200 (i > 0), H_{i,i+1} = -400 x_i.
public struct RosenbrockFunction: AnalyticFunction {
  public let name = "rosenbrock"
  public let dimension: Int

  /// - Parameter dimension: at least 2; smaller values are taken as 2.
  public init(dimension: Int) { self.dimension = max(2, dimension) }

  public func value(_ x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?) -> Double {
    var sum = 0.0
    gradient?[0] = 0
    for i in 0..<(dimension - 1) {
      let valley = x[i + 1] - x[i] * x[i]
      let along = 1 - x[i]
      sum += 100 * valley * valley + along * along
      if let gradient {
        gradient[i] -= 400 * valley * x[i] + 2 * along
        gradient[i + 1] = 200 * valley
      }
    }
    return sum
  }

  public func product(_ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    out[0] = 0
    for i in 0..<(dimension - 1) {
      let coupling = -400 * x[i]
      out[i] += (1200 * x[i] * x[i] - 400 * x[i + 1] + 2) * v[i] + coupling * v[i + 1]
      out[i + 1] = coupling * v[i] + 200 * v[i + 1]
    }
  }
}
