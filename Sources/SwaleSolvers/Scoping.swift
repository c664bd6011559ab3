import Glibc

/// The growing tie of replicas to their centre, or of a walker to its anchor: gamma_t = gamma_0 (1 + gamma_1)^t. A step
/// goes the part rate gamma of the way to the anchor, so that 1 / (rate gamma) steps are what the tie remembers: that
/// number, and not a balance of forces, is what says whether replicas stay apart.
struct Scoping {
  let gamma0: Double
  let gamma1: Double

  /// - Parameters:
  ///   - gamma0: strength in step 0; below 0: `first` / rate.
  ///   - gamma1: growth in a step; below 0: so that the last step has `last` / rate, or gamma_0 if that is more.
  ///   - rate: learning rate of what is tied; at 0 nothing moves, and there is no tie of its own.
  ///   - steps: steps of the run.
  init(gamma0: Double, gamma1: Double, rate: Double, steps: Int, first: Double, last: Double) {
    let strength = { (pull: Double) in rate > 0 ? pull / rate : 0 }
    self.gamma0 = gamma0 >= 0 ? gamma0 : strength(first)
    let end = strength(last)
    self.gamma1 =
      gamma1 >= 0 ? gamma1
      : self.gamma0 > 0 && end > self.gamma0 && steps > 1 ? pow(end / self.gamma0, 1 / Double(steps - 1)) - 1 : 0
  }

  /// Strength in step t; no tie at the start is none for ever.
  func strength(_ t: Int) -> Double { gamma0 > 0 ? gamma0 * pow(1 + gamma1, Double(t)) : 0 }
}
