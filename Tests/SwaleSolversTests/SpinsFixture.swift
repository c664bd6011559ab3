import Glibc
import Swale

/// A perceptron or committee of sign units on random patterns, written plainly and independently of the library's own:
/// the landscape that the tests of the discrete solvers trust.
final class PlainDevice: Objective {
  enum Energy { case errors, crossEntropy(gamma: Double) }

  let name = "plain device"
  let dimension: Int
  let precision: Precision
  let capabilities: Capabilities = [.value, .errors, .flips, .patterns]
  let patterns: PatternGraph?
  let energy: Energy
  let graph: PatternGraph
  /// inputs[p][j], +1 or -1, and labels.
  let inputs: [[Int]]
  let labels: [Int]

  init(
    hidden: Int = 1, fanIn: Int, patterns count: Int, tree: Bool = true, seed: UInt64, energy: Energy = .errors,
    precision: Precision = .f64, margin: Double = 0, weights: PatternGraph.Weights = .binary
  ) throws {
    let segments = tree ? hidden : 1
    let width = segments * fanIn
    var draws = [Double](repeating: 0, count: count * (width + 1))
    Double.randomSigns(seed, 77, 0, draws.count, &draws)
    let bits = try SignBits(rows: count, segments: segments, width: fanIn)
    let signs = try Buffer<Float>(count)
    var rows: [[Int]] = []
    for p in 0..<count {
      signs.pointer[p] = Float(draws[p * (width + 1)])
      rows.append((0..<width).map { Int(draws[p * (width + 1) + 1 + $0]) })
      for (j, sign) in rows[p].enumerated() where sign > 0 {
        bits.words(p, j / fanIn)[j % fanIn / 64] |= 1 << UInt64(j % fanIn % 64)
      }
    }
    inputs = rows
    labels = signs.array.map(Int.init)
    graph = PatternGraph(
      hidden: hidden, fanIn: fanIn, tree: tree, weights: weights, margin: margin, inputs: .signs(bits), labels: signs)
    patterns = graph
    dimension = hidden * fanIn
    self.energy = energy
    self.precision = precision
  }

  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { PlainDeviceOracle<S>(self) }

  /// label * h for each unit of a pattern.
  func fields(_ p: Int, _ w: [Int]) -> [Int] {
    (0..<graph.hidden).map { k in
      var sum = 0
      for i in 0..<graph.fanIn {
        sum += w[k * graph.fanIn + i] * inputs[p][graph.tree ? k * graph.fanIn + i : i]
      }
      return labels[p] * sum
    }
  }

  func isWrong(_ p: Int, _ w: [Int]) -> Bool {
    let h = fields(p, w)
    if graph.hidden == 1 {
      return h[0] <= 0 || Double(h[0]) / Double(graph.fanIn).squareRoot() < graph.margin
    }
    let votes = h.reduce(0) { $0 + ($1 > 0 ? 1 : -1) }
    return votes <= 0 || Double(votes) / Double(graph.hidden).squareRoot() < graph.margin
  }

  func errors(_ w: [Int]) -> Int { (0..<labels.count).count { isWrong($0, w) } }

  func value(_ w: [Int]) -> Double {
    switch energy {
    case .errors: return Double(errors(w))
    case .crossEntropy(let gamma):
      return (0..<labels.count).reduce(0) { sum, p in
        let x = Double(fields(p, w)[0]) / Double(dimension).squareRoot()
        return sum + log1p(exp(-2 * gamma * x)) / (2 * gamma)
      }
    }
  }
}

final class PlainDeviceOracle<S: Scalar>: Oracle<S> {
  private let device: PlainDevice
  private var spins: [Int] = []
  private var energy = 0.0

  init(_ device: PlainDevice) {
    self.device = device
    super.init(device)
  }

  private func signs(_ x: UnsafePointer<S>) -> [Int] { (0..<dimension).map { x[$0] < 0 ? -1 : 1 } }

  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double { device.value(signs(x)) }

  override func evaluate(_ x: UnsafePointer<S>) throws(Failure) -> Evaluation {
    let w = signs(x)
    return Evaluation(value: device.value(w), error: Double(device.errors(w)) / Double(device.labels.count))
  }

  override func place(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    spins = signs(x)
    energy = device.value(spins)
    return energy
  }

  override func flipChange(_ i: Int) -> Double {
    var flipped = spins
    flipped[i].negate()
    return device.value(flipped) - energy
  }

  override func flip(_ i: Int) {
    spins[i].negate()
    energy = device.value(spins)
  }
}

/// A landscape given by its energies, one per configuration: spin i of configuration c is -1 where bit i of c is set.
final class TableLandscape: Objective {
  let name = "table"
  let dimension: Int
  let precision: Precision = .f64
  let capabilities: Capabilities = [.value, .flips]
  let energies: [Double]

  init(_ energies: [Double]) {
    self.energies = energies
    dimension = energies.count.trailingZeroBitCount
  }

  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { TableOracle<S>(self) }

  static func index<S: BinaryFloatingPoint>(_ x: UnsafePointer<S>, _ n: Int) -> Int {
    (0..<n).reduce(0) { $0 | (x[$1] < 0 ? 1 << $1 : 0) }
  }
}

final class TableOracle<S: Scalar>: Oracle<S> {
  private let energies: [Double]
  private var state = 0

  init(_ landscape: TableLandscape) {
    energies = landscape.energies
    super.init(landscape)
  }

  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    energies[TableLandscape.index(x, dimension)]
  }
  override func place(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    state = TableLandscape.index(x, dimension)
    return energies[state]
  }
  override func flipChange(_ i: Int) -> Double { energies[state ^ (1 << i)] - energies[state] }
  override func flip(_ i: Int) { state ^= 1 << i }
}

/// Random signs to start from.
func randomSpins(_ n: Int, seed: UInt64) -> [Double] {
  var x = [Double](repeating: 0, count: n)
  Double.randomSigns(seed, 99, 0, n, &x)
  return x
}
