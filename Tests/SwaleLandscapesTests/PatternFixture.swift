import Glibc
import Swale
import XCTest

/// Patterns with labels, and the energies of devices over them written plainly from their definitions.
struct PatternFixture {
  enum Unit: String { case sign, relu, quadratic }

  var hidden = 1
  var tree = true
  var unit = Unit.sign
  var parity = false
  var margin = 0.0
  var gamma = 1.0
  let inputs: [[Double]]
  let labels: [Double]

  init(inputs: Int, patterns: Int, seed: UInt64, real: Bool = false) {
    var random = RandomStream(seed: seed, stream: 77)
    var draws = [Double](repeating: 0, count: inputs * patterns)
    if real { random.normal(draws.count, into: &draws) } else { random.signs(draws.count, into: &draws) }
    var signs = [Double](repeating: 0, count: patterns)
    random.signs(patterns, into: &signs)
    self.inputs = (0..<patterns).map { Array(draws[($0 * inputs)..<(($0 + 1) * inputs)]) }
    labels = signs
  }

  init(inputs: [[Double]], labels: [Double]) {
    self.inputs = inputs
    self.labels = labels
  }

  var width: Int { inputs[0].count }
  var fanIn: Int { tree ? width / hidden : width }
  var dimension: Int { fanIn * hidden }

  func dataset() throws -> Dataset {
    Dataset(
      name: "patterns", count: labels.count, shape: [width], inputs: SampleStorage(try Buffer(inputs.flatMap { $0 })),
      targets: .real(SampleStorage(try Buffer(labels)), width: 1))
  }

  func objective(_ name: String, _ options: Options) throws -> PatternObjective {
    var options = options
    if name != "perceptron", name != "gaussian_mixture" {
      options["hidden"] = .int(hidden)
      options["architecture"] = .text(tree ? "tree" : "full")
      if name == "committee" { options["unit"] = .text(unit.rawValue) }
    }
    if margin != 0 { options["margin"] = .real(margin) }
    return try Self.make(name, options, try dataset())
  }

  static func make(_ name: String, _ options: Options, _ data: Dataset) throws -> PatternObjective {
    let landscape = try Registry.shared.make(.objective, name, options, as: (any Landscape).self)
    let objective = try landscape.build(LandscapeParts(registry: .shared, data: data))
    return try XCTUnwrap(objective as? PatternObjective)
  }

  static func signs(_ count: Int, seed: UInt64) -> [Double] {
    var random = RandomStream(seed: seed, stream: 78)
    var x = [Double](repeating: 0, count: count)
    random.signs(count, into: &x)
    return x
  }

  static func normals(_ count: Int, seed: UInt64) -> [Double] {
    var random = RandomStream(seed: seed, stream: 79)
    var x = [Double](repeating: 0, count: count)
    random.normal(count, into: &x)
    return x
  }

  /// x at norm sqrt N.
  static func onSphere(_ x: [Double]) -> [Double] {
    let scale = (Double(x.count) / x.reduce(0) { $0 + $1 * $1 }).squareRoot()
    return x.map { $0 * scale }
  }

  // Definitions.

  func fields(_ w: [Double], _ p: Int) -> [Double] {
    (0..<hidden).map { k in
      (0..<fanIn).reduce(0.0) { $0 + w[k * fanIn + $1] * inputs[p][tree ? k * fanIn + $1 : $1] }
    }
  }

  /// z. `beta`: tanh(beta h / sqrt n) for sign units of committees.
  func output(_ w: [Double], _ p: Int, beta: Double? = nil) -> Double {
    let h = fields(w, p)
    if parity { return h.reduce(1.0) { $0 * ($1 > 0 ? 1 : $1 < 0 ? -1 : 0) } }
    let n = Double(fanIn)
    if hidden == 1, unit == .sign { return h[0] / n.squareRoot() }
    var sum = 0.0
    for (k, field) in h.enumerated() {
      let u = field / n.squareRoot()
      switch unit {
      case .sign: sum += beta.map { tanh($0 * u) } ?? (u > 0 ? 1 : u < 0 ? -1 : 0)
      case .relu: sum += (k < hidden / 2 ? 1 : -1) * max(0, u)
      case .quadratic: sum += (k < hidden / 2 ? 1 : -1) * u * u
      }
    }
    return sum / Double(hidden).squareRoot()
  }

  func violated(_ stability: Double) -> Bool { margin == 0 ? stability <= 0 : stability < margin }

  func errors(_ w: [Double]) -> Int { labels.indices.count { violated(labels[$0] * output(w, $0)) } }

  func loss(_ name: String, _ x: Double) -> Double {
    switch name {
    case "cross_entropy": log1p(exp(-2 * gamma * x)) / (2 * gamma)
    case "logistic": log1p(exp(-x))
    case "hinge": max(0, margin - x)
    case "mse": (1 - x) * (1 - x) / 2
    default: violated(x) ? 1 : 0
    }
  }

  /// Sum over patterns, with stabilities at `beta` where given.
  func energy(_ name: String, _ w: [Double], beta: Double? = nil) -> Double {
    labels.indices.reduce(0.0) { sum, p in
      sum + (name == "linear" ? flipsToRepair(w, p) : loss(name, labels[p] * output(w, p, beta: beta)))
    }
  }

  /// Fewest wrong votes that must turn, of these the cheapest set, by trying all sets.
  private func flipsToRepair(_ w: [Double], _ p: Int) -> Double {
    if !violated(labels[p] * output(w, p)) { return 0 }
    let h = fields(w, p)
    if parity { return h.map { ((abs($0) + 1) / 2).rounded(.down) }.min() ?? 0 }
    if hidden == 1 {
      var flips = 0.0
      while violated((labels[p] * h[0] + 2 * flips) / Double(fanIn).squareRoot()) { flips += 1 }
      return flips
    }
    var best = (units: Int.max, flips: Double.infinity)
    for set in 1..<(1 << hidden) {
      let chosen = (0..<hidden).filter { set >> $0 & 1 == 1 }
      if chosen.contains(where: { labels[p] * h[$0] > 0 }) { continue }
      let votes = (0..<hidden).reduce(0.0) {
        $0 + (chosen.contains($1) ? labels[p] : h[$1] > 0 ? 1 : -1)
      }
      if violated(labels[p] * votes / Double(hidden).squareRoot()) { continue }
      let flips = chosen.reduce(0.0) { $0 + (1 - labels[p] * h[$1]) / 2 }
      if chosen.count < best.units || (chosen.count == best.units && flips < best.flips) {
        best = (chosen.count, flips)
      }
    }
    return best.flips
  }
}
