import CSwaleKernels

/// The inputs of a perceptron's patterns with the labels absorbed (row p times its label), for products with weights
/// and with pattern messages: signs as bits, in both orientations, or a matrix of numbers.
///
/// Rows are split into pieces that only the sizes decide, so that any number of threads gives the same bits.
public final class TapPatterns<S: Scalar> {
  private enum Storage {
    /// P x N bits and their transpose, N x P.
    case signs(SignBits, SignBits)
    /// P x N numbers.
    case real(Buffer<S>)
  }

  public let weights: Int
  public let patterns: Int
  /// Whether all inputs are +1 or -1.
  public let areSigns: Bool
  private let storage: Storage
  /// |x_p|^2 / N of every pattern; nil where all are 1.
  public let rowScale: Buffer<S>?
  /// sum_p x_pi^2 / sum_p rowScale_p of every weight; nil where all are 1.
  public let columnScale: Buffer<S>?

  /// - Parameter graph: of a perceptron (one sign unit); the caller has checked that.
  public init(_ graph: PatternGraph) throws(Failure) {
    weights = graph.dimension
    patterns = graph.patterns
    switch graph.inputs {
    case .signs(let bits):
      let rows = try Self.absorbed(bits, graph.labels)
      areSigns = true
      storage = .signs(rows, try Self.transposed(rows))
      rowScale = nil
      columnScale = nil
    case .real(let inputs):
      areSigns = false
      let (p, n) = (patterns, weights)
      let matrix = try Buffer<S>(try checkedProduct([p, n], "the inputs of the patterns"), zeroed: false)
      S.fromFloat(p * n, inputs.constant, matrix.pointer)
      for row in 0..<p { S.scale(n, S(graph.labels.pointer[row]), matrix.pointer + row * n) }
      storage = .real(matrix)
      let scales = try Self.scales(matrix, p, n)
      rowScale = scales.rows
      columnScale = scales.columns
    }
  }

  /// Second moments of rows and columns, as a product of one factor each.
  private static func scales(
    _ matrix: Buffer<S>, _ p: Int, _ n: Int
  ) throws(Failure) -> (rows: Buffer<S>, columns: Buffer<S>) {
    let rows = try Buffer<S>(p, zeroed: false)
    let columns = try Buffer<S>(n)
    var total = 0.0
    for row in 0..<p {
      let x = matrix.constant + row * n
      let scale = S.sumSquares(n, x) / Double(n)
      total += scale
      rows.pointer[row] = S(scale)
      S.multiplyAdd(n, x, x, columns.pointer)
    }
    S.scale(n, S(total > 0 ? 1 / total : 0), columns.pointer)
    return (rows, columns)
  }

  /// The bits with the rows of label -1 inverted; padding stays 0.
  package static func absorbed(_ bits: SignBits, _ labels: Buffer<Float>) throws(Failure) -> SignBits {
    let copy = try SignBits(rows: bits.rows, segments: 1, width: bits.width)
    let rest = bits.width % 64
    for row in 0..<bits.rows {
      let (from, to) = (bits.words(row), copy.words(row))
      let mask: UInt64 = labels.pointer[row] < 0 ? .max : 0
      for w in 0..<copy.stride { to[w] = from[w] ^ mask }
      if rest > 0 { to[copy.stride - 1] &= (1 << UInt64(rest)) - 1 }
    }
    return copy
  }

  /// Column i as row i.
  private static func transposed(_ bits: SignBits) throws(Failure) -> SignBits {
    let result = try SignBits(rows: bits.width, segments: 1, width: bits.rows)
    swk_transpose_bits(
      Int64(bits.rows), Int64(bits.width), bits.words(0), Int64(bits.stride), result.words(0), Int64(result.stride))
    return result
  }

  /// out_p = sum_i x_pi m_i.
  public func fields(_ m: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) {
    switch storage {
    case .signs(let bits, _): product(bits, m, out)
    case .real(let matrix): S.gemv(false, patterns, weights, 1, matrix.constant, weights, m, 0, out)
    }
  }

  /// out = beta out + g x_p, the inputs of one pattern.
  public func addRow(_ p: Int, _ g: S, _ beta: S, _ out: UnsafeMutablePointer<S>) {
    switch storage {
    case .signs(let bits, _):
      var factor = g
      S.signColumns(1, weights, bits.words(p), bits.stride, &factor, beta, out)
    case .real(let matrix): S.axpby(weights, g, matrix.constant + p * weights, beta, out)
    }
  }

  /// out_i = sum_p x_pi g_p.
  public func adjoint(_ g: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>) {
    switch storage {
    case .signs(_, let transposed): product(transposed, g, out)
    case .real(let matrix): S.gemv(true, patterns, weights, 1, matrix.constant, weights, g, 0, out)
    }
  }

  private func product(_ bits: SignBits, _ x: UnsafePointer<S>, _ y: UnsafeMutablePointer<S>) {
    // Signs are about three times as fast as the multiplications that `worthwhile` counts.
    let work = Double(bits.rows) * Double(bits.width) / 3
    let pieces = max(1, min(bits.rows / 64, Int(saturating: work / Parallel.worthwhile)))
    func piece(_ k: Int) {
      let range = Parallel.range(k, of: pieces, count: bits.rows, grain: 16)
      S.signRows(range.count, bits.width, bits.words(range.lowerBound), bits.stride, x, y + range.lowerBound)
    }
    if pieces == 1 || Parallel.threads == 1 {
      for k in 0..<pieces { piece(k) }
    } else {
      Parallel.run(pieces, piece)
    }
  }
}
