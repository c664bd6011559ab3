import Glibc
import SwaleCore

/// Rescales a direction filter by filter: each filter (all weights that feed one output unit) gets the norm of the
/// same filter of `x`, so that slices of networks that differ only by the scale of their relu layers are equal.
/// Tensors without filters count as one filter; a filter that is zero in `x` becomes zero.
///
/// Biases and parameters of normalisation layers, which have one number per filter, are set to zero, or with
/// `copyBiases` to their value in `x`. Source: Li et al., NeurIPS (2018), arXiv:1712.09913, section 4.
func filterNormalize<S: Scalar>(
  _ direction: UnsafeMutablePointer<S>, like x: UnsafePointer<S>, _ layout: ParameterLayout, copyBiases: Bool
) {
  for tensor in layout.tensors {
    let d = direction + tensor.offset
    let w = x + tensor.offset
    switch tensor.role {
    case .weight, .free:
      if let axis = tensor.filterAxis, axis < tensor.shape.count {
        let outer = tensor.shape[..<axis].reduce(1, *)
        let inner = tensor.shape[(axis + 1)...].reduce(1, *)
        let filters = tensor.shape[axis]
        for f in 0..<filters {
          let runs = (0..<outer).lazy.map { ($0 * filters + f) * inner }
          rescale(d, like: w, runs: runs, length: inner)
        }
      } else {
        rescale(d, like: w, runs: CollectionOfOne(0), length: tensor.count)
      }
    case .bias, .normScale, .normShift:
      if copyBiases { d.update(from: w, count: tensor.count) } else { S.fill(tensor.count, 0, d) }
    }
  }
}

/// d *= |w| / |d| over the runs of `length` elements that start at `runs`.
private func rescale<S: Scalar>(
  _ d: UnsafeMutablePointer<S>, like w: UnsafePointer<S>, runs: some Sequence<Int>, length: Int
) {
  var wanted = 0.0
  var present = 0.0
  for start in runs {
    wanted += S.sumSquares(length, w + start)
    present += S.sumSquares(length, d + start)
  }
  let ordinary = present > 0 && wanted > 1e-280 && wanted < 1e300
  if !ordinary {
    // Squares left the range of doubles, or all is zero: lengths are added up without squares.
    (wanted, present) = (0, 0)
    for start in runs {
      wanted = hypot(wanted, S.norm(length, w + start))
      present = hypot(present, S.norm(length, d + start))
    }
  }
  let factor = present > 0 ? ordinary ? (wanted / present).squareRoot() : wanted / present : 0
  for start in runs { S.scale(length, S(factor), d + start) }
}

/// The frame of a slice: an origin and one or two directions, with the inner products that projections need.
struct SliceFrame<S: Scalar> {
  let dimension: Int
  let origin: UnsafePointer<S>
  let directions: [Buffer<S>]
  /// Lengths of the directions: what a coordinate of 1 means in parameter space.
  let norms: [Double]
  /// Cosine of the angle between two directions; 0 for one.
  let cosine: Double

  /// Refuses directions that are zero or parallel.
  init(_ dimension: Int, origin: UnsafePointer<S>, _ directions: [Buffer<S>]) throws(Failure) {
    self.dimension = dimension
    self.origin = origin
    self.directions = directions
    norms = directions.map { S.norm(dimension, $0.constant) }
    for (k, norm) in norms.enumerated() where !(norm > 0 && norm.isFinite) {
      throw Failure(
        .argument,
        "metric 'plane': direction \(k + 1) has length \(norm), allowed positive lengths; give points that differ, "
          + "or with filter normalisation a centre that is not zero")
    }
    cosine =
      directions.count < 2
      ? 0
      : S.cosine(dimension, directions[0].constant, norms[0], directions[1].constant, norms[1])
    // Below this angle (4e-8, in f32 1e-3) coordinates would be rounding noise.
    guard 1 - cosine * cosine > 8 * Double(S.ulpOfOne) else {
      throw Failure(.argument, "metric 'plane': the two directions are parallel; give points that span a plane")
    }
  }

  var pointers: [UnsafePointer<S>] { directions.map(\.constant) }

  /// Coordinates of the point of the slice that is nearest to `x`, by least squares as directions need not be
  /// orthonormal, and the distance between the two. `scratch` has room for one vector.
  func project(_ x: UnsafePointer<S>, _ scratch: UnsafeMutablePointer<S>) -> (coordinates: [Double], distance: Double) {
    S.subtract(dimension, x, origin, scratch)
    let along = zip(directions, norms).map { S.component(dimension, of: scratch, along: $0.constant, length: $1) }
    var coordinates = [along[0] / norms[0]]
    if directions.count == 2 {
      let determinant = 1 - cosine * cosine
      coordinates = [
        (along[0] - cosine * along[1]) / (determinant * norms[0]),
        (along[1] - cosine * along[0]) / (determinant * norms[1]),
      ]
    }
    for (coordinate, direction) in zip(coordinates, directions) {
      S.axpy(dimension, S(-coordinate), direction.constant, scratch)
    }
    return (coordinates, S.norm(dimension, scratch))
  }
}
