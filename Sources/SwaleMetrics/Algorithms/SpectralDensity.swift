import SwaleCore

/// A spectral quadrature seen as a curve: density phi(t) = mean over probes of sum_k weight_k N(t; node_k, sigma^2) and
/// cumulative mass C(t) = mean of sum_{node_k <= t} weight_k (not smoothed, so that masses stay exact), on a grid.
public struct SpectralDensity {
  public let grid: Buffer<Double>
  public let density: Buffer<Double>
  public let cumulative: Buffer<Double>
  public let cumulativeError: Buffer<Double>
  public let sigma: Double

  /// - Parameters:
  ///   - width: sigma; 0 for (highest - lowest) / steps.
  ///   - steps: Lanczos steps of the rule, for the automatic width.
  ///   - stopping: asked after a tenth of a second of work; where it says so, the density is NaN.
  public init(
    _ rule: SpectralQuadrature, points: Int, width: Double, steps: Int, stopping: () -> Bool = { false }
  ) throws(Failure) {
    let (low, high) = (rule.lowest, rule.highest)
    var sigma = width > 0 ? width : (high - low) / Double(max(steps, 1))
    // A single distinct eigenvalue has no range to scale with.
    if sigma == 0 { sigma = max(1e-3 * abs(high), 1e-12) }
    self.sigma = sigma
    grid = try Buffer(points)
    density = try Buffer(points)
    cumulative = try Buffer(points)
    cumulativeError = try Buffer(points)
    let (start, end) = (low - 4 * sigma, high + 4 * sigma)
    for i in 0..<points { grid.pointer[i] = start + (end - start) * Double(i) / Double(max(points - 1, 1)) }
    let (nodes, weights) = try Self.gathered(rule, sigma)
    try smooth(nodes, weights, rule.probes, stopping)
    try accumulate(rule)
  }

  /// Exponentials between two looks at the run.
  private static let patience = 40_000_000
  /// Nodes that are smoothed one by one; more are gathered first.
  private static let separate = 1 << 14
  /// Samples that error bars are made from at most: more probes are averaged in batches first.
  private static let batches = 4096

  /// Nodes and weights to smooth: those of the rule, or where there are very many, the same mass on a grid of
  /// sigma / 128, each node shared by its two neighbours, which changes the density by up to 1e-5 of itself.
  private static func gathered(
    _ rule: SpectralQuadrature, _ sigma: Double
  ) throws(Failure) -> (Buffer<Double>, Buffer<Double>) {
    let spacing = sigma / 128
    let (low, high) = (rule.lowest, rule.highest)
    let cells = Int(saturating: (high - low) / spacing)
    guard rule.nodes.count > separate, cells < rule.nodes.count / 2 else { return (rule.nodes, rule.weights) }
    let nodes = try Buffer<Double>(cells + 2)
    let weights = try Buffer<Double>(cells + 2)
    for i in 0..<(cells + 2) { nodes.pointer[i] = low + Double(i) * spacing }
    for k in 0..<rule.nodes.count {
      let place = (rule.nodes.pointer[k] - low) / spacing
      let cell = min(Int(saturating: place), cells)
      let share = place - Double(cell)
      weights.pointer[cell] += (1 - share) * rule.weights.pointer[k]
      weights.pointer[cell + 1] += share * rule.weights.pointer[k]
    }
    return (nodes, weights)
  }

  private func smooth(
    _ nodes: Buffer<Double>, _ weights: Buffer<Double>, _ probes: Int, _ stopping: () -> Bool
  ) throws(Failure) {
    let points = grid.count
    let shifted = try Buffer<Double>(points, zeroed: false)
    let scale = 1 / (sigma * (2 * Double.pi).squareRoot() * Double(max(probes, 1)))
    var work = 0
    for k in 0..<nodes.count {
      work += points
      if work > Self.patience {
        // A run that was stopped before still gets what little is left.
        if stopping() { return Double.fill(points, .nan, density.pointer) }
        work = 0
      }
      let node = nodes.pointer[k]
      for i in 0..<points {
        let u = (grid.pointer[i] - node) / sigma
        shifted.pointer[i] = -0.5 * u * u
      }
      Double.vectorExp(points, shifted.constant, shifted.pointer)
      Double.axpy(points, scale * weights.pointer[k], shifted.constant, density.pointer)
    }
  }

  private func accumulate(_ rule: SpectralQuadrature) throws(Failure) {
    let points = grid.count
    let probesPerBatch = (rule.probes + Self.batches - 1) / Self.batches
    var moments = try Moments(points)
    let sums = try Buffer<Double>(points)
    var (first, probe) = (0, 0)
    while probe < rule.probes {
      let batch = min(probesPerBatch, rule.probes - probe)
      Double.fill(points, 0, sums.pointer)
      if batch == 1 {
        accumulate(rule, first, rule.counts[probe], into: sums)
        first += rule.counts[probe]
      } else {
        for count in rule.counts[probe..<(probe + batch)] {
          for k in first..<(first + count) { sums.pointer[place(rule.nodes.pointer[k])] += rule.weights.pointer[k] }
          first += count
        }
        for i in 1..<points { sums.pointer[i] += sums.pointer[i - 1] }
        Double.scale(points, 1 / Double(batch), sums.pointer)
      }
      moments.add(sums)
      probe += batch
    }
    cumulative.pointer.update(from: moments.mean.constant, count: points)
    cumulativeError.pointer.update(from: try moments.standardError().constant, count: points)
  }

  /// Mass at or below each grid point of one probe.
  private func accumulate(_ rule: SpectralQuadrature, _ first: Int, _ count: Int, into sums: Buffer<Double>) {
    var (k, mass) = (first, 0.0)
    for i in 0..<grid.count {
      while k < first + count, rule.nodes.pointer[k] <= grid.pointer[i] {
        mass += rule.weights.pointer[k]
        k += 1
      }
      sums.pointer[i] = mass
    }
  }

  /// First grid point at or above a node.
  private func place(_ node: Double) -> Int {
    let last = grid.count - 1
    let (start, end) = (grid.pointer[0], grid.pointer[last])
    var i = max(0, min(last, Int(saturating: (node - start) / (end - start) * Double(last))))
    while i > 0, grid.pointer[i - 1] >= node { i -= 1 }
    while i < last, grid.pointer[i] < node { i += 1 }
    return i
  }
}
