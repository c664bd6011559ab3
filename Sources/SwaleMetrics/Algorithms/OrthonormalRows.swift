import SwaleCore

/// A growing set of orthonormal vectors of S: the basis of a Krylov space. Memory: rows x dimension, taken in slabs as
/// the set grows, so that a run that converges early never pays for its limit.
public final class OrthonormalRows<S: Scalar> {
  /// Rows per slab.
  private static var slabRows: Int { 16 }
  /// Columns per chunk: fixed, so that sums do not depend on the threads, and short, so that the chunk of a hundred
  /// rows is still in the cache when a sweep uses it for the second time.
  private static var chunk: Int { 8192 / MemoryLayout<S>.size }

  public let dimension: Int
  public private(set) var count = 0
  private let chunks: Int
  private var slabs: [Buffer<S>] = []
  /// Projections of the chunks, chunks x rows of the slabs; and their sums, in double and in S.
  private var partial: Buffer<S>
  private var sums: Buffer<Double>
  private var coefficients: Buffer<S>
  /// Squared length of w, by chunk.
  private let lengths: Buffer<Double>

  public init(_ dimension: Int) throws(Failure) {
    self.dimension = dimension
    chunks = (dimension + Self.chunk - 1) / Self.chunk
    partial = try Buffer(0)
    sums = try Buffer(0)
    coefficients = try Buffer(0)
    lengths = try Buffer(chunks)
  }

  private var capacity: Int { slabs.count * Self.slabRows }

  /// Row i < count.
  public func row(_ i: Int) -> UnsafeMutablePointer<S> {
    slabs[i / Self.slabRows].pointer + i % Self.slabRows * dimension
  }

  /// Adds w / norm, where `norm` is the length of w, which is orthogonal to the rows already.
  public func append(_ w: UnsafePointer<S>, norm: Double) throws(Failure) {
    if count == capacity {
      slabs.append(try Buffer(try checkedProduct([Self.slabRows, dimension], "the Krylov basis"), zeroed: false))
      partial = try Buffer(capacity * chunks, zeroed: false)
      sums = try Buffer(capacity, zeroed: false)
      coefficients = try Buffer(capacity, zeroed: false)
    }
    count += 1
    let target = row(count - 1)
    elementwise(dimension) { offset, n in
      (target + offset).update(from: w + offset, count: n)
      S.normalize(n, target + offset, length: norm)
    }
  }

  /// Removes from w its components along the rows: classical Gram-Schmidt in matrix form, twice, and again where the
  /// second pass still takes half of the length ("twice is enough" otherwise: Giraud, Langou, Rozloznik and
  /// van den Eshof 2005). The second projection is always measured; where it is below the rounding of w there is
  /// nothing to subtract, and the basis need not be read once more. Returns the length that is left.
  public func orthogonalize(_ w: UnsafeMutablePointer<S>) -> Double {
    if count == 0 { return S.norm(dimension, w) }
    sweep(w, subtract: false, project: true)
    sweep(w, subtract: true, project: true)
    var length = remainingLength
    if Double.maxAbs(count, sums.constant) <= Double(S.ulpOfOne) * length { return length }
    for _ in 0..<3 {
      sweep(w, subtract: true, project: false)
      let before = length
      length = remainingLength
      if length >= 0.5 * before { break }
      sweep(w, subtract: false, project: true)
    }
    return length
  }

  private var remainingLength: Double {
    var sum = 0.0
    for i in 0..<chunks { sum += lengths.pointer[i] }
    return sum.squareRoot()
  }

  /// Chunk by chunk: w -= V' c with the last coefficients c, then the new projections V w. Done together, each chunk of
  /// the basis is read from memory once for both.
  private func sweep(_ w: UnsafeMutablePointer<S>, subtract: Bool, project: Bool) {
    let rows = count
    let width = capacity
    let both = (subtract ? 1.0 : 0) + (project ? 1 : 0)
    let pieces = Parallel.pieces(work: 2 * both * Double(rows) * Double(dimension))
    Parallel.run(pieces) { piece in
      for index in Parallel.range(piece, of: pieces, count: chunks) {
        let first = index * Self.chunk
        let columns = min(Self.chunk, dimension - first)
        for (slab, memory) in slabs.enumerated() {
          let block = memory.constant + first
          let top = slab * Self.slabRows
          let height = min(Self.slabRows, rows - top)
          if height <= 0 || !subtract { break }
          S.gemv(true, height, columns, -1, block, dimension, coefficients.constant + top, 1, w + first)
        }
        for (slab, memory) in slabs.enumerated() {
          let block = memory.constant + first
          let top = slab * Self.slabRows
          let height = min(Self.slabRows, rows - top)
          if height <= 0 || !project { break }
          S.gemv(false, height, columns, 1, block, dimension, w + first, 0, partial.pointer + index * width + top)
        }
        if subtract { lengths.pointer[index] = S.sumSquares(columns, w + first) }
      }
    }
    if project { reduce(rows, width) }
  }

  /// Adds up the projections of the chunks, in double and in the order of the chunks.
  private func reduce(_ rows: Int, _ width: Int) {
    Double.fill(rows, 0, sums.pointer)
    for index in 0..<chunks {
      for i in 0..<rows { sums.pointer[i] += Double(partial.pointer[index * width + i]) }
    }
    S.fromDouble(rows, sums.constant, coefficients.pointer)
  }

  /// out_j = sum over i of weights[j, i] row(first + i), for j < k: `weights` is k x m, `out` k x dimension.
  public func combine(
    _ k: Int, _ m: Int, first: Int = 0, _ weights: Buffer<Double>, into out: UnsafeMutablePointer<S>
  ) throws(Failure) {
    let typed = try Buffer<S>(k * m, zeroed: false)
    S.fromDouble(k * m, weights.constant, typed.pointer)
    if m == 0 { S.fill(k * dimension, 0, out) }
    var done = 0
    while done < m {
      let start = first + done
      let rows = min(m - done, Self.slabRows - start % Self.slabRows)
      S.gemm(
        false, false, k, dimension, rows, 1, typed.constant + done, m, row(start), dimension, done == 0 ? 0 : 1, out,
        dimension)
      done += rows
    }
  }
}
