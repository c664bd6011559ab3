import Swale
import XCTest

/// Reinforced max-sum: messages against enumeration, success on random patterns, refusals.
final class MaxSumTests: XCTestCase {
  /// Half the difference of the best scores sum_j a_j w_j of the other weights between w_i = +1 and -1, over all
  /// weights with sum w >= bound; inputs +1.
  private func enumerated(_ a: [Double], _ i: Int, bound: Int) -> Double {
    let n = a.count
    var best = [-Double.infinity, -Double.infinity]
    for code in 0..<(1 << n) where 2 * code.nonzeroBitCount - n >= bound {
      let score = (0..<n).reduce(0.0) { $0 + ($1 == i ? 0 : code >> $1 & 1 == 1 ? a[$1] : -a[$1]) }
      best[code >> i & 1] = max(best[code >> i & 1], score)
    }
    return 0.5 * (best[1] - best[0])
  }

  private func messages<S: Scalar>(_ type: S.Type) throws {
    var random = SplitMix(state: 1)
    for n in [3, 5, 9] {
      for bound in [1, 3, -1] where bound <= n - 2 {
        for _ in 0..<20 {
          let bits = try Buffer<UInt64>([random.next()])
          let sign = { (i: Int) in bits.pointer[0] >> UInt64(i) & 1 == 1 ? 1.0 : -1.0 }
          let total = try Buffer<S>((0..<n).map { _ in S(2 * random.uniform() - 1) })
          let u = try Buffer<S>((0..<n).map { _ in S(2 * random.uniform() - 1) })
          let cavity = (0..<n).map { sign($0) * Double(total.pointer[$0] - u.pointer[$0]) }
          let old = u.array
          let sum = try Buffer<S>(n)
          let scratch = try Buffer<S>(2 * n)
          S.maxSumPattern(
            n, bits.constant, bound: bound, total.constant, keep: 1, u.pointer, sum.pointer, scratch.pointer,
            scratch.pointer + n)
          for i in 0..<n {
            // The rule's 0 for satisfied constraints is the enumeration's, since both weights then allow the same rest.
            XCTAssertEqual(
              Double(u.pointer[i]), sign(i) * enumerated(cavity, i, bound: bound), accuracy: 16 * Double(S.ulpOfOne))
            XCTAssertEqual(sum.pointer[i], u.pointer[i] - old[i], accuracy: 4 * S.ulpOfOne)
          }
        }
      }
    }
  }

  func testMessagesAgainstEnumeration() throws {
    try messages(Float.self)
    try messages(Double.self)
  }

  /// The selected elements among many, against sorting: N beyond the smallest blocks, with equal magnitudes.
  func testMessagesOfManyWeightsAgainstSorting() throws {
    var random = SplitMix(state: 2)
    for n in [65, 301] {
      let bits = try Buffer<UInt64>((0..<((n + 63) / 64)).map { _ in random.next() })
      let total = try Buffer<Double>((0..<n).map { _ in (40 * random.uniform() - 22).rounded() / 8 })
      let a = (0..<n).map { bits.pointer[$0 / 64] >> UInt64($0 % 64) & 1 == 1 ? total.pointer[$0] : -total.pointer[$0] }
      let negative = a.filter { $0 < 0 }.map { -$0 }.sorted()
      for bound in [1, 5, n - 2] {
        let (u, sum, scratch) = (try Buffer<Double>(n), try Buffer<Double>(n), try Buffer<Double>(2 * n))
        Double.maxSumPattern(
          n, bits.constant, bound: bound, total.constant, keep: 0, u.pointer, sum.pointer, scratch.pointer,
          scratch.pointer + n)
        let surplus = n - 2 * negative.count - (bound - 1)
        for i in 0..<n {
          var wanted = 0.0
          if surplus <= 1 {
            if a[i] >= 0 {
              wanted = negative[(3 - surplus) / 2 - 1]
            } else if surplus < 1 {
              var others = negative
              others.remove(at: others.firstIndex(of: -a[i]) ?? 0)
              wanted = others[(1 - surplus) / 2 - 1]
            }
          }
          XCTAssertEqual(abs(u.pointer[i]), wanted, "n \(n), bound \(bound), weight \(i)")
        }
      }
    }
  }

  /// Spec 3.5: N = 501, rate 0.001, parallel: 5 of 5 at alpha 0.3, 4 of 5 at 0.5; beyond capacity never.
  func testSuccess() throws {
    for (load, schedule, rate, runs, least) in [
      (0.3, "parallel", 0.002, 3, 2), (0.3, "sequential", 0.004, 3, 2), (0.85, "parallel", 0.01, 1, 0),
    ] {
      var found = 0
      for seed in 0..<runs {
        let (graph, _) = try PatternGraph.random(weights: 501, patterns: Int(501 * load), seed: UInt64(100 + seed))
        let end = try solved(
          MaxSum.self, ["rate": .real(rate), "schedule": .text(schedule)], PlainPerceptron(graph),
          [Double](repeating: 1, count: 501))
        let errors = graph.plainFields(end.x).filter { $0 <= 0 }.count
        XCTAssertEqual(end.report.scalar("errors"), Double(errors))
        XCTAssertEqual(end.report.scalar("solved"), errors == 0 ? 1 : 0)
        XCTAssertEqual(end.report.scalar("success"), errors == 0 ? 1 : 0)
        XCTAssertEqual(end.reason, errors == 0 ? .converged : .maxSteps)
        found += errors == 0 ? 1 : 0
      }
      XCTAssertGreaterThanOrEqual(found, least, "alpha \(load), \(schedule)")
      if load > 0.83 { XCTAssertEqual(found, 0) }
    }
  }

  func testMargin() throws {
    let (graph, _) = try PatternGraph.random(weights: 501, patterns: 50, seed: 110, margin: 0.5)
    let end = try solved(
      MaxSum.self, ["rate": .real(0.002)], PlainPerceptron(graph), [Double](repeating: 1, count: 501))
    XCTAssertEqual(end.reason, .converged)
    XCTAssertGreaterThanOrEqual(try XCTUnwrap(graph.plainFields(end.x).min()), 0.5 * 501.0.squareRoot())
  }

  func testRefusals() throws {
    func refusal(_ graph: PatternGraph) -> String {
      do {
        _ = try solved(MaxSum.self, [:], PlainPerceptron(graph), [Double](repeating: 0, count: graph.dimension))
        return "accepted"
      } catch { return "\(error)" }
    }
    XCTAssert(refusal(try PatternGraph.random(weights: 20, patterns: 5, seed: 1).graph).contains("odd"))
    let spherical = try PatternGraph.random(weights: 21, patterns: 5, seed: 1, kind: .spherical).graph
    XCTAssert(refusal(spherical).contains("spherical"))
    let wide = try PatternGraph.random(weights: 21, patterns: 5, seed: 1, margin: 4.5).graph
    XCTAssert(refusal(wide).contains("margin 4.5"))
    let (graph, _) = try PatternGraph.random(weights: 21, patterns: 5, seed: 1)
    XCTAssert(refusal(try graph.expanded()).contains("+1 or -1"))
    let parity = PatternGraph(
      hidden: 3, fanIn: 7, tree: true, output: .parity, inputs: graph.inputs, labels: graph.labels)
    XCTAssert(refusal(parity).contains("perceptrons"))
    XCTAssertThrowsError(try MaxSum.configured(["rate": .real(0)]))
  }
}
