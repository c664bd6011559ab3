import SwaleCore

/// How firmly a solution holds its patterns: the distribution of the stabilities, label h / sqrt N for a perceptron and
/// label sum_k c_k phi(h_k / sqrt n) / sqrt K for a committee (of a parity machine: signed distance of the output from
/// its nearest change, see `PatternStabilities`). Solutions in wide flat minima have few patterns near 0.
///
/// Report: `stabilities` (P numbers, ascending), `margin` (the least), `mean`, `deviation`; `histogram` (density, so
/// that its integral is 1) between `edges`; `errors` (a recount from the patterns). A stability beyond the range of
/// doubles is refused.
public struct Stabilities: Component, Metric {
  public static let info = Info(
    "stabilities", "Distribution of the stabilities of the patterns at a point: sorted, with margin and histogram.",
    reference: "E. Gardner, J. Phys. A 21 (1988) 257; Baldassi et al., arXiv:2107.01163")
  public static var options: [Option<Self>] {
    [option("bins", \.bins, in: 1...1e6, "Bins of the histogram, equally wide from least to greatest stability.")]
  }
  public static let needs: Capabilities = .patterns
  public static let points = 1...1

  public var bins = 50
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    guard let graph = job.objective.patterns, graph.patterns > 0 else {
      throw Failure(.unsupported, "metric 'stabilities' needs patterns, objective '\(job.objective.name)' has none")
    }
    let found = try PatternStabilities(graph, points[0])
    let values = found.values
    if let bad = firstNonfinite(values.constant, values.count) {
      throw Failure(
        .nonfinite, "metric 'stabilities': the stability of pattern \(bad) is \(values.pointer[bad]), beyond the range of "
          + "doubles; scale the point down")
    }
    let errors = found.errors
    var sorted = values.elements
    sorted.sort()
    let count = Double(values.count)
    let mean = Self.mean(values)
    let (least, greatest) = (values.elements[0], values.elements[values.count - 1])
    // Equal stabilities, or such whose density would overflow, still get bins of a positive width.
    let distinct = greatest - least > 1e-290 * Double(bins)
    let (low, high) = distinct ? (least, greatest) : (least - 0.5, greatest + 0.5)
    let edges = try equallySpaced(low, high, bins + 1)
    let histogram = try Buffer<Double>(bins)
    // In halves, as the whole range may overflow.
    let width = 2 * ((high / 2 - low / 2) / Double(bins))
    for value in values.elements {
      let place = Int(saturating: (value / 2 - low / 2) / (width / 2))
      histogram.pointer[min(bins - 1, max(0, place))] += 1 / (count * width)
    }

    let report = job.report
    report.record("stabilities", values)
    try report.record("margin", least)
    try report.record("mean", mean)
    try report.record("deviation", try Self.deviation(values, from: mean))
    report.record("histogram", histogram)
    report.record("edges", edges)
    try report.record("errors", errors)
  }

  private static func mean(_ values: Buffer<Double>) -> Double {
    let sum = Double.sum(values.count, values.constant)
    if sum.isFinite { return sum / Double(values.count) }
    return values.elements.reduce(0) { $0 + $1 / Double(values.count) }
  }

  /// Standard deviation, NaN for one value. In halves and scaled where squares leave the range of doubles.
  private static func deviation(_ values: Buffer<Double>, from mean: Double) throws(Failure) -> Double {
    let count = Double(values.count)
    guard count > 1 else { return .nan }
    var squares = 0.0
    for value in values.elements { squares += (value - mean) * (value - mean) }
    if squares > 1e-280, squares < 1e300 { return (squares / (count - 1)).squareRoot() }
    let gaps = try Buffer<Double>(values.count, zeroed: false)
    for (i, value) in values.elements.enumerated() { gaps.pointer[i] = value / 2 - mean / 2 }
    return 2 * (Double.norm(values.count, gaps.constant) / (count - 1).squareRoot())
  }
}
