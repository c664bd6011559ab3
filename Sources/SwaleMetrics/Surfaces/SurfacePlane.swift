import SwaleCore

/// The landscape on a plane (or line) through parameter space: f(origin + x u + y v) on a grid.
///
/// Directions:
/// - `filter`: Gaussian, rescaled filter by filter to the norms of the centre;
/// - `random`: Gaussian, unit length;
/// - `eigenvectors`: of the largest eigenvalues of the Hessian, unit length;
/// - `points`: from the first point to the second and (plane) third, as they are;
/// - `three_point`: the plane through three points with orthonormal axes: x from the first to the second; the grid
///   covers the three points with a margin.
///
/// The first point is the origin. Points beyond those that define the slice are projected onto it.
///
/// Report: `axis_x` (nx), `axis_y` (ny); `loss` and, where errors are counted, `error` (ny x nx; a line: nx);
/// `u`, `v`, their lengths `direction_norms` (a coordinate of 1 is a displacement of this length) and
/// `direction_cosine`; of all points `coordinates` (k x dimensions), `out_of_plane` distances and `point_loss`;
/// `eigenvalues` of eigenvector directions and their `eigenvalue_residuals`. Grid points that a stopped run did not
/// reach are NaN. `status` in words: with values that are not finite the measurement has not converged.
public struct Plane: Component, Metric {
  public static let info = Info(
    "plane", "Loss and error on a plane or line through parameter space.",
    reference: "Li et al., NeurIPS (2018), arXiv:1712.09913")
  public static var options: [Option<Self>] {
    [
      option("directions", \.directions, choices: ["filter", "random", "eigenvectors", "points", "three_point"],
        "What spans the slice."),
      option("normalization", \.normalization, choices: ["auto", "none", "unit", "filter"],
        "Rescaling of the directions; auto: as the kind of directions says."),
      option("biases", \.biases, choices: ["zero", "copy"],
        "Biases and normalisation parameters of filter-normalised directions: zero, or those of the centre."),
      option("dimensions", \.dimensions, in: 1...2, "1: a line, 2: a plane."),
      option("resolution", \.resolution, in: 2...1e6, "Grid points along each axis."),
      option("range", \.range, in: 1e-12...1e12, "Coordinates run from -range to range (not for three_point)."),
      option("margin", \.margin, in: 0...100, "Room around three points, as a fraction of their extent."),
    ]
  }
  public static let needs: Capabilities = .value
  public static let points = 1...Int.max

  /// Relative residual of eigenvectors: a tilt far below what a picture shows.
  private static let eigenvectorTolerance = 1e-4

  public var directions = "filter"
  public var normalization = "auto"
  public var biases = "zero"
  public var dimensions = 2
  public var resolution = 51
  public var range = 1.0
  public var margin = 0.2
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    try check(points.count)
    guard let found = try span(job, points) else { return }
    let frame = try SliceFrame(job.dimension, origin: points[0], found.vectors)
    let projections = try project(job, frame, points)
    let axes = try self.axes(projections.coordinates)
    let nx = resolution
    let ny = dimensions == 2 ? resolution : 1
    let count = try checkedProduct([nx, ny], "the grid")
    let grid = try Buffer<Double>(count * dimensions, zeroed: false)
    for j in 0..<ny {
      try Interruption.check(work: 4 * Double(nx))
      for i in 0..<nx {
        let cell = (j * nx + i) * dimensions
        grid.pointer[cell] = axes[0].pointer[i]
        if dimensions == 2 { grid.pointer[cell + 1] = axes[1].pointer[j] }
      }
    }
    job.totalSteps = count + points.count
    let samples = try SurfaceSampler(
      job, origin: points[0], directions: frame.pointers, coordinates: grid, count: count)

