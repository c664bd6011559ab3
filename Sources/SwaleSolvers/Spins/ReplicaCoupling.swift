import Glibc
import SwaleCore

/// What y replicas w^a feel of each other through a centre w^c with weight exp(gamma sum_a w^c . w^a): gamma has no
/// unit, as an energy it is gamma / beta.
///
/// - traced: the centre is summed over. Weight prod_i 2 cosh(gamma s_i), s_i = sum_a w_i^a; flipping a spin w
///   multiplies it by cosh(gamma (r - 2)) / cosh(gamma r) with r = s w. The sums follow the flips.
/// - explicit: the centre is a configuration of its own; flipping w multiplies the weight by exp(-2 gamma r), r = w^c
///   w. Given the replicas its spins are independent, P(w^c_i = +1) = 1 / (1 + exp(-2 gamma s_i)), and are drawn so.
///
/// Source: Baldassi et al., PNAS 113 (2016) E7655, robust ensemble and local entropy; RRRMC.jl RE and LE.
final class ReplicaCoupling {
  /// s_i or w^c_i.
  let field: Buffer<Int32>
  /// Logarithm of the factor, by r = -radius ... radius.
  let gains: Buffer<Double>
  let radius: Int
  /// Whether the field is the sum of the replicas.
  let follows: Bool
  private let replicas: Int
  private let chances: Buffer<Double>?
  private let draws: Buffer<Double>?
  private var random: RandomStream

  init(sites n: Int, replicas: Int, traced: Bool, random: RandomStream) throws(Failure) {
    self.replicas = replicas
    self.random = random
    follows = traced
    radius = traced ? replicas : 1
    field = try Buffer(n)
    gains = try Buffer(2 * radius + 1)
    chances = traced ? nil : try Buffer(2 * replicas + 1)
    draws = traced ? nil : try Buffer(n)
  }

  /// ln cosh x - ln cosh y without overflow.
  private static func logRatio(_ x: Double, _ y: Double) -> Double {
    abs(x) - abs(y) + log1p(exp(-2 * abs(x))) - log1p(exp(-2 * abs(y)))
  }

  func set(gamma: Double) {
    for r in -radius...radius {
      let now = Double(r)
      gains.pointer[radius + r] =
        follows ? Self.logRatio(gamma * (now - 2), gamma * now) : -2 * gamma * now
    }
    guard let chances else { return }
    for s in -replicas...replicas {
      chances.pointer[replicas + s] = 1 / (1 + exp(-2 * gamma * Double(s)))
    }
  }

  /// Draws the explicit centre, given the sums of the replicas.
  func drawCenter(_ sums: UnsafePointer<Int32>) {
    guard let chances, let draws else { return }
    random.uniform(draws.count, 0, 1, into: draws.pointer)
    for i in 0..<draws.count {
      field.pointer[i] = draws.pointer[i] < chances.pointer[replicas + Int(sums[i])] ? 1 : -1
    }
  }
}
