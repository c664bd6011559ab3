import CSwaleKernels
import SwaleCore

/// Plane rotations of neighbouring rows of a matrix that are collected and then applied to one panel of columns after
/// the other, so that a panel stays in the cache for thousands of rotations and panels can go to different threads.
/// Columns never mix, so neither batches nor threads change a bit.
///
/// The panels are copies, each contiguous: the rows of the matrix itself lie pages apart.
final class RotationLog {
  private static let width = Int(SWK_ROTATION_WIDTH)

  private let rows: Int
  private let columns: Int
  private let panelCount: Int
  private let panels: Buffer<Double>
  private let row: Buffer<Int32>
  private let angles: Buffer<Double>
  private var count = 0

  /// - Parameter matrix: rows x columns, row-major; copied.
  init(rows: Int, columns: Int, _ matrix: UnsafePointer<Double>) throws(Failure) {
    self.rows = rows
    self.columns = columns
    panelCount = (columns + Self.width - 1) / Self.width
    panels = try Buffer(try checkedProduct([panelCount, rows, Self.width], "the panels of the eigenvectors"))
    let capacity = max(1024, 16 * rows)
    row = try Buffer(capacity, zeroed: false)
    angles = try Buffer(2 * capacity, zeroed: false)
    forEachRow { place, panel, width in panel.update(from: matrix + place, count: width) }
  }

  @inline(__always)
  func append(_ i: Int, _ c: Double, _ s: Double) {
    if count == row.count { apply() }
    row.pointer[count] = Int32(truncatingIfNeeded: i)
    angles.pointer[2 * count] = c
    angles.pointer[2 * count + 1] = s
    count += 1
  }

  /// Writes the rotated matrix.
  func finish(_ matrix: UnsafeMutablePointer<Double>) {
    apply()
    forEachRow { place, panel, width in (matrix + place).update(from: panel, count: width) }
  }

  private func apply() {
    let pieces = Parallel.pieces(work: 6 * Double(count) * Double(columns))
    Parallel.run(pieces) { piece in
      for panel in Parallel.range(piece, of: pieces, count: panelCount) {
        swk_rotate_rows_f64(
          Int64(count), row.constant, angles.constant, panels.pointer + panel * rows * Self.width)
      }
    }
    count = 0
  }

  /// Where the row of each panel begins in the matrix and in the panels, and how many of its columns exist.
  private func forEachRow(_ body: (Int, UnsafeMutablePointer<Double>, Int) -> Void) {
    for panel in 0..<panelCount {
      let first = panel * Self.width
      for i in 0..<rows {
        body(
          i * columns + first, panels.pointer + (panel * rows + i) * Self.width, min(Self.width, columns - first))
      }
    }
  }
}
