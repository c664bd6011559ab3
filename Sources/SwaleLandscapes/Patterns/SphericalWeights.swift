import SwaleCore

/// The map w = R x / |x| of N parameters onto the sphere of radius R = sqrt N, and how derivatives by w become
/// derivatives by x. With u = x / |x| and J = (R / |x|) (1 - u u'), a function f(x) = F(w) has
///
///     gradient  J G,   G = dF/dw
///     Hessian   J F'' J - (R / |x|^2) [(u.G) (1 - 3 u u') + G u' + u G'].
///
/// f is constant along rays: at |x| = R its gradient is the Riemannian gradient of F on the sphere, and the Hessian
/// between tangent directions the Riemannian Hessian. Source: Absil, Mahony, Sepulchre, Optimization Algorithms on
/// Matrix Manifolds (2008), 3.6 and 5.3.
final class SphericalWeights<S: Scalar> {
  let count: Int
  /// w at the point of `take`.
  let weights: Buffer<S>
  private let radius: Double
  private var norm = Double.nan

  init(_ count: Int) throws(Failure) {
    self.count = count
    radius = Double(count).squareRoot()
    weights = try Buffer(count, zeroed: false)
  }

  /// Moves to the point x. Returns |x|; where it is not above 0, w is not defined.
  func take(_ x: UnsafePointer<S>) -> Double {
    norm = S.sumSquares(count, x).squareRoot()
    weights.pointer.update(from: x, count: count)
    S.scale(count, S(radius / norm), weights.pointer)
    return norm
  }

  /// v <- J v. J is symmetric: it takes tangents from x to w and gradients from w to x.
  func differential(_ v: UnsafeMutablePointer<S>) {
    let along = S.dot(count, v, weights.constant) / (radius * radius)
    S.axpy(count, S(-along), weights.constant, v)
    S.scale(count, S(radius / norm), v)
  }

  /// product <- product + what the curvature of the map adds to the Hessian times v.
  func addCurvature(_ gradient: UnsafePointer<S>, _ v: UnsafePointer<S>, _ product: UnsafeMutablePointer<S>) {
    let along = S.dot(count, v, weights.constant) / radius
    let slope = S.dot(count, gradient, weights.constant) / radius
    let scale = -radius / (norm * norm)
    S.axpy(count, S(scale * slope), v, product)
    S.axpy(count, S(scale * along), gradient, product)
    let radial = S.dot(count, v, gradient) - 3 * along * slope
    S.axpy(count, S(scale * radial / radius), weights.constant, product)
  }
}
