import Glibc
import SwaleCore

/// H(x) = erfc(x / sqrt 2) / 2, the part of a standard normal distribution above x.
func normalTail(_ x: Double) -> Double { 0.5 * erfc(x / 2.0.squareRoot()) }

/// Stabilities of all patterns at one point, from the factor graph and in double: label h / sqrt N for a perceptron and
/// label sum_k c_k phi(h_k / sqrt n) / sqrt K for a committee. Of a parity machine, label prod_k sign(h_k) times the
/// smallest |h_k| / sqrt n: how far the output is from its nearest change.
///
/// Binary weights are the signs of x (0 counts as +1), spherical ones x scaled to |x|^2 = N, real ones x itself.
struct PatternStabilities {
  /// P numbers.
  let values: Buffer<Double>
  /// |xi| / sqrt n of the patterns of a perceptron; nil where all are 1 (inputs +1 and -1).
  private let lengths: Buffer<Double>?
  private let margin: Double

  init<S: Scalar>(_ graph: PatternGraph, _ x: UnsafePointer<S>) throws(Failure) {
    margin = graph.margin
    let patterns = graph.patterns
    values = try Buffer(patterns)
    let weights = try Self.weights(graph, x)
    // Real weights may be of any size: fields are those of the weights in units of the largest.
    let unit = Self.unit(of: weights)
    let fields = try Buffer<Double>(patterns, zeroed: false)
    let rows = try Rows(graph)
    lengths = graph.isPerceptron ? try rows.lengths() : nil
    let parity = graph.output == .parity && !graph.isPerceptron
    if parity { Double.fill(patterns, .infinity, values.pointer) }
    let root = 1 / Double(graph.fanIn).squareRoot()
    for k in 0..<graph.hidden {
      try rows.fields(k, weights.constant + k * graph.fanIn, fields.pointer)
      let out = values.pointer
      for p in 0..<patterns {
        let h = fields.pointer[p] * root * unit
        if graph.isPerceptron {
          out[p] = h
        } else if parity {
          let size = min(abs(out[p]), abs(h))
          out[p] = (out[p] < 0) != (h < 0) ? -size : size
        } else {
          out[p] += Double(graph.outputSign(k)) * Self.unit(graph.unit, h)
        }
      }
    }
    let norm = graph.isPerceptron || parity ? 1 : 1 / Double(graph.hidden).squareRoot()
    for p in 0..<patterns { values.pointer[p] *= norm * Double(graph.labels.pointer[p]) }
  }

  /// Patterns that miss the margin; at margin 0 a field of 0 is an error too.
  var errors: Int {
    (0..<values.count).reduce(0) { $0 + (isError(values.pointer[$1]) ? 1 : 0) }
  }

  private func isError(_ stability: Double) -> Bool { margin == 0 ? stability <= 0 : stability < margin }

  /// Expected fraction of errors of a perceptron after a random change of its weights that leaves the overlap t with
  /// what they were: (1/P) sum H((t Delta - margin) / (sqrt(1 - t^2) |xi| / sqrt N)). Source: spec 2.1, for margin 0 and
  /// patterns of length sqrt N.
  func errorAtOverlap(_ t: Double) -> Double {
    let spread = max(0, 1 - t * t).squareRoot()
    var sum = 0.0
    for p in 0..<values.count {
      let shifted = t * values.pointer[p]
      let width = spread * (lengths?.pointer[p] ?? 1)
      sum += width > 0 ? normalTail((shifted - margin) / width) : isError(shifted) ? 1 : 0
    }
    return sum / Double(values.count)
  }

  private static func unit(_ unit: PatternGraph.Unit, _ h: Double) -> Double {
    switch unit {
    case .sign: h > 0 ? 1 : h < 0 ? -1 : 0
    case .relu: max(0, h)
    case .quadratic: h * h
    }
  }

  /// 1 where weights and fields are far inside the range of doubles, else a power of two near the largest |w|, by which
  /// `weights` are divided: nothing is rounded but what is subnormal.
  private static func unit(of weights: Buffer<Double>) -> Double {
    let largest = Double.maxAbs(weights.count, weights.constant)
    guard largest > 0, !(1e-150...1e150).contains(largest) else { return 1 }
    let exponent = Int(largest.exponent)
    for i in 0..<weights.count { weights.pointer[i] = scalbn(weights.pointer[i], -exponent) }
    return scalbn(1, exponent)
  }

  private static func weights<S: Scalar>(
    _ graph: PatternGraph, _ x: UnsafePointer<S>
  ) throws(Failure) -> Buffer<Double> {
    let n = graph.dimension
    let weights = try Buffer<Double>(n, zeroed: false)
    S.toDouble(n, x, weights.pointer)
    switch graph.weights {
    case .binary:
      for i in 0..<n { weights.pointer[i] = weights.pointer[i] < 0 ? -1 : 1 }
    case .spherical:
      // Twice, as the inverse of a tiny norm is infinite.
      _ = unit(of: weights)
      let norm = Double.norm(n, weights.constant)
      if norm > 0 { Double.scale(n, Double(n).squareRoot() / norm, weights.pointer) }
    case .real: break
    }
    return weights
  }

  /// The inputs of a graph as rows to multiply with.
  private struct Rows {
    let graph: PatternGraph
    /// One row of real inputs in double.
    let row: Buffer<Double>

    init(_ graph: PatternGraph) throws(Failure) {
      self.graph = graph
      row = try Buffer(graph.inputWidth, zeroed: false)
    }

    /// |xi_p| / sqrt n of inputs that are numbers.
    func lengths() throws(Failure) -> Buffer<Double>? {
      guard case .real(let inputs) = graph.inputs else { return nil }
      let found = try Buffer<Double>(graph.patterns, zeroed: false)
      for p in 0..<graph.patterns {
        Float.toDouble(graph.fanIn, inputs.constant + p * graph.inputWidth, row.pointer)
        found.pointer[p] = Double.norm(graph.fanIn, row.constant) / Double(graph.fanIn).squareRoot()
      }
      return found
    }

    /// h_p = sum_i w_i xi_pi over the inputs of unit k.
    func fields(_ k: Int, _ w: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) throws(Failure) {
      switch graph.inputs {
      case .signs(let bits):
        // Patterns between two looks at the run.
        let block = max(1, 4_000_000 / graph.fanIn)
        for first in stride(from: 0, to: graph.patterns, by: block) {
          let count = min(block, graph.patterns - first)
          try Interruption.check(work: Double(count) * Double(graph.fanIn))
          Double.signRows(count, graph.fanIn, bits.words(first, graph.tree ? k : 0), bits.stride, w, out + first)
        }
      case .real(let inputs):
        let first = graph.tree ? k * graph.fanIn : 0
        for p in 0..<graph.patterns {
          try Interruption.check(work: 2 * Double(graph.fanIn))
          Float.toDouble(graph.fanIn, inputs.constant + p * graph.inputWidth + first, row.pointer)
          out[p] = Double.dot(graph.fanIn, row.constant, w)
        }
      }
    }
  }
}
