import Glibc
import SwaleCore

/// Probability of misclassifying a new sample.
///
/// - `test` (one point): the objective holds samples that were not trained on; the fraction e of its errors, with the
///   binomial standard error sqrt(e (1 - e) / P). For any model.
/// - `teacher` (two points: student and teacher): perceptrons whose inputs are isotropic. The closed form
///   acos(R) / pi with the cosine R between student and teacher; the student is the signs of x where the objective has
///   binary weights.
/// - `mixture` (two points: weights and centroid v): the closed form for x = y v / sqrt N + sqrt(delta) z, y = +1 with
///   probability rho, and the classifier sign(w.x / sqrt N + b),
///
///       e = rho H((m + b) / s) + (1 - rho) H((m - b) / s),   m = w.v / N,   s = sqrt(delta) |w| / sqrt N;
///
///   for rho = 1/2 beside it the Bayes error H(sqrt(alpha / (delta (alpha + delta)))) of the best guess from P = alpha
///   N samples, when v is normal.
///
/// Report: `generalization_error` and its standard error `generalization_error_error` (0 for closed forms), `method`;
/// `overlap` R (teacher: cosine; mixture: cosine with the centroid); `bayes_error` (mixture with rho = 1/2).
public struct GeneralizationError: Component, Metric {
  public static let info = Info(
    "generalization_error",
    "Probability of an error on new samples: closed form for perceptrons and Gaussian mixtures, else a test set.",
    reference: "Baldassi, Malatesta, Negri, Zecchina, Wide flat minima and optimal generalization in classifying "
      + "high-dimensional Gaussian mixtures (2020)")
  public static var options: [Option<Self>] {
    [
      option("method", \.method, choices: ["auto", "test", "teacher", "mixture"],
        "Test set, or closed form for a second point; auto: test for one point, teacher for two."),
      option("delta", \.delta, in: 1e-12...1e12, "Mixture: variance of the noise on each input."),
      option("rho", \.rho, in: 0...1, "Mixture: probability of label +1."),
      option("bias", \.bias, in: -1e150...1e150,
        "Mixture: b of the classifier, where the parameters of the objective do not hold one."),
      option("alpha", \.alpha, in: 0...1e12,
        "Mixture: samples per input that the Bayes error is for; 0: those of the objective."),
    ]
  }
  public static let needs: Capabilities = .errors
  public static let points = 1...2

