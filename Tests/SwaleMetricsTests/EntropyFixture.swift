import Glibc
import Swale
import XCTest

/// A landscape that is nothing but its factor graph: what the entropy tests measure.
final class GraphLandscape: Objective {
  let name = "graph"
  let graph: PatternGraph
  let capabilities: Capabilities = .patterns
  let precision: Precision
  init(_ graph: PatternGraph, precision: Precision = .f64) {
    self.graph = graph
    self.precision = precision
  }
  var dimension: Int { graph.dimension }
  var patterns: PatternGraph? { graph }
  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { Oracle(self) }
}

/// Random devices, and their solutions by the plainest algorithm.
struct Device: CustomStringConvertible {
  var hidden = 1
  var fanIn: Int
  var tree = false
  var unit = PatternGraph.Unit.sign
  var output = PatternGraph.Output.sum
  var margin = 0.0

  var weights: Int { hidden * fanIn }
  var description: String { "K=\(hidden) n=\(fanIn) tree=\(tree) \(unit) \(output) margin=\(margin)" }

  /// P random patterns with random labels.
  func graph(_ patterns: Int, seed: Int, weights kind: PatternGraph.Weights = .binary) throws -> PatternGraph {
    let segments = tree ? hidden : 1
    let bits = try SignBits(rows: patterns, segments: segments, width: fanIn)
    let labels = try Buffer<Float>(patterns)
    var random = RandomStream(seed: UInt64(seed), stream: 77)
    for p in 0..<patterns {
      labels.pointer[p] = random.below(2) == 1 ? 1 : -1
      for segment in 0..<segments {
        for j in 0..<fanIn where random.below(2) == 1 { bits.words(p, segment)[j >> 6] |= 1 << UInt64(j & 63) }
      }
    }
    return PatternGraph(
      hidden: hidden, fanIn: fanIn, tree: tree, unit: unit, output: output, weights: kind, margin: margin,
      inputs: .signs(bits), labels: labels)
  }

  /// Misclassified patterns of a configuration, from the definition in floating point.
  func errors(_ w: [Int], _ graph: PatternGraph) -> Int {
    guard case .signs(let bits) = graph.inputs else { return -1 }
    var errors = 0
    for p in 0..<graph.patterns {
      var (sum, product) = (0.0, 1.0)
      for k in 0..<hidden {
        var h = 0.0
        for j in 0..<fanIn { h += Double(w[k * fanIn + j] * bits.sign(p, tree ? k * fanIn + j : j)) }
        h /= Double(fanIn).squareRoot()
        product *= h > 0 ? 1 : h < 0 ? -1 : 0
        let c = unit == .sign || k < hidden / 2 ? 1.0 : -1.0
        switch unit {
        case .sign: sum += hidden == 1 ? h : h > 0 ? 1 : h < 0 ? -1 : 0
        case .relu: sum += c * max(0, h)
        case .quadratic: sum += c * h * h
        }
      }
      let stability =
        Double(graph.labels.pointer[p]) * (output == .parity ? product : sum / Double(hidden).squareRoot())
      if margin == 0 ? stability < 1e-9 : stability < margin - 1e-9 { errors += 1 }
    }
    return errors
  }

  /// The configuration of a mask: bit i set means w_i = +1.
  func configuration(_ mask: Int) -> [Int] { (0..<weights).map { mask >> $0 & 1 == 1 ? 1 : -1 } }

  /// All configurations without an error.
  func solutions(_ graph: PatternGraph) -> [[Int]] {
    (0..<(1 << weights)).map(configuration).filter { errors($0, graph) == 0 }
  }
}

enum EntropyFixture {
  static func run(
    _ metric: String, _ graph: PatternGraph, _ points: [[Int]] = [], _ options: Options = [:],
    seed: Int = 0, precision: Precision = .f64
  ) throws -> Report {
    try SurfaceFixture.run(
      metric, options, GraphLandscape(graph, precision: precision), points.map { $0.map(Double.init) }, seed: seed)
  }

  /// The binary entropy -d ln d - (1 - d) ln(1 - d).
  static func bound(_ d: Double) -> Double { d <= 0 || d >= 1 ? 0 : -d * log(d) - (1 - d) * log(1 - d) }
}

