import Glibc
import Swale
import XCTest

/// Patterns that no weights satisfy: every solver on patterns ends with a result that is no success.
final class ContradictionTests: XCTestCase {
  /// A perceptron on the sphere over real rows and labels, which refuses weights of length 0.
  private func sphere(_ rows: [[Float]], _ labels: [Float], _ precision: Precision) throws -> any Objective {
    let data = Dataset(
      name: "rows", count: rows.count, shape: [rows[0].count], inputs: SampleStorage(try Buffer(rows.flatMap { $0 })),
      targets: .real(SampleStorage(try Buffer(labels)), width: 1))
    let options: Options = ["weights": .text("spherical"), "precision": .text(precision == .f32 ? "f32" : "f64")]
    return try Registry.shared.make(.objective, "perceptron", options, as: (any Landscape).self)
      .build(LandscapeParts(registry: .shared, data: data))
  }

  /// A perceptron of signs with binary weights.
  private func graph(_ rows: [[Float]], _ labels: [Float]) throws -> PatternGraph {
    let bits = try SignBits(rows: rows.count, width: rows[0].count)
    for (p, row) in rows.enumerated() {
      for (i, x) in row.enumerated() where x > 0 { bits.words(p)[i / 64] |= 1 << UInt64(i % 64) }
    }
    return PatternGraph(
      hidden: 1, fanIn: rows[0].count, tree: false, inputs: .signs(bits), labels: try Buffer(labels))
  }

  private func rows(_ count: Int, _ n: Int) -> [[Float]] {
    (0..<count).map { p in (0..<n).map { ($0 * $0 * (p + 3) + 7 * p + $0) % 5 < 2 ? 1 : -1 } }
  }

  /// One pattern with both labels (and among others, and mirrored, and a row of zeros): margin bound 0, no success,
  /// weights with a direction, no error. The objective refuses weights of length 0, which this run is not to end at.
  func testMinOver() throws {
    let plain = rows(5, 9)
    let gaussian = plain.map { row in row.enumerated().map { $1 * (0.3 + 0.1 * Float($0)) } }
    let cases: [(rows: [[Float]], labels: [Float])] = [
      ([plain[0], plain[0]], [1, -1]), ([gaussian[0], gaussian[0]], [-1, 1]),
      (plain + [plain[3]], [1, -1, 1, 1, -1, -1]), ([plain[0], plain[0].map { -$0 }], [1, 1]),
      ([plain[0].map { _ in 0 }, plain[1]], [1, 1]), ([plain[0].map { _ in 0 }], [1]),
    ]
    for item in cases {
      for rule in ["pairwise", "min_over"] {
        for start in [0.0, 0.5] {
          for precision in [Precision.f32, .f64] {
            let objective = try sphere(item.rows, item.labels, precision)
            let end = try solved(
              MinOver.self, ["rule": .text(rule)], objective, [Double](repeating: start, count: 9),
              run: ["max_steps": .int(5000)])
            XCTAssertEqual(end.report.scalar("success"), 0, "\(rule)")
            XCTAssertEqual(end.report.scalar("solved"), 0)
            XCTAssertNotEqual(end.reason, .converged)
            XCTAssertLessThanOrEqual(end.report.scalar("margin") ?? 1, 0)
            XCTAssertEqual(end.x.reduce(0) { $0 + $1 * $1 } > 0, true)
            // The plain rule's |w| falls as 1 / t where the patterns are more than two.
            if rule == "pairwise" || item.rows.count <= 2 {
              XCTAssertEqual(end.report.scalar("margin_bound"), 0)
              XCTAssertEqual(end.reason, .noSolution)
            }
          }
        }
      }
    }
  }

