import SwaleCore

/// Franz-Parisi entropy of this instance: the entropy per weight of the solutions at Hamming distance d from a
/// reference, by belief propagation, averaged over references. References are the points given, or else typical
/// solutions drawn by decimation. Solutions are counted at margin `kappa`, which may differ from that of the
/// objective, at which references are drawn. Decimation was tried on perceptrons of N = 501 at alpha = 0.2 and N =
/// 301 at 0.4, where a reference takes 5 to 20 s; that grows exponentially with N, as typical solutions are isolated.
/// Where it fails that is said, and points from elsewhere serve. Typical references are isolated: near d = 0 there is
/// no other solution, which the messages say by a negative entropy; those of flat minima have some. Source: Franz,
/// Parisi, J. Physique I 5 (1995) 1401; Huang, Kabashima, PRE 90 (2014) 052813; spec 2.3 has the theory.
///
/// Report: `distances`; `entropies` (mean over the references whose messages converged), `entropies_error` (its
/// standard error over the references; NaN for one), `approximation_error` (the order of the error of every curve)
/// and `approximation` in words; `converged` (their number; where it is 0 there is no entropy), `empty` (references
/// without a solution at that distance), `bound` H2(d); `curves` (references x distances, NaN where not converged),
/// `fields` (the same shape: external fields g), `references` (one per row) with `reference_errors` (violated
/// patterns at the objective's margin), `status`.
public struct FranzParisi: Component, Metric {
  public static let info = Info(
    "franz_parisi", "Entropy of the solutions at given distances from typical solutions or from given points.",
    reference: "Franz, Parisi, J. Physique I 5 (1995) 1401; Huang, Kabashima, Phys. Rev. E 90 (2014) 052813")
  public static var options: [Option<Self>] {
    [
      option("distances", \.distances, in: 1e-6...0.999999, "Hamming distances per weight."),
      option("references", \.references, in: 1...10_000, "Typical solutions to draw, where no points are given."),
      option("attempts", \.attempts, in: 1...100, "Draws for each reference before the search for it is given up."),
      option("kappa", \.kappa, in: -1e6...1e6,
        "Margin of the solutions that are counted, one number; none: that of the objective."),
    ] + MessageLimits.options(\.limits)
  }
  public static let needs: Capabilities = .patterns
  public static let points = 0...Int.max

