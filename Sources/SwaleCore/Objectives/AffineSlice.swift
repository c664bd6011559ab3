/// Points of a line or plane through parameter space: point_i = origin + sum_k coordinates[i, k] directions[k].
///
/// What paths, planes and noise along a ray are evaluated on: an objective that knows the points share directions can
/// share work between them.
public struct AffineSlice<S: Scalar> {
  public let origin: UnsafePointer<S>
  /// One direction (a line) or two (a plane), each of the dimension of the objective.
  public let directions: [UnsafePointer<S>]
  /// count x directions.count, row-major.
  public let coordinates: UnsafePointer<Double>
  public let count: Int

  public init(
    origin: UnsafePointer<S>, directions: [UnsafePointer<S>], coordinates: UnsafePointer<Double>, count: Int
  ) {
    self.origin = origin
    self.directions = directions
    self.coordinates = coordinates
    self.count = count
  }

  @inlinable public func coordinate(_ point: Int, _ direction: Int) -> Double {
    coordinates[point * directions.count + direction]
  }

  /// The slice with points first ..< first + count only.
  public func part(_ first: Int, _ count: Int) -> AffineSlice {
    AffineSlice(
      origin: origin, directions: directions, coordinates: coordinates + first * directions.count, count: count)
  }

  /// Writes the elements `range` of a point to the same elements of `out`.
  public func write(_ point: Int, _ range: Range<Int>, to out: UnsafeMutablePointer<S>) {
    let target = out + range.lowerBound
    target.update(from: origin + range.lowerBound, count: range.count)
    for k in directions.indices {
      S.axpy(range.count, S(coordinate(point, k)), directions[k] + range.lowerBound, target)
    }
  }
}
