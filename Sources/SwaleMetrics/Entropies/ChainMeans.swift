import Glibc

/// Mean and standard error of a quantity over several independent chains of equal length, in four ways of which the
/// largest counts: blocking within the chains (`BlockedMean`), which sees correlations up to a twentieth of a chain;
/// the spread of the means of the chains' halves, which sees drifts, and chains that stay in different places; the
/// spread of the means of whole chains, which sees correlations as long as they are; and half the difference of all
/// first and all second halves, which sees what chains do together, as when they come from a start that was not where
/// they go.
///
/// `split` is the ratio R of Gelman and Rubin over the halves, the root of (variance of everything) / (variance within
/// halves): 1 for chains that have mixed. Source: Gelman et al., Bayesian Data Analysis (2013), section 11.4.
struct ChainMeans {
  private struct Chain {
    var all = BlockedMean()
    var halves = [SampleMean(), SampleMean()]
  }
  private var chains: [Chain] = []
  private let half: Int

  /// - Parameter length: of every chain.
  init(length: Int) { half = max(length / 2, 1) }

  mutating func begin() { chains.append(Chain()) }

  mutating func add(_ value: Double) {
    let last = chains.count - 1
    let part = chains[last].all.count < half ? 0 : 1
    chains[last].all.add(value)
    chains[last].halves[part].add(value)
  }

  /// The means of the halves of all chains.
  var halves: [Double] { chains.flatMap { $0.halves.map(\.estimate.value) } }

  private var count: Double { chains.reduce(0.0) { $0 + Double($1.all.count) } }

  /// Mean variance within halves.
  private var within: Double {
    let squares = chains.flatMap(\.halves).map { half in
      Double(half.count) * half.estimate.standardError * half.estimate.standardError
    }
    return squares.reduce(0, +) / Double(squares.count)
  }

  private var between: Double { Self.variance(halves) }

  static func variance(_ x: [Double]) -> Double {
    let mean = x.reduce(0, +) / Double(x.count)
    return x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1)
  }

  /// Standard error of the mean of independent numbers.
  static func spread(_ x: [Double]) -> Double { (variance(x) / Double(x.count)).squareRoot() }

  var estimate: Estimate {
    let means = chains.map(\.all.estimate.value)
    return Estimate(means.reduce(0, +) / Double(means.count), error: max(innerError, Self.error(ofHalves: halves)))
  }

  /// The larger of the first two errors, which the few means of whole chains do not make noisy.
  private var innerError: Double {
    let squares = chains.map(\.all.estimate.standardError).reduce(0) { $0 + $1 * $1 }
    return max(squares.squareRoot() / Double(chains.count), Self.spread(halves))
  }

  /// The last three errors, of numbers that come as first and second half of each chain.
  static func error(ofHalves x: [Double]) -> Double {
    let pairs = stride(from: 0, to: x.count - 1, by: 2)
    let whole = pairs.map { (x[$0] + x[$0 + 1]) / 2 }
    let drift = pairs.reduce(0.0) { $0 + x[$1 + 1] - x[$1] } / Double(whole.count)
    return max(spread(x), spread(whole), abs(drift) / 2)
  }

  /// Infinite where nothing moved within halves that differ, NaN where a value was not finite.
  var split: Double {
    let (within, between) = (within, between)
    return between == 0 ? 1 : (1 + between / within).squareRoot()
  }

  /// How many independent samples would have the same inner error.
  var effectiveCount: Double {
    let error = innerError
    return error == 0 ? count : min(count, (within + between) / (error * error))
  }
}
