import SwaleCore

/// Estimates of tr A from a fixed number of products. There is no stopping rule on small changes of a running mean: it
/// stops on luck (on the operator of taxonomy 4.3, 38 % of such runs are more than 5 % off); the standard error says
/// how far to trust the value.
public struct TraceEstimator<S: Scalar> {
  public enum Method: String, CaseIterable, Sendable {
    /// Mean of z' A z; variance 2 (|A|_F^2 - sum A_ii^2) / probes for Rademacher z (Hutchinson 1989).
    case hutchinson
    /// Exact trace on the range of a sketch plus Hutchinson on its complement, a third of the products each (Meyer,
    /// Musco, Musco and Woodruff 2021).
    case hutchPlusPlus = "hutch++"
  }

  public let method: Method
  public let law: ProbeLaw
  /// Products spent, for either method.
  public let products: Int

  public init(_ method: Method, _ law: ProbeLaw = .rademacher, products: Int) {
    self.method = method
    self.law = law
    self.products = products
  }

  public struct Outcome {
    public let trace: Estimate
    /// The independent samples whose mean is the trace.
    public let samples: Buffer<Double>
    /// Part of the trace that is exact (Hutch++), and the rank of the subspace it is exact on.
    public let exact: Double
    public let rank: Int
    /// From the first block of random vectors; unknown for a single one.
    public let asymmetry: Asymmetry
  }

  /// Vectors per block product, so that input and output blocks stay within 64 MB each.
  private func blockSize(_ n: Int) -> Int { max(1, min(32, (1 << 26) / (max(n, 1) * MemoryLayout<S>.size))) }

  /// - Parameters:
  ///   - probe: fills the vector of sample i; nil to draw it from `random` by the law. Hutch++ draws its own.
  ///   - stopping: asked before each block; samples made so far count.
  public func estimate(
    _ a: any LinearOperator<S>, _ random: inout RandomStream, probe: ((Int, UnsafeMutablePointer<S>) -> Void)? = nil,
    stopping: () -> Bool = { false }
  ) throws(Failure) -> Outcome {
    let n = a.dimension
    switch method {
    case .hutchinson:
      return try sample(a, products, nil, 0, nil, &random, probe, stopping)
    case .hutchPlusPlus:
      let basis = try OrthonormalRows<S>(n)
      let (exact, asymmetry) = try sketch(a, min(products / 3, n), basis, &random, stopping)
      return try sample(a, products - 2 * (products / 3), basis, exact, asymmetry, &random, nil, stopping)
    }
  }

  /// One block of products; false when it was broken off and says nothing.
  private func product(
    _ a: any LinearOperator<S>, _ count: Int, _ input: Buffer<S>, _ output: Buffer<S>
  ) throws(Failure) -> Bool {
    try Interruption.completes { () throws(Failure) in try a.apply(count, input.constant, output.pointer) }
  }

  /// Fills `basis` with the range of A times random signs and returns the trace of A on it, and the asymmetry that the
  /// random vectors showed.
  private func sketch(
    _ a: any LinearOperator<S>, _ size: Int, _ basis: OrthonormalRows<S>, _ random: inout RandomStream,
    _ stopping: () -> Bool
  ) throws(Failure) -> (trace: Double, asymmetry: Asymmetry) {
    let n = a.dimension
    let block = min(blockSize(n), max(size, 1))
    let input = try Buffer<S>(block * n, zeroed: false)
    let output = try Buffer<S>(block * n, zeroed: false)
    var asymmetry = Asymmetry.unknown
    var done = 0
    while done < size, !stopping() {
      let count = min(block, size - done, max(a.allowance, 1))
      law.fill(&random, count * n, input.pointer)
      guard try product(a, count, input, output) else { break }
      if done == 0 { asymmetry = .estimate(count, n, length: Double(n).squareRoot(), input.constant, output.constant) }
      for j in 0..<count {
        let vector = output.pointer + j * n
        let before = S.norm(n, vector)
        let norm = basis.orthogonalize(vector)
        if norm > 100 * Double(S.ulpOfOne) * before { try basis.append(vector, norm: norm) }
      }
      done += count
    }
    var trace = 0.0
    var measured = 0
    while measured < basis.count, !stopping() {
      let count = min(block, basis.count - measured, max(a.allowance, 1))
      for j in 0..<count { (input.pointer + j * n).update(from: basis.row(measured + j), count: n) }
      guard try product(a, count, input, output) else { break }
      for j in 0..<count { trace += S.dot(n, input.constant + j * n, output.constant + j * n) }
      measured += count
    }
    // A stop in the middle leaves vectors whose part of the trace is unknown: no estimate at all.
    return (measured < basis.count ? .nan : trace, asymmetry)
  }

  /// Hutchinson samples, on the complement of `basis` when there is one, each shifted by `exact`.
  private func sample(
    _ a: any LinearOperator<S>, _ count: Int, _ basis: OrthonormalRows<S>?, _ exact: Double, _ known: Asymmetry?,
    _ random: inout RandomStream, _ probe: ((Int, UnsafeMutablePointer<S>) -> Void)?, _ stopping: () -> Bool
  ) throws(Failure) -> Outcome {
    let n = a.dimension
    let rank = basis?.count ?? 0
    var asymmetry = known ?? .unknown
    if rank == n {
      return Outcome(
        trace: Estimate(exact, error: 0), samples: try Buffer([exact]), exact: exact, rank: rank, asymmetry: asymmetry)
    }
    let block = min(blockSize(n), max(count, 1))
    let input = try Buffer<S>(block * n, zeroed: false)
    let output = try Buffer<S>(block * n, zeroed: false)
    var samples = try Series()
    var mean = SampleMean()
    while mean.count < count, !stopping() {
      let size = min(block, count - mean.count, max(a.allowance, 1))
      if let probe {
        for j in 0..<size { probe(mean.count + j, input.pointer + j * n) }
      } else {
        law.fill(&random, size * n, input.pointer)
      }
      if let basis { for j in 0..<size { _ = basis.orthogonalize(input.pointer + j * n) } }
      guard try product(a, size, input, output) else { break }
      if known == nil, mean.count == 0 {
        asymmetry = .estimate(size, n, length: Double(n).squareRoot(), input.constant, output.constant)
      }
      for j in 0..<size {
        let value = exact + S.dot(n, input.constant + j * n, output.constant + j * n)
        guard value.isFinite || exact.isNaN else {
          throw Failure(.nonfinite, "the product with probe \(mean.count) of the trace is not finite")
        }
        try samples.append(value)
        mean.add(value)
      }
    }
    return Outcome(
      trace: mean.estimate, samples: try samples.trimmed(), exact: exact, rank: rank, asymmetry: asymmetry)
  }
}
