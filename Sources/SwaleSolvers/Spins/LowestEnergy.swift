import SwaleCore

/// The configuration of lowest energy that a run has seen since its energy last changed.
final class LowestEnergy<S: Scalar> {
  let point: Buffer<S>
  private(set) var energy = Double.infinity

  init(_ n: Int) throws(Failure) { point = try Buffer(n, zeroed: false) }

  func note(_ energy: Double, _ x: UnsafePointer<S>) {
    guard energy < self.energy else { return }
    keep(energy, x)
  }

  /// As `note`; of configurations with the same energy the latest.
  func noteLatest(_ energy: Double, _ x: UnsafePointer<S>) {
    guard energy <= self.energy else { return }
    keep(energy, x)
  }

  /// Keeps x whatever its energy: a solution.
  func keep(_ energy: Double, _ x: UnsafePointer<S>) {
    self.energy = energy
    point.pointer.update(from: x, count: point.count)
  }

  /// Starts again: energies so far are not those of the landscape any more.
  func forget() { energy = .infinity }

  func write(_ x: UnsafeMutablePointer<S>) {
    if energy < .infinity { x.update(from: point.constant, count: point.count) }
  }
}
