import SwaleCore

/// Where a spin's inputs are and which sign it has: what single-spin flips of all energies share. Raw pointers, so
/// that a proposal costs no reference counts; whoever keeps a copy keeps `FlipMemory` too.
struct FlipSites {
  let count: Int
  private let fanIn: UInt32
  private let units: Int
  /// Whether the units share the columns.
  private let shared: Bool
  /// Words of a column.
  let words: Int
  private let columns: UnsafePointer<UInt64>
  /// 0 for spin +1, all ones for -1.
  let turned: UnsafeMutablePointer<UInt64>

  init(_ memory: FlipMemory) {
    let graph = memory.graph
    (count, units, shared) = (graph.dimension, graph.hidden, !graph.tree)
    fanIn = UInt32(truncatingIfNeeded: graph.fanIn)
    words = memory.columns.stride
    columns = memory.columns.storage.constant
    turned = memory.turned.pointer
  }

  /// The unit of spin i; dividing by 32 bits is several times faster than by 64.
  @inline(__always)
  func unit(_ i: Int) -> Int { units == 1 ? 0 : Int(UInt32(truncatingIfNeeded: i) / fanIn) }

  /// Bits of the inputs that spin i of a unit sees.
  @inline(__always)
  func column(_ i: Int, _ unit: Int) -> UnsafePointer<UInt64> {
    columns + (shared ? i - unit * Int(fanIn) : i) * words
  }

  /// Takes the signs of x.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func place<S: Scalar>(_ x: UnsafePointer<S>) {
    for i in 0..<count { turned[i] = x[i] < 0 ? .max : 0 }
  }
}

/// The memory behind `FlipSites`.
final class FlipMemory {
  let graph: PatternGraph
  let columns: SignBits
  let turned: Buffer<UInt64>

  init(_ graph: PatternGraph, _ columns: SignBits) throws(Failure) {
    self.graph = graph
    self.columns = columns
    turned = try Buffer(graph.dimension)
  }
}
