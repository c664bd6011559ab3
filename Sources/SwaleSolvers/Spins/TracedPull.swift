import Glibc
import SwaleCore

/// The pull of replicas towards a centre that is traced out: with s_i = sum_a w_i^a of y replicas,
///
///     H_i^a += lambda (f(s_i) - c w_i^a),
///
/// - normal:     f = tanh(gamma s),        c = 1
/// - corrected:  f = tanh(gamma s),        c = tanh(gamma y), so that agreeing replicas are not pulled at all
/// - hard:       f = clamp(gamma s, -1, 1), c = 1
/// - continuous: f = s / y,                c = 1
///
/// gamma y W_i of the papers, W_i the mean, is gamma s_i here. f is a table over s = -y ... y.
/// Source: Baldassi et al., PNAS 113 (2016) E7655; BinaryCommitteeMachineRSGD.jl.
final class TracedPull {
  static let variants = ["normal", "corrected", "hard", "continuous"]

  let replicas: Int
  /// s, in the layout of the hidden variables.
  let sum: Buffer<Int32>
  let table: Buffer<Float>
  private(set) var correction: Float = 1
  private(set) var strength: Float = 0
  private let variant: String

  init(_ machine: BinaryMachine, replicas: Int, variant: String) throws(Failure) {
    self.replicas = replicas
    self.variant = variant
    sum = try Buffer(machine.padded)
    table = try Buffer(2 * replicas + 1)
  }

  /// Puts all replicas at the signs of `hidden`.
  func gather(_ hidden: UnsafePointer<Float>) {
    for i in 0..<sum.count { sum.pointer[i] = Int32(hidden[i] >= 0 ? replicas : -replicas) }
  }

  func set(lambda: Double, gamma: Double) {
    strength = Float(lambda)
    correction = variant == "corrected" ? Float(tanh(gamma * Double(replicas))) : 1
    for s in -replicas...replicas {
      // At infinite gamma a tie pulls nowhere.
      let field = s == 0 ? 0 : gamma * Double(s)
      table.pointer[replicas + s] =
        switch variant {
        case "hard": Float(max(-1, min(1, field)))
        case "continuous": Float(s) / Float(replicas)
        default: Float(tanh(field))
        }
    }
  }
}
