import SwaleCore

/// The whole Hessian matrix, for small problems and for tests of everything else.
///
/// Report: `matrix` (dimension x dimension, the symmetric part), `asymmetry` max |H_ij - H_ji| that was removed,
/// `relative_asymmetry` |H - H'| / 2 over |H| in Frobenius norms, `trace`, `frobenius` norm; `eigenvalues` ascending
/// and on request `eigenvectors` (row k to value k), `method` of the eigenproblem; `status` in words. When stopped
/// early: the first `rows` rows, and no eigenvalues. Products that are not those of a symmetric matrix
/// (relative asymmetry above 1e-3, in f32 1e-2) have no eigenvalues to give: an error, or without the eigenproblem the
/// matrix with the message "stalled".
public struct HessianDense: Component, Metric {
  public static let info = Info("hessian_dense", "The whole Hessian matrix and its eigenvalues.")
  public static var options: [Option<Self>] {
    [
      option("eigenvalues", \.eigenvalues, "Solve the eigenproblem."),
      option("vectors", \.vectors, "Keep the eigenvectors."),
      option("block", \.block, CurvatureTarget<Double>.blockSentence),
    ]
  }
  public static let needs: Capabilities = [.value, .gradient, .exactGradient]
  public static let points = 1...1

  public var eigenvalues = true
  public var vectors = false
  public var block = ""
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let target = try CurvatureTarget(job, at: points[0], .hessian, block: block)
    let n = target.dimension
    // The matrix, the copy that the eigenproblem overwrites, and the workspace of eigenvectors.
    try target.requireMemory(copies: vectors ? 4 : eigenvalues ? 2 : 1, of: Self.info.name)
    let dense = try DenseCurvature(job, target.matrix)
    let report = job.report
    report.record("matrix", dense.matrix, shape: [dense.rows, n])
    try report.record("rows", dense.rows)
    if dense.rows < n { return }
    try report.record("asymmetry", dense.asymmetry)
    try report.record("trace", (0..<n).reduce(0) { $0 + dense.matrix.pointer[$1 * n + $1] })
    try report.record("frobenius", Double.norm(n * n, dense.matrix.constant))
    if eigenvalues || vectors, let defect = target.defect(dense.norms, of: job.objective.name) {
      throw Failure(.argument, "metric 'hessian_dense': \(defect); option eigenvalues = off gives the matrix")
    }
    try target.conclude(dense.norms, job, by: Self.info.name)
    guard eigenvalues || vectors else { return }
    let copy = try Buffer(copying: dense.matrix.constant, count: n * n)
    let solution = try SymmetricEigen.solve(n, copy, vectors: vectors)
    report.record("eigenvalues", solution.values)
    try report.record("method", text: solution.method)
    if let rows = solution.vectors { report.record("eigenvectors", rows, shape: [n, n]) }
  }
}
