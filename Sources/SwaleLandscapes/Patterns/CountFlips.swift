import CSwaleKernels
import SwaleCore

/// Single-spin flips of the number of violated patterns. A proposal looks at P / 64 words and at nothing else: for
/// every unit two rows of bits say which patterns change sides when its field rises or sinks by 2. A flip that is
/// made updates fields and bits in O(P) for its unit; other units only see the patterns whose output changed.
final class CountFlips {
  /// What proposals need; valid while `self` lives.
  struct Proposals {
    fileprivate let sites: FlipSites
    fileprivate let up: UnsafeMutablePointer<UInt64>
    fileprivate let down: UnsafeMutablePointer<UInt64>
    fileprivate let wrong: UnsafeMutablePointer<UInt64>
    /// What one pattern adds to f.
    fileprivate let share: Double

    @inline(__always)
    func change(_ i: Int) -> Double {
      guard i >= 0, i < sites.count else { return .nan }
      let k = sites.unit(i)
      let masks = k * sites.words
      let change = swk_count_change(
        Int64(sites.words), sites.column(i, k), sites.turned[i], up + masks, down + masks, wrong)
      return Double(change) * share
    }
  }

  let proposals: Proposals
  private let device: PatternDevice
  private let memory: FlipMemory
  private let masks: Buffer<UInt64>

  init(_ device: PatternDevice, _ columns: SignBits, share: Double) throws(Failure) {
    self.device = device
    memory = try FlipMemory(device.objective.graph, columns)
    let sites = FlipSites(memory)
    let size = device.objective.graph.hidden * sites.words
    masks = try Buffer(2 * size + sites.words)
    let base = masks.pointer
    proposals = Proposals(sites: sites, up: base, down: base + size, wrong: base + 2 * size, share: share)
  }

  /// Starts from the device's fields, which are those of the signs of x.
  func place<S: Scalar>(_ x: UnsafePointer<S>) {
    proposals.sites.place(x)
    withUnsafePointer(to: device.view) {
      swk_count_masks(
        $0, device.fields.constant, device.outputs.constant, proposals.up, proposals.down, proposals.wrong)
    }
  }

  func flip(_ i: Int) {
    let sites = proposals.sites
    guard i >= 0, i < sites.count else { return }
    let k = sites.unit(i)
    withUnsafePointer(to: device.view) {
      swk_count_flip(
        $0, Int64(k), sites.column(i, k), sites.turned[i], device.fields.pointer, device.outputs.pointer, proposals.up,
        proposals.down, proposals.wrong)
    }
    sites.turned[i] = ~sites.turned[i]
  }
}
