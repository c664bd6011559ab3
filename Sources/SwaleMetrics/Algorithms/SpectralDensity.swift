import SwaleCore

/// A spectral quadrature seen as a curve: density phi(t) = mean over probes of sum_k weight_k N(t; node_k, sigma^2) and
/// cumulative mass C(t) = mean of sum_{node_k <= t} weight_k (not smoothed, so that masses stay exact), on a grid.
public struct SpectralDensity {
  public let grid: Buffer<Double>
  public let density: Buffer<Double>
  public private(set) var densityError: Buffer<Double>
  public private(set) var cumulative: Buffer<Double>
  public private(set) var cumulativeError: Buffer<Double>
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
    densityError = try Buffer(points)
    cumulative = try Buffer(points)
    cumulativeError = try Buffer(points)
    let (start, end) = (low - 4 * sigma, high + 4 * sigma)
    for i in 0..<points { grid.pointer[i] = start + (end - start) * Double(i) / Double(max(points - 1, 1)) }
    try smooth(rule, stopping)
    try accumulate(rule)
  }

  /// Exponentials between two looks at the run.
  private static let patience = 40_000_000
  /// Nodes that are smoothed one by one; more are gathered first.
  private static let separate = 1 << 14
  /// Batches of probes, each gathered by itself, that the error of a density of so many comes from.
  private static let gatheredBatches = 8
  /// Samples that error bars are made from at most: more probes are averaged in batches first.
  private static let batches = 4096

  /// The density, and its standard error over the probes. Where there are very many nodes, those of batches of probes
  /// are gathered on a grid of sigma / 32 first, which changes the density by some 1e-4 of itself.
  private mutating func smooth(_ rule: SpectralQuadrature, _ stopping: () -> Bool) throws(Failure) {
    let spacing = sigma / 32
    let cells = Int(saturating: (rule.highest - rule.lowest) / spacing)
    let gathers = rule.nodes.count > Self.separate && cells < rule.nodes.count / Self.gatheredBatches
    let size = gathers ? (rule.probes + Self.gatheredBatches - 1) / Self.gatheredBatches : 1
    let (gathered, mass) = (try Buffer<Double>(gathers ? cells + 2 : 0), try Buffer<Double>(gathers ? cells + 2 : 0))
    for i in 0..<gathered.count { gathered.pointer[i] = rule.lowest + Double(i) * spacing }
    let points = grid.count
    let shifted = try Buffer<Double>(points, zeroed: false)
    let batchDensity = try Buffer<Double>(points)
    var moments = try Moments(points)
    let height = sigma * (2 * Double.pi).squareRoot()
    let scale = 1 / (height * Double(max(rule.probes, 1)))
    var (first, probe, work) = (0, 0, 0)
    while probe < rule.probes {
      let batch = min(size, rule.probes - probe)
      var count = rule.counts[probe..<(probe + batch)].reduce(0, +)
      var (nodes, weights) = (rule.nodes.constant + first, rule.weights.constant + first)
      first += count
      probe += batch
      if gathers {
        gather(count, nodes, weights, from: rule.lowest, spacing, into: mass)
        (nodes, weights, count) = (gathered.constant, mass.constant, cells + 2)
      }
      Double.fill(points, 0, batchDensity.pointer)
      for k in 0..<count {
        work += points
        if work > Self.patience {
          // A run that was stopped before still gets what little is left.
          if stopping() {
            Double.fill(points, .nan, density.pointer)
            return Double.fill(points, .nan, densityError.pointer)
          }
          work = 0
        }
        for i in 0..<points {
          let u = (grid.pointer[i] - nodes[k]) / sigma
          shifted.pointer[i] = -0.5 * u * u
        }
        Double.vectorExp(points, shifted.constant, shifted.pointer)
        Double.axpy(points, scale * weights[k], shifted.constant, density.pointer)
        Double.axpy(points, weights[k] / (height * Double(batch)), shifted.constant, batchDensity.pointer)
      }
      moments.add(batchDensity)
    }
    densityError = try moments.standardError()
  }

  /// Shares the weight of each node between the two grid points beside it.
  private func gather(
    _ count: Int, _ nodes: UnsafePointer<Double>, _ weights: UnsafePointer<Double>, from low: Double, _ spacing: Double,
    into mass: Buffer<Double>
  ) {
    Double.fill(mass.count, 0, mass.pointer)
    for k in 0..<count {
      let place = (nodes[k] - low) / spacing
      let cell = min(Int(saturating: place), mass.count - 2)
      let share = place - Double(cell)
      mass.pointer[cell] += (1 - share) * weights[k]
      mass.pointer[cell + 1] += share * weights[k]
    }
  }

  private mutating func accumulate(_ rule: SpectralQuadrature) throws(Failure) {
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
    cumulative = moments.mean
    cumulativeError = try moments.standardError()
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
