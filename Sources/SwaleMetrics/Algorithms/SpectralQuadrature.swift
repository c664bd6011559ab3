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

/// Stochastic Lanczos quadrature: for random probes z, Gauss quadrature of the spectral measure z' f(A) z / |z|^2 =
/// sum_k weight_k f(node_k), exact for polynomials f of degree 2 steps - 1. Its mean over probes estimates
/// tr f(A) / n (Golub and Meurant 1994; Ubaru, Chen and Saad 2017).
///
/// A probe whose Krylov space closes early keeps its shorter, exact rule; nothing is padded.
public struct SpectralQuadrature {
  /// Nodes of all completed probes one after the other, ascending within a probe, and their weights, which add up to 1
  /// for each probe.
  public let nodes: Buffer<Double>
  public let weights: Buffer<Double>
  /// Nodes of each probe.
  public let counts: [Int]
  /// Estimate from the first products of the first probes; unknown for a single probe.
  public let asymmetry: Asymmetry

  public var probes: Int { counts.count }
  public var lowest: Double { nodes.elements.min() ?? .nan }
  public var highest: Double { nodes.elements.max() ?? .nan }

  /// Bytes of Krylov bases held at a time: more probes than fit wait for the next group.
  private static var basisBytes: Int { 1 << 29 }
  /// Probes that advance together at most: enough for products of blocks, few enough for a prompt end.
  private static var largestGroup: Int { 64 }

  /// - Parameters:
  ///   - steps: Lanczos steps per probe, fewer when the dimension is smaller.
  ///   - probe: fills the vector of probe i.
  ///   - stopping: asked before each block product; what is complete then counts, shorter rules included.
  public init<S: Scalar>(
    _ a: any LinearOperator<S>, probes: Int, steps: Int, stopping: () -> Bool = { false },
    probe: (Int, UnsafeMutablePointer<S>) -> Void
  ) throws(Failure) {
    let n = a.dimension
    let steps = min(steps, n)
    let perProbe = try checkedProduct([steps, n, MemoryLayout<S>.size], "the Krylov basis")
    let group = max(1, min(probes, Self.largestGroup, Self.basisBytes / max(perProbe, 1)))
    var allNodes = try Series()
    var allWeights = try Series()
    var counts: [Int] = []
    var first = 0
    var asymmetry: Asymmetry?
    while first < probes, !stopping() {
      let size = min(group, probes - first)
      let group = try Self.run(a, first..<(first + size), steps, &asymmetry, stopping, probe)
      for process in group where process.steps > 0 {
        let m = process.steps
        let rule = try TridiagonalEigen.component(
          first: true, m, process.alpha.constant, process.beta.constant)
        for k in 0..<m {
          try allNodes.append(rule.values.pointer[k])
          try allWeights.append(rule.components.pointer[k] * rule.components.pointer[k])
        }
        counts.append(m)
      }
      first += size
    }
    nodes = try allNodes.trimmed()
    weights = try allWeights.trimmed()
    self.counts = counts
    self.asymmetry = asymmetry ?? .unknown
  }

  /// Probes whose mutual products are compared.
  private static var compared: Int { 16 }

  /// For random unit vectors z the mean squares of z_i' A z_j and of (z_i' A z_j - z_j' A z_i) / 2 are |A|^2 / n^2 and
  /// |A - A'|^2 / 4 n^2.
  private static func asymmetry<S: Scalar>(
    _ count: Int, _ n: Int, _ z: UnsafePointer<S>, _ images: UnsafePointer<S>
  ) -> Asymmetry {
    let count = min(count, compared)
    if count < 2 { return .unknown }
    var (part, norm) = (0.0, 0.0)
    for i in 0..<count {
      for j in 0..<i {
        let (a, b) = (S.dot(n, z + i * n, images + j * n), S.dot(n, z + j * n, images + i * n))
        part += (a - b) * (a - b) / 4
        norm += (a * a + b * b) / 2
      }
    }
    let pairs = Double(count * (count - 1) / 2)
    return Asymmetry(part: Double(n) * (part / pairs).squareRoot(), norm: Double(n) * (norm / pairs).squareRoot())
  }

  /// Some probes advance together: each step is one block product.
  private static func run<S: Scalar>(
    _ a: any LinearOperator<S>, _ range: Range<Int>, _ steps: Int, _ asymmetry: inout Asymmetry?,
    _ stopping: () -> Bool, _ probe: (Int, UnsafeMutablePointer<S>) -> Void
  ) throws(Failure) -> [Lanczos<S>] {
    let n = a.dimension
    let input = try Buffer<S>(try checkedProduct([range.count, n], "the block of probes"), zeroed: false)
    let output = try Buffer<S>(range.count * n, zeroed: false)
    var processes: [Lanczos<S>] = []
    for index in range {
      probe(index, input.pointer)
      let process = try Lanczos<S>(try OrthonormalRows(n), limit: steps)
      _ = try process.start(input.pointer)
      processes.append(process)
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
      if asymmetry == nil { asymmetry = Self.asymmetry(active.count, n, input.constant, output.constant) }
      for (j, process) in active.enumerated() { try process.absorb(output.pointer + j * n) }
      active.removeAll { $0.closed || $0.steps == $0.limit }
    }
    return processes
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
