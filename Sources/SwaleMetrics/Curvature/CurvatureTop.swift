import SwaleCore

/// Extreme eigenvalues of a curvature matrix with residuals, by Lanczos (`TopEigenpairs`).
///
/// Report: `eigenvalues` (k, in the order of option `which`; fewer when stopped early), `residuals`
/// |A v - lambda v| of unit vectors, from the recurrence; `converged` (1 or 0 each: residual <= tolerance |lambda|);
/// `complete` 1 where more wanted eigenvalues than those found were ruled out (the process goes on for that when the
/// residuals are small already), without which nothing is called converged;
/// `status` in words; `eigenvectors` (k x dimension, on request); `steps` of Lanczos; `value`, `dimension`, `method`.
/// The recurrence is right for symmetric products only and is checked by true ones: `verify` = each records
/// `true_residuals` (k, costs k products), `combined` records `check_residual`, the length of
/// sum_i s_i (A v_i - lambda_i v_i) with random signs s_i (one product), and `check_bound`, the sum of the residuals
/// that it does not exceed but for rounding. A pair whose true residual is above its tolerance has not converged; where
/// `check_residual` is above the sum of the tolerances no pair has, and the message is "stalled".
protocol CurvatureTop: Component, Metric {
  static var curvature: Curvature { get }
  var k: Int { get set }
  var which: String { get set }
  var tolerance: Double { get set }
  var maxSteps: Int { get set }
  var block: String { get set }
  var vectors: Bool { get set }
  var copies: Bool { get set }
  var verify: String { get set }
}

extension CurvatureTop {
  public static var points: ClosedRange<Int> { 1...1 }

  static var topOptions: [Option<Self>] {
    [
      option("k", \.k, in: 1...1e6, "Number of eigenvalues."),
      option("which", \.which, choices: SpectrumEnd.allCases.map(\.rawValue),
        "Largest first, smallest first, both ends (k / 2 each) or largest magnitude first."),
      option("tolerance", \.tolerance, in: 1e-14...1,
        "Converged when the residual |A v - lambda v| is at most this times |lambda|."),
      option("max_steps", \.maxSteps, in: 1...1e6, "Lanczos steps at most; each keeps one vector."),
      option("block", \.block, CurvatureTarget<Double>.blockSentence),
      option("vectors", \.vectors, "Keep the eigenvectors."),
      option("copies", \.copies,
        "Look for further copies of multiple eigenvalues, of which one starting vector shows one; costs products. "
          + "Always done for matrices of up to max_steps rows."),
      option("verify", \.verify, choices: ["combined", "each", "none"],
        "True products at the end: one for all pairs combined, one for each, or none."),
    ]
  }

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let target = try CurvatureTarget(job, at: points[0], Self.curvature, block: block)
    try Self.require("k", k, atMost: target.dimension)
    let end = try Self.choice("which", which, as: SpectrumEnd.self)
    let solver = TopEigenpairs<S>(k: k, end: end, tolerance: tolerance, maxSteps: maxSteps, copies: copies)
    // How many steps the residuals will take is not known: progress has no total, rather than the limit for one.
    var random = job.random(StreamBase.metric)
    let pairs = try solver.solve(target.scaled, &random) {
      job.step = job.productCount
      return job.stopping()
    }
    let report = job.report
    let unit = target.scaled.unit
    try report.record("eigenvalues", pairs.values.array.map { unit * $0 })
    try report.record("residuals", pairs.residuals.array.map { unit * $0 })
    try report.record("steps", pairs.steps)
    try report.record("method", text: "Lanczos, fully re-orthogonalised twice")
    // A check that was broken off takes nothing back: the reason says that the run was stopped.
    let checked = try job.unlessInterrupted { () throws(Failure) in
      job.stopping() ? true : try check(target, pairs, &random, report)
    }
    let trusted = checked ?? true
    report.record("converged", pairs.converged)
    try report.record("complete", pairs.isComplete ? 1 : 0)
    try conclude(job, pairs, trusted)
    if vectors {
      try report.record("eigenvectors", vector: pairs.vectors.constant, shape: [pairs.count, target.dimension])
    }
  }

  private func conclude<S: Scalar>(
    _ job: Job<S>, _ pairs: TopEigenpairs<S>.Pairs, _ trusted: Bool
  ) throws(Failure) {
    let open = pairs.converged.elements.count { $0 == 0 }
    var status = "converged"
    if !trusted {
      status = "not converged: true products leave larger residuals than the recurrence says; the products of objective "
        + "'\(job.objective.name)' are not those of one symmetric matrix (its gradient or its Hessian-vector product is "
        + "wrong, or differences of the gradient are too coarse)"
      job.conclusion = .stalled
      Log.write(.warning, "metric '\(Self.info.name)': \(status)")
    } else if open > 0 {
      status = "not converged: \(open) of \(pairs.count) residuals are above the tolerance after \(pairs.steps) steps"
      job.conclusion = .maxSteps
    } else if !pairs.isComplete {
      status = "not converged: the pairs are eigenpairs to the tolerance, but \(pairs.steps) steps do not rule out "
        + "that more wanted eigenvalues are hidden; raise max_steps"
      job.conclusion = .maxSteps
    }
    try job.report.record("status", text: status)
  }

  /// Compares the residuals with true products, and takes back the convergence of pairs that do not stand it. Returns
  /// whether all that had converged did.
  private func check<S: Scalar>(
    _ target: CurvatureTarget<S>, _ pairs: TopEigenpairs<S>.Pairs, _ random: inout RandomStream, _ report: Report
  ) throws(Failure) -> Bool {
    let n = target.dimension
    let count = pairs.count
    if verify == "none" || count == 0 { return true }
    // Products round: errors of n terms add up like their square root.
    let unit = target.scaled.unit
    let rounding = (8 * Double(S.ulpOfOne) * Double(n).squareRoot() + target.relativeNoise) * pairs.scale
      + target.noise / unit
    func bound(_ i: Int) -> Double { max(pairs.bounds.pointer[i], pairs.residuals.pointer[i]) + rounding }
    let image = try Buffer<S>(n, zeroed: false)
    if verify == "each" {
      let residuals = try Buffer<Double>(count)
      for i in 0..<count {
        let vector = pairs.vectors.constant + i * n
        try target.scaled.apply(1, vector, image.pointer)
        S.axpy(n, S(-pairs.values.pointer[i]), vector, image.pointer)
        residuals.pointer[i] = S.norm(n, image.constant)
      }
      try report.record("true_residuals", residuals.array.map { unit * $0 })
      let wrong = (0..<count).filter { residuals.pointer[$0] > bound($0) }
      for i in wrong { pairs.converged.pointer[i] = 0 }
      return wrong.isEmpty
    }
    let signs = try Buffer<Double>(count)
    random.signs(count, into: signs.pointer)
    let sum = try Buffer<S>(n)
    for i in 0..<count { S.axpy(n, S(signs.pointer[i]), pairs.vectors.constant + i * n, sum.pointer) }
    try target.scaled.apply(1, sum.constant, image.pointer)
    for i in 0..<count {
      S.axpy(n, S(-signs.pointer[i] * pairs.values.pointer[i]), pairs.vectors.constant + i * n, image.pointer)
    }
    let residual = S.norm(n, image.constant)
    try report.record("check_residual", unit * residual)
    try report.record("check_bound", unit * Double.sum(count, pairs.residuals.constant))
    let stands = residual <= (0..<count).reduce(0) { $0 + bound($1) }
    if !stands { for i in 0..<count { pairs.converged.pointer[i] = 0 } }
    return stands
  }
}

