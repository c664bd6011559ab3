import Swale
import XCTest

/// Graph models, layers other than dense, and frozen parameters, against central differences in f64.
final class GraphTests: XCTestCase {
  /// Central differences of value and gradient with step h: error about h^2 plus rounding / h, so 1e-7 at h = 1e-5.
  func checkByDifferences(_ objective: any Objective, _ x: [Double], _ label: String) throws {
    let d = objective.dimension
    let evaluator = try objective.makeEvaluator()
    let v = (0..<d).map { wave($0, 0.4) }
    let h = 1e-5
    func shifted(_ s: Double) -> [Double] { zip(x, v).map { $0 + s * $1 } }
    var g = x
    _ = try evaluator.value(x, gradient: &g)
    let slope = (try evaluator.value(shifted(h), gradient: nil) - evaluator.value(shifted(-h), gradient: nil)) / (2 * h)
    XCTAssertEqual(zip(g, v).reduce(0) { $0 + $1.0 * $1.1 }, slope, accuracy: 1e-7, "\(label): gradient")
    var hv = x
    try evaluator.product(.hessian, x, v, 1, &hv)
    var plus = x
    var minus = x
    _ = try evaluator.value(shifted(h), gradient: &plus)
    _ = try evaluator.value(shifted(-h), gradient: &minus)
    for i in 0..<d { XCTAssertEqual(hv[i], (plus[i] - minus[i]) / (2 * h), accuracy: 1e-7, "\(label): H v [\(i)]") }
    // Gauss-Newton through its definition with the library's JVP and VJP left out: symmetric and below by u'Gu >= 0.
    var gv = x
    try evaluator.product(.gaussNewton, x, v, 1, &gv)
    XCTAssertGreaterThanOrEqual(zip(v, gv).reduce(0) { $0 + $1.0 * $1.1 }, -1e-12, label)
  }

  func data(_ width: Int, classes: Int, _ n: Int = 9) throws -> Dataset {
    Dataset(
      name: "waves", count: n, shape: [width], inputs: SampleStorage(try Buffer((0..<n * width).map { wave($0) })),
      targets: .labels(try Buffer((0..<n).map { Int32($0 % classes) }), classes: classes))
  }

  func residual(_ function: String) throws -> Model {
    let builder = try ModelBuilder(inputShape: [5])
    try builder.add(Dense(6, "tanh"), name: "stem")
    try builder.add(Dense(6, function), name: "branch")
    try builder.add(Activation("gelu"), name: "skip", from: "stem")
    try builder.add(Add(), name: "join", from: "branch,skip,stem")
    try builder.add(Activation(function), name: "after")
    try builder.add(Dense(4), name: "head")
    return try builder.finish()
  }

  func testResidualGraphs() throws {
    for function in ActivationKind.names where !["sign", "relu", "leaky_relu"].contains(function) {
      let objective = try NetworkObjective(
        model: residual(function), data: data(5, classes: 4), loss: CrossEntropy(), l2: 0.3)
      let x = (0..<objective.dimension).map { 0.5 * wave($0, 1) }
      try checkByDifferences(objective, x, function)
    }
  }

  func testSoftmaxInsideTheModelAndDeadBranches() throws {
    let builder = try ModelBuilder(inputShape: [5])
    try builder.add(Dense(6, "tanh"), name: "a")
    try builder.add(Dense(3, "tanh"), name: "unused")
    try builder.add(Softmax(), name: "mix", from: "a")
    try builder.add(Flatten(), name: "flat")
    try builder.add(Dense(4), name: "head")
    let objective = try NetworkObjective(model: builder.finish(), data: data(5, classes: 4), loss: MeanSquaredError())
    let x = (0..<objective.dimension).map { wave($0, 1) }
    try checkByDifferences(objective, x, "softmax")
    var g = x
    _ = try objective.makeEvaluator().value(x, gradient: &g)
    for i in try objective.layout.tensor("unused.weight").range { XCTAssertEqual(g[i], 0) }
  }

  func testFrozenParametersAreTheRestrictedLandscape() throws {
    let base = try NetworkObjective(model: residual("tanh"), data: data(5, classes: 4), loss: CrossEntropy())
    let x = (0..<base.dimension).map { 0.5 * wave($0, 1) }
    let frozen = try FrozenObjective(base, freezing: "stem,branch.bias", at: x)
    let free = try ["branch.weight", "head.weight", "head.bias"].flatMap { Array(try base.layout.tensor($0).range) }
    XCTAssertEqual(frozen.dimension, free.count)
    let y = free.map { x[$0] }
    var full = x
    var part = y
    let value = try base.makeEvaluator().value(x, gradient: &full)
    XCTAssertEqual(try frozen.makeEvaluator().value(y, gradient: &part), value)
    XCTAssertEqual(part, free.map { full[$0] })
    try checkByDifferences(frozen, y, "frozen")
    XCTAssertThrowsError(try FrozenObjective(base, freezing: "stemm", at: x)) {
      XCTAssertTrue("\($0)".contains("did you mean"), "\($0)")
    }
    XCTAssertThrowsError(try FrozenObjective(base, freezing: "stem,branch,head", at: x))
  }

  func testPermutationGroupsFollowTheUnits() throws {
    let layout = try residual("tanh").layout
    let stem = try layout.tensor("stem.weight").outputGroup
    XCTAssertNotNil(stem)
    // The sum ties stem and branch together; the classes of the head cannot be permuted.
    XCTAssertEqual(try layout.tensor("branch.weight").outputGroup, stem)
    XCTAssertEqual(try layout.tensor("branch.weight").inputGroup, stem)
    XCTAssertEqual(try layout.tensor("head.weight").inputGroup, stem)
    XCTAssertNil(try layout.tensor("head.weight").outputGroup)
    XCTAssertNil(try layout.tensor("stem.weight").inputGroup)
  }

  func testRefusalsAreSentences() throws {
    let builder = try ModelBuilder(inputShape: [5])
    try builder.add(Dense(6), name: "a")
    XCTAssertThrowsError(try builder.add(Dense(6), name: "a"))
    XCTAssertThrowsError(try builder.add(Add(), from: "a")) { XCTAssertTrue("\($0)".contains("takes 2 to"), "\($0)") }
    XCTAssertThrowsError(try builder.add(Add(), from: "a,input")) {
      XCTAssertTrue("\($0)".contains("equal shape"), "\($0)")
    }
    let model = try builder.finish()
    XCTAssertThrowsError(try builder.add(Dense(2))) { XCTAssertEqual(($0 as? Failure)?.status, .state) }
    XCTAssertThrowsError(try NetworkObjective(model: model, data: data(4, classes: 3), loss: CrossEntropy())) {
      XCTAssertEqual(($0 as? Failure)?.status, .shape)
    }
    XCTAssertThrowsError(try NetworkObjective(model: model, data: data(5, classes: 9), loss: CrossEntropy()))
    XCTAssertThrowsError(try NetworkObjective(model: model, data: data(5, classes: 3), loss: Hinge()))
  }
}