    let report = job.report
    let shape = dimensions == 2 ? [ny, nx] : [nx]
    report.record("loss", samples.values, shape: shape)
    if job.objective.capabilities.contains(.errors) { report.record("error", samples.errors, shape: shape) }
    for (name, axis) in zip(["axis_x", "axis_y"], axes) { report.record(name, axis) }
    for (name, direction) in zip(["u", "v"], frame.directions) {
      try report.record(name, vector: direction.constant, shape: [job.dimension])
    }
    try report.record("direction_norms", frame.norms)
    if dimensions == 2 { try report.record("direction_cosine", frame.cosine) }
    try SurfaceSampler.conclude([samples.values, projections.values], job)
    if found.areTrue { return }
    job.conclusion = .unconverged
    try report.record("status", text: "not converged: the directions are no eigenvectors to the tolerance yet")
  }

  private func check(_ count: Int) throws(Failure) {
    let needed = directions == "three_point" ? 3 : directions == "points" ? dimensions + 1 : 1
    guard count >= needed else {
      throw Failure(
        .argument, "metric 'plane' with directions=\(directions) takes at least \(needed) points, got \(count)")
    }
    guard directions != "three_point" || dimensions == 2 else {
      throw Failure(.option, "option 'dimensions' of metric 'plane' is 1, directions=three_point allows 2")
    }
  }

  // MARK: Directions

  /// The directions as they will be used, and whether they are what they are called: nil when the run was stopped while
  /// they were computed.
  private func span<S: Scalar>(
    _ job: Job<S>, _ points: [UnsafePointer<S>]
  ) throws(Failure) -> (vectors: [Buffer<S>], areTrue: Bool)? {
    let n = job.dimension
    let vectors: [Buffer<S>]
    var areTrue = true
    switch directions {
    case "eigenvectors":
      guard let found = try topEigenvectors(job, at: points[0], count: dimensions) else { return nil }
      (vectors, areTrue) = found
    case "points", "three_point":
      var differences: [Buffer<S>] = []
      for point in points[1...dimensions] {
        let difference = try Buffer<S>(n, zeroed: false)
        S.subtract(n, point, points[0], difference.pointer)
        differences.append(difference)
      }
      vectors = differences
    default:
      var drawn: [Buffer<S>] = []
      for k in 0..<dimensions {
        let direction = try Buffer<S>(n, zeroed: false)
        var random = job.random(StreamBase.metric, k)
        random.normal(n, into: direction.pointer)
        drawn.append(direction)
      }
      vectors = drawn
    }
    if directions == "three_point" {
      // Axes must be orthonormal for distances on the picture to be distances between the points.
      try orthonormalize(n, vectors)
      return (vectors, true)
    }
    let automatic = ["filter": "filter", "random": "unit"][directions] ?? "none"
    for vector in vectors {
      switch normalization == "auto" ? automatic : normalization {
      case "filter":
        filterNormalize(vector.pointer, like: points[0], job.objective.layout, copyBiases: biases == "copy")
      case "unit":
        let norm = S.norm(n, vector.constant)
        if norm > 0 { S.normalize(n, vector.pointer, length: norm) }
      default: break
      }
    }
    return (vectors, areTrue)
  }

  /// Gram-Schmidt, twice for accuracy.
  private func orthonormalize<S: Scalar>(_ n: Int, _ vectors: [Buffer<S>]) throws(Failure) {
    // The frame refuses zero and parallel vectors in words while they still have their lengths.
    let u = vectors[0]
    let v = vectors[1]
    _ = try SliceFrame(n, origin: u.constant, vectors)
    S.normalize(n, u.pointer, length: S.norm(n, u.constant))
    for _ in 0..<2 {
      S.axpy(n, S(-S.dot(n, u.constant, v.constant)), u.constant, v.pointer)
      S.normalize(n, v.pointer, length: S.norm(n, v.constant))
    }
  }

  /// Unit eigenvectors of the largest eigenvalues of the Hessian; nil when the run was stopped before they were found.
  private func topEigenvectors<S: Scalar>(
    _ job: Job<S>, at x: UnsafePointer<S>, count: Int
  ) throws(Failure) -> (vectors: [Buffer<S>], areTrue: Bool)? {
    try job.objective.capabilities.require(
      .gradient, by: "metric 'plane' with directions=eigenvectors", objective: job.objective.name)
    guard job.dimension >= count else {
      throw Failure(
        .unsupported,
        "metric 'plane' with dimensions=\(count) needs \(count) parameters, the objective has \(job.dimension)")
    }
    let hessian = ScaledOperator(try CurvatureOperator(job, at: x))
    var random = job.random(StreamBase.metric)
    let pairs = try TopEigenpairs<S>(k: count, tolerance: Self.eigenvectorTolerance).solve(hessian, &random) {
      job.stopping()
    }
    guard pairs.count == count else { return nil }
    try job.report.record("eigenvalues", pairs.values.array.map { hessian.unit * $0 })
    try job.report.record("eigenvalue_residuals", pairs.residuals.array.map { hessian.unit * $0 })
    var vectors: [Buffer<S>] = []
    for k in 0..<count {
      vectors.append(try Buffer(copying: pairs.vectors.constant + k * job.dimension, count: job.dimension))
    }
    return (vectors, pairs.allConverged)
  }

  // MARK: Points and axes

  /// Records coordinates, distances and values of the points; returns their coordinates and values.
  private func project<S: Scalar>(
    _ job: Job<S>, _ frame: SliceFrame<S>, _ points: [UnsafePointer<S>]
  ) throws(Failure) -> (coordinates: [[Double]], values: Buffer<Double>) {
    let scratch = try Buffer<S>(job.dimension, zeroed: false)
    let coordinates = try Buffer<Double>(try checkedProduct([points.count, dimensions], "the coordinates"))
    let distances = try Buffer<Double>(points.count)
    let values = try Buffer<Double>(points.count, zeroed: false)
    Double.fill(points.count, .nan, values.pointer)
    var projections: [[Double]] = []
    for (i, point) in points.enumerated() {
      let projection = frame.project(point, scratch.pointer)
      for k in 0..<dimensions { coordinates.pointer[i * dimensions + k] = projection.coordinates[k] }
      distances.pointer[i] = projection.distance
      projections.append(projection.coordinates)
      if !job.stopping(),
        let found = try job.unlessInterrupted({ () throws(Failure) in try job.evaluate(point).value })
      {
        values.pointer[i] = found
      }
      job.step += 1
    }
    job.report.record("coordinates", coordinates, shape: [points.count, dimensions])
    job.report.record("out_of_plane", distances)
    job.report.record("point_loss", values)
    return (projections, values)
  }

  private func axes(_ projections: [[Double]]) throws(Failure) -> [Buffer<Double>] {
    var axes: [Buffer<Double>] = []
    for k in 0..<dimensions {
      var low = -range
      var high = range
      if directions == "three_point" {
        let extent = projections[..<3].map { $0[k] }
        low = extent.min() ?? 0
        high = extent.max() ?? 0
        let room = margin * (high - low)
        low -= room
        high += room
      }
      axes.append(try equallySpaced(low, high, resolution))
    }
    return axes
  }
}
