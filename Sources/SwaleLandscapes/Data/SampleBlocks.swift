import SwaleCore

/// Type in which a transform keeps its numbers: `auto` keeps f32 and f64 and turns bytes into f32.
enum KeptPrecision: String, CaseIterable {
  case auto, f32, f64

  static let text = "Type of the result; auto: that of the data, f32 for bytes."

  func resolved(for storage: SampleStorage) -> Precision {
    switch (self, storage) {
    case (.f64, _), (.auto, .f64): .f64
    default: .f32
    }
  }
}

/// Passes over the rows of a dataset in blocks that fit the cache, always in f64.
struct SampleBlocks {
  let storage: SampleStorage
  let rows: Int
  let width: Int
  private let rowsPerBlock: Int
  private let blocks: Int

  init(_ data: Dataset) {
    storage = data.inputs
    rows = data.count
    width = data.width
    rowsPerBlock = max(1, 16_384 / max(width, 1))
    blocks = (rows + rowsPerBlock - 1) / rowsPerBlock
  }

  private func range(_ block: Int) -> Range<Int> {
    block * rowsPerBlock..<min(rows, (block + 1) * rowsPerBlock)
  }

  /// Calls `body(rows, values)` for every block in order; it may overwrite the values.
  func forEach(_ body: (Int, UnsafeMutablePointer<Double>) -> Void) throws(Failure) {
    let work = try Buffer<Double>(rowsPerBlock * width, zeroed: false)
    for block in 0..<blocks {
      let range = range(block)
      try Interruption.check(work: 4 * Double(range.count * width))
      storage.read(range.lowerBound * width, range.count * width, into: work.pointer)
      body(range.count, work.pointer)
    }
  }

  /// New numbers: `body(rows, values)` overwrites each block, on several threads; the results must be finite.
  func mapped(
    _ precision: Precision, _ user: String, _ body: (Int, UnsafeMutablePointer<Double>) -> Void
  ) throws(Failure) -> SampleStorage {
    switch precision {
    case .f32: SampleStorage(try map(Float.self, user, body))
    case .f64: SampleStorage(try map(Double.self, user, body))
    }
  }

  private func map<S: Scalar>(
    _ type: S.Type, _ user: String, _ body: (Int, UnsafeMutablePointer<Double>) -> Void
  ) throws(Failure) -> Buffer<S> {
    let out = try Buffer<S>(rows * width, zeroed: false)
    let pieces = Parallel.pieces(work: 8 * Double(rows * width))
    let blockSize = rowsPerBlock * width
    let work = try Buffer<Double>(try checkedProduct([pieces, blockSize], user), zeroed: false)
    try Interruption.inPieces(pieces, blocks, work: 8 * Double(blockSize)) { piece, chosen in
      let values = work.pointer + piece * blockSize
      for block in chosen {
        let range = range(block)
        storage.read(range.lowerBound * width, range.count * width, into: values)
        body(range.count, values)
        S.fromDouble(range.count * width, values, out.pointer + range.lowerBound * width)
      }
    }
    var bad = -1
    try Interruption.inBlocks(rows * width) { range throws(Failure) in
      if bad >= 0 { return }
      let found = S.firstNonfinite(range.count, out.constant + range.lowerBound)
      if found >= 0 { bad = range.lowerBound + found }
    }
    guard bad < 0 else {
      throw Failure(
        .nonfinite, "\(user): input \(bad % width) of sample \(bad / width) becomes \(out.pointer[bad]) in "
          + S.precision.text)
    }
    return out
  }
}
