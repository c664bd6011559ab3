import SwaleCore

/// Fraction of training errors after flipping randomly chosen weights of a binary device: mean and standard error over
/// draws, at several distances. Every distance flips an exact number of distinct weights; within a draw the weights
/// flipped at a smaller distance are among those of a larger one, so that curves are smooth and a distance's number
/// does not depend on which others are asked for.
struct FlipEnergy {
  /// Weights flipped at each distance, in all units together.
  let flips: Buffer<Int64>
  private(set) var errors: Moments
  private let units: Int
  private let unitWeights: Int
  private let unitFlips: [Int]

  /// - Parameter graph: its hidden units are the units of `perUnit`; else all weights are one unit.
  init(distances: [Double], dimension: Int, graph: PatternGraph?, perUnit: Bool) throws(Failure) {
    units = perUnit ? graph?.hidden ?? 1 : 1
    let width = dimension / units
    unitWeights = width
    unitFlips = distances.map { max(0, min(width, Int(saturating: ($0 * Double(width)).rounded()))) }
    flips = try Buffer(distances.count)
    for (i, count) in unitFlips.enumerated() { flips.pointer[i] = Int64(count * units) }
    errors = try Moments(distances.count)
  }

  /// Fraction of the weights flipped at distance i.
  func fraction(_ i: Int) -> Double { Double(unitFlips[i]) / Double(unitWeights) }

  /// Draws around the signs of x until there are `draws` of them or the run is stopped.
  mutating func sample<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>, draws: Int) throws(Failure) {
    let n = job.dimension
    let signs = try Buffer<S>(n, zeroed: false)
    for i in 0..<n { signs.pointer[i] = x[i] < 0 ? -1 : 1 }
    let w = try Buffer<S>(n, zeroed: false)
    let order = try Buffer<Int64>(n, zeroed: false)
    let found = try Buffer<Double>(unitFlips.count, zeroed: false)
    let ascending = unitFlips.indices.sorted { unitFlips[$0] < unitFlips[$1] }
    let most = unitFlips.max() ?? 0
    job.totalSteps = draws * unitFlips.count
    for draw in 0..<draws {
      w.pointer.update(from: signs.constant, count: n)
      for unit in 0..<units {
        var random = job.random(StreamBase.metric, draw * units + unit)
        choose(most, &random, order.pointer + unit * unitWeights)
      }
      var flipped = 0
      for i in ascending {
        if job.stopping() { return }
        for unit in 0..<units {
          let first = unit * unitWeights
          for j in flipped..<unitFlips[i] { w.pointer[first + Int(order.pointer[first + j])] *= -1 }
        }
        flipped = unitFlips[i]
        guard let evaluation = try job.unlessInterrupted({ () throws(Failure) in try job.evaluate(w.constant) })
        else { return }
        found.pointer[i] = evaluation.error
        job.step += 1
        job.observe(value: evaluation.value)
      }
      errors.add(found)
    }
  }

  /// The first `count` entries of a random order of the weights of a unit (Fisher, Yates).
  private func choose(_ count: Int, _ random: inout RandomStream, _ order: UnsafeMutablePointer<Int64>) {
    for i in 0..<unitWeights { order[i] = Int64(i) }
    for i in 0..<count {
      let j = i + random.below(unitWeights - i)
      (order[i], order[j]) = (order[j], order[i])
    }
  }
}
