import CSwaleKernels
import SwaleCore

/// Single-spin flips of energies that are numbers: for every unit and pattern the change of the energy when the
/// unit's field rises or sinks by 2 is kept, so that a proposal is one sum over P. A flip that is made costs O(P) for
/// its unit, and O(1) for every other unit and pattern whose output changed (flips to repair: O(K) for every pattern
/// that is not two votes inside its constraint).
final class GainFlips<S: Scalar> {
  private let device: PatternDevice
  private let memory: FlipMemory
  private let sites: FlipSites
  private let lanes: Int
  private let even: Buffer<S>
  private let odd: Buffer<S>
  private let totals: Buffer<Double>
  /// What one pattern adds to f.
  private let share: Double

  init(_ device: PatternDevice, _ columns: SignBits, share: Double) throws(Failure) {
    let graph = device.objective.graph
    self.device = device
    self.share = share
    memory = try FlipMemory(graph, columns)
    sites = FlipSites(memory)
    lanes = device.lanes
    let size = try checkedProduct([graph.hidden, lanes], "the gains of flips")
    even = try Buffer(size)
    odd = try Buffer(size)
    totals = try Buffer(graph.hidden)
  }

  /// Starts from the device's fields, which are those of the signs of x, and its energies.
  func place(_ x: UnsafePointer<S>) {
    sites.place(x)
    refresh()
  }

  /// Gains afresh, after a change of the energies.
  func refresh() {
    withUnsafePointer(to: device.view) { view in
      let (fields, outputs) = (device.fields.constant, device.outputs.constant)
      switch S.precision {
      case .f32:
        swk_gain_fill_f32(view, fields, outputs, S.floats(even.pointer), S.floats(odd.pointer), totals.pointer)
      case .f64:
        swk_gain_fill_f64(view, fields, outputs, S.doubles(even.pointer), S.doubles(odd.pointer), totals.pointer)
      }
    }
  }

  func change(_ i: Int) -> Double {
    guard i >= 0, i < sites.count else { return .nan }
    let k = sites.unit(i)
    let gain = odd.constant + k * lanes
    let change =
      switch S.precision {
      case .f32: swk_gain_change_f32(Int64(lanes), sites.column(i, k), sites.turned[i], S.floats(gain))
      case .f64: swk_gain_change_f64(Int64(lanes), sites.column(i, k), sites.turned[i], S.doubles(gain))
      }
    return (totals.pointer[k] + change) * share
  }

  func flip(_ i: Int) {
    guard i >= 0, i < sites.count else { return }
    let k = sites.unit(i)
    let (column, turned) = (sites.column(i, k), sites.turned[i])
    withUnsafePointer(to: device.view) { view in
      let (fields, outputs) = (device.fields.pointer, device.outputs.pointer)
      switch S.precision {
      case .f32:
        swk_gain_flip_f32(
          view, Int64(k), column, turned, fields, outputs, S.floats(even.pointer), S.floats(odd.pointer),
          totals.pointer)
      case .f64:
        swk_gain_flip_f64(
          view, Int64(k), column, turned, fields, outputs, S.doubles(even.pointer), S.doubles(odd.pointer),
          totals.pointer)
      }
    }
    sites.turned[i] = ~turned
  }
}
