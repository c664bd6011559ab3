import Swale
import XCTest

/// The registry as a test matrix: whatever is registered must keep the promises of its kind, without a line written
/// for it here.
final class ConformanceTests: XCTestCase {
  /// A well-conditioned bowl with its minimum at (1, 2, ..., n).
  func bowl(_ precision: String = "f64") throws -> any Objective {
    let n = 12
    let settings = try Quadratic.configured([
      "diagonal": .reals((0..<n).map { 1 + 0.25 * Double($0) }), "center": .reals((1...n).map(Double.init)),
      "precision": .text(precision),
    ])
    return try settings.build(LandscapeParts(registry: .shared))
  }

  func classifier(_ precision: Precision = .f64) throws -> NetworkObjective {
    let n = 40
    let inputs = try Buffer<Double>(n * 4)
    Double.randomNormal(1, 1, 0, n * 4, 0, 1, inputs.pointer)
    let labels = try Buffer((0..<n).map { Int32(inputs.pointer[4 * $0] > 0 ? 1 : 0) })
    let data = Dataset(
      name: "halves", count: n, shape: [4], inputs: SampleStorage(inputs), targets: .labels(labels, classes: 2))
    let builder = try ModelBuilder(inputShape: [4])
    try builder.add(Dense(5, "tanh"))
    try builder.add(Dense(2))
    return try NetworkObjective(model: builder.finish(), data: data, loss: CrossEntropy(), precision: precision)
  }

  func run(_ options: Options = [:]) throws -> Run { Run(try RunSettings.configured(options)) }

  func solveWith(
    _ entry: Registration, _ objective: any Objective, _ x: inout [Double], _ options: Options = [:],
    _ runOptions: Options = [:]
  ) throws -> Report {
    let solver = try Registry.shared.make(.solver, entry.info.name, options, as: (any Solver).self)
    return try solve(
      solver, name: entry.info.name, needs: entry.needs, objective: objective, x: &x, run: run(runOptions))
  }

  func testEverySolverDescendsAndReports() throws {
    for entry in Registry.shared.list(.solver) {
      for objective in [try bowl(), try bowl("f32"), try classifier(), try classifier(.f32)] {
        if !objective.capabilities.isSuperset(of: entry.needs.subtracting(.stochastic)) { continue }
        let label = "\(entry.info.name) on \(objective.name) (\(objective.precision.text))"
        var x = (0..<objective.dimension).map { 0.3 * sin(Double($0)) }
        let before = try objective.makeEvaluator().value(x, gradient: nil)
        let start = x
        let report = try solveWith(entry, objective, &x, [:], ["max_steps": .int(40), "trajectory_every": .int(10)])
        let after = try objective.makeEvaluator().value(x, gradient: nil)
        XCTAssertLessThan(after, before, label)
        XCTAssertEqual(report.scalar("fun") ?? .nan, after, accuracy: 1e-6 * (1 + abs(after)), label)
        XCTAssertEqual(report.values("x"), x, label)
        let steps = Int(report.scalar("steps") ?? -1)
        XCTAssertLessThanOrEqual(steps, 40, label)
        XCTAssertEqual(report.values("loss")?.count, steps, label)
        XCTAssertEqual(report["trajectory"]?.shape, [steps / 10 + 1, objective.dimension], label)
        let firstRow = Array((report.values("trajectory") ?? []).prefix(objective.dimension))
        for (a, b) in zip(firstRow, start) { XCTAssertEqual(a, b, accuracy: 1e-6, label) }
        XCTAssertNotNil(report.text("message"), label)
      }
    }
  }

