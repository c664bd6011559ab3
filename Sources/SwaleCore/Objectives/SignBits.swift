/// A matrix of signs stored as bits: 1 stands for +1, 0 for -1.
///
/// A row is `segments` runs of `width` signs, each run padded with 0 bits to whole 64-bit words, so that the inputs of
/// one hidden unit of a tree always start at a word. The sign of column j of a run is bit j % 64 of its word j / 64.
public final class SignBits: Sendable {
  public let rows: Int
  public let segments: Int
  /// Signs of one segment.
  public let width: Int
  public let wordsPerSegment: Int
  public let storage: Buffer<UInt64>

  /// All bits 0; for the caller to fill before sharing.
  public init(rows: Int, segments: Int = 1, width: Int) throws(Failure) {
    self.rows = rows
    self.segments = segments
    self.width = width
    wordsPerSegment = (width + 63) / 64
    storage = try Buffer(try checkedProduct([rows, segments, wordsPerSegment], "bits of the patterns"))
  }

  /// Words of one row.
  public var stride: Int { segments * wordsPerSegment }
  /// Signs of one row.
  public var columns: Int { segments * width }

  /// First word of a row's segment.
  public func words(_ row: Int, _ segment: Int = 0) -> UnsafeMutablePointer<UInt64> {
    storage.pointer + row * stride + segment * wordsPerSegment
  }

  /// +1 or -1. For single looks; loops use the kernels.
  public func sign(_ row: Int, _ column: Int) -> Int {
    let (segment, j) = column.quotientAndRemainder(dividingBy: width)
    return words(row, segment)[j >> 6] >> UInt64(j & 63) & 1 == 1 ? 1 : -1
  }
}
