import XCTest

import Swale

/// A perceptron landscape made from nothing but its factor graph, with a plain recount of errors, so that these tests
/// do not lean on the objectives of the library.
final class PlainPerceptron: Objective {
  let graph: PatternGraph
  let precision: Precision
  let name = "plain_perceptron"
  var dimension: Int { graph.dimension }
  var capabilities: Capabilities { [.value, .errors, .patterns] }
  var patterns: PatternGraph? { graph }

  init(_ graph: PatternGraph, precision: Precision = .f32) {
    self.graph = graph
    self.precision = precision
  }

  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { PlainOracle(self) }
}

private final class PlainOracle<S: Scalar>: Oracle<S> {
  private let graph: PatternGraph

  init(_ objective: PlainPerceptron) {
    graph = objective.graph
    super.init(objective)
  }

  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { Double(errors(x)) }
  override func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    let count = errors(x)
    return Evaluation(value: Double(count), error: Double(count) / Double(graph.patterns))
  }

  private func errors(_ x: UnsafePointer<S>) -> Int {
    let weights = (0..<dimension).map { graph.weights == .binary ? (x[$0] >= 0 ? 1.0 : -1.0) : Double(x[$0]) }
    let bound = graph.margin * weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return graph.plainFields(weights).filter { $0 <= 0 || $0 < bound }.count
  }
}

extension PatternGraph {
  /// label x.w of every pattern. Signs with weights +1 and -1: by counting equal bits. Signs with other weights: by the
  /// kernel that TapKernelTests compares with plain loops.
  func plainFields(_ w: [Double]) -> [Double] {
    if case .signs(let bits) = inputs, w.allSatisfy({ abs($0) == 1 }) {
      var words = [UInt64](repeating: 0, count: bits.stride)
      for i in 0..<w.count where w[i] > 0 { words[i / 64] |= 1 << UInt64(i % 64) }
      return (0..<patterns).map { p in
        let row = bits.words(p)
        let different = (0..<words.count).reduce(0) { $0 + (row[$1] ^ words[$1]).nonzeroBitCount }
        return Double(w.count - 2 * different) * Double(labels.pointer[p])
      }
    }
    if case .signs(let bits) = inputs {
      var fields = [Double](repeating: 0, count: patterns)
      Double.signRows(patterns, dimension, bits.words(0), bits.stride, w, &fields)
      return (0..<patterns).map { fields[$0] * Double(labels.pointer[$0]) }
    }
    return (0..<patterns).map { p in
      (0..<dimension).reduce(0.0) { $0 + input(p, $1) * w[$1] } * Double(labels.pointer[p])
    }
  }

  func input(_ p: Int, _ i: Int) -> Double {
    switch inputs {
    case .signs(let bits): Double(bits.sign(p, i))
    case .real(let matrix): Double(matrix.pointer[p * dimension + i])
    }
  }

  /// Random patterns with random labels, or with those of a teacher +1 and -1.
  static func random(
    weights n: Int, patterns p: Int, seed: UInt64, teacher: Bool = false, kind: Weights = .binary, margin: Double = 0
  ) throws -> (graph: PatternGraph, teacher: [Double]) {
    var state = SplitMix(state: seed)
    let bits = try SignBits(rows: p, width: n)
    for k in 0..<bits.storage.count {
      let padded = (k + 1) % bits.stride == 0 && n % 64 != 0
      bits.storage.pointer[k] = state.next() & (padded ? (1 << UInt64(n % 64)) - 1 : .max)
    }
    let teaching = (0..<n).map { _ in state.next() & 1 == 0 ? 1.0 : -1.0 }
    let labels = try Buffer<Float>((0..<p).map { _ in state.next() & 1 == 0 ? 1 : -1 })
    let graph = PatternGraph(
      hidden: 1, fanIn: n, tree: false, weights: kind, margin: margin, inputs: .signs(bits), labels: labels)
    if teacher {
      for (a, field) in graph.plainFields(teaching).enumerated() { labels.pointer[a] *= field > 0 ? 1 : -1 }
    }
    return (graph, teaching)
  }

  /// The same patterns as a matrix of numbers.
  func expanded() throws -> PatternGraph {
    let matrix = try Buffer<Float>(patterns * dimension)
    for p in 0..<patterns { for i in 0..<dimension { matrix.pointer[p * dimension + i] = Float(input(p, i)) } }
    return PatternGraph(
      hidden: 1, fanIn: dimension, tree: false, weights: weights, margin: margin, inputs: .real(matrix), labels: labels)
  }
}

/// Steele, Lea, Flood (2014): random words for tests.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