  func testEverySolverRepeatsItselfForAnyNumberOfThreads() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for entry in Registry.shared.list(.solver) {
      let objective = try classifier(.f32)
      if !objective.capabilities.isSuperset(of: entry.needs.subtracting(.stochastic)) { continue }
      var ends: [[Double]] = []
      for threads in [1, 2, 4] {
        Parallel.threads = threads
        var x = (0..<objective.dimension).map { 0.3 * sin(Double($0)) }
        _ = try solveWith(entry, objective, &x, [:], ["max_steps": .int(25), "seed": .int(7)])
        ends.append(x)
      }
      XCTAssertEqual(ends[0], ends[1], entry.info.name)
      XCTAssertEqual(ends[0], ends[2], entry.info.name)
    }
  }

  func testEverySolverObeysCancelAndLimits() throws {
    for entry in Registry.shared.list(.solver) {
      let objective = try classifier()
      if !objective.capabilities.isSuperset(of: entry.needs.subtracting(.stochastic)) { continue }
      let solver = try Registry.shared.make(.solver, entry.info.name, [:], as: (any Solver).self)
      var x = (0..<objective.dimension).map { 0.3 * sin(Double($0)) }
      var calls = 0
      let stopping = Run(try RunSettings.configured(["progress_every": .real(0)])) { _ in
        calls += 1
        return calls < 3
      }
      let report = try solve(
        solver, name: entry.info.name, needs: entry.needs, objective: objective, x: &x, run: stopping)
      XCTAssertEqual(report.text("message"), Reason.cancelled.text, entry.info.name)
      // The flag is cleared at the end: the same run works again.
      let again = try solve(
        solver, name: entry.info.name, needs: entry.needs, objective: objective, x: &x,
        run: run(["max_evaluations": .int(1)]))
      XCTAssertEqual(
        again.text("message"), "maximum number of evaluations (max_evaluations = 1)", entry.info.name)
      x[0] = .nan
      XCTAssertThrowsError(try solveWith(entry, objective, &x)) {
        XCTAssertEqual(($0 as? Failure)?.status, .nonfinite, entry.info.name)
      }
    }
  }

  func testEveryMetricMeasuresOrSaysWhatIsMissing() throws {
    for entry in Registry.shared.list(.metric) {
      for objective in [try bowl(), try bowl("f32"), try classifier(), try classifier(.f32)] {
        let label = "\(entry.info.name) on \(objective.name)"
        let metric = try Registry.shared.make(.metric, entry.info.name, [:], as: (any Metric).self)
        let count = entry.points.lowerBound
        let points = (0..<count * objective.dimension).map { 0.3 * sin(Double($0)) }
        let attempt = { () throws -> Report in
          try SwaleCore.measure(
            metric, name: entry.info.name, needs: entry.needs, pointRange: entry.points, objective: objective,
            points: points, count: count, run: Run())
        }
        if objective.capabilities.isSuperset(of: entry.needs) {
          let report = try attempt()
          XCTAssertEqual(report.text("metric"), entry.info.name, label)
          // Something beyond the bookkeeping, and no number that is not one where values are promised.
          XCTAssertGreaterThan(report.arrays.count, 9, label)
        } else {
          XCTAssertThrowsError(try attempt()) { error in
            XCTAssertEqual((error as? Failure)?.status, .unsupported, label)
            XCTAssertTrue("\(error)".contains("needs"), "\(error)")
          }
        }
        if entry.points.upperBound < Int.max {
          let many = (entry.points.upperBound + 1) * objective.dimension
          XCTAssertThrowsError(
            try SwaleCore.measure(
              metric, name: entry.info.name, needs: entry.needs, pointRange: entry.points, objective: objective,
              points: [Double](repeating: 0, count: many), count: entry.points.upperBound + 1, run: Run()), label)
        }
      }
    }
  }

  /// The same seed gives the same start, another seed another; biases start at zero.
  func testEveryInitializerIsSeeded() throws {
    let objective = try classifier()
    for entry in Registry.shared.list(.initializer) {
      let made = try Registry.shared.make(.initializer, entry.info.name, [:], as: (any Initializer).self)
      func draw(_ seed: UInt64) -> [Double] {
        var x = [Double](repeating: .nan, count: objective.dimension)
        objective.initialize(made, seed: seed, into: &x)
        return x
      }
      XCTAssertEqual(draw(3), draw(3), entry.info.name)
      XCTAssertNotEqual(draw(3), draw(4), entry.info.name)
      let bias = try objective.layout.tensor("dense0.bias").range
      XCTAssertEqual(Array(draw(3)[bias]), [Double](repeating: 0, count: bias.count), entry.info.name)
    }
  }
}
