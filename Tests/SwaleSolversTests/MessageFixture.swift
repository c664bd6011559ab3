import Glibc
import Swale

/// A device on random patterns, as bits, whose errors are recounted plainly with xor and popcount.
final class BitDevice: Objective {
  let name = "bit device"
  let graph: PatternGraph
  let precision: Precision
  let capabilities: Capabilities = [.value, .errors, .patterns]
  let bits: SignBits
  let labels: [Int]
  var dimension: Int { graph.dimension }
  var patterns: PatternGraph? { graph }

  init(
    hidden: Int = 1, fanIn: Int, patterns count: Int, tree: Bool = true, unit: PatternGraph.Unit = .sign,
    output: PatternGraph.Output = .sum, weights: PatternGraph.Weights = .binary, margin: Double = 0, seed: Int,
    precision: Precision = .f64
  ) throws {
    var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
    func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    let segments = tree ? hidden : 1
    bits = try SignBits(rows: count, segments: segments, width: fanIn)
    let signs = try Buffer<Float>(count)
    for p in 0..<count {
      signs.pointer[p] = next() & 1 == 1 ? 1 : -1
      for segment in 0..<segments {
        for word in 0..<bits.wordsPerSegment {
          let used = min(64, fanIn - 64 * word)
          bits.words(p, segment)[word] = next() & (used == 64 ? .max : (1 << UInt64(used)) - 1)
        }
      }
    }
    labels = signs.array.map { Int($0) }
    graph = PatternGraph(
      hidden: hidden, fanIn: fanIn, tree: tree, unit: unit, output: output, weights: weights, margin: margin,
      inputs: .signs(bits), labels: signs)
    self.precision = precision
  }

  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { BitDeviceOracle<S>(self) }

  /// Weights as words, unit after unit.
  func words(_ isPlus: (Int) -> Bool) -> [UInt64] {
    let per = bits.wordsPerSegment
    var words = [UInt64](repeating: 0, count: graph.hidden * per)
    for k in 0..<graph.hidden {
      for i in 0..<graph.fanIn where isPlus(k * graph.fanIn + i) { words[k * per + i / 64] |= 1 << UInt64(i % 64) }
    }
    return words
  }

  func field(_ p: Int, _ k: Int, _ w: [UInt64]) -> Int {
    let (row, per) = (bits.words(p, graph.tree ? k : 0), bits.wordsPerSegment)
    var different = 0
    for j in 0..<per { different += (row[j] ^ w[k * per + j]).nonzeroBitCount }
    return graph.fanIn - 2 * different
  }

  func isWrong(_ p: Int, _ w: [UInt64]) -> Bool {
    let (k, n) = (Double(graph.hidden), Double(graph.fanIn))
    if graph.isPerceptron { return isWrong(Double(labels[p] * field(p, 0, w)) / n.squareRoot()) }
    var (sum, product) = (0.0, 1)
    for unit in 0..<graph.hidden {
      let h = field(p, unit, w)
      product *= h.signum()
      switch graph.unit {
      case .sign: sum += Double(h.signum())
      case .relu: sum += Double(graph.outputSign(unit)) * max(0, Double(h)) / n.squareRoot()
      case .quadratic: sum += Double(graph.outputSign(unit)) * Double(h * h) / n
      }
    }
    if graph.output == .parity { return labels[p] * product <= 0 }
    return isWrong(Double(labels[p]) * sum / k.squareRoot())
  }

  private func isWrong(_ stability: Double) -> Bool { stability <= 0 && graph.margin >= 0 || stability < graph.margin }

  func errors(_ w: [UInt64]) -> Int { labels.indices.count { isWrong($0, w) } }

  /// ln of the number of solutions, per weight, by trying all configurations; dimension up to about 22.
  func exactEntropy() -> Double {
    var count = 0
    var w = [UInt64](repeating: 0, count: graph.hidden)
    for mask in 0..<(1 << dimension) {
      for k in 0..<graph.hidden { w[k] = UInt64(mask >> (k * graph.fanIn) & ((1 << graph.fanIn) - 1)) }
      if labels.indices.allSatisfy({ !isWrong($0, w) }) { count += 1 }
    }
    return log(Double(count)) / Double(dimension)
  }
}

final class BitDeviceOracle<S: Scalar>: Oracle<S> {
  private let device: BitDevice
  init(_ device: BitDevice) {
    self.device = device
    super.init(device)
  }
  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { try evaluate(x).value }
  override func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    let errors = Double(device.errors(device.words { x[$0] >= 0 }))
    return Evaluation(value: errors, error: errors / Double(device.labels.count))
  }
}

/// Everything about one pattern under independent weights with fields, by enumeration unit by unit.
struct OnePattern {
  /// ln sum over satisfying w of exp(fields . w).
  let logZ: Double
  let magnetizations: [Double]

  init(_ device: BitDevice, _ fields: [Double]) {
    let (graph, label) = (device.graph, device.labels[0])
    let (units, n) = (graph.hidden, graph.fanIn)
    // Per unit and sign of the field: sums of weights exp(fields . w), and of those times each w_i.
    var sums = [[Double]](repeating: [0, 0], count: units)
    var moments = [[[Double]]](repeating: [[Double]](repeating: [Double](repeating: 0, count: n), count: 2), count: units)
    for k in 0..<units {
      for mask in 0..<(1 << n) {
        var w = [UInt64](repeating: 0, count: units)
        w[k] = UInt64(mask)
        let h = device.field(0, k, w)
        var exponent = 0.0
        for i in 0..<n { exponent += mask >> i & 1 == 1 ? fields[k * n + i] : -fields[k * n + i] }
        let side: Int
        if units == 1 {
          side = device.isWrong(0, w) ? 0 : 1
        } else {
          side = h > 0 ? 1 : 0
        }
        let weight = exp(exponent)
        sums[k][side] += weight
        for i in 0..<n { moments[k][side][i] += mask >> i & 1 == 1 ? weight : -weight }
      }
    }
    var (z, means) = (0.0, [Double](repeating: 0, count: units * n))
    for sides in 0..<(1 << units) {
      let signs = (0..<units).map { sides >> $0 & 1 == 1 ? 1 : -1 }
      let good: Bool
      if units == 1 {
        good = sides == 1
      } else if graph.output == .parity {
        good = label * signs.reduce(1, *) > 0
      } else {
        let stability = Double(label * signs.reduce(0, +)) / Double(units).squareRoot()
        good = stability > 0 && stability >= graph.margin
      }
      if !good { continue }
      let product = (0..<units).reduce(1.0) { $0 * sums[$1][sides >> $1 & 1] }
      z += product
      for k in 0..<units {
        let side = sides >> k & 1
        for i in 0..<n { means[k * n + i] += product / sums[k][side] * moments[k][side][i] }
      }
    }
    logZ = log(z)
    magnetizations = means.map { $0 / z }
  }
}

/// Fields uniform in +-size.
func randomFields(_ n: Int, _ size: Double, seed: UInt64) -> [Double] {
  var fields = [Double](repeating: 0, count: n)
  Double.randomUniform(seed, 5, 0, n, -size, size, &fields)
  return fields
}
