import Glibc
import SwaleCore

/// The Mueller-Brown potential: three minima and two saddles in the plane, the usual test of path finding.
public struct MuellerBrown: Landscape {
  public static let info = Info(
    "mueller_brown", "Mueller-Brown potential in the plane: three minima joined by two saddles.",
    reference: "Mueller, Brown, Theoretica Chimica Acta 53 (1979) 75, footnote 7")
  public static var options: [Option<Self>] {
    [option("precision", \.precision, choices: ["f64", "f32"], "Precision of points, gradients and products.")]
  }

  public var precision = "f64"
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    AnalyticObjective(MuellerBrownFunction(), precision: precision == "f32" ? .f32 : .f64)
  }
}

/// f(x, y) = sum_k A_k exp(a_k u^2 + b_k u v + c_k v^2) with u = x - x_k, v = y - y_k, k = 1 ... 4.
public struct MuellerBrownFunction: AnalyticFunction {
  public let name = "mueller_brown"
  public let dimension = 2

  private struct Term {
    let height, a, b, c, x, y: Double
  }
  private static let terms = [
    Term(height: -200, a: -1, b: 0, c: -10, x: 1, y: 0),
    Term(height: -100, a: -1, b: 0, c: -10, x: 0, y: 0.5),
    Term(height: -170, a: -6.5, b: 11, c: -6.5, x: -0.5, y: 1.5),
    Term(height: 15, a: 0.7, b: 0.6, c: 0.7, x: -1, y: 1),
  ]

  public init() {}

  public func value(_ x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?) -> Double {
    var sum = 0.0
    var slope = (0.0, 0.0)
    for term in Self.terms {
      let u = x[0] - term.x
      let v = x[1] - term.y
      let e = term.height * exp(term.a * u * u + term.b * u * v + term.c * v * v)
      sum += e
      slope.0 += e * (2 * term.a * u + term.b * v)
      slope.1 += e * (term.b * u + 2 * term.c * v)
    }
    gradient?[0] = slope.0
    gradient?[1] = slope.1
    return sum
  }

  /// Of each term: H = e (d d' + Q) with d the gradient and Q the Hessian of its exponent.
  public func product(_ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    var result = (0.0, 0.0)
    for term in Self.terms {
      let u = x[0] - term.x
      let w = x[1] - term.y
      let e = term.height * exp(term.a * u * u + term.b * u * w + term.c * w * w)
      let d = (2 * term.a * u + term.b * w, term.b * u + 2 * term.c * w)
      let along = d.0 * v[0] + d.1 * v[1]
      result.0 += e * (d.0 * along + 2 * term.a * v[0] + term.b * v[1])
      result.1 += e * (d.1 * along + term.b * v[0] + 2 * term.c * v[1])
    }
    out[0] = result.0
    out[1] = result.1
  }
}
