import SwaleCore

/// Spins that move by single flips with Metropolis acceptance: exact detailed balance with respect to
/// exp(-E / T), or, with a `ReplicaCoupling`, to exp(-E / T) times the weight of the coupling.
///
/// A sweep looks at the run after every 64 proposals, so that it stops within a moment however long the sweep; what is
/// left of it is then not done. A sweep counts as one evaluation.
///
/// Overhead beyond `Oracle.flipChange` and `flip`: 4 to 5 ns a proposal, of which 1.5 ns are random numbers (measured).
final class SpinWalker<S: Scalar> {
  let spins: Buffer<S>
  private(set) var energy = 0.0
  private(set) var proposals = 0
  private(set) var accepted = 0
  /// Whether the run was stopped in the middle of the last sweep.
  private(set) var interrupted = false
  private let job: Job<S>
  private let oracle: Oracle<S>
  private let numbers: MoveNumbers
  private let n: Int
  private var sweeps = 0
  /// Sweeps after which the energy, a sum of many changes, is computed afresh.
  private static var refreshInterval: Int { 256 }

  /// - Parameter oracle: the walker's own, which nobody else places spins on.
  init(
    _ job: Job<S>, _ oracle: Oracle<S>, _ x: UnsafePointer<S>, _ numbers: MoveNumbers
  ) throws(Failure) {
    self.job = job
    self.oracle = oracle
    self.numbers = numbers
    n = oracle.dimension
    spins = try Buffer(n, zeroed: false)
    for i in 0..<n { spins.pointer[i] = x[i] < 0 ? -1 : 1 }
    energy = try oracle.place(spins.constant)
    guard energy.isFinite else {
      throw Failure(.nonfinite, "the energy of the starting spins is \(energy); start where it is a number")
    }
  }

  /// Computes the energy of the spins afresh, after a change of the landscape.
  func refresh() throws(Failure) { energy = try oracle.place(spins.constant) }

  private func begin() throws(Failure) {
    numbers.beginSweep()
    if sweeps > 0, sweeps % Self.refreshInterval == 0 { try refresh() }
    sweeps += 1
    interrupted = false
  }

  private static var patience: Int { 64 }

  /// n proposals at temperature T, or fewer: the sweep ends as soon as the energy is at or below `floor`. A change that
  /// is not a number is refused.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func sweep(_ temperature: Double, floor: Double = -.infinity) throws(Failure) {
    try begin()
    let (x, sites, logarithms) = (spins.pointer, numbers.sites.constant, numbers.logarithms.constant)
    let block = numbers.logarithms.count
    var (used, level, flips, tried) = (numbers.used, energy, 0, 0)
    while tried < n {
      if tried % Self.patience == 0, tried > 0, job.stopping() {
        interrupted = true
        break
      }
      let i = Int(sites[tried])
      tried += 1
      let change = oracle.flipChange(i)
      if !(change <= 0) {
        if used == block {
          numbers.renew()
          used = 0
        }
        let accept = change < -temperature * Double(logarithms[used])
        used += 1
        if !accept { continue }
      }
      oracle.flip(i)
      x[i] = -x[i]
      level += change
      flips += 1
      if level <= floor { break }
    }
    (numbers.used, energy) = (used, level)
    proposals += tried
    accepted += flips
    job.countValues(1)
  }

  /// The same with the weight of a coupling: a change is accepted when dE < T (gain - ln u) with the gain in the
  /// logarithm of the weight; at T = 0, where the energy decides alone, equal energies leave it to the coupling.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func sweep(_ temperature: Double, coupled coupling: ReplicaCoupling, floor: Double = -.infinity) throws(Failure) {
    try begin()
    let (x, sites, logarithms) = (spins.pointer, numbers.sites.constant, numbers.logarithms.constant)
    let (field, gains) = (coupling.field.pointer, coupling.gains.constant + coupling.radius)
    let follows = coupling.follows ? Int32(2) : 0
    let block = numbers.logarithms.count
    var (used, level, flips, tried) = (numbers.used, energy, 0, 0)
    while tried < n {
      if tried % Self.patience == 0, tried > 0, job.stopping() {
        interrupted = true
        break
      }
      let i = Int(sites[tried])
      tried += 1
      let spin: Int32 = x[i] < 0 ? -1 : 1
      let gain = gains[Int(field[i] &* spin)]
      let change = oracle.flipChange(i)
      if !(change <= 0 && gain >= 0) {
        if used == block {
          numbers.renew()
          used = 0
        }
        let reach = gain - Double(logarithms[used])
        used += 1
        if !(change < temperature * reach || (change == 0 && reach > 0)) { continue }
      }
      oracle.flip(i)
      x[i] = -x[i]
      field[i] &-= follows &* spin
      level += change
      flips += 1
      if level <= floor { break }
    }
    (numbers.used, energy) = (used, level)
    proposals += tried
    accepted += flips
    job.countValues(1)
  }
}
