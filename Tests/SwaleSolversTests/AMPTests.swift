import Swale
import XCTest

/// Approximate message passing against state evolution, replica values, closed forms and in its refusals.
final class AMPTests: XCTestCase {
  private func teacherRun(
    load: Double, seed: UInt64, n: Int = 5001, _ options: Options = [:], run: Options = [:]
  ) throws -> (report: Report, x: [Double], teacher: [Double]) {
    let (graph, teacher) = try PatternGraph.random(
      weights: n, patterns: Int(Double(n) * load), seed: seed, teacher: true)
    let end = try solved(AMP.self, options, PlainPerceptron(graph), [Double](repeating: 0, count: n), run: run)
    return (end.report, end.x, teacher)
  }

  private func overlap(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.count)
  }

  /// N = 5001: fluctuations of an overlap are of order 1 / sqrt N = 0.014.
  func testTrajectoryFollowsStateEvolution() throws {
    // Spec 3.2 at alpha = 1: q = 0.56071, Bayes error 0.23063.
    let (report, _, teacher) = try teacherRun(load: 1, seed: 1, ["state_evolution": .text("teacher")])
    let measured = try XCTUnwrap(report.values("overlap_self"))
    let predicted = try XCTUnwrap(report.values("state_evolution"))
    XCTAssertEqual(measured.count, predicted.count)
    for (t, q) in predicted.enumerated() { XCTAssertEqual(measured[t], q, accuracy: 0.03, "iteration \(t)") }
    XCTAssertEqual(try XCTUnwrap(predicted.last), 0.56071, accuracy: 1e-4)
    XCTAssertEqual(report.scalar("converged"), 1)
    let means = try XCTUnwrap(report.values("magnetizations"))
    XCTAssertEqual(overlap(means, teacher), 0.56071, accuracy: 0.03)
    let error = acos(overlap(means, teacher) / overlap(means, means).squareRoot()) / Double.pi
    XCTAssertEqual(error, 0.23063, accuracy: 0.012)
    XCTAssertEqual(try XCTUnwrap(report.scalar("bayes_error")), 0.23063, accuracy: 0.012)
    // The entropy of spec 3.2.
    XCTAssertEqual(try XCTUnwrap(report.scalar("entropy")), 0.10611, accuracy: 0.02)
  }

  /// Beyond the spinodal 1.4926 the estimate is the teacher; near it the passage through the bottleneck is slow and its
  /// time fluctuates, so that only the first iterations are compared.
  func testTeacherIsFoundBeyondTheSpinodal() throws {
    let (report, _, _) = try teacherRun(
      load: 1.5, seed: 2, ["state_evolution": .text("teacher")], run: ["max_steps": .int(8)])
    let measured = try XCTUnwrap(report.values("overlap_self"))
    let predicted = try XCTUnwrap(report.values("state_evolution"))
    for t in 0..<8 { XCTAssertEqual(measured[t], predicted[t], accuracy: 0.03, "iteration \(t)") }

    let exact = try teacherRun(load: 1.6, seed: 3)
    XCTAssert(exact.x == exact.teacher)
    XCTAssertEqual(exact.report.scalar("converged"), 1)
    XCTAssertEqual(exact.report.scalar("errors"), 0)
    XCTAssertEqual(exact.report.scalar("solved"), 1)
  }

  /// Spec 3.2, normal weights: q and Bayes error at alpha = 0.5, 1 and 2; here the teacher is +-1, whose sign outputs
  /// have the same statistics as a normal teacher's, and the student believes in normal weights.
  func testGaussianPrior() throws {
    for (load, error) in [(0.5, 0.32240), (1.0, 0.25437), (2.0, 0.17453)] {
      let n = 2001
      let (graph, teacher) = try PatternGraph.random(
        weights: n, patterns: Int(Double(n) * load), seed: 4, teacher: true, kind: .spherical)
      let end = try solved(
        AMP.self, ["state_evolution": .text("teacher")], PlainPerceptron(graph, precision: .f64),
        [Double](repeating: 0, count: n))
      XCTAssertEqual(end.reason, .converged)
      let found = acos(overlap(end.x, teacher) / overlap(end.x, end.x).squareRoot()) / Double.pi
      XCTAssertEqual(found, error, accuracy: 0.015, "load \(load)")
      let predicted = try XCTUnwrap(end.report.values("state_evolution")?.last)
      XCTAssertEqual(acos(predicted.squareRoot()) / Double.pi, error, accuracy: 1e-4)
    }
  }

  /// The fixed point of the Gaussian channel with normal weights is ridge regression exactly, whatever the inputs'
  /// size: (X'X / N + noise I / variance) w = X'y / sqrt N.
  func testGaussianChannelIsRidgeRegression() throws {
    let (n, p) = (40, 60)
    var random = SplitMix(state: 5)
    let matrix = try Buffer<Float>((0..<(n * p)).map { _ in Float(2 * random.uniform() - 1) })
    let labels = try Buffer<Float>((0..<p).map { _ in random.uniform() < 0.5 ? 1 : -1 })
    let graph = PatternGraph(
      hidden: 1, fanIn: n, tree: false, weights: .real, inputs: .real(matrix), labels: labels)
    let (noise, variance) = (0.7, 2.0)
    let end = try solved(
      AMP.self,
      [
        "channel": .text("gaussian"), "noise": .real(noise), "prior_variance": .real(variance),
        "tolerance": .real(1e-12),
      ],
      PlainPerceptron(graph, precision: .f64), [Double](repeating: 0, count: n))
    XCTAssertEqual(end.reason, .converged)
    let root = Double(n).squareRoot()
    for i in 0..<n {
      var gradient = noise / variance * end.x[i]
      for a in 0..<p {
        let field = (0..<n).reduce(0.0) { $0 + graph.input(a, $1) * end.x[$1] } / root
        gradient += graph.input(a, i) / root * (field - Double(labels.pointer[a]))
      }
      XCTAssertEqual(gradient, 0, accuracy: 1e-8)
    }
  }

  func testRefusals() throws {
    func refusal(_ graph: PatternGraph, _ options: Options = [:]) -> String {
      do {
        _ = try solved(AMP.self, options, PlainPerceptron(graph), [Double](repeating: 0, count: graph.dimension))
        return "accepted"
      } catch { return "\(error)" }
    }
    let (graph, _) = try PatternGraph.random(weights: 21, patterns: 10, seed: 7)
    let committee = PatternGraph(hidden: 3, fanIn: 7, tree: true, inputs: graph.inputs, labels: graph.labels)
    XCTAssert(refusal(committee).contains("3 hidden sign units"), refusal(committee))
    let margin = try PatternGraph.random(weights: 21, patterns: 10, seed: 7, kind: .spherical, margin: 0.5).graph
    XCTAssert(refusal(margin).contains("margin is 0.5"), refusal(margin))
    XCTAssert(refusal(graph, ["channel": .text("gaussian")]).contains("noise is 0"))
    XCTAssert(refusal(graph, ["state_evolution": .text("teacher"), "damping": .real(0.5)]).contains("damping 0"))
    XCTAssert(refusal(graph, ["damping": .real(1.5)]).contains("allowed 0 ... 0.999"))
    XCTAssertThrowsError(try solved(AMP.self, [:], try landscape(2) { _ in (0, [0, 0]) }, [0, 0])) {
      XCTAssert("\($0)".contains("patterns"), "\($0)")
    }
  }
}