/// Extreme eigenvalues and eigenvectors of the Hessian.
public struct HessianTop: CurvatureTop {
  public static let info = Info(
    "hessian_top", "Extreme eigenvalues of the Hessian with residuals, by Lanczos.",
    reference: "Lanczos, J. Res. NBS 45 (1950) 255; Parlett, The Symmetric Eigenvalue Problem (1998) ch. 13")
  public static var options: [Option<Self>] { topOptions }
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  static let curvature = Curvature.hessian

  public var k = 1
  public var which = "largest"
  public var tolerance = 1e-3
  public var maxSteps = 300
  public var block = ""
  public var vectors = false
  public var copies = false
  public var verify = "combined"
  public init() {}
}

/// Extreme eigenvalues and eigenvectors of the Gauss-Newton matrix G = mean J' (d2 loss / d output2) J of the losses,
/// which for softmax cross-entropy is the Fisher information. The penalty l2/2 |x|^2 of an objective is not in G.
public struct GaussNewtonTop: CurvatureTop {
  public static let info = Info(
    "gauss_newton_top",
    "Extreme eigenvalues of the Gauss-Newton matrix of the losses (without l2) with residuals, by Lanczos.",
    reference: "Schraudolph, Neural Computation 14 (2002) 1723")
  public static var options: [Option<Self>] { topOptions }
  public static let needs: Capabilities = [.value, .gradient, .gaussNewton]
  static let curvature = Curvature.gaussNewton

  public var k = 1
  public var which = "largest"
  public var tolerance = 1e-3
  public var maxSteps = 300
  public var block = ""
  public var vectors = false
  public var copies = false
  public var verify = "combined"
  public init() {}
}
