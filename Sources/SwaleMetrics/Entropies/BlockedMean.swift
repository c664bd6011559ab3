/// Mean and standard error of a correlated series by blocking: neighbours are averaged in pairs again and again, and
/// the standard error of the mean computed from the blocks grows with the level until blocks are longer than the
/// correlation time. The largest error over the levels that still have `fewest` blocks is taken. Streaming, O(log n)
/// memory. Source: Flyvbjerg, Petersen, J. Chem. Phys. 91 (1989) 461.
struct BlockedMean {
  /// Below this many blocks the error of an error is over 15 percent, and the largest of several is noise.
  private static let fewest = 20

  private struct Level {
    var mean = SampleMean()
    var waiting: Double?
  }
  private var levels: [Level] = []

  mutating func add(_ value: Double) {
    var block = value
    var index = 0
    while true {
      if index == levels.count { levels.append(Level()) }
      levels[index].mean.add(block)
      guard let partner = levels[index].waiting else {
        levels[index].waiting = block
        return
      }
      levels[index].waiting = nil
      block = (partner + block) / 2
      index += 1
    }
  }

  var count: Int { levels.first?.mean.count ?? 0 }

  /// NaN without samples, an error of NaN for less than two.
  var estimate: Estimate {
    guard let first = levels.first?.mean.estimate else { return Estimate(.nan, error: .nan) }
    var error = first.standardError
    for level in levels where level.mean.count >= Self.fewest {
      error = max(error, level.mean.estimate.standardError)
    }
    return Estimate(first.value, error: error)
  }

  /// How many independent samples would have the same error: count (s0 / s)^2.
  var effectiveCount: Double {
    guard let naive = levels.first?.mean.estimate.standardError, naive > 0 else { return Double(count) }
    let ratio = naive / estimate.standardError
    return Double(count) * ratio * ratio
  }
}
