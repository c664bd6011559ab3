import SwaleCore

/// Laws of random probe vectors: independent entries of mean 0 and variance 1.
public enum ProbeLaw: String, CaseIterable, Sendable {
  case rademacher, gaussian

  func fill<S: Scalar>(_ random: inout RandomStream, _ n: Int, _ out: UnsafeMutablePointer<S>) {
    switch self {
    case .rademacher: random.signs(n, into: out)
    case .gaussian: random.normal(n, into: out)
    }
  }
}

/// What the first products of random vectors show about an operator.
public struct ProductQuality: Sendable {
  /// Unknown for a single vector.
  public let asymmetry: Asymmetry
  /// How far products are from linear: |A sum z_i - sum A z_i| for unit vectors z, per product; 0 where exact.
  public let noise: Double
}

/// Stochastic Lanczos quadrature: for random probes z, Gauss quadrature of the spectral measure z' f(A) z / |z|^2 =
/// sum_k weight_k f(node_k), exact for polynomials f of degree 2 steps - 1. Its mean over probes estimates
/// tr f(A) / n (Golub and Meurant 1994; Ubaru, Chen and Saad 2017).
///
/// A probe whose Krylov space closes early keeps its shorter, exact rule; nothing is padded. Memory grows with the
/// probes that are done.
public struct SpectralQuadrature {
  /// Nodes of all completed probes one after the other, ascending within a probe, and their weights, which add up to 1
  /// for each probe.
  public let nodes: Buffer<Double>
  public let weights: Buffer<Double>
  /// Nodes of each probe.
  public let counts: [Int]
  public let quality: ProductQuality
  public var asymmetry: Asymmetry { quality.asymmetry }

  public var probes: Int { counts.count }
  /// Extreme Ritz values with the residuals of their vectors: an eigenvalue lies within the error of each, and the
  /// extreme ones at or beyond them. NaN without probes.
  public let lowestPair: Estimate
  public let highestPair: Estimate
  public var lowest: Double { lowestPair.value }
  public var highest: Double { highestPair.value }

  /// Probes that advance together at most: enough for the block products to be efficient, few enough to be soon done.
  private static var groupProbes: Int { 64 }
  /// Bytes of Krylov bases held at a time: more probes than fit wait for the next group.
  private static var basisBytes: Int { 1 << 29 }
  /// Probes that advance together at most: enough for products of blocks, few enough for a prompt end.
  private static var largestGroup: Int { 64 }

  /// - Parameters:
  ///   - steps: Lanczos steps per probe, fewer when the dimension is smaller.
  ///   - stopping: asked before each block product; what is complete then counts, shorter rules included.
  ///   - finished: told of each group of probes when it is done, with the rules as tridiagonal matrices.
  ///   - probe: fills the vector of probe i.
  public init<S: Scalar>(
    _ a: any LinearOperator<S>, probes: Int, steps: Int, stopping: () -> Bool = { false },
    finished: ([SpectralRule], ProductQuality) throws(Failure) -> Void = { _, _ in },
    probe: (Int, UnsafeMutablePointer<S>) -> Void
  ) throws(Failure) {
    let n = a.dimension
    let steps = min(steps, n)
    let perProbe = try checkedProduct([steps, n, MemoryLayout<S>.size], "the Krylov basis")
    let group = max(1, min(probes, Self.groupProbes, Self.basisBytes / max(perProbe, 1)))
    var allNodes = try Series()
    var allWeights = try Series()
    var counts: [Int] = []
    var (lowest, highest) = (Estimate(.nan, error: .nan), Estimate(.nan, error: .nan))
    var first = 0
    var quality: ProductQuality?
    while first < probes, !stopping() {
      let size = min(group, probes - first)
      let rules = try Self.run(a, first..<(first + size), steps, &quality, stopping, probe)
      // Rules that the run has no time for count for nothing.
      var solved = 0
      for rule in rules {
        let eigen = try Interruption.attempt { () throws(Failure) in
          let (values, components) = try TridiagonalEigen.component(
            first: true, rule.steps, rule.alpha.constant, rule.beta.constant)
          return (values: values, components: components, ends: try rule.ends())
        }
        guard let eigen else { break }
        for k in 0..<rule.steps {
          try allNodes.append(eigen.values.pointer[k])
          try allWeights.append(eigen.components.pointer[k] * eigen.components.pointer[k])
        }
        counts.append(rule.steps)
        if !(lowest.value <= eigen.ends.lowest.value) { lowest = eigen.ends.lowest }
        if !(highest.value >= eigen.ends.highest.value) { highest = eigen.ends.highest }
        solved += 1
      }
      if let quality, solved > 0 {
        // The same rules as above, or counts and curves would be of different probes.
        try Interrupter.use(nil) { () throws(Failure) in try finished(Array(rules.prefix(solved)), quality) }
      }
      first += size
    }
    nodes = try allNodes.trimmed()
    weights = try allWeights.trimmed()
    (lowestPair, highestPair) = (lowest, highest)
    self.counts = counts
    self.quality = quality ?? ProductQuality(asymmetry: .unknown, noise: 0)
  }

