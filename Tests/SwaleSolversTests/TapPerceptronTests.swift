import Swale
import XCTest

/// Relaxed belief propagation against full belief propagation, enumeration, theory values and its own guarantees.
final class TapPerceptronTests: XCTestCase {
  /// Magnetisations by dense belief propagation with the Gaussian form of the messages (spec 1.3 A, two-term fast
  /// form), all patterns in turn; labels absorbed in `x`.
  private func fullMessages(_ x: [[Double]], sweeps: Int) -> [Double] {
    let n = x[0].count
    var u = x.map { _ in [Double](repeating: 0, count: n) }
    var total = [Double](repeating: 0, count: n)
    let r = { (t: Double) in (2 / Double.pi).squareRoot() * exp(-t * t / 2) / erfc(t / 2.0.squareRoot()) }
    for _ in 0..<sweeps {
      for a in x.indices {
        let m = (0..<n).map { tanh(total[$0] - u[a][$0]) }
        var (mu, s2) = (0.0, 0.0)
        for i in 0..<n {
          mu += x[a][i] * m[i]
          s2 += 1 - m[i] * m[i]
        }
        let t = -mu / s2.squareRoot()
        let tail = r(t)
        for i in 0..<n {
          let s = (s2 - (1 - m[i] * m[i])).squareRoot()
          let shift = -(mu - x[a][i] * m[i]) / s - t
          let next = x[a][i] / s * (tail + tail * (tail - t) * shift)
          total[i] += next - u[a][i]
          u[a][i] = next
        }
      }
    }
    return total.map { tanh($0) }
  }

  private func absorbed(_ graph: PatternGraph) -> [[Double]] {
    (0..<graph.patterns).map { p in
      (0..<graph.dimension).map { graph.input(p, $0) * Double(graph.labels.pointer[p]) }
    }
  }

  private func converged<S: Scalar>(_ tap: TapPerceptron<S>, _ tolerance: Double, damping: Double = 0) -> Bool {
    for _ in 0..<2000 {
      tap.step(.init(damping: damping))
      if tap.residual < tolerance { return true }
    }
    return false
  }

  /// Both forms differ by terms of order 1 / sqrt N in single means. Measured at N = 1001: root mean square 0.004.
  func testFixedPointIsThatOfFullMessages() throws {
    let (graph, _) = try PatternGraph.random(weights: 1001, patterns: 400, seed: 11)
    let tap = try TapPerceptron(try TapPatterns<Double>(graph))
    XCTAssert(converged(tap, 1e-9))
    let full = fullMessages(absorbed(graph), sweeps: 12)
    let squares = (0..<1001).reduce(0.0) { $0 + pow(tap.means.pointer[$1] - full[$1], 2) }
    XCTAssertLessThan((squares / 1001).squareRoot(), 0.01)
    let overlap = full.reduce(0) { $0 + $1 * $1 } / 1001
    XCTAssertEqual(tap.selfOverlap, overlap, accuracy: 0.005)
  }

  /// f32 and f64 reach the same fixed point; real inputs with the same numbers do too.
  func testPrecisionsAndInputsAgree() throws {
    let (graph, _) = try PatternGraph.random(weights: 401, patterns: 150, seed: 12)
    let tap = try TapPerceptron(try TapPatterns<Double>(graph))
    let single = try TapPerceptron(try TapPatterns<Float>(graph))
    // A matrix is not known to be of signs, so the noise that stands for whole fields is given.
    let real = try TapPerceptron(try TapPatterns<Double>(graph.expanded()), noise: 1.0 / 3 / 401)
    XCTAssert(converged(tap, 1e-10) && converged(single, 1e-5) && converged(real, 1e-10))
    for i in 0..<401 {
      XCTAssertEqual(tap.means.pointer[i], Double(single.means.pointer[i]), accuracy: 1e-3)
      XCTAssertEqual(tap.means.pointer[i], real.means.pointer[i], accuracy: 1e-7)
    }
  }