  /// Solvers of binary weights: no success, no number that describes solutions.
  func testMessageSolvers() throws {
    let plain = rows(5, 21)
    let contradicting = try graph(plain + [plain[3]], [1, -1, 1, 1, -1, -1])
    for precision in [Precision.f32, .f64] {
      let objective = PlainPerceptron(contradicting, precision: precision)
      let start = [Double](repeating: 1, count: 21)
      let limits: Options = ["max_steps": .int(300)]
      let ends = [
        try solved(AMP.self, ["damping": .real(0.5)], objective, start, run: limits),
        try solved(AMP.self, ["prior": .text("gaussian"), "damping": .real(0.5)], objective, start, run: limits),
        try solved(BeliefPropagation.self, ["damping": .real(0.5)], objective, start, run: limits),
        try solved(
          BeliefPropagation.self, ["messages": .text("tap"), "damping": .real(0.5)], objective, start, run: limits),
        try solved(
          BeliefPropagation.self, ["messages": .text("exact"), "damping": .real(0.5)], objective, start, run: limits),
        try solved(BeliefPropagation.self, ["reinforcement": .real(0.01)], objective, start, run: limits),
        try solved(FocusingBP.self, ["rate": .real(0.02), "readout": .bool(true)], objective, start, run: limits),
        try solved(MaxSum.self, ["rate": .real(0.01)], objective, start, run: limits),
        try solved(MaxSum.self, ["rate": .real(0.01), "schedule": .text("parallel")], objective, start, run: limits),
        try solved(GreedyLocalEntropy.self, [:], objective, start, run: ["max_steps": .int(60)]),
      ]
      for end in ends {
        let name = end.report.text("solver") ?? ""
        XCTAssertEqual(end.report.scalar("success"), 0, name)
        XCTAssertNotEqual(end.reason, .converged, name)
        XCTAssertGreaterThan(end.report.scalar("errors") ?? 0, 0, name)
        for number in ["entropy", "bethe_entropy", "bayes_error", "local_entropy"] {
          if let value = end.report.scalar(number) { XCTAssertTrue(value.isNaN, "\(name) \(number) \(value)") }
        }
      }
    }
  }

  /// Labels at random above the capacity: converged messages of negative entropy are no solutions; a teacher's labels
  /// in the hard phase (1.3), where the fixed point is the trap: the error of the vote there is 0.1754, the Bayes
  /// error is not it.
  func testNegativeEntropy() throws {
    var none = 0
    for seed in 0..<4 {
      let (random, _) = try PatternGraph.random(weights: 501, patterns: 470, seed: UInt64(70 + seed))
      let end = try solved(
        AMP.self, ["damping": .real(0.5)], PlainPerceptron(random), [Double](repeating: 0, count: 501),
        run: ["max_steps": .int(2000)])
      XCTAssertEqual(end.report.scalar("success"), 0)
      XCTAssertTrue(end.report.scalar("entropy")?.isNaN ?? false)
      if end.reason == .noSolution { none += 1 }
    }
    XCTAssertGreaterThan(none, 0)
    let (hard, _) = try PatternGraph.random(weights: 2001, patterns: 2601, seed: 5, teacher: true)
    let trapped = try solved(
      AMP.self, [:], PlainPerceptron(hard), [Double](repeating: 0, count: 2001), run: ["max_steps": .int(1000)])
    // One instance of N = 2001 scatters by about 0.015.
    XCTAssertEqual(trapped.report.scalar("message_passing_error") ?? .nan, 0.1754, accuracy: 0.05)
    XCTAssertTrue(trapped.report.scalar("bayes_error")?.isNaN ?? false)
    XCTAssertEqual(trapped.report.scalar("success"), 0)
  }

  /// Numbers of steps that do not fit an integer: schedules so slow that nothing moves are run as far as the limits
  /// allow.
  func testSlowSchedules() throws {
    let (graph, _) = try PatternGraph.random(weights: 21, patterns: 60, seed: 8)
    let objective = PlainPerceptron(graph, precision: .f64)
    let start = [Double](repeating: 1, count: 21)
    let limits: Options = ["max_steps": .int(3)]
    for rate in [1e-19, 1e-300, Double.leastNonzeroMagnitude] {
      for plan in ["pseudo", "standard", "scoping"] {
        let end = try solved(
          FocusingBP.self, ["rate": .real(rate), "protocol": .text(plan), "hold": .int(1_000_000_000)], objective, start,
          run: limits)
        XCTAssertEqual(end.steps, 3)
        XCTAssertEqual(end.reason, .maxSteps)
      }
      for messages in ["gaussian", "tap"] {
        let end = try solved(
          BeliefPropagation.self, ["reinforcement": .real(rate), "messages": .text(messages)], objective, start,
          run: limits)
        XCTAssertEqual(end.steps, 3)
      }
    }
  }
}