  /// Some probes advance together: each step is one block product.
  private static func run<S: Scalar>(
    _ a: any LinearOperator<S>, _ range: Range<Int>, _ steps: Int, _ quality: inout ProductQuality?,
    _ stopping: () -> Bool, _ probe: (Int, UnsafeMutablePointer<S>) -> Void
  ) throws(Failure) -> [SpectralRule] {
    let n = a.dimension
    let input = try Buffer<S>(try checkedProduct([range.count, n], "the block of probes"), zeroed: false)
    let output = try Buffer<S>(range.count * n, zeroed: false)
    var processes: [Lanczos<S>] = []
    for index in range {
      probe(index, input.pointer)
      let process = try Lanczos<S>(try OrthonormalRows(n), limit: steps)
      if try process.start(input.pointer) { processes.append(process) }
    }
    var active = processes
    while !active.isEmpty, !stopping() {
      for (j, process) in active.enumerated() {
        (input.pointer + j * n).update(from: process.current, count: n)
      }
      let complete = try Interruption.completes { () throws(Failure) in
        try a.apply(active.count, input.constant, output.pointer)
      }
      if !complete { break }
      if quality == nil { quality = try Self.inspect(a, active.count, input.constant, output.constant) }
      for (j, process) in active.enumerated() { try process.absorb(output.pointer + j * n) }
      active.removeAll { $0.closed || $0.blockStart > 0 || $0.steps == $0.limit }
    }
    return processes.compactMap { $0.steps > 0 ? SpectralRule($0) : nil }
  }

  /// Where products are differences of gradients, one more of them shows how far they are from linear.
  private static func inspect<S: Scalar>(
    _ a: any LinearOperator<S>, _ count: Int, _ z: UnsafePointer<S>, _ images: UnsafePointer<S>
  ) throws(Failure) -> ProductQuality {
    let n = a.dimension
    let asymmetry = Asymmetry.estimate(count, n, length: 1, z, images)
    if a.method == "exact" || count < 2 { return ProductQuality(asymmetry: asymmetry, noise: 0) }
    let sum = try Buffer<S>(n)
    let image = try Buffer<S>(n, zeroed: false)
    let root = Double(count).squareRoot()
    for j in 0..<count { S.axpy(n, S(1 / root), z + j * n, sum.pointer) }
    try a.apply(1, sum.constant, image.pointer)
    for j in 0..<count { S.axpy(n, S(-1 / root), images + j * n, image.pointer) }
    return ProductQuality(asymmetry: asymmetry, noise: S.norm(n, image.constant))
  }

  /// Mean over the probes of sum_k weight_k f(node_k), and its standard error (NaN for one probe).
  public func average(_ f: (Double) -> Double) -> Estimate {
    var sample = SampleMean()
    var position = 0
    for count in counts {
      var sum = 0.0
      for k in position..<(position + count) { sum += weights.pointer[k] * f(nodes.pointer[k]) }
      sample.add(sum)
      position += count
    }
    return sample.estimate
  }
}