  /// RS entropies and overlaps of spec 3.1; the spec's own belief propagation scatters by 0.004 to 0.014 at N = 1001.
  func testEntropyAgainstTheory() throws {
    for (load, s, q) in [(0.2, 0.550120, 0.126865), (0.4, 0.396455, 0.255843), (0.5, 0.314390, 0.322385)] {
      var entropies: [Double] = []
      var overlaps: [Double] = []
      for seed in 0..<4 {
        let (graph, _) = try PatternGraph.random(weights: 2001, patterns: Int(2001 * load), seed: UInt64(20 + seed))
        let tap = try TapPerceptron(try TapPatterns<Double>(graph))
        XCTAssert(converged(tap, 1e-8), "load \(load)")
        entropies.append(try tap.entropy())
        overlaps.append(tap.selfOverlap)
      }
      XCTAssertEqual(entropies.reduce(0, +) / 4, s, accuracy: 0.01, "load \(load)")
      XCTAssertEqual(overlaps.reduce(0, +) / 4, q, accuracy: 0.02, "load \(load)")
    }
  }

  /// Exact enumeration of all weights, N = 15 and P = 4; the spec finds differences of 0.03 at most for N = 21.
  func testEntropyAgainstEnumeration() throws {
    var difference = 0.0
    for seed in 0..<10 {
      let (graph, _) = try PatternGraph.random(weights: 15, patterns: 4, seed: UInt64(40 + seed))
      let rows = absorbed(graph).map { row in row.indices.reduce(0) { $0 | (row[$1] > 0 ? 1 << $1 : 0) } }
      var count = 0
      for w in 0..<(1 << 15) where rows.allSatisfy({ ($0 ^ w).nonzeroBitCount < 8 }) { count += 1 }
      let tap = try TapPerceptron(try TapPatterns<Double>(graph))
      XCTAssert(converged(tap, 1e-8, damping: 0.3))
      difference += abs(try tap.entropy() - log(Double(count)) / 15) / 10
    }
    XCTAssertLessThan(difference, 0.03)
  }

  /// The external field enters as a prior: with no information from patterns of weight 0 it is m = tanh(field).
  func testExternalField() throws {
    let (graph, _) = try PatternGraph.random(weights: 101, patterns: 1, seed: 50)
    let tap = try TapPerceptron(try TapPatterns<Double>(graph), noise: 1e12)
    let field = try Buffer<Double>((0..<101).map { 0.02 * Double($0) - 1 })
    tap.external = field
    XCTAssert(converged(tap, 1e-12))
    for i in 0..<101 { XCTAssertEqual(tap.means.pointer[i], tanh(field.pointer[i]), accuracy: 1e-5) }
  }

  /// Reinforced to a solution; strict recount.
  private func solves(load: Double, seed: UInt64, rate: Double = 0.01, steps: Int = 400) throws -> Bool {
    let (graph, _) = try PatternGraph.random(weights: 1001, patterns: Int(1001 * load), seed: seed)
    let tap = try TapPerceptron(try TapPatterns<Float>(graph))
    tap.reset(amplitude: 0.01, random: RandomStream(seed: seed, stream: 1))
    let x = try Buffer<Float>(1001)
    for t in 0..<steps {
      tap.step(.init(reinforcement: min(rate * Double(t), 1)))
      if tap.violated == 0, tap.errorsOfSigns(x.pointer) == 0 {
        XCTAssertFalse(graph.plainFields(x.array.map(Double.init)).contains { $0 <= 0 }, "a solution that is none")
        return true
      }
    }
    return false
  }

  /// Spec 3.5: reinforced belief propagation solves 10 of 10 up to 0.70; nothing exists beyond 0.833.
  func testReinforcedSuccess() throws {
    for (load, least) in [(0.3, 5), (0.5, 5), (0.65, 4), (0.7, 2)] {
      let found = try (0..<5).filter { try solves(load: load, seed: UInt64(60 + $0)) }.count
      XCTAssertGreaterThanOrEqual(found, least, "load \(load)")
    }
    for seed in 0..<3 { XCTAssertFalse(try solves(load: 0.85, seed: UInt64(80 + seed))) }
  }
}