  public var method = "auto"
  public var delta = 1.0
  public var rho = 0.5
  public var bias = 0.0
  public var alpha = 0.0
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let chosen = method != "auto" ? method : points.count == 1 ? "test" : "teacher"
    guard points.count == (chosen == "test" ? 1 : 2) else {
      throw Failure(
        .argument, "option 'method' = \(chosen) of metric 'generalization_error' takes \(chosen == "test" ? 1 : 2) "
          + "point(s)\(chosen == "test" ? "" : ", the second is the \(chosen == "teacher" ? "teacher" : "centroid")"), "
          + "got \(points.count)")
    }
    try job.report.record("method", text: chosen)
    switch chosen {
    case "test": try test(job, points[0])
    case "teacher": try teacher(job, points[0], points[1])
    default: try mixture(job, points[0], points[1])
    }
  }

  private func record<S: Scalar>(_ job: Job<S>, _ error: Double, standardError: Double = 0) throws(Failure) {
    try job.report.record("generalization_error", error)
    try job.report.record("generalization_error_error", standardError)
  }

  private func test<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) {
    let error = try job.evaluate(x).error
    let samples = job.objective.patterns?.patterns ?? job.oracle.sampleCount
    try record(job, error, standardError: (error * (1 - error) / Double(samples)).squareRoot())
    try job.report.record("samples", samples)
  }

  private func teacher<S: Scalar>(
    _ job: Job<S>, _ student: UnsafePointer<S>, _ teacher: UnsafePointer<S>
  ) throws(Failure) {
    guard let graph = job.objective.patterns, graph.isPerceptron else {
      throw Failure(
        .unsupported, "the closed form of metric 'generalization_error' for a teacher is that of a perceptron, which "
          + "objective '\(job.objective.name)' is not; measure one point on an objective with test samples")
    }
    let n = job.dimension
    let w = try Buffer<Double>(n, zeroed: false)
    let v = try Buffer<Double>(n, zeroed: false)
    S.toDouble(n, student, w.pointer)
    S.toDouble(n, teacher, v.pointer)
    if graph.weights == .binary {
      for i in 0..<n { w.pointer[i] = w.pointer[i] < 0 ? -1 : 1 }
    }
    let overlap = cosine(n, w, v)
    try record(job, acos(overlap) / .pi)
    try job.report.record("overlap", overlap)
  }

  private func mixture<S: Scalar>(
    _ job: Job<S>, _ x: UnsafePointer<S>, _ centroid: UnsafePointer<S>
  ) throws(Failure) {
    let n = job.dimension
    let w = try Buffer<Double>(n, zeroed: false)
    let v = try Buffer<Double>(n, zeroed: false)
    S.toDouble(n, x, w.pointer)
    S.toDouble(n, centroid, v.pointer)
    if job.objective.patterns?.weights == .binary {
      for i in 0..<n { w.pointer[i] = w.pointer[i] < 0 ? -1 : 1 }
    }
    // A bias among the parameters is no weight.
    var (inputs, b) = (n, bias)
    if let tensor = job.objective.layout.tensors.first(where: { $0.role == .bias }) {
      guard tensor.count == 1, n > 1 else {
        throw Failure(
          .unsupported, "the closed form of metric 'generalization_error' for a mixture is that of one linear unit, "
            + "but objective '\(job.objective.name)' has \(tensor.count) biases")
      }
      inputs = n - 1
      b = w.pointer[tensor.offset]
      w.pointer[tensor.offset] = 0
      v.pointer[tensor.offset] = 0
    }
    let size = Double(inputs)
    // Only the direction of weights and bias counts: where squares leave the range of doubles, in units of their
    // length.
    if !(1e-200...1e200).contains(Double.sumSquares(n, w.constant)) {
      let length = Double.norm(n, w.constant)
      guard length > 0 || b != 0 else {
        throw Failure(
          .argument, "metric 'generalization_error' with method 'mixture': weights and bias of the first point are 0")
      }
      if length > 0 {
        for i in 0..<n { w.pointer[i] /= length }
        b /= length
      }
    }
    let signal = Double.dot(n, w.constant, v.constant) / size
    let noise = (delta * Double.sumSquares(n, w.constant) / size).squareRoot()
    try record(job, rho * normalTail((signal + b) / noise) + (1 - rho) * normalTail((signal - b) / noise))
    try job.report.record("overlap", cosine(n, w, v))
    let load = alpha > 0 ? alpha : Double(job.oracle.sampleCount) / size
    if rho == 0.5, load > 0 {
      try job.report.record("bayes_error", normalTail((load / (delta * (load + delta))).squareRoot()))
    }
  }

  /// NaN for a zero vector.
  private func cosine(_ n: Int, _ a: Buffer<Double>, _ b: Buffer<Double>) -> Double {
    let squares = Double.sumSquares(n, a.constant) * Double.sumSquares(n, b.constant)
    var cosine = Double.dot(n, a.constant, b.constant) / squares.squareRoot()
    if !(1e-200...1e200).contains(squares) {
      let (first, second) = (Double.norm(n, a.constant), Double.norm(n, b.constant))
      guard first > 0, second > 0 else { return .nan }
      cosine = (0..<n).reduce(0) { $0 + a.pointer[$1] / first * (b.pointer[$1] / second) }
    }
    // Rounding may carry a quotient past 1, which no angle has.
    return max(-1, min(1, cosine))
  }
}
