import SwaleCore

/// Sign bits of one segment as the inputs of a dataset.
extension SignBits {
  /// Writes elements start ..< start + count of the rows, read one after the other, as +1 and -1.
  func read<S: Scalar>(_ start: Int, _ count: Int, into out: UnsafeMutablePointer<S>) {
    var done = 0
    while done < count {
      let (row, column) = (start + done).quotientAndRemainder(dividingBy: width)
      let part = min(count - done, width - column)
      S.unpackSigns(column, part, words(row), out + done)
      done += part
    }
  }

  /// Fills all rows on several threads; `row(p, out)` writes the numbers +1 and -1 of row p.
  func fill(perNumber: Double, _ row: (Int, UnsafeMutablePointer<Float>) -> Void) throws(Failure) {
    let pieces = Parallel.pieces(work: perNumber * Double(rows) * Double(width))
    let numbers = try Buffer<Float>(try checkedProduct([pieces, width], "rows of signs"), zeroed: false)
    try Interruption.inPieces(pieces, rows, work: perNumber * Double(width)) { piece, range in
      let out = numbers.pointer + piece * width
      for p in range {
        row(p, out)
        Float.packSigns(width, out, words(p))
      }
    }
  }
}
