import Glibc
import Swale
import XCTest

/// A device on random patterns whose errors are counted plainly from the definition: what the solution metrics measure.
final class SolutionDevice: Objective {
  let name = "plain device"
  let graph: PatternGraph
  let precision: Precision
  let capabilities: Capabilities = [.value, .errors, .patterns]
  /// Inputs of pattern p, +1 and -1 or real.
  let inputs: [[Double]]
  /// The same, times the label and in one piece.
  private let gauged: Buffer<Double>
  var dimension: Int { graph.dimension }
  var sampleCount: Int { graph.patterns }
  var patterns: PatternGraph? { graph }

  init(
    hidden: Int = 1, fanIn: Int, patterns: Int, tree: Bool = true, unit: PatternGraph.Unit = .sign,
    output: PatternGraph.Output = .sum, weights: PatternGraph.Weights = .binary, real: Bool = false, margin: Double = 0,
    seed: UInt64 = 1, precision: Precision = .f64, label: (([Double]) -> Double)? = nil
  ) throws {
    self.precision = precision
    let segments = tree ? hidden : 1
    let width = segments * fanIn
    var random = RandomStream(seed: seed, stream: 1)
    var draws = [Double](repeating: 0, count: patterns * width)
    if real { random.normal(draws.count, into: &draws) } else { random.signs(draws.count, into: &draws) }
    var signs = [Double](repeating: 0, count: patterns)
    random.signs(patterns, into: &signs)
    let rows = (0..<patterns).map { Array(draws[($0 * width)..<($0 * width + width)]) }
    inputs = rows
    if let label { signs = rows.map(label) }
    gauged = try Buffer(zip(rows, signs).flatMap { row, label in row.map { label * $0 } })
    let bits = try SignBits(rows: patterns, segments: segments, width: fanIn)
    for p in 0..<patterns {
      for (j, x) in rows[p].enumerated() where x > 0 {
        bits.words(p, j / fanIn)[j % fanIn / 64] |= 1 << UInt64(j % fanIn % 64)
      }
    }
    graph = PatternGraph(
      hidden: hidden, fanIn: fanIn, tree: tree, unit: unit, output: output, weights: weights, margin: margin,
      inputs: real ? .real(try Buffer(draws.map(Float.init))) : .signs(bits), labels: try Buffer(signs.map(Float.init)))
  }

  /// Fraction of errors. Perceptrons of signs, which are evaluated often, by whole products with the gauged inputs.
  func error(_ x: [Double]) -> Double {
    let kappa = graph.margin
    guard graph.isPerceptron, graph.weights == .binary else {
      return Double(stabilities(x).count { kappa == 0 ? $0 <= 0 : $0 < kappa }) / Double(graph.patterns)
    }
    let w = x.map { $0 < 0 ? -1.0 : 1 }
    var wrong = 0
    for p in 0..<graph.patterns {
      let stability = Double.dot(x.count, gauged.constant + p * x.count, w) / Double(x.count).squareRoot()
      wrong += (kappa == 0 ? stability <= 0 : stability < kappa) ? 1 : 0
    }
    return Double(wrong) / Double(graph.patterns)
  }

  /// Stability of every pattern, from its definition.
  func stabilities(_ x: [Double]) -> [Double] {
    let (n, k) = (graph.fanIn, graph.hidden)
    var w = graph.weights == .binary ? x.map { $0 < 0 ? -1.0 : 1 } : x
    if graph.weights == .spherical {
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      w = x.map { $0 / norm * Double(x.count).squareRoot() }
    }
    return (0..<graph.patterns).map { p in
      let fields = (0..<k).map { unit in
        (0..<n).reduce(0.0) { $0 + w[unit * n + $1] * inputs[p][graph.tree ? unit * n + $1 : $1] }
          / Double(n).squareRoot()
      }
      let label = Double(graph.labels.pointer[p])
      if graph.isPerceptron { return label * fields[0] }
      if graph.output == .parity {
        return label * fields.reduce(1.0) { $0 * ($1 > 0 ? 1 : -1) } * (fields.map(abs).min() ?? 0)
      }
      let sum = fields.enumerated().reduce(0.0) { sum, item in
        let h = item.element
        let value = graph.unit == .sign ? (h > 0 ? 1 : -1) : graph.unit == .relu ? max(0, h) : h * h
        return sum + Double(graph.outputSign(item.offset)) * value
      }
      return label * sum / Double(k).squareRoot()
    }
  }

  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { SolutionOracle<S>(self) }
}

private final class SolutionOracle<S: Scalar>: Oracle<S> {
  private let device: SolutionDevice
  init(_ device: SolutionDevice) {
    self.device = device
    super.init(device)
  }
  override var sampleCount: Int { device.sampleCount }
  override func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    let error = device.error((0..<dimension).map { Double(x[$0]) })
    return Evaluation(value: error * Double(sampleCount), error: error)
  }
  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { try evaluate(x).value }
}

enum SolutionFixture {
  static func signs(_ n: Int, seed: UInt64) -> [Double] {
    var x = [Double](repeating: 0, count: n)
    var random = RandomStream(seed: seed, stream: 2)
    random.signs(n, into: &x)
    return x
  }

  static func normal(_ n: Int, seed: UInt64) -> [Double] {
    var x = [Double](repeating: 0, count: n)
    var random = RandomStream(seed: seed, stream: 3)
    random.normal(n, into: &x)
    return x
  }

  /// A solution of a perceptron by the clipped rule: every error adds its input to hidden integers.
  static func clippedPerceptron(_ device: SolutionDevice, epochs: Int = 500) -> [Double] {
    var h = [Double](repeating: 1, count: device.dimension)
    for _ in 0..<epochs {
      var errors = 0
      for p in 0..<device.graph.patterns {
        let label = Double(device.graph.labels.pointer[p])
        let field = zip(h, device.inputs[p]).reduce(0.0) { $0 + ($1.0 < 0 ? -1 : 1) * $1.1 }
        if label * field > 0 { continue }
        errors += 1
        for i in h.indices { h[i] += 2 * label * device.inputs[p][i] }
      }
      if errors == 0 { break }
    }
    return h.map { $0 < 0 ? -1 : 1 }
  }
}
