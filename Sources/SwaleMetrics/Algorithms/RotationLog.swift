import SwaleCore

/// Plane rotations of neighbouring rows that are collected and then applied to one panel of columns after the other, so
/// that a panel stays in the cache for thousands of rotations and panels can go to different threads. Columns never
/// mix, so neither batches nor threads change a bit.
final class RotationLog {
  /// Columns of a panel: 2000 rows of it fill half a megabyte.
  private static let panel = 32

  private let rows: Int
  private let width: Int
  private let target: UnsafeMutablePointer<Double>
  private let row: Buffer<Int32>
  private let angles: Buffer<Double>
  private var count = 0

  /// - Parameter target: rows x width, row-major.
  init(rows: Int, width: Int, target: UnsafeMutablePointer<Double>) throws(Failure) {
    self.rows = rows
    self.width = width
    self.target = target
    let capacity = max(1024, 16 * rows)
    row = try Buffer(capacity, zeroed: false)
    angles = try Buffer(2 * capacity, zeroed: false)
  }

  @inline(__always)
  func append(_ i: Int, _ c: Double, _ s: Double) {
    if count == row.count { flush() }
    row.pointer[count] = Int32(truncatingIfNeeded: i)
    angles.pointer[2 * count] = c
    angles.pointer[2 * count + 1] = s
    count += 1
  }

  func flush() {
    let panels = (width + Self.panel - 1) / Self.panel
    let pieces = Parallel.pieces(work: 6 * Double(count) * Double(width))
    Parallel.run(pieces) { piece in
      for panel in Parallel.range(piece, of: pieces, count: panels) { apply(panel) }
    }
    count = 0
  }

  private func apply(_ panel: Int) {
    let first = panel * Self.panel
    let columns = min(Self.panel, width - first)
    let base = target + first
    for k in 0..<count {
      let x = base + Int(row.pointer[k]) * width
      TridiagonalEigen.rotate(columns, x, x + width, angles.pointer[2 * k], angles.pointer[2 * k + 1])
    }
  }
}