  public var distances = [0.3, 0.2, 0.1, 0.05, 0.02, 0.01]
  public var references = 5
  public var attempts = 5
  public var kappa: [Double] = []
  public var limits = MessageLimits()
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    guard kappa.count <= 1 else {
      throw Failure(.option, "option 'kappa' of metric 'franz_parisi' has \(kappa.count) numbers, allowed one or none")
    }
    guard !distances.isEmpty else {
      throw Failure(.option, "option 'distances' of metric 'franz_parisi' is empty, allowed one or more")
    }
    let n = job.dimension
    let wanted = points.isEmpty ? references : points.count
    let chosen = try Buffer<S>(try checkedProduct([wanted, n], "references of metric 'franz_parisi'"), zeroed: false)
    job.totalSteps = 2 * wanted
    var count = 0
    if points.isEmpty {
      count = try draw(job, chosen)
    } else {
      for point in points {
        for i in 0..<n { chosen.pointer[count * n + i] = point[i] >= 0 ? 1 : -1 }
        count += 1
      }
    }
    try record(job, chosen, count: count, of: wanted, drawn: points.isEmpty)
  }

  /// Typical solutions into the rows of `chosen`; returns how many were found.
  private func draw<S: Scalar>(_ job: Job<S>, _ chosen: Buffer<S>) throws(Failure) -> Int {
    let who = "metric 'franz_parisi'"
    guard let graph = job.objective.patterns else { return 0 }
    let decimation = Decimation(messages: try limits.messages(job, for: who), limits: limits, job: job, who: who)
    let n = job.dimension
    var random = job.random(StreamBase.metric, 1)
    var count = 0
    for reference in 0..<references {
      for attempt in 0..<attempts where !job.stopping() {
        let w = chosen.pointer + count * n
        let order = StreamBase.metric + UInt64(2 + reference * attempts + attempt)
        if try decimation.draw(&random, order: order, into: w), try PatternStabilities(graph, w).errors == 0 {
          count += 1
          break
        }
      }
      job.step += 1
      // Where all attempts at the first reference fail, those at the others are not worth their time.
      if count == 0 { break }
    }
    return count
  }

  private func record<S: Scalar>(
    _ job: Job<S>, _ chosen: Buffer<S>, count: Int, of wanted: Int, drawn: Bool
  ) throws(Failure) {
    let (n, m) = (job.dimension, distances.count)
    let cells = try checkedProduct([count, m], "curves of metric 'franz_parisi'")
    let curves = try Buffer<Double>(cells, zeroed: false)
    let fields = try Buffer<Double>(cells, zeroed: false)
    let errors = try Buffer<Int64>(count)
    // Means, order and curve points are arrays of a caller's length.
    let claim = try MemoryClaim(m * 256)
    defer { withExtendedLifetime(claim) {} }
    var means = [SampleMean](repeating: SampleMean(), count: m)
    let empty = try Buffer<Int64>(m)
    let messages = try limits.messages(job, margin: kappa.first, for: "metric 'franz_parisi'")
    // From far to near, where the messages of one distance lead to those of the next.
    let far = distances.indices.sorted { distances[$0] > distances[$1] }
    for row in 0..<count {
      let w = chosen.constant + row * n
      if let graph = job.objective.patterns { errors.pointer[row] = Int64(try PatternStabilities(graph, w).errors) }
      let curve = try LocalCurve(messages, limits, job, around: w)
      var found = far.map { curve.point(distance: distances[$0]) }
      LocalCurve<S>.markTurns(&found, slack: limits.slack)
      for (column, point) in zip(far, found) {
        curves.pointer[row * m + column] = point.entropy
        fields.pointer[row * m + column] = point.field
        if point.converged { means[column].add(point.entropy) }
        if point.empty { empty.pointer[column] += 1 }
      }
      job.step += 1
    }

    let report = job.report
    try report.record("distances", distances)
    try report.record("entropies", means.map(\.estimate.value))
    try report.record("entropies_error", means.map(\.estimate.standardError))
    try report.record("converged", means.map { Double($0.count) })
    report.record("empty", empty)
    try report.record("approximation_error", SolutionEntropy.error(messages.graph))
    try report.record("approximation", text: SolutionEntropy.approximation)
    try report.record("bound", distances.map(binaryEntropy))
    report.record("curves", curves, shape: [count, m])
    report.record("fields", fields, shape: [count, m])
    try report.record("references", vector: chosen.constant, shape: [count, n])
    report.record("reference_errors", errors)
    let none = (0..<m).reduce(0) { $0 + Int(empty.pointer[$1]) }
    let lost = means.reduce(0) { $0 + count - $1.count } - none
    var words: [String] = []
    if count < wanted { words.append("\(wanted - count) of \(wanted) references not found by decimation") }
    if lost > 0 || count == 0 { words.append("\(lost) of \(cells) points not converged") }
    if none > 0 { words.append("no solution exists at \(none) of \(cells) points") }
    // Of a point that was given the entropy is that of the point; a typical solution is one of many.
    let isSingle = drawn && count == 1
    if isSingle { words.append("one reference has no standard error") }
    let conflict = try messages.graph.conflict(margin: messages.settings.margin)
    if let conflict { words = ["no solution exists: \(conflict)"] }
    try report.record("status", text: words.isEmpty ? "converged" : words.joined(separator: "; "))
    let isLost = conflict == nil && (lost > 0 || count < wanted || isSingle)
    job.conclusion = isLost ? .unconverged : none > 0 || conflict != nil ? .noSolution : .converged
  }
}
