import Glibc

extension PatternGraph {
  /// A sentence about patterns that no weights satisfy, whatever the device: two with the same inputs and opposite
  /// labels, or (perceptrons) opposite inputs and the same label, or a pattern of zeros. nil where none was found:
  /// there may still be no solution. At negative margins such patterns can be satisfied.
  ///
  /// Rows are hashed, and compared where hashes meet. O(P n).
  /// - Parameter margin: kappa of the constraint; nil: that of the graph.
  public func conflict(margin: Double? = nil) throws(Failure) -> String? {
    guard margin ?? self.margin >= 0 else { return nil }
    let rows = PatternRowsByLabel(self)
    // Open addressing, at most half full.
    var room = 16
    while room < 2 * patterns { room *= 2 }
    let table = try Buffer<Int64>(room)
    for p in 0..<patterns {
      if rows.isZero(p) { return "pattern \(p) has no input but 0, so that its fields are 0 for all weights" }
      var slot = Int(rows.hash(p) & UInt64(room - 1))
      while table.pointer[slot] != 0 {
        let other = Int(table.pointer[slot]) - 1
        switch rows.compare(other, p) {
        case .same: break
        case .opposite: return "patterns \(other) and \(p) contradict each other, so that no weights satisfy both"
        case .different:
          slot = (slot + 1) & (room - 1)
          continue
        }
        break
      }
      if table.pointer[slot] == 0 { table.pointer[slot] = Int64(p + 1) }
    }
    return nil
  }
}

/// The rows of patterns up to what the device cannot tell apart: for perceptrons label times inputs up to the sign,
/// so that a row and its mirror image contradict each other; else inputs, which contradict when their labels differ.
private struct PatternRowsByLabel {
  enum Relation { case same, opposite, different }

  private let graph: PatternGraph

  init(_ graph: PatternGraph) { self.graph = graph }

  func isZero(_ p: Int) -> Bool {
    guard case .real(let inputs) = graph.inputs, graph.unit == .sign else { return false }
    let row = inputs.pointer + p * graph.inputWidth
    return !(0..<graph.inputWidth).contains { row[$0] != 0 }
  }

  /// Bits of a word of a row that are inputs.
  private func used(_ bits: SignBits, _ word: Int) -> UInt64 {
    let (rest, last) = (bits.width % 64, word % bits.wordsPerSegment == bits.wordsPerSegment - 1)
    return last && rest > 0 ? (1 << UInt64(rest)) - 1 : .max
  }

  private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
    return product ^ (product >> 29)
  }

  /// The same for the rows of perceptrons and their mirror images.
  func hash(_ p: Int) -> UInt64 {
    var hash: UInt64 = 0
    switch graph.inputs {
    case .signs(let bits):
      let row = bits.words(p)
      let turned = graph.isPerceptron && row[0] & 1 == 0
      for word in 0..<bits.stride { hash = Self.mixed(hash, turned ? ~row[word] & used(bits, word) : row[word]) }
    case .real(let inputs):
      let row = inputs.pointer + p * graph.inputWidth
      var sign: Float = graph.isPerceptron ? 0 : 1
      for i in 0..<graph.inputWidth {
        if sign == 0 { sign = row[i] > 0 ? 1 : row[i] < 0 ? -1 : 0 }
        // -0 is 0.
        hash = Self.mixed(hash, UInt64((sign * row[i] + 0).bitPattern))
      }
    }
    return hash
  }

  func compare(_ p: Int, _ q: Int) -> Relation {
    var (same, mirrored) = (true, graph.isPerceptron)
    switch graph.inputs {
    case .signs(let bits):
      let (a, b) = (bits.words(p), bits.words(q))
      for word in 0..<bits.stride where same || mirrored {
        if a[word] != b[word] { same = false }
        if a[word] != ~b[word] & used(bits, word) { mirrored = false }
      }
    case .real(let inputs):
      let (a, b) = (inputs.pointer + p * graph.inputWidth, inputs.pointer + q * graph.inputWidth)
      for i in 0..<graph.inputWidth where same || mirrored {
        if a[i] != b[i] { same = false }
        if a[i] != -b[i] { mirrored = false }
      }
    }
    if !same && !mirrored { return .different }
    let agree = graph.labels.pointer[p] == graph.labels.pointer[q]
    return agree == same ? .same : .opposite
  }
}
